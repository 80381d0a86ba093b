#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers

@test "help: without a name, what gobpf is and how to find a command" {
	run -0 --separate-stderr gobpf help
	[[ $output == *"Usage: gobpf COMMAND"* ]]
	[[ $output == *"gobpf list"* ]]
	[[ $output == *"Exit status: 0 done"* ]]
}

@test "help: with a name, that command's --help" {
	run -0 gobpf list --help
	local help=$output
	run -0 gobpf help list
	[ "$output" = "$help" ]
	[[ ${lines[0]} == "Usage: gobpf list"* ]]
}

@test "help: an unknown name: exit 2" {
	run -2 --separate-stderr gobpf help nothing-such
	[ -z "$output" ]
	[[ $stderr == *"'nothing-such'"* ]]
}

@test "help: NAME.bt is the script, also where a command has its name" {
	run -0 gobpf help heap-hotspots.bt
	[ "${lines[0]}" = "Usage: gobpf script --run heap-hotspots [OPTION...] PID [ARG...]" ]
	[[ $output == *$'\nheap-hotspots.bt - which call sites '*$'\nANSWERS:  '*$'\nEXAMPLE:  '* ]]
	run -2 gobpf help nothing-such.bt
}
