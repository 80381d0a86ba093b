#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# -f heatmap: functions by time.

load helpers
load pictures

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	requires xmllint
	svg=$BATS_TEST_TMPDIR/x.svg
	# as perf script prints them: at 5.0, 5.25, 6.5 s and 8.0 s
	while read -r time leaf caller; do
		printf 'server 42 %s: 1 cycles:\n\t401000 %s (/s)\n\t402000 %s (/s)\n\t403000 main.main (/s)\n\n' "$time" "$leaf" "$caller"
	done >script <<'END'
5.000000 main.a main.f
5.250000 main.b main.f
6.500000 main.a main.g
6.500001 main.a main.g
8.000000 main.c main.f
END
}

# cells - "name / time: value" of each
cells() {
	awk '/<rect class="cell"/ && /<title>/ { sub(/.*<title>/, ""); name = $0; getline; sub(/<.*/, ""); print name " / " $0 }' "$svg"
}

@test "heatmap: rows are functions, the heaviest first, columns are intervals" {
	gobpf fold -f heatmap -i 1s -o "$svg" script
	xmllint --noout "$svg"
	diff - <(cells) <<'END'
main.a / 0 s to 1 s: 1 cycles
main.a / 1 s to 2 s: 2 cycles
main.b / 0 s to 1 s: 1 cycles
main.c / 3 s to 4 s: 1 cycles
END
	diff - <(xmllint --xpath 'string(/*/*[local-name()="desc"])' "$svg") <<'END'
A heat map, functions by time: 5 cycles  ·  4 columns of 1.00 s
Colours: up to 2 cycles
main.a: 3 cycles, 60.0 %
main.b: 1 cycles, 20.0 %
main.c: 1 cycles, 20.0 %
END
}

@test "heatmap: columns are as deep in colour as their value" {
	gobpf fold -f heatmap -i 1s -o "$svg" script
	grep -A1 'main.a$' "$svg" | grep -q '^1 s to 2 s: 2 cycles'
	run -0 grep -oE 'fill-opacity="[0-9.]+"><title>main.a$' "$svg"
	# the deepest has no opacity of its own, half of it 0.1 + 0.9 / 2
	[ "$output" = 'fill-opacity="0.550"><title>main.a' ]
}

# scale - the words beside the colours
scale() { xmllint --xpath 'string(//*[local-name()="text"][contains(., "up to ") or contains(., " to ")][last()])' "$svg"; }

# depths NAME - of the colours of the row, from left to right, 1 where there is no opacity
depths() { awk -v name="$1" '/<rect class="cell"/ && index($0, "<title>" name) { print match($0, /fill-opacity="[^"]*/) ? substr($0, RSTART + 14, RLENGTH - 14) : 1 }' "$svg" | paste -sd' '; }

@test "heatmap: a hot cell does not hide the others: from a factor of 10 on colours are logarithmic, and that is said" {
	printf '%s\n' 'types | cycles/count' 'a | 1 | time:0' 'a | 9 | time:1000000000' >all
	run -0 pictures heatmap <all
	echo "$output" >"$svg"
	[ "$(scale)" = 'up to 9 cycles' ]
	[ "$(depths a)" = '0.200 1' ]
	printf '%s\n' 'a | 90 | time:2000000000' 'b | 1000000 | time:3000000000' 'b | 1000 | time:4000000000' >>all
	run -0 pictures heatmap <all
	echo "$output" >"$svg"
	[ "$(scale)" = '1 cycles to 1,000,000 cycles, logarithmic' ]
	# 0.1 + 0.9 * log(v) / log(1000000)
	[ "$(depths a)" = '0.100 0.243 0.393' ]
	[ "$(depths b)" = '1 0.550' ]
	grep -q '^Colours: 1 cycles to 1,000,000 cycles, logarithmic$' "$svg"
	xmllint --noout "$svg"
}

@test "heatmap: the rest together is no deeper than the deepest, and counts for the least" {
	local n
	while read -r time n leaf; do
		printf 'server 42 %s: %s cycles:\n\t40 %s (/s)\n\n' "$time" "$n" "$leaf"
	done >all <<'END'
1.000000 50 a
1.000000 40 b
1.000000 30 c
3.000000 2 c
END
	gobpf fold -f heatmap -i 1s --rows 1 -o "$svg" all
	[ "$(scale)" = '2 cycles to 50 cycles, logarithmic' ]
	[ "$(depths '(2 more)')" = '1 0.100' ]
}

@test "heatmap: titles that are longer than the picture is wide" {
	local long
	long=$(printf 'M%.0s' {1..200})
	gobpf fold -f heatmap --title "$long" --subtitle "$long" -o "$svg" script
	grep -qF ">${long:0:99}…<title>$long</title></text>" "$svg"
	grep -qF ">${long:0:164}…<title>$long</title></text>" "$svg"
}

@test "heatmap: a name that is too long is known by its end" {
	local long
	long=$(printf 'abcdefghij%.0s' {1..6})
	printf 'server 42 1.000000: 1 cycles:\n\t40 %s (/s)\n\n' "$long" "${long:0:48}" "${long:0:49}" >all
	gobpf fold -f heatmap -o "$svg" all
	grep -qF ">…${long:13}</text>" "$svg"
	grep -qF ">${long:0:48}</text>" "$svg"
	grep -qF ">…${long:2:47}</text>" "$svg"
}

@test "heatmap: rows of other levels, and the rest together" {
	gobpf fold -f heatmap -i 10s --level main.main -o "$svg" script
	diff - <(cells) <<'END'
main.f / 0 s to 10 s: 3 cycles
main.g / 0 s to 10 s: 2 cycles
END
	gobpf fold -f heatmap -i 10s --level main.g -o "$svg" script
	diff - <(cells) <<'END'
main.a / 0 s to 10 s: 2 cycles
(others) / 0 s to 10 s: 3 cycles
END
	gobpf fold -f heatmap -i 10s --level root -o "$svg" script
	diff - <(cells) <<'END'
server / 0 s to 10 s: 5 cycles
END
	gobpf fold -f heatmap -i 10s --level stack --rows 1 -o "$svg" script
	diff - <(cells) <<'END'
server;main.main;main.g;main.a / 0 s to 10 s: 2 cycles
(3 more) / 0 s to 10 s: 3 cycles
END
}

@test "heatmap: without an interval columns are as many as fit" {
	gobpf fold -f heatmap -o "$svg" script
	grep -q '5 cycles  ·  61 columns of 50.0 ms' "$svg"
	run -2 gobpf fold -f heatmap -i 1ms script
	[[ $output == *": --interval: 3e+03 columns; at most 2000: a longer one" ]]
	run -2 gobpf fold -f heatmap -i soon script
}

@test "heatmap: samples without a time are told, counts are conserved" {
	awk 'BEGIN { srand(7); print "types\tn/count"
		for (i = 0; i < 2000; i++) printf "main.main;f%d\t%d\ttime:%d:nanoseconds\n", rand() * 80, rand() * 9 + 1, rand() * 1e10
		print "x\t17" }' >in
	pictures heatmap <in >"$svg"
	xmllint --noout "$svg"
	[ "$(awk -F '\t' 'NR > 1 && NF > 2 { n += $2 } END { print n }' in)" -eq "$(cells | sed -E 's/.*: ([0-9,]+) n$/\1/; s/,//g' | awk '{ n += $1 } END { print n }')" ]
	grep -q 'without a time: 17 n' "$svg"
	[ "$(cells | sed 's/ \/.*//' | sort -u | wc -l)" -eq 31 ]
}

@test "heatmap: nothing of hostile names is markup" {
	pictures heatmap >"$svg" <<'END'
types | <n>/count
</title><script>alert("1")&amp;;</svg> | 5 | time:7
END
	xmllint --noout "$svg"
	[ "$(xmllint --xpath 'count(//*[local-name()="script"])' "$svg")" -eq 0 ]
}

@test "heatmap: without any time there is no picture" {
	run -1 gobpf fold -f heatmap -o "$svg" "$TOP/tests/golden/fold/simple.in"
	[[ $output == *": heatmap: no sample has a time; recordings of perf have" ]]
	[ ! -e "$svg" ]
}
