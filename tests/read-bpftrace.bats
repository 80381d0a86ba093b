#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# bpftrace's JSON and histograms; the goldens are real output of 0.17, 0.23 and 0.27.

load helpers

setup() {
	cd "$TOP" || return
	tmp=$BATS_TEST_TMPDIR
}

# buckets MAP - [value, count] of each bucket of the map in $tmp/json
# shellcheck disable=SC2016
buckets() {
	jq -c --arg map "$1" '(.values | map(.name) | index($map)) as $v |
		[.stacks[] | select(.values[$v] > 0) | [.labels[0].num, .values[$v]]] |
		[group_by(.[0])[] | [.[0][0], (map(.[1]) | add)]]' "$tmp/json"
}

@test "bpftrace: a histogram's buckets are samples with the label value" {
	requires jq
	local in=tests/golden/fold/bpftrace-hist.in
	gobpf fold -q -f json "$in" >"$tmp/json"
	run -0 buckets h
	[ "$output" = '[[0,1],[1,1],[2,2],[4,4],[8,8],[16,7]]' ]
	# lhist(), and what is below all buckets or above
	run -0 buckets l
	[ "$output" = '[[0,5],[5,5],[10,5],[15,5],[20,3]]' ]
	run -0 buckets neg
	[ "$output" = '[[-1,23]]' ]
	# without the label they are one sample
	run -0 gobpf fold -q --value h "$in"
	[ "$output" = 'colon_builtin 23' ]
	run -0 gobpf fold -q --value s "$in"
	[ "$output" = 'colon_builtin 253' ]
	# 1024 and its powers
	printf '@us[\n    f+1\n]: \n[512, 1K)  1 |@|\n[1K, 2K)   2 |@|\n[2G, 4G)   3 |@|\n[4E, 8E)   4 |@|\n(..., -2K) 5 |@|\n' >"$tmp/in"
	run -0 gobpf fold --strict -f json "$tmp/in"
	for v in 512 1024 2147483648 4611686018427387904 -2049; do
		[[ $output == *"\"num\":$v}"* ]] || fail "$v"
	done
}

@test "bpftrace: its JSON says what its text says, in 0.17, 0.23 and 0.27" {
	local v
	for v in 17 23 27; do
		run -0 gobpf fold -q --as-is --value samples "tests/golden/fold/bpftrace-json$v.in"
		[ "$(sed -E 's/0x[0-9a-f]+/A/' <<<"$output" | sort)" = $'bash;A;colon_builtin 11\nbash;A;colon_builtin 12' ]
		run -0 gobpf fold -q --value s "tests/golden/fold/bpftrace-json$v.in"
		[ "$output" = 'colon_builtin 253' ]
	done
	run -0 gobpf fold -q --value bytes --as-is tests/golden/fold/bpftrace-json17.in
	[[ $output == *';colon_builtin 23000' ]]
	run -0 gobpf fold -q --value bytes --as-is tests/golden/fold/bpftrace-json23.in
	[[ $output == *';colon_builtin 23000' ]]
	run -0 gobpf fold -q --value tup --as-is tests/golden/fold/bpftrace-json23.in
	[ "$output" = '1;a"b;c;colon_builtin 23' ]
	run -0 gobpf fold -q --value l tests/golden/fold/bpftrace-json27.in
	[ "$(awk '{ n += $NF } END { print n }' <<<"$output")" -eq 23 ]
}

# bats test_tags=probe
@test "bpftrace: the bpftrace at hand counts the same as text and as JSON" {
	requires root
	requires bpftrace
	printf 'echo ready\nread -r\nfor ((i = 0; i < 23; i++)); do :; done\necho done\nread -r\n' >"$tmp/work.sh"
	spawn work bash "$tmp/work.sh"
	await work '^ready$'
	local f program="uprobe:/bin/bash:colon_builtin /pid == ${PID[work]}/ {
		@[ustack(1), comm] = count(); @h[ustack(1)] = hist(@n); @one = hist(@n); @n++; }"
	for f in text json; do
		__BPFTRACE_NOTIFY_PROBES_ATTACHED=1 spawn "$f" bpftrace -B none -f "$f" -e "$program"
		await "$f" '^__BPFTRACE_NOTIFY_PROBES_ATTACHED$'
	done
	tell work go
	await work '^done$'
	for f in text json; do
		stop_bpftrace "$f"
		sed '/^__BPFTRACE/d; /RLIMIT_MEMLOCK/d' "$tmp/$f.log" >"$tmp/$f"
		run -0 gobpf fold --strict "$tmp/$f"
		[ "$output" = 'bash;colon_builtin 23' ]
		gobpf fold --strict --as-is --by value --value h "$tmp/$f" >"$tmp/$f.h"
		[ "$(wc -l <"$tmp/$f.h")" -eq 6 ]
	done
	diff "$tmp/text.h" "$tmp/json.h"
	tell work bye
}

@test "bpftrace: without any stack the keys stand for it, and that is said" {
	printf '@x[spin, 5]: 7\n@y: 3\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold --strict "$tmp/in"
	[ "$output" = 'spin;5 7' ]
	[ "$stderr" = "gobpf fold: $tmp/in: no stacks in it: the keys of its maps stand for them" ]
	printf '{"type": "map", "data": {"@x": {"spin,5": 7}}}\n{"type": "map", "data": {"@y": 3}}\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold --strict "$tmp/in"
	[ "$output" = 'spin;5 7' ]
	printf '@usecs: \n[1K, 2K)  7 |@@|\n[2K, 4K)  1 |@|\n\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold --strict "$tmp/in"
	[ "$output" = '@usecs 8' ]
	printf '@x[spin]: 7\n@[\n    main.f+1\n]: 3\n@x[more]: 8\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold --strict "$tmp/in"
	[ "$output" = 'main.f 3' ]
	[ -z "$stderr" ]
}

@test "bpftrace: bad JSON" {
	local what line good='{"type": "map", "data": {"@": {"\n    main.f+1\n": 5}}}'
	while IFS='|' read -r what line; do
		printf '%s\n%s\n' "$good" "$line" >"$tmp/in"
		run -0 --separate-stderr gobpf fold "$tmp/in"
		[ "$output" = 'main.f 5' ] || fail "$line: $output"
		[[ $stderr == *": line 2: $what"*" (1 left out of 2; --strict refuses)" ]] || fail "$line: $stderr"
		run -1 gobpf fold --strict "$tmp/in"
	done <<-'END'
		not JSON: |{"type": "map", "data": {"@": {"\n    m
		not JSON: |[1
		not JSON: |{"type": "map", "data": {"@": {"\n    main.f+1\n": 9223372036854775808}}}
		an object without a type|{"data": {}}
		a value that is not a whole number|{"type": "map", "data": {"@": {"\n    main.f+1\n": "x"}}}
		a histogram whose buckets are none|{"type": "hist", "data": {"@": {"\n    main.f+1\n": [{"min": 1}]}}}
	END
	printf '%s\n' "$good" '{"type": "map", "data": 7}' '{"type": "map"}' '{"type": "hist", "data": {"@": 7, "@x": {}}}' '{"type": "time"}' >"$tmp/in"
	run -0 gobpf fold --strict "$tmp/in"
	[ "$output" = 'main.f 5' ]
}

# printed - what bpftrace 0.17 printed of two kill(2) of bash: comm, kstack(3), ustack(3), then ustack(perf), then kstack(perf)
printed() {
	local n
	echo 'Attaching 1 probe...'
	for n in 1 2; do
		printf '%s\n' 'bash 9629 ' '        perf_syscall_enter+397' '        syscall_trace_enter+384' \
			'        do_syscall_64+506' '' '        __kill+7' '' ''
		printf '%s\n' $'\t7f76fbca6267 __kill+7 (/usr/lib/libc.so.6)' '' $'\tffffffff814b0b2d perf_syscall_enter+397' \
			$'\tffffffff81415d70 syscall_trace_enter+384'
	done
	printf '%s\n' '' '' '@n: 3895'
}

@test "bpftrace: stacks that were printed count, the kernel's with the user's behind it" {
	printed >"$tmp/in"
	run -0 --separate-stderr gobpf fold --strict --symbols never "$tmp/in"
	diff - <(echo "$output") <<'END'
__kill 2
__kill;do_syscall_64_[k];syscall_trace_enter_[k];perf_syscall_enter_[k] 2
syscall_trace_enter_[k];perf_syscall_enter_[k] 2
END
	[ "$stderr" = "gobpf fold: $tmp/in: no map with stacks: those that were printed count 1 each" ]
	# as JSON, a call of printf() each
	requires jq
	jq -Rsc 'split("bash")[] | { type: "printf", data: . }' "$tmp/in" | sed 's/":/": /g' >"$tmp/json"
	run -0 gobpf fold -q --strict --symbols never "$tmp/json"
	diff <(gobpf fold -q --symbols never "$tmp/in") <(echo "$output")
	# the end of a line comes with the next call
	printf '{"type": "printf", "data": "%s"}\n' '        main.a+1\n        ma' 'in.b+2' >"$tmp/json"
	run -0 gobpf fold -q --strict "$tmp/json"
	[ "$output" = 'main.b;main.a 1' ]
}

@test "bpftrace: what was printed is no part of what maps count" {
	printed >"$tmp/in"
	printf '@[\n    main.f+1\n]: 7\n' >>"$tmp/in"
	run -0 --separate-stderr gobpf fold --strict "$tmp/in"
	[ "$output" = 'main.f 7' ]
	[ "$stderr" = "gobpf fold: $tmp/in: 6 stacks that were printed are left out, as maps have stacks" ]
}

@test "bpftrace: printed stacks that are not one" {
	local k='        do_syscall_64+5' u='        main.f+1' want
	# two of the kernel's one after the other; two empty lines between; text between
	while IFS='|' read -r text want; do
		printf '%b' "$text" >"$tmp/in"
		run -0 gobpf fold -q --strict "$tmp/in"
		[ "${output//$'\n'/, }" = "$want" ] || fail "$text: $output"
	done <<-END
		x\n$k\n\n$k\n\n$u\n|do_syscall_64_[k] 1, main.f;do_syscall_64_[k] 1
		x\n$k\n\n\n$u\n|do_syscall_64_[k] 1, main.f 1
		x\n$k\ny\n$u\n|do_syscall_64_[k] 1, main.f 1
		$u\n\n$k\n\n$u\n\n$k\n|do_syscall_64_[k] 2, main.f 2
		$k\n\n$u\n\n$k\n\n$u\n|main.f;do_syscall_64_[k] 2
		x\n$u\nx\n        12af\n        0x12b0\n|0x12b0;0x12af 1, main.f 1
		x\n$k\n\n        ffffffff8103ce3b\n|0xffffffff8103ce3b_[k] 1, do_syscall_64_[k] 1
	END
	# other tools have no such lines
	run -1 gobpf fold <<<$'  main.f+1\n\t12 main.f+0x1 (/x)x\n     main.f+1'
}

@test "bpftrace: a frame of JSON that is an address ends where it ends" {
	local s='{"type": "map", "data": {"@": {"\n\t559de0bc8404[unknown] (/x)\n\t559d[unknown] (/x)\n,1": 3}}}'
	run -0 gobpf fold -q --as-is --symbols never <<<"$s"
	[ "$output" = '1;0x559d;0x559de0bc8404 3' ]
}
