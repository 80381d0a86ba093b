#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# deadlock on goroutines that wait in known ways, and on their healthy twins. $GOBPF_TOOLCHAINS adds toolchains.

load helpers
load golib

setup() { requires go jq; }

# stuck SHAPE WORD... - the fixture in that shape; what deadlock says of it is in $BATS_TEST_TMPDIR/json and table
stuck() {
	fixture stuck "${@:2}"
	spawn s "$fixture" "$1"
	await s '^READY'
	gobpf deadlock --json "${PID[s]}" >"$BATS_TEST_TMPDIR/json"
	COLUMNS=200 gobpf deadlock "${PID[s]}" >"$BATS_TEST_TMPDIR/table"
	unharmed s
	end s
}

# of FILTER - of what it said
of() { jq -r "$1" "$BATS_TEST_TMPDIR/json" | paste -sd' '; }

@test "deadlock: two that hold a lock and want the other's" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root stuck locks strip
		[ "$(of '.deadlocks | length, .[0].verdict, (.[0].goids | length)')" = '1 possible 2' ] || fail "$(cat "$BATS_TEST_TMPDIR/json")" || return
		[ "$(of '.waiting, .stuck, (.objects | length), (.for_ever | length)')" = '2 2 2 0' ]
		[ "$(of '.objects[] | .kind, .state, (.at | sub(" main.go.*"; "")), (.waiting == .on_stack_of)')" = \
			'Mutex locked main.transfer false Mutex locked main.transfer false' ]
		[ "$(of '[.objects[].waiting[]] | sort == (.[0:2] | unique)')" = true ]
		[ "$(grep -cE '^ +[0-9]+  Mutex 0x[0-9a-f]+ \(locked\)  main\.transfer main\.go:37  +[0-9]+$' "$BATS_TEST_TMPDIR/table")" -eq 2 ] ||
			fail "$(cat "$BATS_TEST_TMPDIR/table")" || return
		grep -q '^possible deadlock 1: ' "$BATS_TEST_TMPDIR/table"
	done < <(roots)
}

@test "deadlock: two that send to each other first" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root stuck channels pie cgo
		[ "$(of '.deadlocks | length, .[0].verdict, (.[0].goids | length)')" = '1 possible 2' ]
		[ "$(of '.objects[] | .kind, .state, (.waiting | length), (.on_stack_of | length)')" = 'channel unbuffered 1 1 channel unbuffered 1 1' ]
	done < <(roots)
}

@test "deadlock: nothing is claimed where one can go on, nor of a pool without work" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root stuck healthy strip
		[ "$(of '.deadlocks | length')" = 0 ] || fail "$(cat "$BATS_TEST_TMPDIR/json")" || return
		[ "$(of '.waiting, .stuck, (.for_ever | length)')" = '6 0 0' ]
		[ "$(of '.objects[0] | .kind, (.waiting | length), (.on_stack_of | length)')" = 'channel 4 0' ]
		# who holds the lock and would send has both on its stack
		[ "$(of '[.objects[1:][] | .kind, (.on_stack_of | length)] | sort_by(tostring) | .[]')" = '1 1 Mutex channel' ]
	done < <(roots)
}

@test "deadlock: nil channels and selects without cases are for ever" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root stuck ever strip
		[ "$(of '.for_ever | map(.verdict) | unique | .[]')" = proven ]
		[ "$(of '.for_ever | map(.state + " " + (.at | sub(" main.go.*"; ""))) | sort | .[]')" = \
			'chan receive (nil chan) main.receive chan send (nil chan) main.talk select (no cases) main.nothing' ]
		[ "$(of '.deadlocks + .objects | length')" = 0 ]
	done < <(roots)
}

@test "deadlock: channels, locks and WaitGroups with their state and all who wait" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root stuck kinds strip
		# and the timer's channel, for which one waits
		[ "$(of '.objects | map(select(.waiting | length > 1)) | map("\(.waiting | length) \(.kind), \(.state)") | sort | .[]')" = \
			'3 Mutex, locked 3 WaitGroup, counter 7 6 RWMutex, 3 readers, a writer has it or waits 6 channel, 2 of 2 filled 6 channel, unbuffered' ] ||
			fail "$(cat "$BATS_TEST_TMPDIR/table")" || return
		[ "$(of '.deadlocks | length')" = 0 ]
		[ "$(of .waiting)" = 22 ]
	done < <(roots)
}

@test "deadlock: no Go program, no process, bad words" {
	run -3 gobpf deadlock 4194303
	[[ $output == *'no process 4194303' ]]
	spawn sleep sleep 60
	run -3 gobpf deadlock "${PID[sleep]}"
	run -2 gobpf deadlock
	run -2 gobpf deadlock -f svg 1
	kill "${PID[sleep]}"
}
