#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What holds of every reader and of every writer: nothing gets lost, nothing is made up, hostile text stays text.
# bats file_tags=long

load helpers
load pictures

setup() {
	cd "$TOP" || return
	tmp=$BATS_TEST_TMPDIR
}

# formats - "FORMAT FILE" of small inputs, some of each reader
formats() {
	local f
	for f in tests/golden/fold/*.in tests/golden/fuzz/{fold,bpftrace,folded,goroutines,perfdata,pprof,pproftext}/*; do
		case $(basename "$(dirname "$f")")/$(basename "$f") in
		*/bpftrace* | bpftrace/*) echo bpftrace "$f" ;;
		perfdata/*) echo perf-data "$f" ;;
		fold/perf*) echo perf-script "$f" ;;
		fold/pprof-text | pproftext/*) echo pprof-text "$f" ;;
		fold/pprof | pprof/*) echo pprof "$f" ;;
		fold/goroutines* | goroutines/*) echo goroutines "$f" ;;
		fold/json*) echo json "$f" ;;
		*) echo folded "$f" ;;
		esac
	done
}

@test "formats: each reader has inputs here" {
	run -0 --separate-stderr gobpf fold --from none /dev/null || [ "$status" -eq 2 ]
	local all
	all=$(sed 's/.*(one of: //; s/).*//; s/, /\n/g' <<<"$stderr" | sort)
	[ "$(wc -l <<<"$all")" -ge 8 ]
	diff <(formats | cut -d' ' -f1 | sort -u) - <<<"$all"
}

@test "formats: cut off anywhere, an input is used up to there or refused, with the place; --strict refuses" {
	local cuts from f
	cuts=$(dirname "$GOBPF")/tests/cuts
	[ -x "$cuts" ] || fail "no $cuts: make test-programs, or run by make check"
	while read -r from f; do
		run -0 "$cuts" "$from" "$f"
		[[ $output =~ ^used\ [0-9]+\ refused\ [0-9]+$ ]] || fail "$f: $output"
	done < <(formats)
	# within the last of two numbers
	gzip -c tests/golden/fold/simple.in >"$tmp/gz"
	run -0 "$cuts" folded "$tmp/gz"
}

@test "formats: what is folded folds to itself, of every reader" {
	local from f
	while read -r from f; do
		gobpf fold -q --from "$from" "$f" >"$tmp/once" 2>"$tmp/err" || continue
		# differences have no place in folded text
		! grep -q ' -[0-9]*$' "$tmp/once" || continue
		gobpf fold -q --strict "$tmp/once" | cmp - "$tmp/once" || fail "$f"
		gobpf fold -q --from "$from" --as-is "$f" >"$tmp/as-is"
		gobpf fold -q --strict --as-is "$tmp/as-is" | cmp - "$tmp/as-is" || fail "$f"
	done < <(formats)
}

# total FORMAT FILE - the sum of the counts that are in it
total() {
	case $1 in
	folded) awk '{ n += $NF } END { print n + 0 }' "$2" ;;
	json) jq '.meta.default as $d | (.values | map(.name) | index($d)) as $v | [.stacks[].values[$v]] | add' "$2" ;;
	speedscope) jq '.profiles[.activeProfileIndex].weights | add' "$2" ;;
	svg) sed -n 's/.*data-f="0,\([0-9]*\),0".*/\1/p' "$2" ;;
	html) sed -n '/id="data">$/,/^<\/script>$/{//!p}' "$2" | jq '.self[.main] | add' ;;
	esac
}

@test "formats: every writer has the counts of every reader" {
	requires jq
	local from f want format
	while read -r from f; do
		gobpf fold -q --symbols never --from "$from" "$f" >"$tmp/folded" 2>"$tmp/err" || continue
		# nor differences in pictures
		! grep -q ' -[0-9]*$' "$tmp/folded" || continue
		want=$(total folded "$tmp/folded")
		# sums of numbers that awk and jq cannot hold
		[[ $want =~ ^[1-9][0-9]{0,14}$ ]] || continue
		for format in json speedscope svg html; do
			gobpf fold -q --symbols never --from "$from" -f $format -o "$tmp/out" "$f"
			[ "$(total $format "$tmp/out")" = "$want" ] || fail "$f: $format has $(total $format "$tmp/out"), not $want"
		done
		# and what is made to be read again is read again with all its counts
		for format in json pprof; do
			gobpf fold -q --symbols never --from "$from" -f $format "$f" >"$tmp/out"
			[ "$(gobpf fold -q --symbols never "$tmp/out" | total folded -)" = "$want" ] || fail "$f: $format"
		done
		[ "$(gobpf fold -q --symbols never --from "$from" -f table --unit count "$f" |
			awk 'NR > 1 { gsub(",", "", $1); n += $1 } END { print n }')" = "$want" ] || [ ${#want} -gt 4 ] || fail "$f: table"
	done < <(formats)
}

@test "formats: a count over 2^63-1 is left out, and said, by every reader" {
	local big=9223372036854775808 what text
	while IFS='|' read -r what text; do
		printf '%b' "$text" >"$tmp/in"
		# shellcheck disable=SC2046 # none, or an option
		run -0 --separate-stderr gobpf fold --symbols never $([[ $what != classic* ]] || echo --classic) "$tmp/in"
		[[ $output =~ ^(app\;)?a\ 5$ ]] || fail "$what: $output"
		[[ $stderr =~ :\ (line|offset)\ [0-9]+:\ .*\ \(1\ left\ out\ of\ [0-9]+\;\ --strict\ refuses\)$ ]] || fail "$what: $stderr"
		# shellcheck disable=SC2046
		run -1 gobpf fold --strict --symbols never $([[ $what != classic* ]] || echo --classic) "$tmp/in"
	done <<END
bpftrace|@[\n    a+1\n]: 5\n@[\n    b+1\n]: $big\n
bpftrace stats|@[\n    a+1\n]: count 2, average 2, total 5\n@[\n    b+1\n]: count 2, average 1, total $big\n
bpftrace json|{"type": "map", "data": {"@": {"\\\\n    a+1\\\\n": 5}}}\n{"type": "map", "data": {"@": {"\\\\n    b+1\\\\n": $big}}}\n
json|{"schema":"gobpf-profile-1","values":[{"name":"x","unit":"count"}],"frames":[{"func":"a"},{"func":"b"}],"stacks":[{"frames":[0],"values":[5]},{"frames":[1],"values":[$big]}]}\n
folded|a 5\nb $big\n
perf script|app 1 1.000000: 5 cycles:\n\t40 a (/x)\n\napp 1 1.000000: $big cycles:\n\t40 b (/x)\n\n
classic|app 1 1.000000: 5 cycles:\n\t40 a (/x)\n\napp 1 1.000000: $big cycles:\n\t40 b (/x)\n\n
classic CRLF|app 1 1.000000: 5 cycles:\r\n\t40 a (/x)\r\n\r\napp 1 1.000000: $big cycles:\r\n\t40 b (/x)\r\n\r\n
pprof text|goroutine profile: total 5\n5 @ 0x1\n#\t0x1\ta+0x1\t/x.go:1\n\n$big @ 0x2\n#\t0x2\tb+0x1\t/x.go:1\n\n
heap text|heap profile: 1: 2 [3: 4] @ heap/1\n1: 5 [1: 5] @ 0x1\n#\t0x1\ta+0x1\t/x.go:1\n\n1: $big [1: 1] @ 0x2\n#\t0x2\tb+0x1\t/x.go:1\n\n
END
}

@test "formats: a bucket's count over 2^63-1 is said" {
	printf '@[\n    a+1\n]:\n[0] 5 |@|\n[1] 9223372036854775808 |@|\n[2, 4) 1 |@|\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold "$tmp/in"
	[ "$output" = 'a 6' ]
	[ "$stderr" = "gobpf fold: $tmp/in: line 5: a bucket's count is over 2^63-1 (1 left out of 3; --strict refuses)" ]
	run -1 gobpf fold --strict "$tmp/in"
}

@test "formats: a goroutine whose number is over 2^63-1 is said" {
	printf 'goroutine 1 [running]:\nmain.a()\n\t/x.go:1 +0x1\n\ngoroutine 9223372036854775808 [running]:\nmain.b()\n\t/x.go:1 +0x1\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold "$tmp/in"
	[ "$output" = 'main.a 1' ]
	[ "$stderr" = "gobpf fold: $tmp/in: line 5: a goroutine's number is over 2^63-1 (1 left out of 2; --strict refuses)" ]
	run -1 gobpf fold --strict "$tmp/in"
}

# nobody_reads - sets $fd to a pipe that has no reader any more
nobody_reads() {
	local keep
	exec {keep}<>"$tmp/pipe"
	exec {fd}>"$tmp/pipe"
	exec {keep}<&-
}

@test "formats: a pipe that closes is a failure that is said, of every writer" {
	local format fd
	# with times, for the heat map
	for ((i = 0; i < 3; i++)); do
		printf 'server 42 %d.000000: 1 cycles:\n\t401000 main.a%d (/s)\n\n' "$i" "$i"
	done >"$tmp/in"
	mkfifo "$tmp/pipe"
	for format in folded table svg html pprof json speedscope heatmap; do
		nobody_reads
		run -1 --separate-stderr bash -c '"$@" >&'"$fd" - "$GOBPF" fold -f $format "$tmp/in"
		exec {fd}>&-
		[[ $stderr == "gobpf fold: stdout: the reader closed the pipe before everything was written" ]] || fail "$format: $stderr"
	done
	nobody_reads
	run -1 --separate-stderr bash -c '"$@" >&'"$fd" - "$GOBPF" diff -f table "$tmp/in" "$tmp/in"
	exec {fd}>&-
	[[ $stderr == *"the reader closed the pipe"* ]]
}

@test "formats: control characters and HTML in names stay text, of every writer" {
	requires jq xmllint
	local format name
	# a name, a comm, and an event with all that could come alive
	name=$'a\e]0;title\a\e[31m<script>alert(1)</script></title>]]>\x01\xff&\x7f"\'\\'
	for ((i = 1; i < 3; i++)); do
		printf 'c\e[2J<b> 42 %d.000000: 1 <i>:\n\t401000 %s (/s)\n\t402000 main.main (/s)\n\n' "$i" "$name"
	done >"$tmp/in"
	for format in folded table svg html json speedscope heatmap; do
		gobpf fold -q -f $format --title "$name" --subtitle "$name" "$tmp/in" >"$tmp/out"
		[ -s "$tmp/out" ]
		run -1 grep -nP '[\x00-\x08\x0b-\x1f\x7f]' "$tmp/out"
		case $format in
		svg | heatmap) xmllint --noout "$tmp/out" ;;
		json | speedscope) jq empty "$tmp/out" ;;
		esac
		case $format in
		svg | heatmap | html) run -1 grep -nE '<script>alert|</title></title>|<b>|<i>' "$tmp/out" ;;
		esac
	done
	gobpf diff -q -f svg --title "$name" "$tmp/in" "$tmp/in" >"$tmp/out"
	xmllint --noout "$tmp/out"
	run -1 grep -nP '[\x00-\x08\x0b-\x1f\x7f]|<script>alert' "$tmp/out"
	printf '%s | 1 | size:7\n' "${name//\\/}" | { printf 'types | n/count\n'; cat; } | pictures histogram size >"$tmp/out"
	xmllint --noout "$tmp/out"
	run -1 grep -nP '[\x00-\x08\x0b-\x1f\x7f]|<script>alert' "$tmp/out"
	# a profile has names as they are, but in UTF-8
	gobpf fold -q -f pprof "$tmp/in" | gobpf fold -q >"$tmp/out"
	run -1 grep -nP '[\x00-\x08\x0b-\x1f\x7f]' "$tmp/out"
}
