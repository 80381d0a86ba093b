#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gobpf run: bpftrace on a Go program, on each bpftrace at hand.
# GOBPF_BPFTRACES: further ones, separated by colons; see tests/get-bpftrace.
# shellcheck disable=SC2016,SC2119,SC2120 # $1 is for bpftrace; words for oneliner are optional

load helpers

# bpftraces - the programs to test with, one a line
bpftraces() {
	command -v bpftrace
	tr : '\n' <<<"${GOBPF_BPFTRACES-}" | sed '/^$/d'
}

# oneliner [WORD]... - starts the fixture built so
oneliner() {
	fixture oneliner "$@"
	spawn oneliner "$fixture"
	await oneliner '^READY'
}

run_pid() { gobpf run "$@" "${PID[oneliner]}"; }

@test "run: plain bpftrace passes untouched, byte for byte" {
	requires root bpftrace
	local text=$'// go:main.x goid in a comment\nBEGIN\n\n{\n\tprintf("goid\\n"); @goid = $1 ; // x\n\texit();\n}\nEND{}'
	oneliner
	printf '%s' "${text/'$1'/1}" >"$BATS_TEST_TMPDIR/plain.bt"
	run -0 --separate-stderr run_pid --print -e "${text/'$1'/1}"
	[ "$(sed '1,/^\/\/$/d' <<<"$output")" = "${text/'$1'/1}" ]
	run -0 --separate-stderr gobpf run --print "${PID[oneliner]}" "$BATS_TEST_TMPDIR/plain.bt"
	[ "$(sed '1,/^\/\/$/d' <<<"$output")" = "${text/'$1'/1}" ]
}

@test "run: the program and its words" {
	requires root bpftrace
	oneliner
	run -0 --separate-stderr run_pid -e 'BEGIN { printf("%s %d %s\n", str($1), $2, str($3)); exit(); }' 
	[[ $output == *"/proc/${PID[oneliner]}/exe ${PID[oneliner]} "* ]]
	run -2 --separate-stderr gobpf run "${PID[oneliner]}"
	[[ $stderr == *"which program?"* ]]
	run -2 --separate-stderr gobpf run
	[[ $stderr == *"which process?"* ]]
	run -1 --separate-stderr gobpf run "${PID[oneliner]}" /nonexistent.bt
	[[ $stderr == *"can't read the script /nonexistent.bt"* ]]
	run -2 --separate-stderr gobpf run "${PID[oneliner]}" -e 'BEGIN { exit(); }' 7
	[[ $stderr == *"'7'"* ]]
}

@test "run: --duration ends it" {
	requires root bpftrace
	oneliner
	run -0 --separate-stderr run_pid -d 1s -e 'BEGIN { printf("begun\n"); } END { printf("ended\n"); }'
	[ "$output" = $'begun\nended' ]
	unharmed oneliner
}
