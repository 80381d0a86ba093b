#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# heap-hotspots on programs that know their own truth; tests/matrix runs the
# "engine" tests here for every Go toolchain.
# bats file_tags=probe,long

load helpers
load heap

setup() { requires root jq; }

# Every engine on every kind of binary.

@test "engine buckets: plain" { right buckets; }
@test "engine buckets: stripped" { right buckets strip; }
@test "engine buckets: PIE" { right buckets pie; }
@test "engine buckets: cgo" { right buckets cgo; }
@test "engine buckets: stripped cgo PIE" { right buckets strip cgo pie; }

@test "engine refill: plain" { right refill noprof; }
@test "engine refill: stripped" { right refill noprof strip; }
@test "engine refill: PIE" { right refill noprof pie; }
@test "engine refill: cgo" { right refill noprof cgo; }
@test "engine refill: stripped cgo PIE" { right refill noprof strip cgo pie; }
@test "engine refill: plain, with runtime/pprof linked" { right refill; }

@test "engine exact: plain" { right exact noprof; }
@test "engine exact: stripped" { right exact noprof strip; }
@test "engine exact: PIE" { right exact noprof pie; }
@test "engine exact: cgo" { right exact noprof cgo; }
@test "engine exact: stripped cgo PIE, with runtime/pprof linked" { right exact strip cgo pie; }

@test "engine bpftrace: plain" { requires bpftrace; right bpftrace noprof; }
@test "engine bpftrace: stripped" { requires bpftrace; right bpftrace noprof strip; }
@test "engine bpftrace: PIE" { requires bpftrace; right bpftrace noprof pie; }
@test "engine bpftrace: cgo" { requires bpftrace; right bpftrace noprof cgo; }
@test "engine bpftrace: stripped cgo PIE" { requires bpftrace; right bpftrace noprof strip cgo pie; }

# Which engine, and what the first line says.

@test "auto takes buckets when the program has the memory profiler" {
	mix strip
	run -0 --separate-stderr gobpf heap-hotspots -d 1s "$mix"
	[[ ${lines[0]} == "heap-hotspots: "*"engine buckets"* ]]
	[[ ${lines[0]} == *"$mix"* ]]
}

@test "auto takes refill when the linker dropped the memory profiler" {
	mix strip noprof
	run -0 --separate-stderr gobpf heap-hotspots -d 1s "$mix"
	[[ ${lines[0]} == "heap-hotspots: "*"engine refill"* ]]
}

@test "structures are where the program's own DWARF says, for every engine" {
	requires objcopy
	local engine copy=$BATS_TEST_TMPDIR/copy
	fixture allocmix
	# DWARF that knows the structures, but not one field of each
	objcopy --decompress-debug-sections "$fixture" "$copy.plain"
	LC_ALL=C sed -E 's/(.)nstk\x00/\1nstq\x00/g; s/(.)nelems\x00/\1nelemz\x00/g; s/(.)ptrdata\x00/\1ptrdatq\x00/g
		s/(.)PtrBytes\x00/\1PtrBytez\x00/g' "$copy.plain" >"$copy"
	chmod +x "$copy"
	spawn mix "$copy"
	await mix '^READY'
	for engine in "buckets runtime.bucket.nstk" "refill runtime.mspan.nelems" "exact internal/abi.Type.PtrBytes"; do
		run -1 gobpf heap-hotspots --engine "${engine% *}" -d 1s "${PID[mix]}"
		[[ $output == *"its DWARF has no ${engine#* }" ]] || fail "$engine: $output"
	done
	unharmed mix
}

@test "buckets asked for where there are none: says so, exit 3" {
	mix noprof
	run -3 --separate-stderr gobpf heap-hotspots --engine buckets -d 1s "$mix"
	[ -z "$output" ]
	[[ $stderr == *MemProfileRate* ]]
}

@test "a target by its unique name" {
	fixture allocmix
	cp "$fixture" "$BATS_TEST_TMPDIR/mix-$$"
	spawn mix "$BATS_TEST_TMPDIR/mix-$$" 50
	await mix '^READY'
	run -0 --separate-stderr gobpf heap-hotspots -d 500ms "mix-$$"
	[[ $output == *"main.allocSmall"* ]]
}

@test "a target in another mount namespace" {
	requires unshare
	fixture allocmix strip noprof
	local hidden=$BATS_TEST_TMPDIR/hidden
	mkdir "$hidden"
	# shellcheck disable=SC2016
	spawn mix unshare -m sh -c 'mount -t tmpfs none "$1" && cp "$2" "$1/prog" && exec "$1/prog"' sh \
		"$hidden" "$fixture"
	await mix '^READY'
	[ ! -e "$hidden/prog" ]
	local json=$BATS_TEST_TMPDIR/out.json
	precise "${PID[mix]}"
	truthful "$json"
	unharmed mix
}

# Exact numbers.

@test "exact counts the 1009 objects of a burst, no more and no less" {
	fixture burst strip noprof
	spawn burst "$fixture"
	await burst '^READY'
	watch --exact -d 0 -f json -o "$BATS_TEST_TMPDIR/out.json" "${PID[burst]}"
	tell burst gently
	await burst '^DONE 1009'
	stop hot
	run -0 jq -c '.sites[] | select(.func == "main.allocBurst") | [.alloc_objects, .alloc_space]' \
		"$BATS_TEST_TMPDIR/out.json"
	[ "$output" = "[1009,41328640]" ]
	unharmed burst
}

@test "--exact says the expected slowdown and refuses above 20 % without --force" {
	mix noprof
	run -4 --separate-stderr gobpf heap-hotspots --exact -d 1s "$mix"
	[ -z "$output" ]
	[[ $stderr =~ [0-9]+\ ?% && $stderr == *--force* ]]
	unharmed mix
}

@test "--exact goes ahead when the program allocates little" {
	mix noprof -- 0.1
	run -0 --separate-stderr gobpf heap-hotspots --exact -d 1s "$mix"
	[[ ${lines[0]} == *"engine exact"* ]]
	[[ $output == *main.allocSmall* ]]
}

# Output.

@test "the table: sites with file and line, units, in falling order" {
	mix strip
	run -0 --separate-stderr gobpf heap-hotspots -d 2s "$mix"
	local line
	line=$(grep -m1 '^SITE 60' "$BATS_TEST_TMPDIR/mix.log" | awk '{ print $5 }')
	[[ $output == *"main.allocSmall"*"main.go:$line"* ]]
	[[ $output =~ allocSmall.*main\.fill.*main\.\(\*record\)\.push.*main\.\(\*cache\)\.load ]]
	[[ $output == *iB/s* ]]
}

@test "the error of a share is that of so many samples" {
	mix
	gobpf heap-hotspots --engine buckets -d 2s -f json "$mix" >"$BATS_TEST_TMPDIR/x"
	# samples of small objects weigh the same: of n in all, a share of p is within 1.96 sqrt(p (1 - p) / n)
	jq -r '.samples as $n | .sites[] | select(.share > 1) | "\(.func) \(.error) \(196 * ((.share / 100) * (1 - .share / 100) / $n | sqrt))"' \
		"$BATS_TEST_TMPDIR/x" >"$BATS_TEST_TMPDIR/errors"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/errors")" -eq 4 ]
	awk '{ d = $2 / $3; if (d < 0.9 || d > 1.1) print }' "$BATS_TEST_TMPDIR/errors" | diff /dev/null -
}

@test "the table with -v has the stack under each site" {
	mix strip
	run -0 --separate-stderr gobpf heap-hotspots -v -d 2s "$mix"
	[[ $output =~ main\.fill.*main\.handle.*main\.churn ]]
}

@test "-n 2 shows two sites" {
	mix
	gobpf heap-hotspots -n 2 -d 1s -f json "$mix" >"$BATS_TEST_TMPDIR/out.json"
	[ "$(jq '.sites | length' "$BATS_TEST_TMPDIR/out.json")" -eq 2 ]
}

@test "pprof output: go tool pprof agrees with the truth" {
	requires go
	local json=$BATS_TEST_TMPDIR/out.json window
	mix strip noprof
	precise "$mix"
	gobpf heap-hotspots -d "$window" -o "$BATS_TEST_TMPDIR/heap.pb.gz" "$mix"
	run -0 go tool pprof -raw "$BATS_TEST_TMPDIR/heap.pb.gz"
	[[ $output == *"alloc_objects/count alloc_space/bytes"* ]]
	# the executable that the addresses are of
	[[ $output == *$'Mappings\n1: 0x4'*" $fixture "*" [FN][FL][LN][IN]"* ]]
	run -0 go tool pprof -sample_index=alloc_space -top "$BATS_TEST_TMPDIR/heap.pb.gz"
	local percent func
	while read -r _ percent func _; do
		awk -v func="$func" -v want="$percent" '
			$6 == func { d = $2 - want; ok = d > -3 && d < 3 }
			END { exit !ok }' <<<"$output" || fail "$func is not $percent %: $output"
	done < <(grep '^SITE' "$BATS_TEST_TMPDIR/mix.log")
	run -0 go tool pprof -sample_index=alloc_space -peek '^main.fill$' "$BATS_TEST_TMPDIR/heap.pb.gz"
	[[ $output == *"main.handle (inline)"*"main.fill"* ]]
}

@test "SVG output is well-formed and names the sites" {
	requires xmllint
	mix
	gobpf heap-hotspots -d 1s -o "$BATS_TEST_TMPDIR/heap.svg" "$mix"
	xmllint --noout "$BATS_TEST_TMPDIR/heap.svg"
	grep -q main.allocSmall "$BATS_TEST_TMPDIR/heap.svg"
	grep -q 'main\.(\*record)\.push' "$BATS_TEST_TMPDIR/heap.svg"
}

@test "folded output sums up to the truth" {
	local json=$BATS_TEST_TMPDIR/out.json window
	mix noprof
	precise "$mix"
	gobpf heap-hotspots -d "$window" -f folded "$mix" >"$BATS_TEST_TMPDIR/folded"
	awk '
		{
			n = split($1, frames, ";")
			bytes[frames[n]] += $NF
			total += $NF
		}
		END { for (f in bytes) printf "%s %.2f\n", f, 100 * bytes[f] / total }
	' "$BATS_TEST_TMPDIR/folded" >"$BATS_TEST_TMPDIR/shares"
	awk '
		NR == FNR { share[$1] = $2; next }
		/^SITE/ && (share[$3] - $2 > 3 || $2 - share[$3] > 3) { print $3, share[$3], "not", $2; bad = 1 }
		END { exit bad }
	' "$BATS_TEST_TMPDIR/shares" "$BATS_TEST_TMPDIR/mix.log"
	grep -q ';main.handle;main.fill ' "$BATS_TEST_TMPDIR/folded"
}

@test "Ctrl-C prints what there is" {
	local engine
	for engine in buckets refill; do
		mix
		watch --engine $engine -d 1h "$mix"
		# something to be found, however early the Ctrl-C
		spawn clock sleep 1
		reap clock
		stop hot
		grep -q "engine $engine" "$BATS_TEST_TMPDIR/hot.log"
		grep -q 'main.allocSmall' "$BATS_TEST_TMPDIR/hot.log"
		unharmed mix
		end mix
	done
}

@test "two at once on one program do not disturb each other" {
	local window
	mix noprof
	for window in 2s 4s 12s 36s 72s; do
		watch --engine refill -d $window -f json -o "$BATS_TEST_TMPDIR/one.json" "$mix"
		gobpf heap-hotspots --engine refill -d $window -f json "$mix" >"$BATS_TEST_TMPDIR/two.json"
		reap hot
		if sure "$BATS_TEST_TMPDIR/one.json" && sure "$BATS_TEST_TMPDIR/two.json"; then break; fi
	done
	truthful "$BATS_TEST_TMPDIR/one.json"
	truthful "$BATS_TEST_TMPDIR/two.json"
	unharmed mix
}

@test "another process of the same program is not counted" {
	fixture allocmix noprof
	spawn other "$fixture"
	await other '^READY'
	mix noprof -- 1
	gobpf heap-hotspots --engine refill -d 2s -f json "$mix" >"$BATS_TEST_TMPDIR/out.json"
	local rate
	rate=$(jq '[.sites[].alloc_space] | add / 2' "$BATS_TEST_TMPDIR/out.json")
	awk -v rate="$rate" 'BEGIN { exit !(rate < 3e6) }' || fail "$rate bytes/s of a program that allocates 1 MB/s"
	unharmed other
}

# Stacks as the program's own profile has them.

# stacks PROFILE - the stacks of main.work in a profile, one a line: function:line, leaf first
stacks() {
	go tool pprof -lines -sample_index=alloc_space -traces "$1" 2>/dev/null | awk '
		/^-----/ { if (s ~ /main\.(round|recurse|down)/) print s; s = ""; next }
		/^ *bytes:/ { next }
		{ sub(/^ *[0-9.]+[kMGT]?B? +/, ""); sub(/^ +/, ""); sub(/ \(inline\)$/, ""); s = s " <- " $0 }
		END { if (s ~ /main\.(round|recurse|down)/) print s }' | sort -u
}

@test "engine buckets: deep stacks end where the program's own profile has them end" {
	requires go
	fixture deep
	spawn deep "$fixture"
	await deep '^READY'
	gobpf heap-hotspots --engine buckets -d 3s -o "$BATS_TEST_TMPDIR/our.pb.gz" "${PID[deep]}"
	tell deep "prof $BATS_TEST_TMPDIR/own.pb.gz"
	await deep '^PROF <nil>'
	stacks "$BATS_TEST_TMPDIR/own.pb.gz" >"$BATS_TEST_TMPDIR/own"
	stacks "$BATS_TEST_TMPDIR/our.pb.gz" >"$BATS_TEST_TMPDIR/our"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/our")" -ge 10 ] || fail "few stacks:" "$(cat "$BATS_TEST_TMPDIR/our")"
	diff "$BATS_TEST_TMPDIR/own" "$BATS_TEST_TMPDIR/our" >&2
	unharmed deep
}

@test "engine exact: what the compiler makes for methods is in no stack" {
	fixture deep
	spawn deep "$fixture"
	await deep '^READY'
	gobpf heap-hotspots --exact --force -d 1s -f json "${PID[deep]}" >"$BATS_TEST_TMPDIR/out.json"
	jq -e '[.sites[] | select(.func == "main.value.alloc")] | length == 1' "$BATS_TEST_TMPDIR/out.json"
	run -0 jq -r '.sites[].stack[].func' "$BATS_TEST_TMPDIR/out.json"
	[[ $output == *'main.'* && $output != *'(*value).alloc'* && $output != *'-fm'* ]] || fail "$output"
	unharmed deep
}

@test "engine buckets: a profile turned off in the window keeps its scale" {
	fixture deep
	spawn deep "$fixture"
	await deep '^READY'
	watch --engine buckets -d 1h -o "$BATS_TEST_TMPDIR/out.json" "${PID[deep]}"
	spawn clock sleep 1
	reap clock
	tell deep 'rate 0'
	await deep '^RATE 0'
	spawn clock sleep 1.5
	reap clock
	stop hot
	jq -e '.how | contains("512 KiB")' "$BATS_TEST_TMPDIR/out.json"
	jq -e '.samples > 0 and .total.alloc_space > 100000 * .samples' "$BATS_TEST_TMPDIR/out.json"
	grep -q 'MemProfileRate was changed' "$BATS_TEST_TMPDIR/hot.log"
	unharmed deep
}

@test "a stopped program: nothing is seen, and why; no share of no CPU time" {
	local engine
	mix noprof
	kill -STOP "$mix"
	retry 60 grep -q '^State:.T' "/proc/$mix/status"
	for engine in refill exact; do
		run -0 --separate-stderr gobpf heap-hotspots --engine $engine -d 500ms "$mix"
		[[ $output == *"cost not measured"* && $output == *"no allocation was"* ]]
		[[ $stderr == *"used no CPU time"*"stopped"* ]]
	done
	kill -CONT "$mix"
	unharmed mix
}
