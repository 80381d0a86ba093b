#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# finalizers on programs that attach as many as they are told. $GOBPF_TOOLCHAINS adds toolchains.

load helpers
load golib

setup() { requires go jq; }

# look - what finalizers says of f, in $BATS_TEST_TMPDIR/json
look() { gobpf finalizers --json "${PID[f]}" >"$BATS_TEST_TMPDIR/json"; }
# of FILTER - of what it said
of() { jq -r "$1" "$BATS_TEST_TMPDIR/json" | paste -sd' '; }

@test "finalizers: as many as the program attached, and cleanups and weak pointers" {
	local root words finalizers cleanups weaks
	while read -r root; do
		for words in strip 'pie cgo'; do
			# shellcheck disable=SC2086
			GOBPF_GOROOT=$root fixture finalized $words
			spawn f "$fixture"
			await f '^READY'
			look
			finalizers=$(of .attached.finalizer) cleanups=$(of .attached.cleanup) weaks=$(of '.attached["weak handle"]')
			tell f add 2003
			await f '^ADDED'
			look
			[ "$(of '.attached.finalizer, .torn')" = "$((finalizers + 2003)) 0" ]
			tell f attach 1002
			await f '^ATTACHED'
			look
			[ "$(of .attached.finalizer)" -eq $((finalizers + 2003)) ]
			if (($(minor "$root") >= 24)); then
				[ "$(of '.attached.cleanup, .attached["weak handle"]')" = "$((cleanups + 1002)) $((weaks + 501))" ]
			else
				[ "$(of '.attached.cleanup')" = null ]
			fi
			[ "$(of '.verdict, .queued')" = 'idle 0' ]
			unharmed f
			end f
		done
	done < <(roots)
}

@test "finalizers: one that blocks, and those behind it" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root fixture finalized strip
		spawn f "$fixture"
		await f '^READY'
		tell f settle
		await f '^SETTLED'
		idle() {
			look
			[ "$(of '.verdict, .queued, (.goroutines[] | select(.runs == "finalizers") | .busy)')" = 'idle 0 false' ]
		}
		# the finalizer has returned when the goroutine notices
		retry 20 idle
		tell f drop 131
		await f '^DROPPED'
		look
		[ "$(of '.verdict, .queued')" = 'backed up 131' ] || fail "$(cat "$BATS_TEST_TMPDIR/json")" || return
		[ "$(of '.goroutines[] | select(.busy) | .runs, .state, .function, (.at | sub(":.*"; "")), .wait_min_ns > 0')" = \
			'finalizers chan receive main.block main.block main.go true' ] ||
			fail "$(cat "$BATS_TEST_TMPDIR/json")" || return
		gobpf finalizers "${PID[f]}" >"$BATS_TEST_TMPDIR/table"
		grep -q ': backed up, 131 to be run.*, one of them now$' "$BATS_TEST_TMPDIR/table"
		grep -qE '^finalizers: goroutine [0-9]+ runs main\.block \[chan receive, ≥[0-9.]+ [a-zµ]+\] at main\.block main\.go:[0-9]+$' "$BATS_TEST_TMPDIR/table"
		grep -qE '^ +[0-9]+  finalizer$' "$BATS_TEST_TMPDIR/table"
		end f
	done < <(roots)
}

# bats test_tags=newer
@test "finalizers: cleanups that wait behind one that blocks" {
	local root before
	while read -r root; do
		(($(minor "$root") >= 25)) || continue
		GOBPF_GOROOT=$root fixture finalized strip
		spawn f "$fixture"
		await f '^READY'
		look
		before=$(of .cleanups_queued)
		tell f leave 1009
		await f '^LEFT'
		look
		[ "$(of .cleanups_queued)" -eq $((before + 1009)) ] || fail "$before, $(cat "$BATS_TEST_TMPDIR/json")" || return
		[ "$(of '.queued, (.goroutines[] | select(.runs == "cleanups" and .busy) | .at | sub(":.*"; ""))')" = '0 main.block main.go' ] ||
			fail "$(cat "$BATS_TEST_TMPDIR/json")" || return
		gobpf finalizers "${PID[f]}" >"$BATS_TEST_TMPDIR/table"
		grep -qE "^cleanups: $((before + 1009)) to be run" "$BATS_TEST_TMPDIR/table"
		end f
	done < <(roots)
	[ -n "$before" ] || skip "requires a toolchain of Go 1.25"
}

@test "finalizers: no Go program, no process, bad words" {
	run -3 gobpf finalizers 4194303
	[[ $output == *'no process 4194303' ]]
	spawn sleep sleep 60
	run -3 gobpf finalizers "${PID[sleep]}"
	run -2 gobpf finalizers
	run -2 gobpf finalizers -f svg 1
	kill "${PID[sleep]}"
}
