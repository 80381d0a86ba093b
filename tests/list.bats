#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers

@test "list: groups with one line for each command" {
	run -0 gobpf list
	[[ $output == *$'\nHelp\n'* || $output == "Help"$'\n'* ]]
	[[ $output == *"  list             list the commands"* ]]
	[[ ${lines[-1]} == "'gobpf help COMMAND' explains one." ]]
}

@test "list: --names is one name a line, sorted, for scripts" {
	run -0 gobpf list --names
	printf '%s\n' "${lines[@]}" | grep -vqE '^[a-z][a-z0-9-]*$' && fail "not a name: $output"
	[ "$(printf '%s\n' "${lines[@]}" | sort -u | wc -l)" -eq "${#lines[@]}" ]
}

@test "list: --scripts is every script, also one that is named as a command" {
	run -0 gobpf list --scripts
	[ "$output" = "$(find "$TOP/scripts" -name '*.bt' -printf '%f\n' | sed 's/\.bt$//' | sort)" ]
}

@test "list: a script that is in two folders is listed once, the one that runs" {
	mkdir -p "$BATS_TEST_TMPDIR/mine"
	cp "$TOP/scripts/heap-hotspots.bt" "$BATS_TEST_TMPDIR/mine/twice.bt"
	mkdir -p "$BATS_TEST_TMPDIR/config/gobpf/scripts"
	cp "$TOP/scripts/heap-hotspots.bt" "$BATS_TEST_TMPDIR/config/gobpf/scripts/twice.bt"
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	run -0 gobpf --script-path "$BATS_TEST_TMPDIR/mine" list
	[ "$(grep -c '  twice ' <<<"$output")" -eq 1 ]
	[[ $output == *" $BATS_TEST_TMPDIR/mine/twice.bt"* ]]
}

@test "list: takes no arguments" {
	run -2 --separate-stderr gobpf list everything
	[[ $stderr == *"unexpected 'everything'"* ]]
}
