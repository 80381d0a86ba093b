#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# -f histogram: the distribution of a number that samples have.

load helpers
load pictures

setup() {
	requires xmllint
	cd "$BATS_TEST_TMPDIR" || return
	svg=$BATS_TEST_TMPDIR/x.svg
}

# draw [LABEL] - stacks with labels (see tests/unit/pictures.c) on stdin to $svg
draw() {
	tee in | pictures histogram "$@" >"$svg"
	xmllint --noout "$svg"
}

description() { xmllint --xpath 'string(/*/*[local-name()="desc"])' "$svg"; }

# bars - "left right height" of each in tenths of pixels, from the left
bars() {
	grep -o '<rect class="bar"[^>]*>' "$svg" | sed -E 's/.* x="([0-9.]+)".* width="([0-9.]+)" height="([0-9.]+)".*/\1 \2 \3/' |
		awk '{ printf "%.0f %.0f %.0f\n", $1, $1 + $2, $3 }'
}

@test "histogram: powers of two have a logarithmic axis, percentiles are buckets" {
	draw <<'END'
types | samples/count
main.main;main.a | 50 | value:4:us
main.main;main.b | 30 | value:8:us
main.main;main.a | 10 | value:8:us
main.main;main.a | 9 | value:32:us
main.main;main.a | 1 | value:64:us
END
	diff - <(description) <<'END'
The distribution of value: 100 samples  ·  p50: 4.00 µs to 8.00 µs  ·  p90: 8.00 µs to 16.0 µs  ·  p99: 32.0 µs to 64.0 µs  ·  p99.9: 64.0 µs to 128 µs
4.00 µs to 8.00 µs: 50 samples
8.00 µs to 16.0 µs: 40 samples
32.0 µs to 64.0 µs: 9 samples
64.0 µs to 128 µs: 1 samples
END
	# five buckets of 218.8 pixels, the empty one too; 360 pixels are 50
	diff - <(bars) <<'END'
101 298 360
320 517 288
757 954 65
976 1173 7
END
	[[ $(cat "$svg") == *$'<title>8.00 µs to 16.0 µs\n40 samples, 40.00 %; 90.00 % up to here</title>'* ]]
}

@test "histogram: equally wide buckets have a linear axis" {
	draw <<'END'
types | samples/count
a | 7 | value:-10
a | 2 | value:0
a | 1 | value:30
END
	diff - <(description) <<'END'
The distribution of value: 10 samples  ·  p50: -10 to 0  ·  p90: 0 to 10  ·  p99: 30 to 40  ·  p99.9: 30 to 40
-10 to 0: 7 samples
0 to 10: 2 samples
30 to 40: 1 samples
END
	[ "$(bars | wc -l)" -eq 3 ]
	# of five: the first, the second and the last
	[ "$(bars | awk '{ print int(($1 - 90) / 218.8) }' | paste -sd' ')" = "0 1 4" ]
}

@test "histogram: numbers of another label are themselves, those without it are told" {
	draw size <<'END'
types | objects/count | space/bytes
a | 30 | 480 | size:16:bytes
b | 60 | 1920 | size:32:bytes | colour=red
c | 10 | 1000000 | size:100000:bytes
d | 5 | 7 | size=word
e | 2 | 7
END
	[[ $(description) == *"100 objects  ·  p50: 32 B  ·  p90: 32 B  ·  p99: 97.7 KiB  ·  p99.9: 97.7 KiB  ·  without size: 7 objects"* ]]
	[[ $(description) == *$'\n64.0 KiB to 128 KiB: 10 objects' ]]
	[ "$(bars | wc -l)" -eq 3 ]
	[[ $(cat "$svg") == *'<text class="title" x="16" y="32">Distribution of size</text>'* ]]
}

@test "histogram: one number, the largest, the smallest" {
	printf 'types | n/count\na | 5 | value:7\n' | draw
	[ "$(bars | wc -l)" -eq 1 ]
	printf 'types | n/count\na | 5 | x:9223372036854775807\nb | 4 | x:0\nc | 9223372036854775807 | x:1\n' | draw x
	[ "$(bars | wc -l)" -eq 3 ]
	printf 'types | n/count\na | 5 | x:9223372036854775807\nb | 4 | x:-9223372036854775808\n' | draw x
	[ "$(bars | wc -l)" -eq 2 ]
	printf 'types | n/count\na | 5 | value:9223372036854775807\nb | 4 | value:-9223372036854775808\n' | draw
	[ "$(bars | wc -l)" -eq 2 ]
}

@test "histogram: counts are conserved, whatever the numbers" {
	local seed
	for seed in 1 2 3 4 5; do
		awk -v seed=$seed 'BEGIN { srand(seed); print "types | n/count"
			for (i = 0; i < 300; i++) printf "f%d | %d | x:%d\n", i, rand() * 50 + 1, (rand() - 0.3 * (seed % 2)) * 10 ^ (seed * 2) }' | draw x
		[ "$(awk -F ' [|] ' 'NR > 1 { n += $2 } END { print n }' in)" -eq \
			"$(description | sed -nE 's/^.*: ([0-9,]+) n$/\1/p' | tr -d , | awk '{ n += $1 } END { print n }')" ] || fail "seed $seed"
	done
}

@test "histogram: nothing of hostile words is markup" {
	printf 'types | n<b>/count\na | 5 | <script>"&:7:]]><b>\n' | draw '<script>"&'
	[ "$(xmllint --xpath 'count(//*[local-name()="script"])' "$svg")" -eq 0 ]
	[[ $(description) == *'The distribution of <script>"&: 5 n<b>'* ]]
}

@test "histogram: nothing to show is no picture" {
	run -1 gobpf fold -f histogram -o "$svg" "$TOP/tests/golden/fold/simple.in"
	[[ $output == *": histogram: no sample has a number 'value'; --label names another one" ]]
	run -1 gobpf fold -f histogram --label size "$TOP/tests/golden/fold/simple.in"
	[[ $output == *": histogram: no sample has a number 'size'; --label names another one" ]]
}
