#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# span-stats against what the program reads in its own runtime.MemStats. $GOBPF_TOOLCHAINS adds toolchains.

load helpers
load golib

setup() { requires go jq; }

# begin [WORD...] - starts the fixture built so; its MemProfileRate is 0, so that nothing is allocated for samples
begin() {
	fixture heaplive "$@"
	spawn h "$fixture" 0
	await h '^READY'
}

# ask WORD... - tells it and waits for the answer
ask() {
	local before
	before=$(grep -c "^${1^^}\$" "$BATS_TEST_TMPDIR/h.log" || :)
	tell h "$@"
	await h "^${1^^}\$" 60 $((before + 1))
}

# truth - what MemStats said last: in use, idle, bytes and objects of the heap, objects by size
truth() {
	tac "$BATS_TEST_TMPDIR/h.log" | awk '/^STATS$/ { n++ } n == 1 && /^(Heap|SIZE)/' | tac
}

# ours - the same of span-stats
ours() {
	jq -r '"HeapInuse \(.after.in_use)", "HeapIdle \(.after.free + .after.released)", "HeapAlloc \(.sum.used_bytes)",
		"HeapObjects \(.sum.objects)", (.classes | group_by(.size)[] | "SIZE \(.[0].size) \([.[].objects] | add)")' "$BATS_TEST_TMPDIR/json"
}

# equal - ours is theirs; false when the runtime did something of its own in between
equal() {
	ask stats
	gobpf span-stats --json "${PID[h]}" >"$BATS_TEST_TMPDIR/json" || return
	# sizes that nothing has are in MemStats, the largest ones are not
	diff <(truth | grep -v '^SIZE .* 0$') \
		<(ours | awk '$1 != "SIZE" || ($2 && $2 <= 18432 && $3)') >"$BATS_TEST_TMPDIR/differ"
}

# true_to_it - within a few tries
true_to_it() {
	retry 60 equal || fail "$(cat "$BATS_TEST_TMPDIR/differ")"
	# spans add up to the runtime's own count, pages to bytes
	jq -e '.torn == 0 and .after.in_use == .sum.pages * .page and .before.in_use == .after.in_use and
		.sum.pages * .page == .sum.used_bytes + .sum.unused_bytes and .sum.cached == 0 and
		all(.classes[]; .free >= 0 and .unused_bytes >= .free * .size)' "$BATS_TEST_TMPDIR/json"
}

everything() {
	begin "$@"
	true_to_it
	ask gc
	true_to_it
	[ "$(jq .sum.unswept "$BATS_TEST_TMPDIR/json")" -eq 0 ]
	ask cycles 2
	true_to_it
	unharmed h
	end h
}

@test "span-stats: spans, bytes and objects by size are those of runtime.MemStats" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root everything
	done < <(roots)
}

@test "span-stats: the same of a stripped PIE with cgo" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root everything strip pie cgo
	done < <(roots)
}

@test "span-stats: objects in spans that a P has in its cache are counted, and the spans said" {
	local root before
	objects() { jq '[.classes[] | select(.size == 48 and .noscan) | .objects] | add // 0' "$BATS_TEST_TMPDIR/json"; }
	while read -r root; do
		GOBPF_GOROOT=$root begin strip
		true_to_it
		before=$(objects)
		ask keep 1009
		gobpf span-stats --json "${PID[h]}" >"$BATS_TEST_TMPDIR/json"
		[ "$(objects)" -eq $((before + 1009)) ]
		jq -e '[.classes[] | select(.size == 48 and .noscan) | .cached] == [1]' "$BATS_TEST_TMPDIR/json"
		end h
	done < <(roots)
}

@test "span-stats: the table, in the order asked for" {
	begin strip
	true_to_it
	run -0 gobpf span-stats "${PID[h]}"
	[[ ${lines[0]} == "span-stats: "*" (pid ${PID[h]}), go1."*" spans in use, "*"; objects "*" %), free slots "*", behind the last slots "* ]]
	[[ ${lines[1]} == "heap: in use "*", idle "*", of which returned to the system "*"; stacks and the collector's own: "*" spans, "* ]]
	# a row for each size with and without pointers, small ones first, large ones last
	[ "$(grep -cE '^ *([0-9]+|large)  (scan|noscan) ' <<<"$output")" -eq "$(jq '.classes | length' "$BATS_TEST_TMPDIR/json")" ]
	awk '$2 ~ /scan/ { print $1 }' <<<"$output" | sed 's/large/1000000/' | sort -nc
	grep -qE '^ *large +noscan +5[0-9]  +[0-9.]+ MiB +5[0-9] ' <<<"$output"
	run -0 gobpf span-stats --sort objects -n 3 "${PID[h]}"
	awk '$2 ~ /scan/ { print $6 }' <<<"$output" | sort -rnc
	[ "$(grep -c 'scan ' <<<"$output")" -eq 3 ]
	[[ $output == *' more (-n 0 shows all)' ]]
	run -2 gobpf span-stats --sort colour 1
	[[ $output == *"--sort: no column 'colour'"* ]]
	end h
}

@test "span-stats: of a capture it says what it says of the process" {
	begin strip
	same() {
		gobpf span-stats "${PID[h]}" >"$BATS_TEST_TMPDIR/ours"
		gobpf capture -q -o "$BATS_TEST_TMPDIR/h.gz" "${PID[h]}"
		gobpf span-stats "$BATS_TEST_TMPDIR/h.gz" | cmp -s - "$BATS_TEST_TMPDIR/ours"
	}
	retry 60 same
	end h
}

@test "span-stats: a list that is none, a process that ends or isn't Go" {
	local at
	run -3 gobpf span-stats 4194303
	spawn sleep sleep 60
	run -3 gobpf span-stats "${PID[sleep]}"
	kill "${PID[sleep]}"
	begin
	at=$(gobpf goid --json "$fixture" runtime.mheap_ runtime.mheap.allspans |
		jq -r '"\(.variables["runtime.mheap_"].address) + \(.fields["runtime.mheap.allspans"].offset)"')
	# the slice: a length of 2^60, then a pointer to nowhere
	poke "${PID[h]}" $((at + 8)) '\x00\x00\x00\x00\x00\x00\x00\x10'
	run -3 gobpf span-stats "${PID[h]}"
	[[ $output == *'what stands where its spans are listed is no list: length 1152921504606846976 of '* ]]
	poke "${PID[h]}" $((at)) '\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00'
	run -1 gobpf span-stats "${PID[h]}"
	[[ $output == *'its spans can'*'t be read: Bad address' ]]
}

# poke PID ADDRESS BYTES - into a process of ours
poke() { printf %b "$3" | dd of="/proc/$1/mem" bs=1 seek="$2" conv=notrunc status=none; }
