#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# bats file_tags=probe
# The allocation collector on live Go programs, with exact numbers. The places come from
# symbols, DWARF and `go tool objdump`, not from our own reading of Go.

load helpers

setup_file() {
	[ -x "$O/tests/collect" ] || fail "no $O/tests/collect: make test-programs, or run by make check"
}

setup() {
	requires root go
	# the toolchain that built a program reads it
	[ -z "${GOBPF_GOROOT-}" ] || export GOROOT=$GOBPF_GOROOT PATH=$GOBPF_GOROOT/bin:$PATH
	fixture places
	places=$fixture
}

# start FIXTURE [ARG...] - the fixture runs; its places are in $BATS_TEST_TMPDIR/places.
start() {
	fixture "$1"
	shift
	"$places" "$fixture" >"$BATS_TEST_TMPDIR/places"
	spawn target "$fixture" "$@"
	await target '^READY'
}

# collect ARG... - the collector runs on it as "collect", attached.
collect() {
	spawn collect "$O/tests/collect" "${PID[target]}" "$BATS_TEST_TMPDIR/places" "$@"
	await collect '^READY'
}

# finish - the window ends, the report is in the log.
finish() {
	tell collect stop
	reap collect
}

# value NAME - from the report.
value() {
	sed -nE "s/^report .*\\b$1=([^ ]*).*/\\1/p" "$BATS_TEST_TMPDIR/collect.log"
}

# sums - "FUNC OBJECTS BYTES HITS" for each function main.alloc..., by the stacks collected: the function
# is that of the first frame in package main.
sums() {
	local kind hits objects bytes frames frame func
	while read -r kind hits objects bytes frames; do
		[ "$kind" = stack ] || continue
		for frame in $frames; do
			printf '0x%x\n' $((0x$frame - 1))
		done | go tool addr2line "$fixture" | grep -m1 '^main\.' | sed "s/\$/ $objects $bytes $hits/"
	done <"$BATS_TEST_TMPDIR/collect.log" |
		awk '{ o[$1] += $2; b[$1] += $3; h[$1] += $4 }
			END { for (f in o) if (f ~ /^main\.alloc/) printf "%s %d %d %d\n", f, o[f], b[f], h[f] }' | sort
}

# truth - "FUNC OBJECTS BYTES" as the fixture printed them, for the toolchain used.
truth() {
	local col=2
	grep -qx header "$BATS_TEST_TMPDIR/places" && col=1
	awk -v col=$col '/^SITE/ { split($4, b, "/"); print $2, $3, b[col] }' \
		"$BATS_TEST_TMPDIR/target.log" | sort
}

exact() {
	start counted
	collect exact 0 0 "$@"
	tell target work
	await target '^DONE'
	finish
	diff <(truth) <(sums | cut -d' ' -f1-3)
	[ "$(value torn) $(value full) $(value busy) $(value no_stack) $(value cut_short)" = "0 0 0 0 0" ]
	unharmed target
}

@test "exact: each object of each site, on all threads" { exact; }

@test "exact: the same through perf events" {
	exact perf
	[ "$(value multi)" = 0 ]
}

@test "refill: always attached, large objects are exact and small ones sum up to what spans hand out" {
	start counted
	collect span 0 0
	tell target work
	await target '^DONE'
	finish
	sums >"$BATS_TEST_TMPDIR/sums"
	grep -qx 'main.allocLarge 1009 41328640 1009' "$BATS_TEST_TMPDIR/sums"
	# 32760 bytes: one object per span
	grep -qx 'main.allocEdge 211 6914048 211' "$BATS_TEST_TMPDIR/sums"
	# 170 objects of 48 bytes per span: two threads have one begun before and one not used up
	awk '$1 == "main.allocSmall" { n = $2 } END { exit !(n > 2003 - 340 && n < 2003 + 340) }' \
		"$BATS_TEST_TMPDIR/sums"
	[ "$(value torn)" = 0 ]
	unharmed target
}

@test "refill: what a collection takes back unused is not counted" {
	start counted
	collect span 0 0
	tell target few
	await target '^DONE'
	finish
	[ "$(value returned)" -gt 600 ]
	# 101 times 3 objects of 6 sizes; whole spans would be four times that
	awk -v bytes="$(sums | awk '$1 == "main.allocFew" { print $3 }')" \
		'BEGIN { truth = 101 * 3 * (4096 - 64); exit !(bytes > 0.9 * truth && bytes < 1.1 * truth) }'
	unharmed target
}

@test "another process of the same file is not counted" {
	start counted
	collect exact 0 0
	tell target child
	await target '^CHILD DONE'
	finish
	[ -z "$(sums)" ]
	unharmed target
}

@test "the map is full: what found no room is counted, nothing is silently lost" {
	start counted
	collect exact 0 0 stacks=3
	tell target work
	await target '^DONE'
	finish
	[ "$(grep -c '^stack ' "$BATS_TEST_TMPDIR/collect.log")" -eq 3 ]
	[ "$(value full)" -gt 0 ]
	[ $(($(value counted) + $(value full) + $(value skipped) + $(value closed))) -eq "$(value hits)" ]
}

@test "kill -9 of the collector leaves no breakpoint" {
	start counted
	collect exact 0 0
	run code_is_same "${PID[target]}"
	[ "$status" -ne 0 ]
	kill -KILL "${PID[collect]}"
	reap collect || :
	retry 60 code_is_same "${PID[target]}"
	unharmed target
}

@test "the target exits in mid-window: what was gathered is printed" {
	start counted
	collect exact 10000 0
	tell target work
	await target '^DONE'
	tell target exit 0
	reap collect
	[ "$(value stopped)" = 2 ]
	diff <(truth) <(sums | cut -d' ' -f1-3)
}

@test "the target becomes another program in mid-window: that one gets no breakpoint" {
	local other before touched=
	fixture allocmix
	# a file of its own: other suites may have probes on theirs
	other=$BATS_TEST_TMPDIR/other
	cp "$fixture" "$other"
	start counted
	# after that much work at 1 % the next burst is in the other program, seconds later;
	# the first may only be reported then
	collect exact 0 1
	tell target work
	await target '^DONE'
	tell target exec "$other"
	await target '^SITE 60 '
	before=$(grep -c '^BURST' "$BATS_TEST_TMPDIR/collect.log" || :)
	another() {
		code_is_same "${PID[target]}" || touched=yes
		(($(grep -c "^BURST" "$BATS_TEST_TMPDIR/collect.log") >= before + 2))
	}
	retry 60 another || fail "no two bursts after $before"
	[ -z "$touched" ]
	finish
	unharmed target
}

@test "a budget of 1 % on a program that allocates as fast as it can" {
	start allocmix
	collect span 3000 1
	reap collect
	awk -v overhead="$(value overhead)" -v bursts="$(value bursts)" -v on="$(value on_ms)" \
		'BEGIN { exit !(overhead > 0.002 && overhead < 0.013 && bursts >= 4 && on < 600) }'
	# the kernel may be moving the page that a span stands on: such a hit is told, not counted
	[ "$(value full)" = 0 ]
	[ $((1000 * $(value torn))) -lt "$(value hits)" ]
	unharmed target
}

@test "a program that hardly allocates: attached all the time" {
	start allocmix 0.5
	collect span 2000 1
	reap collect
	[ "$(value bursts)" -eq 1 ]
	awk -v on="$(value on_ms)" -v window="$(value window_ms)" \
		'BEGIN { exit !(on > 0.99 * window) }'
	unharmed target
}

@test "measure: being always attached to each allocation of a busy loop costs several times its work" {
	start allocmix
	collect exact 100 1 measure
	reap collect
	awk '/^slowdown/ { exit !($2 > 1 && $2 < 200) }' "$BATS_TEST_TMPDIR/collect.log"
	unharmed target
}

@test "wrong offsets: every span is refused, only large objects are counted" {
	start counted
	sed -i 's/^field elem_size [0-9]*/field elem_size 72/' "$BATS_TEST_TMPDIR/places"
	collect span 0 0
	tell target work
	await target '^DONE'
	finish
	[ "$(sums)" = "main.allocLarge 1009 41328640 1009" ]
	[ "$(value counted)" -eq 1009 ]
	[ "$(value torn)" -gt 211 ]
	unharmed target
}

@test "a place behind the end of the file: one sentence, no breakpoint" {
	local how
	start counted
	sed -i -E 's/^place 0x[0-9a-f]+ exact/place 0x7fffffff exact/' "$BATS_TEST_TMPDIR/places"
	for how in '' perf; do
		run "$O/tests/collect" "${PID[target]}" "$BATS_TEST_TMPDIR/places" exact 100 1 $how </dev/null
		[ "$status" -eq 3 ]
		[[ $output == *"takes no breakpoint at a chosen place"* ]]
	done
	unharmed target
}

@test "without capabilities: the missing ones are named" {
	requires setpriv
	start counted
	run setpriv --bounding-set=-all --inh-caps=-all -- \
		"$O/tests/collect" "${PID[target]}" "$BATS_TEST_TMPDIR/places" exact 100 1 </dev/null
	[ "$status" -eq 4 ]
	[[ $output == *"CAP_BPF and CAP_PERFMON missing"* ]]
}

@test "budget: its arithmetic" {
	"$O/tests/budget"
}
