#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# rss-gap against what the runtime says of itself, against the kernel's own sums, and against a program that
# takes so much of each kind of memory.

load helpers
load golib

setup() { requires go jq; }

start() {
	fixture rss "$@"
	spawn r "$fixture"
	await r '^READY'
}

# take WORD... - the fixture does that
take() {
	local n
	n=$(grep -c '^DONE' "$BATS_TEST_TMPDIR/r.log" || :)
	tell r "$@"
	await r '^DONE' 60 $((n + 1))
}

look() { gobpf rss-gap --json "${PID[r]}" >"$BATS_TEST_TMPDIR/json"; }
value() { jq -r "$1" "$BATS_TEST_TMPDIR/json"; }
rss() { value ".kinds[] | select(.kind == \"$1\") | .rss"; }

# same_as_runtime - what is said for Go is what ReadMemStats says, before and after
same_as_runtime() {
	local n
	n=$(grep -c '^STATS' "$BATS_TEST_TMPDIR/r.log" || :)
	tell r stats
	await r '^STATS' 60 $((n + 1))
	look
	jq -e --argjson theirs "$(sed -n 's/^STATS //p' "$BATS_TEST_TMPDIR/r.log" | tail -1)" \
		'.go as $ours | $theirs | to_entries | all(.value == $ours[.key])' "$BATS_TEST_TMPDIR/json"
}

@test "rss-gap: what Go says is what runtime.ReadMemStats says, field by field" {
	local root
	while read -r root; do
		GOBPF_GOROOT=$root start strip
		take heap 9
		retry 20 same_as_runtime || fail "$(value .go -c), the runtime: $(tail -1 "$BATS_TEST_TMPDIR/r.log")" || return
		take drop
		retry 20 same_as_runtime
		[ "$(value '.go.heap_released > 9e6')" = true ]
		[ "$(value '.go.says == .go.sys - .go.heap_released')" = true ]
		unharmed r
		end r
	done < <(roots)
}

# kernel - bytes resident as the kernel sums them up
kernel() { awk '$1 == "Rss:" { print $2 * 1024 }' "/proc/${PID[r]}/smaps_rollup"; }

# adds_up - the rows are the whole, which is what the kernel says before and after
adds_up() {
	local before
	before=$(kernel)
	look
	[ "$(value '.all.rss, ([.kinds[].rss] | add), ([.mappings[].rss] | add)' | sort -u)" = "$before" ] && [ "$(kernel)" = "$before" ]
}

@test "rss-gap: rows add up, to what the kernel says" {
	local words
	for words in '' 'strip pie cgo'; do
		# shellcheck disable=SC2086
		start $words
		take heap 5
		take mmap 3
		retry 20 adds_up || fail "$(value .all), kernel: $(kernel)" || return
		[ "$(value '[.kinds[].difference] | add')" = "$(value .all.difference)" ]
		[ "$(value '[.kinds[].go_says] | add')" = "$(value .go.says)" ]
		[ "$(value '.all.rss - .go.says - .all.difference')" -eq 0 ]
		[ "$(value '.vm_rss - .all.rss - .unexplained')" -eq 0 ]
		end r
	done
}

# grows KIND BYTES WORD... - the fixture does that, and memory of that kind is so much more; others stay
grows() {
	local kind=$1 bytes=$2 before more other slack=$((200 << 10))
	shift 2
	look
	cp "$BATS_TEST_TMPDIR/json" "$BATS_TEST_TMPDIR/before"
	take "$@"
	look
	more=$(jq -n --slurpfile a "$BATS_TEST_TMPDIR/before" --slurpfile b "$BATS_TEST_TMPDIR/json" -r --arg kind "$kind" \
		'[$a[0], $b[0]] | map([.kinds[] | {(.kind): .rss}] | add) | "\(.[1][$kind] - .[0][$kind]) \(([.[1], .[0]] | map(del(.[$kind]) | add)) | .[0] - .[1])"')
	read -r more other <<<"$more"
	# with what is dropped the runtime gives back what else is free
	((more - bytes >= (bytes < 0 ? -slack : -slack / 4) && more - bytes <= slack)) || fail "$*: $kind $more more, not $bytes" || return
	# Go up to 1.21 has a bitmap of the heap, a 32nd of it
	[ "$kind" != go_heap ] || slack=$((1 << 20))
	((other >= -slack && other <= slack)) || fail "$*: $other more in others"
}

@test "rss-gap: memory that a program takes is found by its kind, to the page" {
	local root
	head -c 4194304 /dev/zero >"$BATS_TEST_TMPDIR/file"
	while read -r root; do
		GOBPF_GOROOT=$root start
		grows anonymous $((32 << 20)) mmap 32
		# of which no more is Go's than Go says
		look
		[ "$(value '.not_go_at_least <= 32 * 1048576 + 4096 and .not_go_at_least > 16 * 1048576')" = true ]
		grows go_heap $((24 << 20)) heap 24
		grows go_heap $((-24 << 20)) drop
		grows mapped_files $((4 << 20)) file "$BATS_TEST_TMPDIR/file"
		grows shared_memory $((3 << 20)) shared 3
		end r
	done < <(roots)
}

@test "rss-gap: memory of C code, its heap, its large pieces and its threads' stacks" {
	start strip pie cgo
	grows anonymous $((16 << 20)) malloc 16
	grows c_heap $((8 << 20)) small 8
	grows thread_stacks $((4 * 200 << 10)) threads 4
	[ "$(rss libraries)" -gt 500000 ]
	end r
}

@test "rss-gap: swapped, huge and lazily freed memory is as smaps says" {
	start
	take heap 40
	look
	[ "$(value '.all.swap, .all.huge, .all.lazy_free' | paste -sd' ')" = "$(awk '
		$1 == "Swap:" { swap += $2 } $1 == "AnonHugePages:" { huge += $2 } $1 == "LazyFree:" { lazy += $2 }
		END { print swap * 1024, huge * 1024, lazy * 1024 }' "/proc/${PID[r]}/smaps")" ]
	end r
	fixture rss
	spawn r env GODEBUG=madvdontneed=0 "$fixture"
	await r '^READY'
	take heap 40
	take drop
	look
	# MADV_FREE: given back, but nobody needed it yet
	[ "$(value '.all.lazy_free > 39e6 and .go.heap_released > 39e6')" = true ]
	[ "$(value '.kinds[0].difference > 35e6')" = true ]
	run -0 gobpf rss-gap "${PID[r]}"
	[[ $output == *'was given back and is still here'* ]]
	end r
}

@test "rss-gap: the table says the sums, the cgroup and what is left" {
	start
	take mmap 40
	run -0 gobpf rss-gap -v "${PID[r]}"
	[[ ${lines[0]} =~ ^'rss-gap: rss-go'.*' (pid '${PID[r]}'), go1.'[0-9.]*': RSS '[0-9.]*' MiB, Go says ' ]]
	grep -qE '^other anonymous +4[0-9]\.[0-9] MiB ' <<<"$output"
	grep -qE 'at least [34][0-9.]+ MiB not Go.s: mmap, C code' <<<"$output"
	grep -qE '^all  ' <<<"$output"
	grep -q '^unexplained, VmRSS against this sum: ' <<<"$output"
	grep -q '^cgroup' <<<"$output"
	end r
	spawn c cat
	run -3 gobpf rss-gap "${PID[c]}"
}
