#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # $-words are for bpftrace
# gobpf spans and scripts/spans.bt: what package gobpf/usdt tells of, compared with what the fixture said.

load helpers
load spans

# goid_offset - of the fixture's Go
goid_offset() { gobpf goid --json "$fixture" runtime.g.goid | jq '.fields["runtime.g.goid"].offset'; }

# 23 orders are 23 requests and 46 spans; what they are is in spans.json
whole() {
	local json=$BATS_TEST_TMPDIR/spans.json
	of_json <"$json" >"$BATS_TEST_TMPDIR/spans"
	same_spans "$BATS_TEST_TMPDIR/spans"
	diff <(jq -r '.spans[] | select(.kind == "request") | "\(.span) \(.name) \(.goid) \(.status) \(.trace)"' "$json" | sort) \
		<(sed -nE 's/^REQUEST (.*)/\1 4bf92f3577b34da6a3ce929d0e0e4736/p' "$BATS_TEST_TMPDIR/app.log" | sort)
	[ "$(jq -c '[.source, .late, .lost]' "$json")" = '["usdt",0,0]' ]
	[ "$(jq -r '.names[] | "\(.kind) \(.count) \(.goroutines)"' "$json" | sort | paste -sd,)" = \
		'request 23 23,span 23 23,span 23 23' ]
	# sums agree with what they are of
	[ "$(jq -c '[.names[] | [.kind, .name, .total_ns, .max_ns, .p99_ns, .mean_ns]] | sort' "$json")" = \
		"$(jq -c '[.spans | group_by([.kind, .name])[] | (map(.duration_ns) | sort) as $d | [.[0].kind, .[0].name,
			($d | add), $d[-1], $d[22], ($d | add / 23 | floor)]] | sort' "$json")" ]
}

# bats test_tags=probe
@test "spans: the script alone tells of 46 spans, on their goroutines, as long as they were" {
	requires root bpftrace jq
	local bt
	cp "$TOP/scripts/spans.bt" "$BATS_TEST_TMPDIR/script.bt"
	while read -r bt; do
		app spans
		spawn bt env __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 "$bt" "$BATS_TEST_TMPDIR/script.bt" \
			"/proc/${PID[app]}/exe" "${PID[app]}" "$(goid_offset)" 60
		attached bt
		orders 23
		stop_bpftrace bt
		of_lines <"$BATS_TEST_TMPDIR/bt.log" >"$BATS_TEST_TMPDIR/spans"
		same_spans "$BATS_TEST_TMPDIR/spans"
		[ "$(grep -c '^request ' "$BATS_TEST_TMPDIR/bt.log")" = 23 ]
		run grep -E '^@' "$BATS_TEST_TMPDIR/bt.log"
		[ -z "$output" ]
		unharmed app
		end app
	done < <(bpftraces)
}

# bats test_tags=probe
@test "spans: the script without an offset knows no goroutines, and ends by itself" {
	requires root bpftrace
	app spans
	run -0 --separate-stderr bpftrace "$TOP/scripts/spans.bt" "/proc/${PID[app]}/exe" "${PID[app]}" 0 1
	[[ $output == *"Spans of process ${PID[app]} for 1 s"* ]]
	spawn bt env __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 bpftrace "$TOP/scripts/spans.bt" \
		"/proc/${PID[app]}/exe" "${PID[app]}" 0 60
	attached bt
	orders 1
	stop_bpftrace bt
	[ "$(grep -cE '^(span|request) [0-9.]+ [0-9.]+ 0>0 ' "$BATS_TEST_TMPDIR/bt.log")" = 3 ]
}

# bats test_tags=probe
@test "spans: the same from stripped, PIE and cgo programs" {
	requires root bpftrace jq
	local words
	for words in 'strip pie' 'cgo strip'; do
		# shellcheck disable=SC2086 # words
		app spans $words
		watched
		whole
		unharmed app
		end app
	done
}

# bats test_tags=probe
@test "spans: what had begun before is told of as such, and the table says it all" {
	requires root bpftrace
	app spans strip
	tell app open
	await app '^OPEN'
	spawn spans "$GOBPF" spans -d 0 "${PID[app]}"
	await spans '^gobpf spans: watching'
	tell app close
	await app '^CLOSED'
	orders 2
	stop spans
	run cat "$BATS_TEST_TMPDIR/spans.log"
	[[ $output == *": 6 ended, 1 more had begun before and are not in it"* ]]
	[ "$(awk '/^ *[0-9]+ / { print $1 }' <<<"$output" | paste -sd' ')" = '2 2 2' ]
	[[ $output == *'naïve "name" \n'* ]]
}

@test "spans: what can't be watched is refused with the reason" {
	requires root
	fixture burst
	spawn burst "$fixture"
	await burst '^READY'
	run -3 gobpf spans "${PID[burst]}"
	[[ $output == *'tells of no spans'* ]]
	app spans
	run -2 gobpf spans --source nowhere "${PID[app]}"
	[[ $output == *"'nowhere' is no source of spans"* ]]
	run -2 gobpf spans
	run -3 gobpf spans 999999999
	run -1 gobpf spans --bpftrace /nowhere/bpftrace "${PID[app]}"
}

# fake LINE... - a bpftrace that prints these lines once it is attached
fake() {
	printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/lines"
	cat >"$BATS_TEST_TMPDIR/fake" <<-EOF
		#!/bin/sh
		[ "\$1" != --version ] || exec echo bpftrace v0.17.0
		echo __BPFTRACE_NOTIFY_PROBES_ATTACHED
		cat "$BATS_TEST_TMPDIR/lines"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/fake"
}

@test "spans: lost lines are told of, broken ones end it" {
	requires root jq
	local ids='4bf92f3577b34da6a3ce929d0e0e4736 0000000000000003 0000000000000002'
	app spans
	fake "span 1.000001 2.500 0>0 12 $ids 0 a\\x0ab" 'Lost 7 events' '@late[request]: 3' '@late[span]: 4'
	run -0 --separate-stderr gobpf spans --json --trace --bpftrace "$BATS_TEST_TMPDIR/fake" "${PID[app]}"
	[ "$(jq -c '[.lost, .late, .spans[0].start_ns, .spans[0].duration_ns, .spans[0].goid, .names[0].goroutines]' \
		<<<"$output")" = '[7,7,1000001,2500,null,0]' ]
	run -0 gobpf spans --bpftrace "$BATS_TEST_TMPDIR/fake" "${PID[app]}"
	[[ $output == *'7 were lost'*'counts and totals are too low'* ]]
	local line
	for line in 'span 1.000001' "span 1.1 2.500 0>0 12 $ids 0 a" "span 1.000001 2.500 00 12 $ids 0 a" \
		"span 1.000001 x.500 0>0 12 $ids 0 a" "span 99999999999999999999.000001 2.500 0>0 12 $ids 0 a" \
		"span 1.000001 2.500 0>0 12 $ids 0"; do
		fake "$line"
		run -1 gobpf spans --bpftrace "$BATS_TEST_TMPDIR/fake" "${PID[app]}"
		[[ $output == *'printed something unexpected'* ]]
	done
	fake ''
	run -0 gobpf spans --bpftrace "$BATS_TEST_TMPDIR/fake" "${PID[app]}"
	[[ $output == *': 0 ended'* ]]
}

@test "spans: --print is the script for this process" {
	requires root bpftrace
	app spans strip
	run -0 --separate-stderr gobpf spans --print "${PID[app]}"
	[[ $output == *"pid == ${PID[app]}"* && $output != *'$2'* && $output != *'uprobe:$1'* ]]
	[ "$(grep -cE '^uprobe:/proc/[0-9]+/exe:0x[0-9a-f]+$' <<<"$output")" = 4 ]
}
