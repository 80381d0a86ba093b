#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What the Go runtime prints of goroutines; the oracle is the program that is dumped.

load helpers

setup() {
	cd "$TOP" || return
	tmp=$BATS_TEST_TMPDIR
}

# dump HOW [TRACEBACK [GODEBUG]] - $tmp/dump is what the fixture prints on stderr, $tmp/said its truth
dump() {
	fixture dumps
	GOTRACEBACK=${2-} GODEBUG=${3-} "$fixture" "$1" >"$tmp/said" 2>"$tmp/dump" </dev/null || :
}

# counts - how many goroutines wait in each of the places that the fixture knows
counts() {
	gobpf fold --strict "$1" >"$tmp/folded"
	local name frames
	while read -r name frames; do
		echo "$name $(awk -v f="$frames" 'index($0, f) { n += $NF } END { print n + 0 }' "$tmp/folded")"
	done <<-'END'
		receive main.receive;main.inlined
		sleep main.sleep;time.Sleep
		lock main.(*box).lock;sync.(*Mutex).Lock
	END
}

@test "goroutines: every way to crash, every GOTRACEBACK: each is counted once, where it waits" {
	requires go
	local how level n=0
	for how in panic nil overflow throw stack; do
		for level in all system crash; do
			dump "$how" "$level"
			counts "$tmp/dump" | diff - <(head -n 3 "$tmp/said")
			grep -qE 'main\.main|\[frames elided\];main.deep' "$tmp/folded"
			n=$((n + 1))
		done
	done
	[ "$n" -eq 15 ]
	# the stack that did not fit
	dump overflow all
	gobpf fold "$tmp/dump" | grep -qF '[frames elided];main.deep;main.deep'
	dump panic single
	run -0 gobpf fold --strict "$tmp/dump"
	[ "$output" = 'main.main 1' ]
}

@test "goroutines: SIGQUIT, also with a part for each thread" {
	requires go
	local level all
	fixture dumps
	for level in single crash; do
		GOTRACEBACK=$level spawn "$level" "$fixture" quit
		await "$level" '^READY$'
		kill -QUIT "${PID[$level]}"
		if [ "$level" = crash ]; then reap crash 134; else reap single 2; fi
		counts "$tmp/$level.log" | diff - <(head -n 3 "$tmp/$level.log")
		# as many as there are, goroutine 0 is none
		all=$(grep -o '^goroutine [1-9][0-9]* ' "$tmp/$level.log" | sort -u | wc -l)
		[ "$(awk '{ n += $NF } END { print n }' "$tmp/folded")" -eq "$all" ]
	done
	grep -q '^-----' "$tmp/crash.log"
}

@test "goroutines: ancestors and labels are no frames" {
	requires go
	dump stack '' 'tracebackancestors=5,tracebacklabels=1'
	grep -qF '[originating from goroutine 1]:' "$tmp/dump"
	counts "$tmp/dump" | diff - <(head -n 3 "$tmp/said")
	run ! grep -q 'runtime/pprof.Do' "$tmp/folded"
}

@test "goroutines: as many as runtime/pprof counts, debug=2" {
	requires go
	fixture profiles
	mkdir "$tmp/profiles"
	"$fixture" "$tmp/profiles" >"$tmp/said"
	gobpf fold --strict "$tmp/profiles/goroutine.2.txt" >"$tmp/folded"
	[ "goroutines $(awk '{ n += $NF } END { print n }' "$tmp/folded")" = "$(<"$tmp/said")" ]
	grep -qx 'main.wait 23' "$tmp/folded"
}

@test "goroutines: lines behind what journald, kubectl, docker and loggers put there" {
	local in=tests/golden/fold/goroutines.in out=tests/golden/fold/goroutines.out
	sed 's/^/Nov  5 13:48:34 host app[123]: /' "$in" >"$tmp/journald"
	gobpf fold --strict "$tmp/journald" | diff - "$out"
	# journald drops empty lines, journalctl has blanks for the tab
	grep -v '^$' "$in" | sed 's/^\t/        /; s/^/Nov 20 13:48:34 host app[123]: /' >"$tmp/journalctl"
	gobpf fold --strict "$tmp/journalctl" | diff - "$out"
	# times of any length
	awk '{ printf "2026-11-20T13:48:34.%dZ stderr F %s\n", NR * NR * 7, $0 }' "$in" >"$tmp/cri"
	gobpf fold --strict "$tmp/cri" | diff - "$out"
	awk '{ printf "app_1  | %s\n", $0 }' "$in" >"$tmp/compose"
	gobpf fold --strict "$tmp/compose" | diff - "$out"
	sed 's/$/\r/' "$in" >"$tmp/crlf"
	gobpf fold --strict "$tmp/crlf" | diff - "$out"
	# a logger's words before the first line only
	sed 's/^goroutine/2026\/11\/20 13:48:34 goroutine/' "$in" >"$tmp/log"
	gobpf fold --strict "$tmp/log" | diff - "$out"
	# two dumps in one log: the goroutines of both
	sed -s '1i panic: boom' "$in" "$in" >"$tmp/two"
	gobpf fold --strict "$tmp/two" | awk '{ $NF = $NF / 2; print }' | diff - "$out"
	printf 'goroutine %d [running]:\nmain.f()\n\t/x.go:1\n' 1 2 1 2 >"$tmp/more"
	run -0 gobpf fold --strict "$tmp/more"
	[ "$output" = 'main.f 4' ]
	# other lines in between
	sed 's/^created by.*/panic: \/x:1 in main (see above)\n&/' "$in" >"$tmp/mixed"
	gobpf fold --strict "$tmp/mixed" | diff - "$out"
}

@test "goroutines: bad input: a frame without its place, a place that is none, a cut" {
	printf 'goroutine 1 [running]:\nmain.f(0x1)\n\ngoroutine 2 [select]:\nmain.g()\n\t/x.go:1 +0x1\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold "$tmp/in"
	[ "$output" = $'[no stack] 1\nmain.g 1' ]
	[[ $stderr == *": line 3: a frame without its place: 'main.f(0x1)' (1 left out of 3; --strict refuses)" ]]
	run -1 gobpf fold --strict "$tmp/in"
	printf 'goroutine 1 [running]:\nmain.f(0x1)\n\t/x.go:99999999999 +0x1\nmain.g()\n\t/x.go:1\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold "$tmp/in"
	[ "$output" = 'main.g 1' ]
	[[ $stderr == *": line 3: a frame's place is not FILE:LINE: '/x.go:99999999999 +0x1' "* ]]
	# numbers that are none, headers that are none
	printf 'goroutine 99999999999999999999 [running]:\nmain.f()\n\t/x.go:1\n\ngoroutine 7 []:\nmain.f()\n\t/x.go:1\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold "$tmp/in"
	[ "$output" = 'main.f 1' ]
	[[ $stderr == *": line 1: a goroutine's number is over 2^63-1 (1 left out of 2; --strict refuses)" ]]
	run -1 gobpf fold --strict "$tmp/in"
	local size i
	size=$(stat -c %s tests/golden/fold/goroutines.in)
	for ((i = 1; i < size; i += 37)); do
		head -c "$i" tests/golden/fold/goroutines.in >"$tmp/cut"
		run gobpf fold -q "$tmp/cut"
		((status <= 1)) || fail "$i: exit $status"
	done
}

@test "goroutines: long lines, many frames" {
	{
		printf 'goroutine 1 [running]:\nmain.f('
		head -c 3000000 /dev/zero | tr '\0' x
		printf ')\n\t/x.go:1 +0x1\n'
		yes $'main.g()\n\t/x.go:2 +0x1' | head -n 200000
	} >"$tmp/long"
	run -0 --separate-stderr gobpf fold "$tmp/long"
	[[ $stderr == *": a stack of more than 65536 frames "* ]]
	run ! gobpf fold --strict "$tmp/long"
	# half a header again and again
	{
		printf 'goroutine 1 [running]:\nmain.f()\n\t/x.go:1\n\n'
		yes 'goroutine 1 [' | tr -d '\n' | head -c 20000000
		echo :
	} >"$tmp/headers"
	run -0 timeout 10 "$GOBPF" fold "$tmp/headers"
	[ "$output" = 'main.f 1' ]
}

@test "goroutines: how long it waits is a label, what was inlined is marked" {
	printf '%s\n' 'goroutine 7 [chan receive, 5 minutes]:' 'main.f(...)' $'\t/src/main.go:3' 'main.g(0x1)' \
		$'\t/src/main.go:9 +0x1d' 'created by main.main in goroutine 1' $'\t/src/main.go:20 +0x2c' >"$tmp/dump"
	run -0 gobpf fold --by goid,state,wait,created "$tmp/dump"
	[ "$output" = 'goid 7;chan receive;wait 300000000000 nanoseconds;main.main;main.g;main.f 1' ]
	[ "$(gobpf fold -f json "$tmp/dump" | jq -c '[.frames[] | [.func, .line, .inlined]]')" = '[["main.f",3,true],["main.g",9,null]]' ]
}
