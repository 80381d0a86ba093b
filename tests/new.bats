#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gobpf new: what it writes, and that it works as it stands.

load helpers

setup() {
	umask 022
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	mine=$XDG_CONFIG_HOME/gobpf/scripts
	unset GOBPF_SCRIPT_PATH
}

# toolchain - the Go of this run in PATH, away from the settings of who runs it
toolchain() {
	[ -z "${GOBPF_GOROOT-}" ] || export GOROOT=$GOBPF_GOROOT PATH=$GOBPF_GOROOT/bin:$PATH
	export GOTOOLCHAIN=local GOENV=off GOFLAGS=-mod=mod GO111MODULE=off
}

# own_test FILE [OPTION...] - runs the test that was written, apart from this one
own_test() {
	# bats puts its inner programs in front of PATH
	env -i PATH="${PATH//"$BATS_LIBEXEC":/}" HOME="$HOME" TMPDIR="$BATS_TEST_TMPDIR" GOBPF="$GOBPF" BPFTRACE="${BPFTRACE-}" \
		GOCACHE="${GOCACHE-$HOME/.cache/go-build}" ${GOROOT+GOROOT="$GOROOT"} GOTOOLCHAIN=local GOENV=off \
		GO111MODULE=off timeout 200 bats --tap "${@:2}" "$1" 3>&-
}

@test "new: a script and its test in the user's folder: a command at once, listed and explained" {
	umask 002 # what root's group can write to root doesn't run
	run -0 --separate-stderr gobpf new slow-dials
	[ "$output" = "$mine/slow-dials.bt  counts the goroutines that each function starts: make it yours
$mine/slow-dials.bats  its test

Run it:   gobpf slow-dials PID
Test it:  bats $mine/slow-dials.bats" ]
	[ -z "$stderr" ]
	[ "$(stat -c '%a %U' "$mine" "$mine"/*)" = "$(printf "755 $(id -un)\n%.0s" 1 2 3)" ]
	run ! grep -r '@NAME@' "$mine"
	run -0 gobpf list
	[[ $output == *$'\n  slow-dials       which functions start goroutines, and how many\n'* ]]
	run -0 gobpf help slow-dials
	[[ $output == "Usage: gobpf slow-dials "*'-d, --duration=TIME'*'-o, --output=FILE'*$'\nANSWERS:  Where do'* ]]
	[[ $output == *"($mine/slow-dials.bt)" ]]
	run -0 gobpf script slow-dials
	[ "$output" = "$(<"$mine/slow-dials.bt")" ]
}

@test "new: the longest name leaves lines of 80 columns, and the header's own test holds" {
	requires bats
	local name
	name=$(printf 'n%.0s' {1..25})
	run -0 gobpf new "$name" --folder "$BATS_TEST_TMPDIR"
	run ! grep -nE '.{81}' "$BATS_TEST_TMPDIR/$name.bt"
	run -0 own_test "$BATS_TEST_TMPDIR/$name.bats" -f header
	grep -qx "ok 1 $name: its header is complete" <<<"$output"
	sed -i '/^\/\/ OVERHEAD/d' "$BATS_TEST_TMPDIR/$name.bt"
	run -1 own_test "$BATS_TEST_TMPDIR/$name.bats" -f header
}

@test "new: what is written holds to the rules of this project's own scripts" {
	local script=$BATS_TEST_TMPDIR/one.bt rules=$BATS_TEST_TMPDIR/rules
	gobpf new one --folder "$BATS_TEST_TMPDIR"
	# the registry's rules for scripts, on a tree of which this is one
	mkdir -p "$rules/tests" "$rules/scripts"
	cp "$TOP"/tests/registry.bats "$TOP"/tests/*.bash "$rules/tests"
	cp "$script" "$rules/scripts"
	cp "${script%.bt}.bats" "$rules/tests"
	run -0 own_test "$rules/tests/registry.bats" -f 'registry: every script'
	grep -q '^ok 1 registry: every script' <<<"$output"
	sed -i 2d "$rules/scripts/one.bt"
	run -1 own_test "$rules/tests/registry.bats" -f 'registry: every script'
}

# bats test_tags=probe
@test "new: its own test runs the script on a Go program, alone and through gobpf" {
	requires root bpftrace go bats
	toolchain
	gobpf new starts --folder "$BATS_TEST_TMPDIR"
	run -0 own_test "$BATS_TEST_TMPDIR/starts.bats"
	[ "$(grep -E '^(not )?ok' <<<"$output")" = "ok 1 starts: counts what the program started
ok 2 starts: the same through gobpf
ok 3 starts: its header is complete" ]
}

@test "new: -d is its SECONDS" {
	requires root bpftrace
	gobpf new starts
	fixture burst strip
	spawn burst "$fixture"
	await burst '^READY'
	seconds() {
		# shellcheck disable=SC2016 # bpftrace's variable
		gobpf starts --print -q "$@" | sed -nE 's/^\t\$seconds = (.*);$/\1/p'
	}
	[ "$(seconds "${PID[burst]}")" = 0 ]
	[ "$(seconds -d 7s "${PID[burst]}")" = 7 ]
	[ "$(seconds "${PID[burst]}" -d 2m)" = 120 ]
	[ "$(seconds -d 0 "${PID[burst]}")" = 31622400 ]
	[ "$(seconds -d 2500ms "${PID[burst]}")" = 62 ]
	[ "$(seconds -d 7s "${PID[burst]}" 9)" = 9 ]
	sed -i 's/ \[SECONDS\]$/ [COUNT]/' "$mine/starts.bt"
	[ "$(seconds -d 7s "${PID[burst]}")" = 0 ]
}

@test "new: writes nothing over what is there, in part or at all" {
	local what
	mkdir -p "$mine"
	for what in bt bats; do
		rm -f "$mine"/*
		echo mine >"$mine/two.$what"
		run -1 --separate-stderr gobpf new two
		[ "$stderr" = "gobpf new: $mine/two.$what is there already; nothing was written" ]
		[ -z "$output" ]
		[ "$(ls "$mine")" = "two.$what" ]
		[ "$(<"$mine/two.$what")" = mine ]
	done
	rm "$mine"/*
	ln -s /no/such/file "$mine/two.bt"
	run -1 gobpf new two
	[ "$(ls "$mine")" = two.bt ]
}

@test "new: names that are none, or a command's" {
	local name
	for name in '' 'a b' a.b ../a a/b Upper ünder a_b "$(printf 'n%.0s' {1..26})"; do
		run -2 --separate-stderr gobpf new "$name"
		[ "$stderr" = "gobpf new: '$name': a name is of a-z, 0-9 and '-', at most 25 of them here" ]
	done
	run -2 gobpf new -- -dash
	run -2 --separate-stderr gobpf new stats
	[ "$stderr" = "gobpf new: 'stats' is a command of gobpf: it would come before the script" ]
	run -2 gobpf new
	run -2 gobpf new one two
	[ ! -e "$mine" ]
}

@test "new: folders that aren't there, are none, can't be written, and none known" {
	run -1 --separate-stderr gobpf new one --folder /no/such
	[ "$stderr" = "gobpf new: can't write into /no/such: No such file or directory" ]
	run -1 --separate-stderr gobpf new one --folder "$GOBPF"
	[ "$stderr" = "gobpf new: can't write $GOBPF/one.bt: Not a directory" ]
	run -1 gobpf new one --folder /proc/self
	[[ $output == "gobpf new: can't write /proc/self/one.bt: "* ]]
	run -2 gobpf new one --folder ''
	XDG_CONFIG_HOME='' HOME='' run -2 gobpf new one
	[[ $output == *"no folder of yours is known here"* ]]
	: >"$XDG_CONFIG_HOME"
	run -1 gobpf new one
	[ "$output" = "gobpf new: can't make the folder $XDG_CONFIG_HOME/gobpf: Not a directory" ]
}

@test "new: no half of it stays behind on a full disk" {
	requires root unshare
	# shellcheck disable=SC2016 # the inner shell's
	run -1 unshare -m sh -c 'mount -t tmpfs -o size=4k none "$1" && ! "$2" new one --folder "$1" && ls -A "$1" && exit 1' \
		- "$BATS_TEST_TMPDIR" "$GOBPF"
	[[ $output == *"gobpf new: can't write $BATS_TEST_TMPDIR/one.ba"*": No space left on device" ]]
}

@test "new: says when it isn't the one that runs" {
	local first=$BATS_TEST_TMPDIR/first
	mkdir "$first"
	gobpf new one --folder "$first"
	run -0 gobpf new one
	[[ $output == *$'\nRun it:   gobpf one PID\n'* ]]
	rm -r "$XDG_CONFIG_HOME"
	GOBPF_SCRIPT_PATH=$first run -0 gobpf new one
	[[ $output == *$'\nRun it:   gobpf run PID '"$mine/one.bt"$'\n'*"$first/one.bt is another 'one' and comes before it." ]]
	run -0 gobpf new two --folder "$first"
	[[ $output == *$'\nRun it:   gobpf run PID '"$first/two.bt"$'\n'* ]]
	((EUID == 0)) || return 0
	chmod g+w "$mine"
	run -0 gobpf new two
	[[ $output == *"It is no command: root does not use what is not root's alone: its group can write to $mine." ]]
}
