#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# stats against what the program's own runtime.ReadMemStats() and runtime/metrics say right after it was read from
# outside. $GOBPF_TOOLCHAINS adds toolchains.
# bats file_tags=long

# shellcheck disable=SC2030,SC2031
load helpers
load golib

setup() { requires go jq; }

# start WORD... - the fixture built so, ready
start() {
	fixture stats "$@"
	spawn s "$fixture"
	await s '^READY'
}

# ask WORD - has the fixture look at itself; what it says is left as $theirs, an object
ask() {
	local before
	before=$(grep -c '^PARKED$' "$BATS_TEST_TMPDIR/s.log" || :)
	tell s "$1"
	await s '^PARKED$' 60 $((before + 1)) || return
	theirs=$(awk '/^LOOK$/ { text = ""; on = 1; next } /^END$/ { on = 0 }
		on && !/^(pause|end) / { text = text (text ? ", " : "") "\"" $1 "\": " $2 }
		END { print "{" text "}" }' "$BATS_TEST_TMPDIR/s.log")
}

# differences - the names of the numbers that differ between $ours and $theirs. Emptying the caches of stacks may
# have made heap of stack memory: up to stack_cached_max.
differences() {
	jq -rn --argjson o "$ours" --argjson t "$theirs" '
		($o.memory.stack_inuse - $t.stack_inuse) as $moved |
		($o.memory | .stack_inuse -= $moved | .stack_sys -= $moved | .heap_sys += $moved | .heap_idle += $moved) as $m |
		(if $moved < 0 or $moved > $m.stack_cached_max then "stack_inuse" else empty end),
		(if $m.exact and $m.lag_bytes == 0 and $m.lag_objects == 0 then empty else "exact" end),
		($m | del(.stack_cached_max, .exact, .lag_bytes, .lag_objects) | to_entries[] |
			select(.value != $t[.key]) | "\(.key) \(.value) \($t[.key])"),
		($o.gc | {cycles, forced, last_end, pause_total_ns, next_gc} | to_entries[] |
			select(.value != $t[.key]) | "\(.key) \(.value) \($t[.key])"),
		(if ($o.gc.cpu_fraction * 1e9 - $t.cpu_fraction_e9 | fabs) > 1 then "cpu_fraction" else empty end),
		({"/gc/heap/live:bytes": $o.gc.heap_marked, "/gc/gogc:percent": (if $o.gc.gogc < 0 then $t["/gc/gogc:percent"] else $o.gc.gogc end),
		  # of goroutines in C the runtime knows less itself: it reckons with the processors that they left
		  "/sched/goroutines/waiting:goroutines": (if $o.target.cgo then null else $o.goroutines.states.waiting end),
		  "goroutines": $o.goroutines.count, "gomaxprocs": $o.scheduler.gomaxprocs} | to_entries[] |
			select(.value != null and $t[.key] != null and .value != $t[.key]) | "\(.key) \(.value) \($t[.key])")'
}

# agree [WORD] - ours is what the program says of itself right after, three times in a row: each time it reads its metrics
# it turns the counters' generations once. The scavenger may move memory meanwhile, so it is tried again.
agree() {
	local i row=0
	for ((i = 0; i < 30 && row < 3; i++)); do
		ours=$(gobpf stats --json "${PID[s]}")
		ask "${1:-look}" || return
		differ=$(differences)
		[ -n "$differ" ] && row=0 || row=$((row + 1))
	done
	((row == 3)) || fail "$differ"
}

# pauses - the whole ring is the program's
pauses() {
	sed -nE 's/^ +"(end|ns)": ([0-9]+),?$/\1 \2/p' <<<"$ours" | sort >"$BATS_TEST_TMPDIR/ours"
	awk '/^LOOK$/ { text = "" } /^(pause|end) / { sub(/pause/, "ns"); text = text $0 "\n" } END { printf "%s", text }' \
		"$BATS_TEST_TMPDIR/s.log" | sort >"$BATS_TEST_TMPDIR/theirs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -ge 10 ]
	diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
}

@test "stats: equal to the program's own runtime.MemStats to the byte, also what is in the caches of Ps" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root start
		agree quiet
		agree
		pauses
		unharmed s
		end s
	done < <(roots)
}

@test "stats: the same of a stripped PIE with cgo" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root start strip pie cgo
		agree
		jq -e '.target | .stripped and .pie and .cgo' <<<"$ours"
		end s
	done < <(roots)
}

@test "stats: goroutines by state and reason, timers, finalizers that wait, profiling rates, time since the start" {
	local root before
	while read -r root; do
		before=$(date +%s%N)
		GOBPF_GOROOT=$root start strip
		settled() {
			ours=$(gobpf stats --json "${PID[s]}") &&
				jq -e '.scheduler | .timers == 10 and .procs_idle == .gomaxprocs and .sysmon == "sleeps"' <<<"$ours"
		}
		# the scavenger has a timer while it works
		retry 60 settled || fail "$(jq -c .scheduler <<<"$ours")" || return
		# 5 by select, 10 by chan receive and the finalizer; 3 sleep, 2 wait for the mutex; main is in read(2)
		[ "$(jq -c '.goroutines | [.count, .states.syscall, .states.running, .states.runnable, .waiting.select,
			.waiting["chan receive"], .waiting.sleep, (.waiting["sync.Mutex.Lock"] // .waiting.semacquire),
			.waiting["GC sweep wait"]]' <<<"$ours")" = '[21,1,0,0,5,11,3,2,1]' ] || fail "$(jq -c .goroutines <<<"$ours")" || return
		jq -e '.goroutines | ([.states[]] | add) == .count + .system and ([.waiting[]] | add) == .states.waiting' <<<"$ours"
		jq -e '.scheduler | .finalizers == 6 and .procs_running + .procs_syscall + .procs_gcstop == 0 and
			.runq_global + .runq_local == 0 and .threads_spinning == 0 and .threads == .threads_kernel' <<<"$ours"
		jq -e '.profile_rates == {memory_bytes: 0, block_ticks: 0, mutex_fraction: 0}' <<<"$ours"
		ask quiet
		# two clocks can't be read at once; jq has 53 bits: microseconds are exact enough
		up_so_long() {
			jq -e --argjson t "$theirs" --argjson before "$1" \
				'.time - .uptime_ns | . > $before - 1e6 and . < $t.started + 1e6' <<<"$(gobpf stats --json "${PID[s]}")"
		}
		retry 60 up_so_long "$before"
		end s
	done < <(roots)
}

@test "stats: limits of the collector, and the goal that follows from them" {
	local root name
	while read -r root; do
		GOBPF_GOROOT=$root fixture stats strip
		GOGC=off GOMEMLIMIT=60MiB spawn s "$fixture"
		await s '^READY'
		ours=$(gobpf stats --json "${PID[s]}")
		if [ "$(minor "$root")" -ge 21 ]; then
			agree quiet
		else
			jq -e '.gc.next_gc == null' <<<"$ours"
		fi
		jq -e '.gc | .gogc == -1 and .gomemlimit == 60 * 1048576' <<<"$ours"
		gobpf stats "${PID[s]}" | grep -qF 'GOGC off, GOMEMLIMIT 60.0 MiB'
		end s
		GOGC=off spawn s "$fixture"
		await s '^READY'
		ours=$(gobpf stats --json "${PID[s]}")
		jq -e '.gc | .gogc == -1 and .gomemlimit == null and .next_gc == null and .phase == "off" and .started == .cycles' <<<"$ours"
		gobpf stats "${PID[s]}" | grep -qF 'GOGC off, GOMEMLIMIT off'
		end s
		# with little room a cycle still leaves a MiB for sweeping
		for name in 250 2; do
			GOGC=$name spawn s "$fixture"
			await s '^READY'
			agree quiet
			jq -e ".gc.gogc == $name" <<<"$ours"
			end s
		done
	done < <(roots)
}

@test "stats: a program that allocates and reads its own metrics without a pause: within the bounds that are said" {
	local root i first
	while read -r root; do
		GOBPF_GOROOT=$root start strip
		tell s busy
		await s '^BUSY$'
		ask quiet
		first=$theirs
		for ((i = 0; i < 30; i++)); do
			gobpf stats --json "${PID[s]}" | jq -c .memory
		done >"$BATS_TEST_TMPDIR/ours"
		ask quiet
		# between what the program said before and after, never backwards
		jq -en --slurpfile ours "$BATS_TEST_TMPDIR/ours" --argjson a "$first" --argjson b "$theirs" '
			[{total_alloc: $a.total_alloc, mallocs: $a.mallocs, frees: $a.frees, lag_bytes: 0, lag_objects: 0}] + $ours +
				[{total_alloc: $b.total_alloc, mallocs: $b.mallocs, frees: $b.frees, lag_bytes: 0, lag_objects: 0}] |
			. as $all | range(length - 1) | $all[.] as $x | $all[. + 1] as $y |
			select($x.total_alloc > $y.total_alloc + $x.lag_bytes + $y.lag_bytes or
				$x.mallocs > $y.mallocs + $x.lag_objects + $y.lag_objects or
				$x.frees > $y.frees + $x.lag_objects + $y.lag_objects)' >"$BATS_TEST_TMPDIR/wrong" || :
		[ ! -s "$BATS_TEST_TMPDIR/wrong" ] || fail "$(head -30 "$BATS_TEST_TMPDIR/wrong")" || return
		# a bound that is always true would be none: now and then there is a moment to read in
		jq -es 'map(.lag_bytes * 1000 < .total_alloc) | any' "$BATS_TEST_TMPDIR/ours"
		unharmed s
		end s
	done < <(roots)
}

# stop_all NAME - SIGSTOP, and until each of its threads has stopped
stop_all() {
	kill -STOP "${PID[$1]}"
	while grep -qvE '^[0-9]+ \(.*\) T ' "/proc/${PID[$1]}/task"/*/stat; do :; done
}

@test "stats: exact means exact: of a program that allocates, stopped at any moment, what it has counted itself" {
	local root i counts mallocs ours
	requires od
	while read -r root; do
		GOBPF_GOROOT=$root start strip
		tell s count
		await s '^mallocs'
		counts=$(sed -n 's/^counts //p' "$BATS_TEST_TMPDIR/s.log")
		mallocs=$(sed -n 's/^mallocs //p' "$BATS_TEST_TMPDIR/s.log")
		for ((i = 0; i < 300; i++)); do
			stop_all s
			dd "if=/proc/${PID[s]}/mem" iflag=skip_bytes,count_bytes "skip=$counts" count=128 status=none | od -A n -v -t u8 -w128
			gobpf stats --json "${PID[s]}" | jq -r '.memory | "\(.mallocs) \(.lag_objects) \(.exact)"'
			kill -CONT "${PID[s]}"
		done 3>&- | paste -d ' ' - - >"$BATS_TEST_TMPDIR/both"
		# what else was allocated, by the runtime, never falls; both may be between allocating and counting it
		awk -v base="$mallocs" '{ other = $17 - base - $1 - $9 }
			other + $18 + 4 < least { print NR ": " other " of others, at least " least " before: " $17, $18, $19 }
			other - $18 > least { least = other - $18 }
			$19 == "true" { exact++ }
			END { if (NR != 300 || !exact) print NR " times, " exact + 0 " of them exact" }' \
			"$BATS_TEST_TMPDIR/both" >"$BATS_TEST_TMPDIR/wrong"
		[ ! -s "$BATS_TEST_TMPDIR/wrong" ] || fail "$(head -30 "$BATS_TEST_TMPDIR/wrong")" || return
		end s
	done < <(roots)
}

@test "stats: -i looks again, with what happened in between" {
	start strip
	spawn i "$GOBPF" stats --json -i 50ms "${PID[s]}"
	await i '"schema"' 60 2
	ask look
	ask look
	await i '"schema"' 60 $(($(grep -c . "$BATS_TEST_TMPDIR/i.log") + 2))
	stop i
	jq -es 'length > 3 and .[0].rates == null and ([.[1:][].rates.seconds] | min > 0) and
		([.[1:][] | .rates | .seconds * .alloc_bytes] | add + 0.5 | floor) == (.[-1].memory.total_alloc - .[0].memory.total_alloc) and
		([.[1:][] | .rates | .seconds * .mallocs] | add + 0.5 | floor) == (.[-1].memory.mallocs - .[0].memory.mallocs) and
		(.[-1].memory.total_alloc - .[0].memory.total_alloc) >= 2 * (300 * 24 + 500 * 8 + 50 * 1024 + 3 * 106496)' \
		"$BATS_TEST_TMPDIR/i.log"
	gobpf stats -i 50ms -c 3 "${PID[s]}" >"$BATS_TEST_TMPDIR/table"
	[ "$(grep -cE '^ +TIME +HEAP +ALIVE +ALLOC/s' "$BATS_TEST_TMPDIR/table")" -eq 1 ]
	[ "$(grep -cE '^[0-9:]{8} +[0-9.]+ MiB +[0-9.]+ MiB +0 B +0 +0 +0.0 +0 ns +21 +0$' "$BATS_TEST_TMPDIR/table")" -eq 2 ] ||
		fail "$(tail -3 "$BATS_TEST_TMPDIR/table")" || return
	spawn i "$GOBPF" stats -i 50ms "${PID[s]}"
	await i '^[0-9:]{8} ' 60 2
	kill -KILL "${PID[s]}"
	reap s 137
	reap i
}

@test "stats: one page" {
	start strip
	gobpf stats "${PID[s]}" >"$BATS_TEST_TMPDIR/page"
	page() { grep -qE -- "$1" "$BATS_TEST_TMPDIR/page" || fail "no '$1' in $(cat "$BATS_TEST_TMPDIR/page")"; }
	page "^stats: stats-.* \(pid ${PID[s]}\), go1\.[0-9.]+, stripped; up [0-9.]+ m?s$"
	page '^module gobpf.test/fixtures/stats$'
	page '^heap +2[0-9.]+ MiB +[0-9.]+ MiB  2[0-9.]+ MiB in 20\.[0-9]k objects; idle .* of it returned$'
	page '^sum +[0-9.]+ MiB  allocated so far: [0-9.]+ MiB in 2[0-9.]+k objects$'
	page '^cycles  [0-9]+, 5 of them forced; the last ended [0-9.]+ m?s ago, 20[0-9-]{8} [0-9:]{8}$'
	page '^limits  GOGC 100, GOMEMLIMIT off$'
	page '^processors  GOMAXPROCS [0-9]+: '
	page '^  chan receive +11$'
	page '^the program.s +21$'
	page '^profiles    memory off, block off, mutex off$'
	[ "$(awk '{ print length }' "$BATS_TEST_TMPDIR/page" | sort -n | tail -1)" -le 100 ]
	end s
}

@test "stats: of a capture and of a core file what it was of the process" {
	requires gdb
	start strip
	agree quiet
	gobpf capture -q -o "$BATS_TEST_TMPDIR/s.core" "${PID[s]}"
	gcore -o "$BATS_TEST_TMPDIR/gcore" "${PID[s]}"
	numbers() { jq -S 'del(.time, .uptime_ns, .memory.exact, .memory.lag_bytes, .memory.lag_objects, .scheduler.threads_kernel)'; }
	gobpf stats --json "${PID[s]}" | numbers >"$BATS_TEST_TMPDIR/live"
	gobpf stats --json "$BATS_TEST_TMPDIR/s.core" >"$BATS_TEST_TMPDIR/capture"
	diff "$BATS_TEST_TMPDIR/live" <(numbers <"$BATS_TEST_TMPDIR/capture")
	jq -e '.memory | (.exact | not) and .lag_bytes == null' "$BATS_TEST_TMPDIR/capture"
	gobpf stats --json "$BATS_TEST_TMPDIR/gcore.${PID[s]}" >"$BATS_TEST_TMPDIR/core"
	diff "$BATS_TEST_TMPDIR/live" <(numbers <"$BATS_TEST_TMPDIR/core")
	jq -e '.memory.exact and .time == null and .uptime_ns == null' "$BATS_TEST_TMPDIR/core"
	run -2 gobpf stats -i 1s "$BATS_TEST_TMPDIR/s.core"
	run -2 gobpf gc-signals "$BATS_TEST_TMPDIR/s.core"
	end s
}

# bounded CORE - ends by itself, soon and in little memory, with or without words
bounded() {
	local limit=4000000
	! grep -q __asan_init "$GOBPF" || limit=unlimited
	run --separate-stderr timeout 20 bash -c "ulimit -v $limit; exec \"\$@\"" sh "$GOBPF" stats "$1"
	case $status in
	0) [ -n "$output" ] ;;
	1 | 3) [[ $stderr == 'gobpf stats: '* ]] ;;
	*) false ;;
	esac || fail "exit $status: $output $stderr"
}

@test "stats: hostile memory: lengths of 2^60, pointers into nowhere and to themselves, any words" {
	local name value addr n=0 core=$BATS_TEST_TMPDIR/bad.core
	start
	gobpf capture -q -o "$BATS_TEST_TMPDIR/good.core" "${PID[s]}"
	end s
	while read -r addr _ name; do
		for value in 0 1 0x1000000000000000 0xffffffffffffffff 0x3ffffff 0x$addr; do
			cp "$BATS_TEST_TMPDIR/good.core" "$core"
			"$O/tests/corrupt" "$core" set "0x$addr" "$value" || continue 2
			bounded "$core" || return
		done
		n=$((n + 1))
		# the length of a slice
		cp "$BATS_TEST_TMPDIR/good.core" "$core"
		"$O/tests/corrupt" "$core" set $((0x$addr + 8)) 0x1000000000000000 || continue
		bounded "$core" || return
	done < <(go tool nm "$fixture" | awk '$3 ~ /^runtime\.(allp|allglen|allgptr|finq|sched|memstats|gcController|work)$/')
	((n >= 4))
	for value in {1..10}; do
		cp "$BATS_TEST_TMPDIR/good.core" "$core"
		"$O/tests/corrupt" "$core" random "$value" 1000
		bounded "$core" || return
	done
}

@test "stats: what is no Go program, gone, or asked for in wrong words" {
	run -3 gobpf stats 4194303
	[[ $output == *'no process 4194303' ]]
	spawn sleep sleep 60
	run -3 gobpf stats "${PID[sleep]}"
	run -2 gobpf stats
	run -2 gobpf stats -i 0 1
	run -2 gobpf stats -f folded 1
	run -2 gobpf stats -c x 1
	kill "${PID[sleep]}"
}
