#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # $-words are for bpftrace
# scripts/otel-spans.bt and gobpf spans on a program with OpenTelemetry-Go as Debian has it, compared
# with what the program itself says of its spans.

load helpers
load spans

setup() {
	[ -d /usr/share/gocode/src/go.opentelemetry.io/otel ] || skip "requires golang-opentelemetry-otel-dev"
}

# fields - where the fixture has name, spanContext, parent and endTime
fields() { sed -n 's/^FIELDS //p' "$BATS_TEST_TMPDIR/app.log"; }

# bats test_tags=probe
@test "otel-spans: the script alone tells of 46 spans, each once, on their goroutines, as long as they were" {
	requires root bpftrace jq
	local bt
	cp "$TOP/scripts/otel-spans.bt" "$BATS_TEST_TMPDIR/script.bt"
	while read -r bt; do
		app otel-spans
		# shellcheck disable=SC2046 # words
		spawn bt env __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 "$bt" "$BATS_TEST_TMPDIR/script.bt" \
			"/proc/${PID[app]}/exe" "${PID[app]}" "$(gobpf goid --json "$fixture" runtime.g.goid |
				jq '.fields["runtime.g.goid"].offset')" 60 $(fields)
		attached bt
		orders 23
		stop_bpftrace bt
		of_lines <"$BATS_TEST_TMPDIR/bt.log" >"$BATS_TEST_TMPDIR/spans"
		same_spans "$BATS_TEST_TMPDIR/spans"
		run grep -E '^@' "$BATS_TEST_TMPDIR/bt.log"
		[ -z "$output" ]
		unharmed app
		end app
	done < <(bpftraces)
}

# bats test_tags=probe
@test "otel-spans: gobpf spans finds the fields in every program, also stripped and PIE" {
	requires root bpftrace jq
	local words
	for words in '' 'strip pie'; do
		# shellcheck disable=SC2086 # words
		app otel-spans $words
		watched
		[ "$(jq -c '[.source, .late, .lost, (.spans | length)]' "$BATS_TEST_TMPDIR/spans.json")" = '["otel",0,0,46]' ]
		of_json <"$BATS_TEST_TMPDIR/spans.json" >"$BATS_TEST_TMPDIR/spans"
		same_spans "$BATS_TEST_TMPDIR/spans"
		unharmed app
		end app
	done
}

@test "otel-spans: the fields that are found are those of Go's own reflection" {
	requires root bpftrace
	local words want
	for words in '' 'pie strip' 'cgo lld pie strip'; do
		# shellcheck disable=SC2086 # words
		app otel-spans $words
		read -ra want < <(fields)
		run -0 --separate-stderr gobpf spans --print "${PID[app]}"
		[[ $output == *'buf(*(uint64 *)($span + '"${want[0]})"* ]]
		[[ $output == *'$id = *(uint64 *)($span + '"${want[1]} + 16)"* ]]
		[[ $output == *'$p = *(uint64 *)($span + '"${want[2]} + 16)"* ]]
		[[ $output == *'$end = *(uint64 *)($span + '"${want[3]}) |"* ]]
		end app
	done
}

@test "otel-spans: spans of the other kind are asked for by --source" {
	requires root
	app otel-spans
	run -3 gobpf spans --source usdt "${PID[app]}"
	[[ $output == *'it has nothing of usdt'* ]]
	run -0 --separate-stderr gobpf spans --source otel --print "${PID[app]}"
}
