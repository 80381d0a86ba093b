#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers

setup() {
	# shellcheck source=share/completions/gobpf.bash
	. "$TOP/share/completions/gobpf.bash"
}

# complete_line WORD... - what completion offers for the last word
complete_line() {
	COMP_WORDS=("$GOBPF" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_gobpf
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "completion: offers every command, and nothing else but --version and --help" {
	[ "$(complete_line '' | grep -v '^--' | sort)" = "$("$GOBPF" list --names | sort)" ]
}

@test "completion: a prefix" {
	[ "$(complete_line lis)" = list ]
}

@test "completion: the options of a command" {
	run -0 complete_line list --
	[[ $'\n'$output$'\n' == *$'\n--names\n'* ]]
	[[ $'\n'$output$'\n' == *$'\n--help\n'* ]]
}

@test "completion: the name of a command for help" {
	[ "$(complete_line help lis)" = list ]
}

@test "completion: behind the name of a script, a process" {
	[ "$(complete_line script heap-hot)" = heap-hotspots ]
	# 1234 is the beginning of 12345, which may run, too
	run -0 complete_line script heap-hotspots $$
	grep -qx "$$" <<<"$output"
	run ! grep -v "^$$" <<<"$output"
}
