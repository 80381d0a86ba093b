#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers
load pictures

setup() { cd "$TOP" || return; }

# put NAME - a file of this test with what comes on stdin
put() { cat >"$BATS_TEST_TMPDIR/$1"; }

# inputs - every input at hand: goldens and fuzz seeds
inputs() { ls tests/golden/fold/*.in tests/golden/fuzz/fold/*; }

# total FILE.folded - the sum of its counts
total() { awk '{ n += $NF } END { print n + 0 }' "$1"; }

@test "fold: goldens, with what is said on stderr" {
	local in base
	for in in tests/golden/fold/*.in; do
		base=${in%.in}
		# names of this machine have no place here
		gobpf fold --symbols never "$in" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
		diff "$base.out" "$BATS_TEST_TMPDIR/out"
		diff "$base.err" "$BATS_TEST_TMPDIR/err"
	done
}

@test "fold: stdin, -, and several files are added up" {
	printf 'a;b 2\n' | put one
	printf 'a;b 3\nc 4\n' | put two
	run -0 gobpf fold "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
	[ "$output" = $'a;b 5\nc 4' ]
	run -0 gobpf fold "$BATS_TEST_TMPDIR/one" - <"$BATS_TEST_TMPDIR/two"
	[ "$output" = $'a;b 5\nc 4' ]
	run -0 gobpf fold <"$BATS_TEST_TMPDIR/two"
	[ "$output" = $'a;b 3\nc 4' ]
}

@test "fold: folding what was folded changes nothing" {
	local in
	while read -r in; do
		gobpf fold -q "$in" >"$BATS_TEST_TMPDIR/once" || continue
		gobpf fold --strict "$BATS_TEST_TMPDIR/once" >"$BATS_TEST_TMPDIR/twice"
		cmp "$BATS_TEST_TMPDIR/once" "$BATS_TEST_TMPDIR/twice" || fail "$in"
	done < <(inputs)
}

@test "fold: the order of the lines does not matter" {
	tac tests/golden/fold/simple.in | put backwards
	gobpf fold "$BATS_TEST_TMPDIR/backwards" | cmp - tests/golden/fold/simple.out
}

@test "fold: thousands of stacks in the order of sort, each sum as awk has it" {
	awk 'BEGIN {
		srand(23)
		for (i = 0; i < 30000; i++) {
			stack = "main.main"
			for (d = int(rand() * 9); d; d--)
				stack = stack ";f" int(rand() * rand() * 40)
			print stack, 1 + int(rand() * 9)
		}
	}' | put in
	awk '{ n[$1] += $2 } END { for (s in n) { k = s; gsub(";", "\002", k); print k "\001" s, n[s] } }' \
		"$BATS_TEST_TMPDIR/in" | LC_ALL=C sort | sed "s/.*\x01//" | put want
	[ "$(wc -l <"$BATS_TEST_TMPDIR/want")" -gt 3000 ]
	gobpf fold "$BATS_TEST_TMPDIR/in" | cmp - "$BATS_TEST_TMPDIR/want"
}

@test "fold: stacks that begin as others before them did are kept apart" {
	printf '%s\n' 'a;b;c 1' 'x 1' 'x;b;c 1' 'a;b;cc 1' 'a;b 1' 'a;b;c 1' 'ab;b 1' | put in
	run -0 gobpf fold "$BATS_TEST_TMPDIR/in"
	[ "$output" = $'a;b 1\na;b;c 2\na;b;cc 1\nab;b 1\nx 1\nx;b;c 1' ]
}

@test "fold: every writer conserves the counts" {
	requires go
	requires jq
	local in=tests/golden/fold/hostile.in want f=$BATS_TEST_TMPDIR/all
	want=$(total tests/golden/fold/hostile.out)
	[ "$want" -eq 50 ]
	for ending in folded pb.gz json speedscope.json svg html txt; do
		gobpf fold -q -o "$f.$ending" "$in"
	done
	[ "$(total "$f.folded")" -eq "$want" ]
	go tool pprof -raw "$f.pb.gz" >"$f.raw"
	[ "$(awk '/^Samples:/ { on = 1 } /^Locations/ { on = 0 } on && /^ +[0-9]+: / { n += $1 } END { print n }' "$f.raw")" -eq "$want" ]
	[ "$(jq '.values[0].total' "$f.json")" -eq "$want" ]
	[ "$(jq '[.stacks[].values[0]] | add' "$f.json")" -eq "$want" ]
	[ "$(jq '[.sites[].values[0]] | add' "$f.json")" -eq "$want" ]
	[ "$(jq '.profiles[0].weights | add' "$f.speedscope.json")" -eq "$want" ]
	[ "$(sed -n '/id="data">$/,/^<\/script>$/{//!p}' "$f.html" | jq '.self[0] | add')" -eq "$want" ]
	grep -qF "data-f=\"0,$want,0\"" "$f.svg"
	[ "$(awk 'NR > 1 { n += $1 } END { print n }' "$f.txt")" -eq "$want" ]
}

@test "fold: go tool pprof -top agrees with the table, flat and cumulative" {
	requires go
	local f=$BATS_TEST_TMPDIR/x in
	# a function that calls itself counts once per stack
	printf '%s\n' 'main;fib;fib;fib 5' 'main;fib 2' 'main;other;fib;other 3' | put recursive
	for in in tests/golden/fold/simple.in "$BATS_TEST_TMPDIR/recursive"; do
		gobpf fold -o "$f.pb.gz" "$in"
		gobpf fold -f table --cum "$in" | awk 'NR > 1 { sub(/_\[k\]/, ""); print $NF, $1, $2, $4, $5 }' >"$f.cum"
		sort -s -k4,4nr -c "$f.cum"
		gobpf fold -f table "$in" | awk 'NR > 1 { sub(/_\[k\]/, ""); print $NF, $1, $2, $4, $5 }' >"$f.flat"
		sort -s -k2,2nr -c "$f.flat"
		diff <(sort "$f.cum") <(sort "$f.flat")
		go tool pprof -top -cum -nodefraction=0 "$f.pb.gz" | awk 'table {
			printf "%s %d %.1f %d %.1f\n", $NF, $1, $2, $4, $5 } /flat%/ { table = 1 }' | sort >"$f.theirs"
		diff <(sort "$f.cum") "$f.theirs"
	done
	diff - "$f.cum" <<'END'
fib 7 70.0 10 100.0
main 0 0.0 10 100.0
other 3 30.0 3 30.0
END
}

@test "fold: each bpftrace map is a value of its own" {
	local in=tests/golden/fold/bpftrace.in
	run -0 --separate-stderr gobpf fold --value bytes "$in"
	[ "$output" = 'spin;27703;runtime.main;main.work 980' ]
	run -0 --separate-stderr gobpf fold --value c "$in"
	[ "$output" = '0x430bf2;main.work 6' ]
	run -0 --separate-stderr gobpf fold --value d "$in"
	[ "$output" = 'spin;0x430bf2;0x459d80;asm_exc_page_fault_[k];handle_mm_fault_[k] 227' ]
	run -2 --separate-stderr gobpf fold --value e "$in"
	[[ $stderr == *"no 'e' in the input; it has: samples, bytes, c, d, h, s, n" ]]
}

@test "fold: more maps than a profile can hold" {
	for map in a b c d e f g h i; do printf '@%s[\n    main.f+1\n]: 1\n' $map; done | put maps
	run -0 --separate-stderr gobpf fold --value h "$BATS_TEST_TMPDIR/maps"
	[ "$output" = 'main.f 1' ]
	[[ $stderr == *"line 27: @i: more maps than 8 (1 left out of 9; --strict refuses)" ]]
}

# bats test_tags=probe
@test "fold: what bpftrace prints about a process" {
	requires root
	requires bpftrace
	# until the loop begins nothing is counted, and bash runs its ":" 23 times
	printf 'echo ready\nread -r\nfor ((i = 0; i < 23; i++)); do :; done\necho done\nread -r\n' | put work.sh
	spawn work bash "$BATS_TEST_TMPDIR/work.sh"
	await work '^ready$'
	__BPFTRACE_NOTIFY_PROBES_ATTACHED=1 spawn bt bpftrace -B none -e "uprobe:/bin/bash:colon_builtin /pid == ${PID[work]}/ {
		@[ustack(1), comm] = count(); @bytes[pid, ustack(perf, 1)] = sum(1000); @one[comm] = count(); }"
	await bt '^__BPFTRACE_NOTIFY_PROBES_ATTACHED$'
	tell work go
	await work '^done$'
	stop_bpftrace bt
	run -0 --separate-stderr gobpf fold --strict "$BATS_TEST_TMPDIR/bt.log"
	[ "$output" = 'bash;colon_builtin 23' ]
	run -0 --separate-stderr gobpf fold --value bytes "$BATS_TEST_TMPDIR/bt.log"
	[ "$output" = "${PID[work]};colon_builtin 23000" ]
	tell work bye
}

@test "fold: lines of megabytes" {
	awk 'BEGIN { for (i = 0; i < 200000; i++) printf "%sfunction%d", i ? ";" : "", i; print " 5"; print "a;b 2" }' | put long
	gobpf fold "$BATS_TEST_TMPDIR/long" >"$BATS_TEST_TMPDIR/out"
	# deeper than 1024: the leaf end is kept
	[ "$(total "$BATS_TEST_TMPDIR/out")" -eq 7 ]
	grep -q '^function198976;.*;function199999 5$' "$BATS_TEST_TMPDIR/out"
}

@test "fold: on a terminal, how far it is in a long file, gone at the end" {
	requires script
	seq 200000 | awk '{ print "main.main;main.f" $1 " 1" }' | put long
	local run="$GOBPF fold -o $BATS_TEST_TMPDIR/out $BATS_TEST_TMPDIR/long"
	script -qec "$run" "$BATS_TEST_TMPDIR/screen" >/dev/null </dev/null
	grep -qP '/long \[#* *\] +\d+ %' "$BATS_TEST_TMPDIR/screen"
	grep -qP '\r\x1b\[K(\r?\n|$)' <(grep -v '^Script ' "$BATS_TEST_TMPDIR/screen")
	script -qec "$run -q" "$BATS_TEST_TMPDIR/screen" >/dev/null </dev/null
	run -1 grep -q ' %' "$BATS_TEST_TMPDIR/screen"
}

# bats test_tags=plain
@test "fold: on a terminal, the share that is read is right at each moment, of several files, too" {
	requires script gcc
	! grep -q __asan_init "$GOBPF" || skip "requires a build without ASan, which must be loaded first"
	gcc -shared -fPIC -O1 -o "$BATS_TEST_TMPDIR/clock.so" tests/fixtures/clock.c
	# 16 reads of 256 KiB, and a clock by which the progress is shown at each of them
	awk 'BEGIN { for (i = 0; i < 131072; i++) printf "main.main;main.f%08x 100000\n", i }' | put long
	[ "$(stat -c %s "$BATS_TEST_TMPDIR/long")" -eq $((32 * 131072)) ]
	local shares n files run
	shares() {
		for ((n = 0; n < $1; n++)); do files[n]=$BATS_TEST_TMPDIR/long; done
		run="env LD_PRELOAD=$BATS_TEST_TMPDIR/clock.so $GOBPF fold $2 -o $BATS_TEST_TMPDIR/out ${files[*]}"
		script -qec "$run" "$BATS_TEST_TMPDIR/screen" >/dev/null </dev/null
		tr '\r' '\n' <"$BATS_TEST_TMPDIR/screen" | sed -n 's/.*\] *\([0-9]*\) %.*/\1/p'
	}
	run -0 shares 1
	# a byte of each buffer is kept for the end of a line
	[ "${lines[*]:0:16}" = '6 12 19 25 31 37 44 50 56 62 69 75 81 87 94 100' ]
	run -0 shares 2
	[ "${lines[*]:0:4} ${lines[*]:15:4}" = '3 6 9 12 50 50 50 53' ]
	run -0 shares 2 '-j 2'
	sort -n -c <(printf '%s\n' "${lines[@]}")
	[ "${lines[-1]}" -eq 100 ]
}

@test "fold: --strict names the line" {
	run -1 --separate-stderr gobpf fold --strict tests/golden/fold/hostile.in
	[ -z "$output" ]
	[[ $stderr == "gobpf fold: tests/golden/fold/hostile.in: line 4: not a stack, a blank and a count: 'no count'" ]]
	printf 'a 9223372036854775808\n' | put big
	run -1 --separate-stderr gobpf fold --strict "$BATS_TEST_TMPDIR/big"
	[[ $stderr == *"line 1: count 9223372036854775808 is over 2^63-1" ]]
	printf 'a 9223372036854775807\na 5\n' | put most
	run -0 gobpf fold --strict "$BATS_TEST_TMPDIR/most"
	[ "$output" = 'a 9223372036854775807' ]
	# 123 or the beginning of 123456?
	local cut
	for cut in 'b 7\na 123' '@[\n    b+1\n]: 7\n@[\n    a+1\n]: 123'; do
		printf '%b' "$cut" | put cut
		run -0 --separate-stderr gobpf fold "$BATS_TEST_TMPDIR/cut"
		[ "$output" = $'a 123\nb 7' ]
		[[ $stderr == *"cut: line "?": the line has no end, so its number may be cut off (--strict refuses)" ]]
		run -1 --separate-stderr gobpf fold --strict "$BATS_TEST_TMPDIR/cut"
		[[ $stderr == *"cut: line "?": the line has no end, so its number may be cut off" ]]
	done
	printf '@[\n    a+1\n]: 3\n@[\n    b+1\n' | put cut
	run -1 --separate-stderr gobpf fold --strict "$BATS_TEST_TMPDIR/cut"
	[[ $stderr == *"line 5: the input ends within a map's entry" ]]
	run -0 --separate-stderr gobpf fold "$BATS_TEST_TMPDIR/cut"
	[ "$output" = 'a 3' ]
	[[ $stderr == *"(1 left out of 2; --strict refuses)" ]]
}

@test "fold: input that is none" {
	run -1 gobpf fold /nonexistent
	[ "$output" = "gobpf fold: can't open /nonexistent: No such file or directory" ]
	run -1 gobpf fold /usr
	[[ $output == *"can't read /usr: Is a directory" ]]
	run -1 gobpf fold /dev/null
	[ "$output" = "gobpf fold: /dev/null: empty: no stacks were recorded" ]
	run -1 gobpf fold "$GOBPF"
	[[ $output == *": binary data where stacks as text are expected" ]]
	run -1 gobpf fold LICENSE
	[[ $output == *"LICENSE: not a format read here ("*", bpftrace maps with stack keys, "*", folded stacks)" ]]
	printf '@x: 5\n@y[\n' | put scalars
	run -1 gobpf fold "$BATS_TEST_TMPDIR/scalars"
	[[ $output == *"scalars: no stacks in it" ]]
	printf 'a\000b;c 1\n' | put nul
	run -1 gobpf fold "$BATS_TEST_TMPDIR/nul"
	[[ $output == *": binary data where stacks as text are expected" ]]
}

@test "fold: output that nobody gets" {
	run -1 gobpf fold -o /dev/full tests/golden/fold/simple.in
	[[ $output == *"can't write /dev/full: No space left on device" ]]
	run -1 gobpf fold -o /nonexistent/x tests/golden/fold/simple.in
	[[ $output == *"can't write /nonexistent/x: No such file or directory" ]]
	local status=0 err
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	# opened by a reader that leaves without reading
	(: <"$BATS_TEST_TMPDIR/pipe") &
	for ((i = 0; i < 20000; i++)); do echo "main.main;main.f$i 1"; done |
		gobpf fold -o "$BATS_TEST_TMPDIR/pipe" 2>"$BATS_TEST_TMPDIR/err" || status=$?
	err=$(<"$BATS_TEST_TMPDIR/err")
	[ "$status" -eq 1 ]
	[[ $err == *"the reader closed the pipe before everything was written" ]]
}

@test "fold: words on the command line that make no sense" {
	run -2 gobpf fold -f yaml tests/golden/fold/simple.in
	[[ $output == *"unknown format 'yaml' (one of: folded table svg html pprof json speedscope histogram heatmap)"* ]]
	run -2 gobpf fold --unit miles tests/golden/fold/simple.in
	[[ $output == *"--unit: 'miles' is none of bytes, nanoseconds, count"* ]]
	run -2 gobpf fold --top=-1 tests/golden/fold/simple.in
	[[ $output == *"--top: '-1' is not a number"* ]]
	run -2 gobpf fold --no-such-option
}

@test "fold: an ending that chooses no format is refused, a name without one gets the default" {
	local in=tests/golden/fold/simple.in f=$BATS_TEST_TMPDIR/out.d name
	mkdir "$f"
	for name in x.xyz x.svg.gz x.2 .x.y; do
		run -2 --separate-stderr gobpf fold -o "$f/$name" "$in"
		[ "${stderr_lines[0]}" = "gobpf fold: $f/$name: the ending .${name##*.} chooses no format (these do: .speedscope.json .txt .json .folded .svg .html .pb.gz .pprof); --format chooses for any name" ]
		[ ! -e "$f/$name" ]
	done
	run -0 gobpf fold -f folded -o "$f/x.xyz" "$in"
	gobpf fold -f folded "$in" | diff - "$f/x.xyz"
	for name in x x. .x; do
		run -0 gobpf fold -o "$f/$name" "$in"
		diff "$f/x.xyz" "$f/$name"
	done
	# what is there and no regular file has no ending
	mkfifo "$f/pipe.xyz"
	cat "$f/pipe.xyz" >"$f/got" &
	run -0 gobpf fold -o "$f/pipe.xyz" "$in"
	wait $!
	diff "$f/x.xyz" "$f/got"
}

@test "fold: a table has units, a row for the rest, and stacks with -v" {
	run -0 gobpf fold -f table --unit bytes -n 2 tests/golden/fold/simple.in
	diff - <(printf '%s\n' "${lines[@]}") <<'END'
flat bytes   share  cum bytes   share  function
       7 B  46.7 %        7 B  46.7 %  main.b
       5 B  33.3 %        5 B  33.3 %  runtime.mallocgc
       3 B  20.0 %                     (4 more functions)
END
	run -0 gobpf fold -f table -n 1 -v tests/golden/fold/simple.in
	diff - <(printf '%s\n' "${lines[@]}") <<'END'
flat samples   share  cum samples   share  function
           7  46.7 %            7  46.7 %  main.b
    main.a
    main.main
           8  53.3 %                       (5 more functions)
END
	run -0 gobpf fold -f table -n 5 tests/golden/fold/simple.in
	[[ $output == *'(1 more function)' ]]
}

@test "fold: a table has the line of a function if stacks end in one of it only" {
	run -0 pictures table <<'END'
types | samples/count
main.main@/src/m.go:3;main.two@/src/m.go:5 | 1
main.main@/src/m.go:3;main.two@/src/m.go:9 | 2
main.main@/src/m.go:4;main.one@/src/m.go:7 | 4
END
	diff - <(printf '%s\n' "${lines[@]}") <<'END'
flat samples   share  cum samples    share  function
           4  57.1 %            4   57.1 %  main.one src/m.go:7
           3  42.9 %            3   42.9 %  main.two src/m.go
           0   0.0 %            7  100.0 %  main.main src/m.go
END
}

@test "fold: a table fits its columns and keeps control characters to itself" {
	printf 'x;%s.(*T).Method 5\nx;\033[31mred\007\xff 1\n' "$(printf 'github.com/long/%.0s' {1..20})" | put wide
	local width
	for width in 80 100 120; do
		COLUMNS=$width gobpf fold -f table "$BATS_TEST_TMPDIR/wide" >"$BATS_TEST_TMPDIR/out"
		LC_ALL=C.UTF-8 run -1 grep -E ".{$((width + 1))}" "$BATS_TEST_TMPDIR/out"
	done
	grep -q '…' "$BATS_TEST_TMPDIR/out"
	grep -q '(\*T)\.Method$' "$BATS_TEST_TMPDIR/out"
	run -1 grep -P '[\x00-\x08\x0b-\x1f\x7f]' "$BATS_TEST_TMPDIR/out"
}

@test "fold: JSON is well-formed with any name, and says what it is" {
	requires jq
	gobpf fold -q -f json tests/golden/fold/hostile.in >"$BATS_TEST_TMPDIR/x.json"
	[ "$(jq -r .schema "$BATS_TEST_TMPDIR/x.json")" = gobpf-profile-1 ]
	# every number points at something
	[ "$(jq '[.stacks[].frames[] as $i | .frames[$i]] | all(. != null)' "$BATS_TEST_TMPDIR/x.json")" = true ]
	[ "$(jq '[.sites[] | .frame] == ([.sites[].stack as $s | .stacks[$s].frames[0]])' "$BATS_TEST_TMPDIR/x.json")" = true ]
	jq -e '.frames[] | select(.func == "y" and .kind == "kernel")' "$BATS_TEST_TMPDIR/x.json"
	jq -e '.frames[] | select(.addr == "0x47a3b1" and .kind == "unknown")' "$BATS_TEST_TMPDIR/x.json"
}

@test "fold: --from overrides what the content looks like" {
	printf '@[\n    a+1\n]: 3\nx;y 4\n' | put both
	run -0 gobpf fold -q "$BATS_TEST_TMPDIR/both"
	[ "$output" = 'a 3' ]
	run -0 gobpf fold -q --from folded "$BATS_TEST_TMPDIR/both"
	[ "$output" = $']: 3\nx;y 4' ]
	run -2 gobpf fold --from nothing "$BATS_TEST_TMPDIR/both"
	[[ $output == *"--from: no format 'nothing' (one of: "*" bpftrace, "*" folded)" ]]
}

@test "fold: -j reads several files at once, with the same result" {
	local n files=()
	for n in {1..9}; do
		awk -v n="$n" 'BEGIN { srand(n); for (i = 0; i < 20000; i++) print "main;f" int(rand() * 90) ";g" int(rand() * 90), n }' | put "$n"
		files+=("$BATS_TEST_TMPDIR/$n")
	done
	for n in folded json pprof; do
		gobpf fold -f $n "${files[@]}" tests/golden/fold/bpftrace.in >"$BATS_TEST_TMPDIR/one" 2>"$BATS_TEST_TMPDIR/one.err"
		gobpf fold -f $n -j 4 "${files[@]}" tests/golden/fold/bpftrace.in >"$BATS_TEST_TMPDIR/four" 2>"$BATS_TEST_TMPDIR/four.err"
		cmp "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/four"
		diff "$BATS_TEST_TMPDIR/one.err" "$BATS_TEST_TMPDIR/four.err"
	done
	# the first file that can't be read is the one that is named
	run -1 gobpf fold -j 4 "${files[@]}" /nonexistent/a /nonexistent/b
	[ "$output" = 'gobpf fold: can'"'"'t open /nonexistent/a: No such file or directory' ]
	run -2 gobpf fold -j 0 "${files[@]}"
}
