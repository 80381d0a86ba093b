#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gc-signals on programs that have the signals or not, and against what debug.ReadGCStats says in the program itself.
# $GOBPF_TOOLCHAINS adds toolchains.

load helpers
load golib

setup() { requires go jq; }

# start MODE - the fixture, ready
start() {
	fixture gcsignals strip
	spawn s "$fixture" "$1"
	await s '^READY'
}

# watch WORD... - gc-signals on it until Ctrl-C, after the first look
watch() {
	spawn w "$GOBPF" gc-signals --json -v -d 0 -i 20ms "$@" "${PID[s]}"
	await w '^look 1:'
}

# more_looks - two more have begun since
more_looks() { await w '^look ' 60 $(($(grep -c '^look ' "$BATS_TEST_TMPDIR/w.log") + 2)); }

# result [STATUS] - ends the watching; $json
result() {
	more_looks || return
	stop w "${1:-0}" || return
	json=$(grep -v '^look ' "$BATS_TEST_TMPDIR/w.log")
}

# within FILTER MODE WORD... - a window of two seconds of which FILTER is true; machines stall, so it may be the fifth
within() {
	local i filter=$1
	start "$2"
	shift 2
	for ((i = 0; i < 5; i++)); do
		run --separate-stderr gobpf gc-signals --json -d 2s -i 50ms --pause 1h "$@" "${PID[s]}"
		json=$output
		! jq -e "$filter" <<<"$json" >/dev/null || return 0
	done
	fail "not $filter: $(jq -c 'del(.pauses, .looks)' <<<"$json")"
}

@test "gc-signals: a heap that grows shows, and --fail-on says so" {
	within '.signals.live_heap | .shows and .percent_per_minute > 100 and .late_percent_per_minute > 100 and .cycles >= 4' \
		leak --fail-on low --goal-jump 100
	[ "$status" -eq 5 ]
	[ "$(jq -c '[.shown, .level, .signals.goal.shows, .signals.pauses.shows, .schema]' <<<"$json")" = '[1,"low",false,false,"gobpf-gc-signals-1"]' ]
	run -0 gobpf gc-signals --json -d 1s -i 50ms --pause 1h --goal-jump 100 --fail-on medium "${PID[s]}"
	# the threshold is an option
	run -0 gobpf gc-signals --json -d 1s -i 50ms --pause 1h --goal-jump 100 --trend 1e9 --fail-on low "${PID[s]}"
	unharmed s
	end s
}

@test "gc-signals: a heap that goes up and down between cycles does not show" {
	within '.signals.live_heap | .shows == false and .cycles >= 4' saw --fail-on low
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.shown, .level, .signals.goal.shows, .signals.pauses.shows]' <<<"$json")" = '[0,"none",false,false]' ]
	end s
}

# cycle - which one the newest look saw
cycle() { sed -n 's/^look .* cycle \([0-9]*\),.*/\1/p' "$BATS_TEST_TMPDIR/w.log" | tail -1; }

# cycle_is N - or a later one
cycle_is() { (($(cycle) >= $1)); }

@test "gc-signals: a heap that grows and then levels off does not show" {
	local begin end trend
	# how much a minute depends on how fast the machine is: a threshold between growth and what is left of it at the end
	for trend in 300 150 75 40 20 10; do
		start saw
		watch --trend $trend --pause 1h --goal-jump 100
		begin=$(cycle)
		tell s grow
		await s '^GROWN$'
		more_looks
		end=$(cycle)
		retry 60 cycle_is $((end + 2 * (end - begin) + 6))
		result
		end s
		jq -e ".signals.live_heap | .percent_per_minute > $trend and .late_percent_per_minute < $trend and (.noise | not)" <<<"$json" || continue
		jq -e '.signals.live_heap.shows == false' <<<"$json"
		return
	done
	fail "$(jq -c '.signals.live_heap, .looks[0], .looks[-1]' <<<"$json")"
}

@test "gc-signals: a goal that is thrice the highest before is a jump, once" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root start still
		watch --fail-on low
		more_looks
		tell s jump
		await s '^JUMPED$'
		result 5
		jq -e '.signals.goal | .shows and .jumps == 1 and .factor > 2.5 and .factor < 3.5' <<<"$json" ||
			fail "$(jq -c '.signals, .looks[-1]' <<<"$json")" || return
		jq -e '.looks | map(select(.marking | not)) | (.[-1].next_gc / .[0].next_gc - '"$(jq .signals.goal.factor <<<"$json")"' | fabs) < 0.001' <<<"$json"
		# too few cycles for a trend
		jq -e '.signals.live_heap | .shows == null and .cycles < 4 and .percent_per_minute == null' <<<"$json"
		end s
	done < <(roots)
}

# agree - each pause is the program's own
agree() {
	tell s pauses
	await s '^SAID$'
	awk '/^pause/ { print $2, $3, $4 }' "$BATS_TEST_TMPDIR/s.log" | sort >"$BATS_TEST_TMPDIR/theirs"
	sed -nE 's/^ +"(cycle|end|ns)": ([0-9]+),?$/\1 \2/p' <<<"$(sed '1,/^ "pauses": \[/d' <<<"$json")" |
		awk '{ printf "%s%s", $2, $1 == "ns" ? "\n" : " " }' | sort >"$BATS_TEST_TMPDIR/ours"
}

@test "gc-signals: every pause is there, as debug.ReadGCStats has them" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root start still
		watch --pause 1ns
		tell s collect 40
		await s '^COLLECTED$'
		result
		agree
		[ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -ge 41 ]
		diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
		jq -e '.signals.pauses | .shows and .lost == 0 and .long == .pauses and .per_minute >= 3' <<<"$json"
		jq -e '.looks[-1].cycle - .looks[0].cycle == 40 and .looks[-1].forced - .looks[0].forced == 40' <<<"$json"
		end s
	done < <(roots)
}

@test "gc-signals: pauses that the runtime has overwritten are said to be lost" {
	start still
	watch --pause 1h
	kill -STOP "${PID[w]}"
	tell s collect 300
	await s '^COLLECTED$'
	kill -CONT "${PID[w]}"
	result
	jq -e '.signals.pauses | .lost >= 44 and .shows == null' <<<"$json"
	jq -e '.looks[0].cycle as $first | (.looks[-1].cycle - $first) == .signals.pauses.lost + ([.pauses[] | select(.cycle > $first)] | length)' <<<"$json"
	end s
}

@test "gc-signals: the table says value, threshold and why" {
	start still
	tell s collect 2
	await s '^COLLECTED$'
	run -0 --separate-stderr gobpf gc-signals -c 2 -i 10ms --pause 1ns --pause-rate 2 --trend 7.5 "${PID[s]}"
	[[ ${lines[0]} =~ ^"gc-signals: gcsignals-strip-go".*"(pid ${PID[s]}), go1.".*", 2 looks, 0 cycles"$ ]]
	grep -qE '^live heap grows  \? +\? +7.5 %/min$' <<<"$output"
	grep -qF '1 cycle seen, 4 are needed: look longer (-d), or more often (-i)' <<<"$output"
	grep -qE '^goal jumps +no +×1.00 +×2$' <<<"$output"
	grep -qE '^long pauses +YES +[0-9.]+/min +1 ns, 2/min$' <<<"$output" || fail "$output" || return
	grep -qE '^    ([0-9]+) of \1 in the last 60.0 s; the longest [0-9.]+ (µs|ms)$' <<<"$output"
	[ "${lines[-1]}" = '1 of 3 signals show: low' ]
	end s
	fixture gcsignals strip
	GOGC=off spawn s "$fixture" still
	await s '^READY'
	gobpf gc-signals -c 2 -i 10ms "${PID[s]}" | grep -qF 'GOGC is off, and there is no limit: no goal'
	end s
}

@test "gc-signals: the program ends meanwhile; what can't be looked at; wrong words" {
	start still
	watch
	more_looks
	kill -KILL "${PID[s]}"
	reap s 137
	reap w
	grep -q '"schema": "gobpf-gc-signals-1"' "$BATS_TEST_TMPDIR/w.log"
	run -3 gobpf gc-signals 4194303
	run -2 gobpf gc-signals --fail-on none 1
	[[ $output == *"--fail-on: no level 'none' (one of: low medium high)"* ]]
	run -2 gobpf gc-signals --trend x 1
	run -2 gobpf gc-signals --goal-jump 0.5 1
	run -2 gobpf gc-signals --pause -1 1
	run -2 gobpf gc-signals --pause-rate nan 1
}
