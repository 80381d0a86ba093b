#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# heap-profile against the runtime's own heap profile, written by the program itself, to the last byte.
# $GOBPF_TOOLCHAINS adds toolchains.

load helpers
load golib

setup() { requires go jq; }

# begin RATE [WORD...] - starts the fixture built so, with that MemProfileRate
begin() {
	local rate=$1
	shift
	fixture heaplive "$@"
	spawn h "$fixture" "$rate"
	await h '^READY'
}

# ask WORD... - tells it and waits for the answer
ask() {
	local said=${1^^} before
	[ "$1" != grow ] || said=GROWN
	before=$(grep -c "^$said" "$BATS_TEST_TMPDIR/h.log" || :)
	tell h "$@"
	await h "^$said" 60 $((before + 1))
}

# raw FILE - all of it that a profile says, in an order of our own
raw() { go tool pprof -raw "$1" | awk -f "$TOP/tests/samples.awk" | sort; }

# same [REGEX] - our profile is theirs, of stacks that match
same() {
	gobpf heap-profile -q -o "$BATS_TEST_TMPDIR/ours.pb.gz" "${PID[h]}"
	ask heap "$BATS_TEST_TMPDIR/theirs.pb.gz"
	raw "$BATS_TEST_TMPDIR/ours.pb.gz" | grep -E "${1-}" >"$BATS_TEST_TMPDIR/ours"
	raw "$BATS_TEST_TMPDIR/theirs.pb.gz" | grep -E "${1-}" >"$BATS_TEST_TMPDIR/theirs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/theirs")" -ge 50 ]
	cmp "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs" ||
		fail "$(diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs" | head -6)"
}

# everything WORD... - of a program built so, at each point of a collection's life
everything() {
	begin 512 "$@"
	ask gc
	ask gc
	same
	gobpf heap-profile "${PID[h]}" >"$BATS_TEST_TMPDIR/table"
	grep -qE '^in use: .* objects, as of the last GC, .* ago; allocated' "$BATS_TEST_TMPDIR/table"
	# the frees of the last collection are not all counted: what is published is of the one before
	ask cycles 3
	same
	gobpf heap-profile "${PID[h]}" >"$BATS_TEST_TMPDIR/table"
	grep -qE '^in use: .* objects, as of the GC before the last, .* ago; allocated' "$BATS_TEST_TMPDIR/table"
	unharmed h
	end h
}

@test "heap-profile: pprof output is what the program's own heap profile says, byte for byte" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root everything
	done < <(roots)
}

@test "heap-profile: the same of a stripped PIE with cgo" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root everything strip pie cgo
	done < <(roots)
}

@test "heap-profile: the same without inlining, and with every allocation recorded" {
	begin 512 noinline strip
	ask gc
	ask gc
	same
	end h
	begin 1
	ask gc
	ask gc
	same
	end h
}

@test "heap-profile: samples are scaled with Go's own arithmetic, to the last bit of e^x" {
	begin 512 strip
	ask exp 20000
	grep '^e ' "$BATS_TEST_TMPDIR/h.log" >"$BATS_TEST_TMPDIR/theirs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/theirs")" -eq 20000 ]
	"$O/tests/golib" exp <"$BATS_TEST_TMPDIR/theirs" >"$BATS_TEST_TMPDIR/ours"
	cmp "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
	# the larger the rate, the more the last bits weigh
	ask gc
	ask gc
	ask rate 1099511627776
	same
	end h
}

@test "heap-profile: a cycle that has begun and was not added to what is published yet counts" {
	local root at word
	while read -r root; do
		GOBPF_GOROOT=$root begin 512
		ask cycles 3
		# what the end of marking does before the flush: mProfCycle is the cycle << 1, bit 0 says flushed
		at=$(gobpf goid --json "$fixture" runtime.mProfCycle | jq -r '.variables["runtime.mProfCycle"].address')
		word=$(piece "/proc/${PID[h]}/mem" $((at)) 4 | od -An -tu4)
		((word & 1))
		printf %b "$(printf '\\x%02x' $((word + 1 & 255)) $((word + 1 >> 8 & 255)))" |
			dd of="/proc/${PID[h]}/mem" bs=1 seek=$((at)) conv=notrunc status=none
		same
		end h
	done < <(roots)
}

@test "heap-profile: before the first collection all allocations until now, and it says so" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root begin 512 strip
		# pprof's own allocations come between
		same 'main\.begin'
		run -0 --separate-stderr gobpf heap-profile "${PID[h]}"
		end h
		GOBPF_GOROOT=$root begin 512 strip
		run -0 --separate-stderr gobpf heap-profile "${PID[h]}"
		[[ $stderr == 'no garbage collection has published a profile yet: '* ]] || fail "$stderr" || return
		[[ ${lines[1]} == *' objects, until now; allocated '* ]] || fail "${lines[1]}" || return
		end h
	done < <(roots)
}

@test "heap-profile: the table has exact numbers where every allocation is recorded" {
	begin 1 strip
	ask grow a 7
	ask grow b 3
	ask gc
	run -0 gobpf heap-profile -n 0 "${PID[h]}"
	[[ ${lines[0]} == "heap-profile: "*" (pid ${PID[h]}), go1."*": the runtime's own samples, every allocation" ]]
	grep -qE '^ +[0-9.]+ % +448 KiB +7 +448 KiB +7  main\.growA main\.go:[0-9]+( |$)' <<<"$output"
	grep -qE '^ +[0-9.]+ % +192 KiB +3 +192 KiB +3  main\.growB main\.go:[0-9]+( |$)' <<<"$output"
	run -0 gobpf heap-profile --sort alloc_objects -v -n 1 "${PID[h]}"
	[[ $output == *'main.main '*'main.go:'*' more sites (-n 0 shows all)' ]]
	# all that was dropped is gone, and was allocated
	gobpf heap-profile --json "${PID[h]}" >"$BATS_TEST_TMPDIR/json"
	[ "$(jq -r '.schema, .meta.default, (.values[] | .name)' "$BATS_TEST_TMPDIR/json" | paste -sd' ')" = \
		'gobpf-profile-1 inuse_space alloc_objects alloc_space inuse_objects inuse_space' ]
	jq -e '.frames as $f | [.stacks[] | select(any(.frames[]; $f[.].func == "main.dropped")) | .values] |
		(map(.[0]) | add) >= 40000 and (map(.[2]) | add) <= 4' "$BATS_TEST_TMPDIR/json"
	end h
}

@test "heap-profile: every format has the same sum" {
	begin 1 strip
	ask gc
	local sum
	sum=$(gobpf heap-profile --json "${PID[h]}" | jq '.values[] | select(.name == "inuse_space").total')
	[ "$(gobpf heap-profile -f folded "${PID[h]}" | awk '{ n += $NF } END { printf "%d\n", n }')" -eq "$sum" ]
	[ "$(gobpf heap-profile -f speedscope "${PID[h]}" | jq '[.profiles[] | select(.name == "inuse_space").weights[]] | add')" -eq "$sum" ]
	gobpf heap-profile -o "$BATS_TEST_TMPDIR/h.svg" "${PID[h]}"
	grep -q "data-f=\"0,$sum,0\"" "$BATS_TEST_TMPDIR/h.svg"
	gobpf heap-profile -o "$BATS_TEST_TMPDIR/h.html" "${PID[h]}"
	grep -q 'main.growA\|main.large' "$BATS_TEST_TMPDIR/h.html"
	go tool pprof -top "$(gobpf heap-profile -o "$BATS_TEST_TMPDIR/h.pb.gz" "${PID[h]}" && echo "$BATS_TEST_TMPDIR/h.pb.gz")" |
		grep -q '^Type: inuse_space'
	end h
}

# grown FILE - what the two sites grew by since FILE: "A B"
grown() {
	gobpf heap-profile --diff "$1" --json "${PID[h]}" >"$BATS_TEST_TMPDIR/diff"
	jq -r '[("growA", "growB") as $f | [.stacks[] | select(any(.stack[]; .func == "main." + $f) and .stack[0].func == "main." + $f)
		| select(.growth % 65536 == 0) | .growth] | add // 0] | join(" ")' "$BATS_TEST_TMPDIR/diff"
}

@test "heap-profile: --diff shows what grew since a profile of the program's own, or one of ours" {
	begin 1 strip
	ask grow b 2
	ask gc
	gobpf heap-profile -o "$BATS_TEST_TMPDIR/old.pb.gz" "${PID[h]}"
	gobpf heap-profile -o "$BATS_TEST_TMPDIR/old.json" "${PID[h]}"
	ask heap "$BATS_TEST_TMPDIR/theirs.pb.gz"
	ask grow a 11
	ask grow b 5
	ask gc
	for file in old.pb.gz old.json theirs.pb.gz; do
		[ "$(grown "$BATS_TEST_TMPDIR/$file")" = "$((11 * 65536)) $((5 * 65536))" ] || fail "$file: $(cat "$BATS_TEST_TMPDIR/diff")" || return
	done
	jq -e '.schema == "gobpf-heap-growth-1" and .value == "inuse_space" and .duration > 0' "$BATS_TEST_TMPDIR/diff"
	# stacks that did not change are none
	[ "$(jq '[.stacks[] | select(.growth == 0)] | length' "$BATS_TEST_TMPDIR/diff")" -eq 0 ]
	run -0 gobpf heap-profile --diff "$BATS_TEST_TMPDIR/old.json" "${PID[h]}"
	[[ $output == *"; since $BATS_TEST_TMPDIR/old.json, "*" ago"* ]]
	grep -qE '^ *\+[0-9.]+ [KMGT]iB +\+704 KiB +704 KiB  new  main\.growA' <<<"$output"
	grep -qE '^ *\+[0-9.]+ [KMGT]iB +\+320 KiB +448 KiB +main\.growB' <<<"$output"
	# the diff that other formats show
	gobpf heap-profile --diff "$BATS_TEST_TMPDIR/old.json" -f folded "${PID[h]}" | grep -qE 'main\.growB 131072 458752$'
	gobpf heap-profile --diff "$BATS_TEST_TMPDIR/old.json" -o "$BATS_TEST_TMPDIR/d.svg" "${PID[h]}"
	gobpf heap-profile --diff "$BATS_TEST_TMPDIR/old.json" -o "$BATS_TEST_TMPDIR/d.pb.gz" "${PID[h]}"
	go tool pprof -top "$BATS_TEST_TMPDIR/d.pb.gz" | grep -qE '^ +704kB .* main\.growA'
	end h
}

@test "heap-profile: --every ranks growth; a stack that grew each time is a leak-suspect" {
	begin 1 strip
	ask gc
	local json=$BATS_TEST_TMPDIR/every.json every
	# on a busy machine collections are rare
	for every in 200ms 1s 5s; do
		spawn hp "$GOBPF" heap-profile --every $every --count 5 -o "$json" "${PID[h]}"
		ask grow b 20
		while alive hp; do
			ask grow a 1
			ask gc
		done
		reap hp
		[ "$(jq .readings "$json")" -eq 5 ]
		[ "$(jq .news "$json")" -lt 2 ] || break
	done
	jq -e 'def leaf($f): [.stacks[] | select(.stack[0].func == $f and .growth % 65536 == 0)];
		(leaf("main.growA") | length == 1 and .[0].leak_suspect and .[0].per_minute > 0) and
		(leaf("main.growB") | all(.leak_suspect | not))' "$json" || fail "$(cat "$json")"
	jq -e '[.stacks[].growth] | . == (sort | reverse)' "$json"
	# nothing is said of growth when no collection came in between
	run -0 --separate-stderr gobpf heap-profile --every 10ms --count 3 "${PID[h]}"
	[[ $output == *'inuse_space of no stack changed' && $stderr == *'no other profile before 2 of the 3 readings'* ]]
	end h
}

@test "heap-profile: a program without a memory profile, and one that turned it off" {
	begin 0 strip noprof
	run -3 gobpf heap-profile "${PID[h]}"
	[[ $output == *'keeps no memory profile: its MemProfileRate is 0'*"gobpf heap-hotspots --engine=refill ${PID[h]}" ]]
	end h
	begin 512 strip
	ask gc
	ask rate 0
	run -0 --separate-stderr gobpf heap-profile "${PID[h]}"
	[[ $stderr == 'MemProfileRate is 0 now: '* ]]
	same
	end h
}

@test "heap-profile: bad words, files that are none, processes that end" {
	run -2 gobpf heap-profile
	run -2 gobpf heap-profile --sort size 1
	[[ $output == *"--sort: no value 'size'"* ]]
	run -2 gobpf heap-profile --count 3 1
	run -2 gobpf heap-profile --every 1s --count 1 1
	run -2 gobpf heap-profile --every 0 1
	run -2 gobpf heap-profile --every 1s --diff x 1
	run -2 gobpf heap-profile --every 1s -f speedscope 1
	run -3 gobpf heap-profile 4194303
	begin 512 strip
	run -1 gobpf heap-profile --diff "$BATS_TEST_TMPDIR/none" "${PID[h]}"
	[[ $output == *"$BATS_TEST_TMPDIR/none: No such file or directory" ]]
	echo 'main;f 3' >"$BATS_TEST_TMPDIR/folded"
	run -2 gobpf heap-profile --diff "$BATS_TEST_TMPDIR/folded" "${PID[h]}"
	[[ $output == *'it has no inuse_space: no heap profile' ]]
	# Ctrl-C after one reading has nothing to compare, the target's end after two has
	spawn hp "$GOBPF" heap-profile --every 20ms "${PID[h]}"
	# it sleeps after each, and hardly elsewhere
	slept() { (($(awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/${PID[hp]}/status") > 40)); }
	retry 60 slept
	ask gc
	tell h exit 0
	wait "${PID[hp]}"
	grep -qE '^inuse_space: .*; [0-9]+ readings in ' "$BATS_TEST_TMPDIR/hp.log"
}
