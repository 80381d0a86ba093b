#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	svg=$BATS_TEST_TMPDIR/x.svg
	printf '%s\n' 'main.main;main.a;main.b 7' 'main.main;runtime.mallocgc 5' 'main.main;main.a 2' \
		'main.main;main.old;main.older 3' 'entry_SYSCALL_64_[k];do_syscall_64_[k] 1' >before
	printf '%s\n' 'main.main;main.a;main.b 9' 'main.main;runtime.mallocgc 4' 'main.main;main.a 2' \
		'main.main;main.new;main.newer 4' 'main.main;main.new;main.b 2' \
		'entry_SYSCALL_64_[k];do_syscall_64_[k] 1' >after
}

# inputs - those that hold stacks, of goldens and fuzz seeds
inputs() {
	local in
	for in in "$TOP"/tests/golden/fold/*.in "$TOP"/tests/golden/fuzz/fold/*; do
		! "$GOBPF" fold -q "$in" >/dev/null 2>&1 || echo "$in"
	done
}

@test "diff: a table of functions, the largest change first" {
	run -0 gobpf diff before after
	diff - <(echo "$output") <<'END'
flat change  before  after  cum change  before  after        function
         +4      18     22                                   (all)
         +4       7     11          +4       7     11        main.b
         +4       0      4          +4       0      4  new   main.newer
         -3       3      0          -3       3      0  gone  main.older
         -1       5      4          -1       5      4        runtime.mallocgc
          0       0      0          +6       0      6  new   main.new
          0       0      0          +4      17     21        main.main
          0       0      0          -3       3      0  gone  main.old
          0       2      2          +2       9     11        main.a
          0       1      1                                   (2 functions without a change)
END
	run -0 gobpf diff --cum -n 2 --unit bytes before after
	diff - <(echo "$output") <<'END'
flat change  before  after  cum change  before  after       function
       +4 B    18 B   22 B                                  (all)
        0 B     0 B    0 B        +6 B     0 B    6 B  new  main.new
       +4 B     7 B   11 B        +4 B     7 B   11 B       main.b
        0 B    10 B   10 B                                  (6 more functions)
        0 B     1 B    1 B                                  (2 functions without a change)
END
}

@test "diff: functions without a change are counted in one row" {
	run -0 gobpf diff -f table <(printf 'a 1\nb 2\n') <(printf 'a 1\nb 3\n')
	[[ ${lines[-1]} == *' (1 function without a change)' ]]
	run -0 gobpf diff -f table <(printf 'a 1\nb 2\nc 1\n') <(printf 'a 1\nb 3\nc 1\n')
	[[ ${lines[-1]} == *' (2 functions without a change)' ]]
}

@test "diff: folded stacks with both counts" {
	run -0 gobpf diff -f folded before after
	diff - <(echo "$output") <<'END'
entry_SYSCALL_64_[k];do_syscall_64_[k] 1 1
main.main;main.a 2 2
main.main;main.a;main.b 7 9
main.main;main.new;main.b 0 2
main.main;main.new;main.newer 0 4
main.main;main.old;main.older 3 0
main.main;runtime.mallocgc 5 4
END
}

@test "diff: normalised, before has the total of after to the last one" {
	printf 'a;b 1\na;c 1\na;d 1\n' >three
	printf 'a;b 50\na;c 50\n' >hundred
	run -0 gobpf diff -f folded --normalise three hundred
	diff - <(echo "$output") <<'END'
a;b 33 50
a;c 34 50
a;d 33 0
END
	# twice as much of everything is no change
	sed 's/$/0/' before >ten
	run -0 gobpf diff --normalise before ten
	[ "${#lines[@]}" -eq 3 ]
	run -1 gobpf diff --normalise before <(echo 'a 0')
	[[ $output == *"--normalise: a side without values can't be scaled" ]]
}

@test "diff: go tool pprof -diff_base makes the same" {
	requires go
	for f in before after; do gobpf pprof -o $f.pb.gz $f; done
	gobpf diff -o ours.pb.gz before after
	for by in '' -cum; do
		go tool pprof -top $by ours.pb.gz >ours
		go tool pprof -top $by -diff_base before.pb.gz after.pb.gz >theirs
		diff ours theirs
	done
	grep -q '^ *4 22.22% .* main.newer$' ours
	# and our table has the same flat and cumulative values
	gobpf diff before after | awk '$NF !~ /[()]|change|function/ && ($1 || $4) { sub(/_\[k\]/, ""); print $NF, $1 + 0, $4 + 0 }' |
		sort >ours
	awk '/^ *-?[0-9]+ / { print $NF, $1, $4 }' theirs | sort >of_pprof
	diff ours of_pprof
}

@test "diff: nothing differs from itself, in any format" {
	requires go jq xmllint
	local in
	while read -r in; do
		for format in table folded json pprof; do gobpf diff -q -f $format "$in" "$in" >same.$format; done
		[ "$(awk 'NR > 2' same.table | grep -cvE '^ *0.* 0.* \([0-9]+ functions? without a change\)$|[0-9]+ functions? without')" -eq 0 ] || fail "$in"
		awk 'NR == 2' same.table | grep -qE '^ +0( B| ns)? ' || fail "$in"
		[ "$(awk '$(NF - 1) != $NF' same.folded | wc -l)" -eq 0 ] || fail "$in"
		jq -e '.values[0].total == .values[1].total and all(.stacks[].values; .[0] == .[1])' same.json >/dev/null || fail "$in"
		[ "$(go tool pprof -top -nodefraction=0 same.pprof 2>/dev/null | awk 'on && ($1 != 0 || $4 != 0) { print } /flat%/ { on = 1 }')" = "" ] || fail "$in"
		gobpf diff -q -o "$svg" "$in" "$in"
		[ "$(xmllint --xpath 'count(//*[@data-f]/*[local-name()="rect"][not(@class="same" or @class="more")])' "$svg")" -eq 0 ] || fail "$in"
		gobpf diff -q --normalise -f folded "$in" "$in" | cmp - same.folded || fail "$in"
		gobpf diff -q -f html "$in" "$in" | sed -n '/id="data">$/,/^<\/script>$/{//!p}' >same.page
		jq -e '.self[0] == .self[1] and (.diff != null) and (.self[0] | add) > 0' same.page >/dev/null || fail "$in"
	done < <(inputs)
}

@test "diff: a flame graph as wide as after, coloured by the change" {
	requires xmllint
	gobpf diff -o "$svg" before after
	xmllint --noout "$svg"
	grep -A2 -F '<title>main.b' "$svg" | grep -qF '7 samples before, 9 samples after: +2 (+28.6 %)</title><rect class="up3"'
	grep -A2 -F '<title>main.newer' "$svg" | grep -qF '0 samples before, 4 samples after: new</title><rect class="new"'
	grep -A2 -F '<title>runtime.mallocgc' "$svg" | grep -qF '5 samples before, 4 samples after: -1 (-20.0 %)</title><rect class="down3"'
	run -1 grep -F '<title>main.old' "$svg"
	[[ $(xmllint --xpath 'string(//*[local-name()="desc"])' "$svg") == *$'\nNew: main.new (6 samples), main.newer (4 samples).\nGone: main.old'*'(3 samples)'* ]]
	gobpf diff --width before -o "$svg" before after
	grep -A2 -F '<title>main.older' "$svg" | grep -qF '3 samples before, 0 samples after: gone</title><rect class="gone"'
	grep -qF 'data-f="0,18,0"' "$svg"
	run -1 grep -F '<title>main.newer' "$svg"
}

@test "diff: hostile names stay text" {
	requires xmllint
	gobpf diff -q -o "$svg" "$TOP/tests/golden/fold/hostile.in" before
	xmllint --noout "$svg"
	[ "$(xmllint --xpath 'count(//*[local-name()="script"])' "$svg")" -eq 1 ]
	grep -qF '&lt;script&gt;alert' "$svg"
}

@test "diff: what can't be compared" {
	run -2 gobpf diff before
	[[ $output == *"needs two inputs: BEFORE AFTER"* ]]
	run -2 gobpf diff before after after
	run -2 gobpf diff --width both before after
	run -1 gobpf diff before /dev/null
	run -2 gobpf diff -q --value e "$TOP/tests/golden/fold/bpftrace.in" after
	[[ $output == *"bpftrace.in: --value: no 'e' in the input; it has: "* ]]
	printf '@bytes[\n    main.f+1\n]: 1\n' >bytes
	run -2 gobpf diff bytes after
	[[ $output == *"before is in bytes (bytes), after in count (samples): choose with --value, or say --unit" ]]
}

@test "diff: one side from stdin" {
	gobpf diff before after >both
	gobpf diff before - <after | cmp - both
}

@test "diff: sums that saturate, and values below 0" {
	printf 'a;b 9223372036854775807\na;c 9223372036854775807\nd 3\n' >huge
	run -0 gobpf diff -f folded --normalise huge before
	[ "$(awk '{ n += $(NF - 1) } END { print n }' <<<"$output")" -eq 18 ]
	run -0 gobpf diff -f folded huge before
	[[ $output == *$'\nd 3 0\n'* && $output == *'a;b 9223372036854775807 0'* ]]
	run -0 gobpf diff -f table huge huge
	[ "${#lines[@]}" -eq 3 ]
	gobpf diff -f pprof huge before >/dev/null
	gobpf diff -f html huge before >/dev/null
}
