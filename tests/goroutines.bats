#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# goroutines against what the runtime says of itself: runtime.Stack(all) of goroutines that hold still,
# goroutines that spell their own number in their frames while they never do.
# $GOBPF_TOOLCHAINS adds toolchains.

load helpers
load golib
load goroutines

setup() { requires go jq; }

@test "goroutines: states, reasons, stacks and creators are those that the runtime prints" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root dump
		same
		unharmed g
		end g
	done < <(roots)
}

@test "goroutines: the same of a stripped PIE with cgo" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root dump strip pie cgo
		same
		end g
	done < <(roots)
}

@test "goroutines: the same without inlining" {
	dump noinline strip
	same
	end g
}

@test "goroutines: where process_vm_readv is refused, by /proc/PID/mem" {
	local how
	fixture without
	local without=$fixture
	dump strip
	for how in process_vm_readv refused:process_vm_readv; do
		gobpf() { "$without" "$how" "$GOBPF" "$@"; }
		same
	done
	end g
}

@test "goroutines: those in the same state with the same stack are one row" {
	dump strip
	COLUMNS=200 gobpf goroutines "${PID[g]}" >"$BATS_TEST_TMPDIR/table"
	grep -qE "^goroutines: .* \(pid ${PID[g]}\), go1\.[0-9.]+: 124 goroutines and [0-9]+ of the runtime itself, [0-9]+ different stacks$" "$BATS_TEST_TMPDIR/table"
	grep -qE '^ +100  chan receive  +≥[0-9.]+ (ms|s)  main\.spawn.* main\.go:[0-9]+  +main\.spawn main\.go:[0-9]+$' "$BATS_TEST_TMPDIR/table"
	[ "$(awk '/^ *COUNT/ { on = 1 } on && $1 + 0 { n += $1 } END { print n }' "$BATS_TEST_TMPDIR/table")" -eq 124 ]
	gobpf goroutines -f json "${PID[g]}" >"$BATS_TEST_TMPDIR/json"
	[ "$(jq '.goroutines, ([.groups[].count] | add), ([.groups[].goids[]] | length), .torn' "$BATS_TEST_TMPDIR/json" | paste -sd' ')" = '124 124 124 0' ]
	# a wait that a GC has seen began before it, and after the program did
	jq -e '.groups[] | select(.count == 100) | .wait_min_ns > 1e8 and .wait_max_ns < 6e10 and .wait_unknown == 0' "$BATS_TEST_TMPDIR/json"
	[ "$(gobpf goroutines -f folded "${PID[g]}" | awk '{ n += $NF } END { print n }')" -eq 124 ]
	[ "$(gobpf goroutines --system -f folded "${PID[g]}" | awk '{ n += $NF } END { print n }')" -eq \
		$((124 + $(jq .system_goroutines "$BATS_TEST_TMPDIR/json"))) ]
	end g
}

@test "goroutines: --state, --reason, --match and --goid choose" {
	dump strip
	count() { gobpf goroutines -f json "$@" "${PID[g]}" | jq '[.groups[].count] | add // 0'; }
	[ "$(count --reason semacquire --state waiting)" -eq "$(grep -cE '^goroutine [0-9]+ \[semacquire' "$BATS_TEST_TMPDIR/theirs")" ]
	[ "$(count --reason 'nil chan')" -eq 2 ]
	[ "$(count --match 'queue\)\.take$')" -eq 2 ]
	[ "$(count --match '^panic|gopanic$')" -eq 3 ]
	[ "$(count --state running)" -eq 0 ]
	[ "$(count --goid 1)" -eq 1 ]
	[ "$(count --goid 1 --state runnable)" -eq 0 ]
	run -0 gobpf goroutines --match nothing.like.it "${PID[g]}"
	[[ $output == *'no goroutine is as asked for' ]]
	end g
}

@test "goroutines: pprof counts what go tool pprof shows" {
	dump
	gobpf goroutines -o "$BATS_TEST_TMPDIR/g.pb.gz" "${PID[g]}"
	go tool pprof -top -sample_index=goroutines "$BATS_TEST_TMPDIR/g.pb.gz" >"$BATS_TEST_TMPDIR/top"
	grep -q '^Showing nodes accounting for 1[12][0-9], .*of 124 total' "$BATS_TEST_TMPDIR/top" ||
		fail "$(head -5 "$BATS_TEST_TMPDIR/top")"
	# and the other formats
	[ "$(gobpf goroutines -f speedscope "${PID[g]}" | jq '[.profiles[0].weights[]] | add')" -eq 124 ]
	gobpf goroutines -o "$BATS_TEST_TMPDIR/g.html" "${PID[g]}"
	grep -q 'main.spawnAll.func16' "$BATS_TEST_TMPDIR/g.html"
	gobpf goroutines -o "$BATS_TEST_TMPDIR/g.svg" "${PID[g]}"
	grep -qF 'data-f="0,124,0"' "$BATS_TEST_TMPDIR/g.svg"
	end g
}

# bats test_tags=newer
@test "goroutines: coroutines, synctest bubbles and leaked ones are as the runtime prints them" {
	local root version any=
	while read -r root; do
		version=$(minor "$root")
		((version >= 23)) || continue
		any=yes
		# what go.mod says is too old for synctest
		GOBPF_GOROOT=$root what=modern least=3 ENV=GODEBUG=asynctimerchan=0 dump strip
		same
		grep -q '\[coroutine\]' "$BATS_TEST_TMPDIR/theirs"
		((version < 25)) || grep -q '(durable), synctest bubble 1\]' "$BATS_TEST_TMPDIR/theirs"
		((version < 27)) || [ "$(grep -c '(leaked)\]' "$BATS_TEST_TMPDIR/theirs")" -eq 3 ]
		end g
	done < <(roots)
	[ "$any" ] || skip "requires Go 1.23"
}

# sum_labels - "COUNT JSON" for each set of labels, of objects on stdin
sum_labels() { jq -rs 'group_by(.labels) | .[] | "\(map(.count) | add) \(.[0].labels | tojson)"' | sort; }

@test "goroutines: pprof labels are those that runtime/pprof shows" {
	local root words
	while read -r root; do
		for words in strip 'pie cgo'; do
			# shellcheck disable=SC2086
			GOBPF_GOROOT=$root fixture labelled $words
			spawn l "$fixture"
			await l '^READY'
			tell l labels
			await l '^END$'
			sed -nE 's/^LABELS ([0-9]+) (.*)/{"count":\1,"labels":\2}/p' "$BATS_TEST_TMPDIR/l.log" |
				sum_labels >"$BATS_TEST_TMPDIR/theirs"
			[ "$(wc -l <"$BATS_TEST_TMPDIR/theirs")" -eq 11 ]
			gobpf goroutines -f json "${PID[l]}" | jq -c '.groups[] | select(.labels != {})' |
				sum_labels | diff "$BATS_TEST_TMPDIR/theirs" -
			unharmed l
			end l
		done
	done < <(roots)
}

@test "goroutines: --label chooses, --by tells apart, -v and pprof show labels" {
	fixture labelled strip
	spawn l "$fixture"
	await l '^READY'
	count() { gobpf goroutines -f json "$@" "${PID[l]}" | jq '[.groups[].count] | add // 0'; }
	[ "$(count --label handler)" -eq 15 ]
	[ "$(count --label handler=/users)" -eq 7 ]
	[ "$(count --label handler=/users --label request=3)" -eq 1 ]
	[ "$(count --label handler=/orders --label request=3)" -eq 0 ]
	[ "$(count --label handler=/user)" -eq 0 ]
	[ "$(count --label gone)" -eq 0 ]
	[ "$(count --label k100.99=v99)" -eq 1 ]
	COLUMNS=200 gobpf goroutines -v "${PID[l]}" >"$BATS_TEST_TMPDIR/table"
	grep -qE '^ +7  chan receive ' "$BATS_TEST_TMPDIR/table"
	[ "$(grep -cE '^    labels handler=/users request=[0-6] \(1\)$' "$BATS_TEST_TMPDIR/table")" -eq 7 ]
	grep -qE '^    labels handler=inherited \(3\)$' "$BATS_TEST_TMPDIR/table"
	COLUMNS=200 gobpf goroutines --by label:handler "${PID[l]}" | sed -n 's/ main\.park.*//p' >"$BATS_TEST_TMPDIR/table"
	diff <(sed -E 's/ +/ /g; s/ \?? ?$//' "$BATS_TEST_TMPDIR/table" | sort) - <<-'END'
		 2 chan receive -
		 2 chan receive -
		 3 chan receive inherited
		 5 chan receive /orders
		 7 chan receive /users
	END
	gobpf goroutines --by label:handler -f folded "${PID[l]}" >"$BATS_TEST_TMPDIR/folded"
	[ "$(awk '/^\/users;/ { n += $NF } END { print n }' "$BATS_TEST_TMPDIR/folded")" -eq 7 ]
	[ "$(awk '{ n += $NF } END { print n }' "$BATS_TEST_TMPDIR/folded")" -eq 20 ]
	gobpf goroutines -o "$BATS_TEST_TMPDIR/l.pb.gz" "${PID[l]}"
	go tool pprof -tags "$BATS_TEST_TMPDIR/l.pb.gz" >"$BATS_TEST_TMPDIR/tags"
	grep -qE ' 7\.0 \(.*: /users$' "$BATS_TEST_TMPDIR/tags" || fail "$(cat "$BATS_TEST_TMPDIR/tags")"
	end l
	run -2 gobpf goroutines --label =x 1
	run -2 gobpf goroutines --by handler 1
}

@test "goroutines: --full has labels where the program's own dumps have them" {
	local root setting
	while read -r root; do
		for setting in 0 1; do
			GOBPF_GOROOT=$root what=labelled least=19 ENV=GODEBUG=tracebacklabels=$setting dump strip
			same
			(($(minor "$root") < 26)) ||
				[ "$(grep -c inherited "$BATS_TEST_TMPDIR/theirs")" -eq $((3 * setting)) ]
			end g
		done
	done < <(roots)
}

# readings N - the gobpf started as r has written N readings
readings() { (($(grep -c '^ "schema"' "$BATS_TEST_TMPDIR/r.log") >= $1)); }

# of FUNCTION FILTER - of the last reading, FILTER of the group that is in it
of() { jq -s ".[-1] as \$r | \$r.groups[] | select(any(.stack[]; .func == \"main.$1\")) | $2" "$BATS_TEST_TMPDIR/r.log"; }

@test "goroutines: -i knows from both sides when a wait began, and the groups' changes" {
	local root from to
	while read -r root; do
		GOBPF_GOROOT=$root fixture waiting strip
		spawn w "$fixture"
		await w '^READY'
		spawn r "$GOBPF" goroutines -i 300ms -f json "${PID[w]}"
		retry 20 readings 1
		tell w park 5
		await w '^PARKED'
		read -r _ from to < <(grep PARKED "$BATS_TEST_TMPDIR/w.log")
		retry 20 readings $(($(grep -c schema "$BATS_TEST_TMPDIR/r.log") + 5))
		stop r
		[ "$(of parked .count)" -eq 5 ]
		of parked "(.wait_min_ns <= \$r.time - $from and .wait_min_ns > 2e8 and
			.wait_bound_ns >= \$r.time - $to and .wait_unknown == 0)" | grep -qx true ||
			fail "$(of parked .) $from $to"
		# it began before the first look: nobody knows when
		of since '(.wait_min_ns > 2e8 and .wait_bound_ns == null)' | grep -qx true || fail "$(of since .)"
		[ "$(jq -s 'map([.groups[] | select(any(.stack[]; .func == "main.parked")) | .change] | add // 0) | add' "$BATS_TEST_TMPDIR/r.log")" -eq 5 ]
		[ "$(jq -s '.[0].groups | map(has("change")) | any' "$BATS_TEST_TMPDIR/r.log")" = false ]
		end w
	done < <(roots)
}

@test "goroutines: -i claims no age of one that ran so often that its count is the same again" {
	local from
	fixture waiting strip
	spawn w "$fixture"
	await w '^READY'
	spawn r "$GOBPF" goroutines -i 1s -f json "${PID[w]}"
	retry 20 readings 1
	tell w wake
	await w '^WOKEN'
	retry 20 readings $(($(grep -c schema "$BATS_TEST_TMPDIR/r.log") + 1))
	stop r
	read -r _ from < <(grep WOKEN "$BATS_TEST_TMPDIR/w.log")
	of sleeper "(.wait_min_ns == null or .wait_min_ns <= \$r.time - $from)" | grep -qx true || fail "$(of sleeper .)"
	end w
}

@test "goroutines: -i shows groups that come and go as a table" {
	fixture waiting strip
	spawn w "$fixture"
	await w '^READY'
	spawn r "$GOBPF" goroutines -i 200ms "${PID[w]}"
	await r '^goroutines: '
	tell w park 5
	await r '^ +5 +\+5  chan receive +≤[0-9.]+ m?s  main.parked '
	await r '^ +5 +=  chan receive +[0-9.]+ m?s…[0-9.]+ m?s  main.parked '
	[ "$(grep -c '^ *COUNT  STATE ' "$BATS_TEST_TMPDIR/r.log")" -eq 1 ]
	stop r
	run -0 gobpf goroutines -i 10ms -c 3 "${PID[w]}"
	[ "$(grep -c '^goroutines: ' <<<"$output")" -eq 3 ]
	end w
	run -2 gobpf goroutines -i 1s -f folded 1
}

@test "goroutines: while they switch a hundred thousand times a second, no stack is another's" {
	local root i seen ok
	while read -r root; do
		GOBPF_GOROOT=$root fixture switching strip
		spawn s "$fixture" 500
		await s '^READY'
		tell s rate
		for ((i = 0; i < 10; i++)); do gobpf goroutines --full "${PID[s]}"; echo; done | bits >"$BATS_TEST_TMPDIR/seen"
		tell s rate
		await s '^RATE' 60 2
		[ "$(sed -n 's/^RATE //p' "$BATS_TEST_TMPDIR/s.log" | tail -1)" -gt 100000 ]
		run -1 grep WRONG "$BATS_TEST_TMPDIR/seen"
		# one that ends may be followed before it does, or a little later
		seen=$(grep -c . "$BATS_TEST_TMPDIR/seen") ok=$(grep -c ok "$BATS_TEST_TMPDIR/seen")
		((seen > 4950)) || fail "$seen seen" || return
		# those that run at that moment are not readable
		((ok * 100 >= seen * 99)) || fail "$ok of $seen readable" || return
		unharmed s
		end s
	done < <(roots)
}

@test "goroutines: while they run their stacks are sampled, and none is another's" {
	local root
	enough() {
		for ((i = 0; i < 5; i++)); do gobpf goroutines --state running --full "${PID[s]}"; echo; done | bits >>"$BATS_TEST_TMPDIR/seen"
		(($(grep -c ok "$BATS_TEST_TMPDIR/seen") >= 20))
	}
	while read -r root; do
		GOBPF_GOROOT=$root fixture spinning strip
		spawn s "$fixture" 6 3
		await s '^READY'
		: >"$BATS_TEST_TMPDIR/seen"
		retry 60 enough || fail "$(sort "$BATS_TEST_TMPDIR/seen" | uniq -c)" || return
		run -1 grep WRONG "$BATS_TEST_TMPDIR/seen"
		# by memory alone there is none
		gobpf goroutines --no-sample --state running --full "${PID[s]}" | bits >"$BATS_TEST_TMPDIR/seen"
		run -1 grep -E 'ok|WRONG' "$BATS_TEST_TMPDIR/seen"
		unharmed s
		end s
	done < <(roots)
}

@test "goroutines: without perf events those that run have no stack, and one line says why" {
	local how
	fixture without
	local without=$fixture
	fixture spinning strip
	spawn s "$fixture" 6 3
	await s '^READY'
	# some run at any time, but those may be over just then
	said() {
		"$without" "$1" "$GOBPF" goroutines --state running --json "${PID[s]}" \
			>"$BATS_TEST_TMPDIR/json" 2>"$BATS_TEST_TMPDIR/words"
		[ "$(cat "$BATS_TEST_TMPDIR/words")" = "gobpf goroutines: goroutines that run have no stack: perf events are $2" ]
	}
	retry 20 said refused:perf_event_open 'not permitted (kernel.perf_event_paranoid above 2 without CAP_PERFMON)'
	[ "$(jq -r '.groups[] | .from, (.stack | length), .missing' "$BATS_TEST_TMPDIR/json" | sort -u | paste -sd' ')" = \
		'0 memory running on a thread: its stack is in use' ]
	retry 20 said perf_event_open 'not possible here'
	end s
}

@test "goroutines: one that sleeps in a raw system call runs as far as Go knows; its stack is there" {
	local root
	sleeps() {
		gobpf goroutines --match 'main\.blocked' -f json "${PID[s]}" >"$BATS_TEST_TMPDIR/json"
		[ "$(jq '[.groups[].count] | add // 0' "$BATS_TEST_TMPDIR/json")" -eq 1 ]
	}
	while read -r root; do
		GOBPF_GOROOT=$root fixture spinning strip
		# no signals: they would wake it
		spawn s env GODEBUG=asyncpreemptoff=1 "$fixture" 0 3
		await s '^READY'
		tell s block
		retry 20 sleeps
		[ "$(jq -r '.groups[] | .from, .state, .missing, (.stack | map(.func | select(startswith("main.")))[0])' "$BATS_TEST_TMPDIR/json" | paste -sd' ')" = 'kernel running null main.blocked' ]
		end s
	done < <(roots)
}

@test "goroutines: a process that ends meanwhile, one that isn't Go, bad words" {
	run -3 gobpf goroutines 4194303
	[[ $output == *'no process 4194303' ]]
	spawn sleep sleep 60
	run -3 gobpf goroutines "${PID[sleep]}"
	[[ $output == *'not a Go program'* || $output == *'no Go'* ]] || fail "$output"
	run -2 gobpf goroutines
	run -2 gobpf goroutines --match '(' 1
	[[ $output == *"--match: '('"* ]]
	run -2 gobpf goroutines --goid x 1
	for word in wating dead '???' ''; do
		run -2 gobpf goroutines --state "$word" 1
		[[ $output == *"--state: no state '$word' (one of: waiting "* ]]
	done
	kill "${PID[sleep]}"
}
