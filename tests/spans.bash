# SPDX-License-Identifier: GPL-2.0-only
# spans.bash - what the suites about spans have in common; to be loaded behind helpers
# shellcheck shell=bash

# bpftraces - the programs to test with, one a line
bpftraces() {
	command -v bpftrace
	tr : '\n' <<<"${GOBPF_BPFTRACES-}" | sed '/^$/d'
}

# app NAME WORD... - starts the fixture NAME built so
app() {
	fixture "$@"
	spawn app "$fixture"
	await app '^READY'
}

# orders N - the application makes N orders, and has done so
orders() {
	local before
	before=$(grep -c '^DONE' "$BATS_TEST_TMPDIR/app.log" || :)
	tell app go "$1"
	await app "^DONE $1" 60 $((before + 1))
}

# attached NAME - the bpftrace spawned as NAME has its probes in
attached() { await "$1" '^__BPFTRACE_NOTIFY_PROBES_ATTACHED'; }

# same_spans FILE - what FILE has, a line "trace parent span name goid end-goid status ns" for each span, is
# what the fixture said, and each duration is between what it measured
same_spans() {
	diff <(sed 's/ [0-9]*$//' "$1" | sort) <(sed -nE 's/^SPAN (.*) [0-9]+ [0-9]+ ([^ ]+)$/\1 \2/p' \
		"$BATS_TEST_TMPDIR/app.log" | sort) || return
	join -j 1 <(awk '{ print $3, $NF }' "$1" | sort) \
		<(awk '/^SPAN/ { print $4, $(NF - 2), $(NF - 1) }' "$BATS_TEST_TMPDIR/app.log" | sort) |
		awk '$2 < $3 || $2 > $4 { print "not between:", $0; bad = 1 } END { exit bad || !NR }'
}

# of_json - such lines of the JSON of gobpf spans --trace on stdin
of_json() {
	jq -r '.spans[] | select(.kind == "span") | "\(.trace) \(.parent) \(.span) \(.name | @json) " +
		"\(.goid) \(.end_goid) \(.status) \(.duration_ns)"'
}

# of_lines - such lines of what the script printed on stdin
of_lines() {
	sed -nE 's/^span [0-9.]+ ([0-9]+)\.([0-9]+) ([0-9]+)>([0-9]+) [0-9]+ ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ([-0-9]+) (.*)$/\5 \7 \6 "\9" \3 \4 \8 \1\2/p' |
		sed 's/\\n/\\\\n/; s/ "name" / \\"name\\" /; s/\\xc3\\xaf/ï/'
}

# watched OPTION... - gobpf spans of 23 orders, its output in spans.log
watched() {
	spawn spans "$GOBPF" spans --json --trace -d 0 "$@" "${PID[app]}"
	await spans '^gobpf spans: watching'
	orders 23
	stop spans
	sed '/^gobpf spans: watching/d' "$BATS_TEST_TMPDIR/spans.log" >"$BATS_TEST_TMPDIR/spans.json"
}
