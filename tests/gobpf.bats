#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The dispatcher.

load helpers

@test "gobpf: without a command, says how to find one: exit 2" {
	run -2 --separate-stderr gobpf
	[ -z "$output" ]
	[[ $stderr == *"gobpf list"* ]]
}

@test "gobpf: an unknown command with a near name" {
	run -2 --separate-stderr gobpf lsit
	[ "$stderr" = "gobpf: no command 'lsit'; did you mean 'list'?" ]
}

@test "gobpf: an unknown command with no near name" {
	run -2 --separate-stderr gobpf xyzzyxyzzy
	[ "$stderr" = "gobpf: no command 'xyzzyxyzzy'; 'gobpf list' shows them all" ]
}

@test "gobpf: names of any length and content are only names" {
	run -2 gobpf "$(printf 'x%.0s' {1..5000})"
	run -2 gobpf ../../bin/sh
	run -2 gobpf ''
	run -2 gobpf $'\e[31m'
}

@test "gobpf: an unknown option: exit 2" {
	run -2 --separate-stderr gobpf --frobnicate
	[[ $stderr == *"'--frobnicate'"* ]]
}

@test "gobpf: --version" {
	run -0 gobpf --version
	[[ $output =~ ^gobpf\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "gobpf: --help and help are the same" {
	run -0 gobpf --help
	local help=$output
	run -0 gobpf help
	[ "$output" = "$help" ]
	[[ $output == *heap-hotspots* ]]
}

@test "gobpf: an option that a command does not have: exit 2, on stderr, with the command's name" {
	run -2 --separate-stderr gobpf list --frobnicate
	[ -z "$output" ]
	[[ $stderr == "gobpf list: "* ]]
}

@test "gobpf: --script-path without a folder" {
	run -2 --separate-stderr gobpf --script-path
	[[ $stderr == *"which folder"* ]]
}

@test "gobpf: --script-path with something that is no folder" {
	run -2 --separate-stderr gobpf --script-path /no/such/folder list
	[ "$stderr" = "gobpf: --script-path: can't read /no/such/folder: No such file or directory" ]
	[ -z "$output" ]
	run -2 --separate-stderr gobpf --script-path "$GOBPF" list
	[[ $stderr == *"Not a directory" ]]
}

@test "gobpf: full disk behind stdout is a failure that says so" {
	to_full() { gobpf list >/dev/full; }
	run -1 --separate-stderr to_full
	[[ $stderr == *"No space left on device"* ]]
}

@test "gobpf: a closed pipe behind stdout is a failure, not a death by SIGPIPE" {
	local gone=$BATS_TEST_TMPDIR/gone
	to_nobody() {
		# the reader is gone before the first byte
		{ retry 60 test -e "$gone" && gobpf list; } | (exec <&- && : >"$gone")
		return "${PIPESTATUS[0]}"
	}
	run -1 --separate-stderr to_nobody
	[[ $stderr == *"closed the pipe"* ]]
}

@test "gobpf: a script of the user's own folder is a command; the current folder's is not" {
	mkdir -p "$BATS_TEST_TMPDIR/config/gobpf/scripts" "$BATS_TEST_TMPDIR/here"
	printf '#!/usr/bin/env bpftrace\n// mine.bt - says hello\nBEGIN { printf("hello\\n"); exit(); }\n' \
		>"$BATS_TEST_TMPDIR/config/gobpf/scripts/mine.bt"
	cp "$BATS_TEST_TMPDIR/config/gobpf/scripts/mine.bt" "$BATS_TEST_TMPDIR/here/stray.bt"
	cd "$BATS_TEST_TMPDIR/here"
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	run -0 gobpf list --names
	[[ $'\n'$output$'\n' == *$'\nmine\n'* ]]
	[[ $'\n'$output$'\n' != *$'\nstray\n'* ]]
	run -2 gobpf stray
}

@test "gobpf: a name with a slash or a dot in front leads to no script" {
	local name
	cp "$TOP/scripts/heap-hotspots.bt" "$BATS_TEST_TMPDIR/evil.bt"
	cp "$TOP/scripts/heap-hotspots.bt" "$BATS_TEST_TMPDIR/.evil.bt"
	for name in "$(realpath --relative-to="$TOP/scripts" "$BATS_TEST_TMPDIR")/evil" "$BATS_TEST_TMPDIR/evil"; do
		run -2 gobpf script "$name"
		run -2 gobpf "$name"
	done
	run -2 gobpf --script-path "$BATS_TEST_TMPDIR" script .evil
	run -0 gobpf --script-path "$BATS_TEST_TMPDIR" script evil
}

@test "gobpf: --script-path adds a folder" {
	mkdir "$BATS_TEST_TMPDIR/scripts"
	echo 'BEGIN { exit(); }' >"$BATS_TEST_TMPDIR/scripts/other.bt"
	run -0 gobpf --script-path "$BATS_TEST_TMPDIR/scripts" list --names
	[[ $'\n'$output$'\n' == *$'\nother\n'* ]]
}
