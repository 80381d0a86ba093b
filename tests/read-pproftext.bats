#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Profiles as net/http/pprof writes them with ?debug=1; the oracle is the pprof profile written at the same time.

load helpers

setup() {
	cd "$TOP" || return
	tmp=$BATS_TEST_TMPDIR
}

# profiles [MEMPROFILERATE] - $dir gets the profiles that the fixture writes
profiles() {
	requires go
	fixture profiles
	dir=$tmp/profiles
	mkdir -p "$dir"
	"$fixture" "$dir" "$@" >"$tmp/said"
}

# same NAME VALUE - the stacks are those of the pprof profile, but for the runtime's frames at the leaf, which the
# text lacks
same() {
	gobpf fold --strict --value "$2" "$dir/$1.pb.gz" | without_runtime >"$tmp/want"
	gobpf fold --strict --value "$2" "$dir/$1.1.txt" | without_runtime >"$tmp/got"
	[ -s "$tmp/want" ]
	diff "$tmp/want" "$tmp/got"
}

# Type arguments stand in the profile only.
without_runtime() {
	sed -E 's/\[(go\.shape)[^;]*\]/[...]/g; :again; s/;(internal\/)?runtime[./][^;]* ([0-9]+)$/ \2/; t again' |
		awk '{ v = $NF; sub(/ [0-9]+$/, ""); n[$0] += v } END { for (s in n) print s, n[s] }' | sort
}

@test "pprof text: every kind says what the profile says" {
	profiles
	same goroutine goroutine
	same threadcreate threadcreate
	local value
	for value in alloc_objects alloc_space inuse_objects inuse_space; do
		same heap "$value"
	done
	same allocs alloc_space
	same mutex contentions
	same mutex delay
	same block contentions
	same block delay
	run -0 gobpf fold --strict "$dir/goroutine.1.txt"
	grep -qx 'main.wait 23' <<<"$output"
}

@test "pprof text: a sampled heap stands for more, as Go scales it" {
	profiles 4096
	grep -q '@ heap/8192$' "$dir/heap.1.txt"
	local value
	for value in alloc_objects alloc_space inuse_objects inuse_space; do
		same heap "$value"
	done
}

@test "pprof text: inlined calls and labels" {
	requires jq
	profiles
	gobpf fold --strict -f json "$dir/heap.1.txt" >"$tmp/heap.json"
	jq -e '.frames[] | select(.func == "main.inlined" and .inlined)' "$tmp/heap.json"
	jq -e '.frames[] | select(.func == "main.allocate" and (.inlined | not))' "$tmp/heap.json"
	run -0 gobpf fold --strict --by kind,odd\ \"one\" "$dir/goroutine.1.txt"
	grep -qx 'waiter;.*main.wait 23' <<<"$output"
}

@test "pprof text: made by hand" {
	# no names: addresses; an offset is not part of a name, a plus sign is
	printf 'a/b.c profile: total 7\n5 @ 0x10 0x20\n\n2 @ 0x10\n#\t0x10\tmain.(*T).f+0xg+0x1f\t\t\t/a b:c/x.go:7\n\n' >"$tmp/in"
	run -0 gobpf fold -q --strict --value a/b.c "$tmp/in"
	[ "$output" = $'0x20;0x10 5\nmain.(*T).f+0xg 2' ]
	printf -- '--- mutex:\ncycles/second=2000000000\nsampling period=5\n4000 3 @ 0x1\n#\t0x1\tf+0x1\t/x:1\n\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold --strict "$tmp/in"
	[ "$output" = 'f 2000' ]
	[[ $stderr == *": one of 5 events was recorded; the numbers stand as they are, and before Go 1.21 are to be multiplied by it" ]]
	# two behind one another
	printf 'goroutine profile: total 1\n1 @ 0x1\n#\t0x1\tf+0x1\t/x:1\n\nthreadcreate profile: total 2\n2 @\n#\t0x0\n' >"$tmp/in"
	run -0 gobpf fold --strict --value threadcreate "$tmp/in"
	[ "$output" = '[no stack] 2' ]
}

@test "pprof text: labels are unquoted as Go quotes them, what is no escape stays" {
	printf '%s\n' 'goroutine profile: total 1' '1 @ 0x1' '# labels: {"k":"\x41\xzz\x4z\xz4\"\\\x", "b":"c"}' '#	0x1	f+0x1	/x:1' '' >"$tmp/in"
	run -0 gobpf fold --strict --by k,b "$tmp/in"
	[ "$output" = 'Axzzx4zxz4"\x;c;f 1' ]
	# a text that does not end ends with the line
	printf '%s\n' 'goroutine profile: total 1' '1 @ 0x1' '# labels: {"k":"v' '#	0x1	f+0x1	/x:1' '' >"$tmp/in"
	run -0 gobpf fold --by k "$tmp/in"
	[ "$output" = 'v;f 1' ]
}

@test "pprof text: bad input" {
	local what line
	while IFS='|' read -r what line; do
		# shellcheck disable=SC2059
		printf "goroutine profile: total 2\n1 @ 0x1\n#\t0x1\tf+0x1\t/x:1\n\n$line\n" >"$tmp/in"
		run -0 --separate-stderr gobpf fold "$tmp/in"
		[ "$output" = 'f 1' ] || fail "$line: $output"
		[[ $stderr == *": line "*": $what"*" (1 left out of 2; --strict refuses)" ]] || fail "$stderr"
		run -1 gobpf fold --strict "$tmp/in"
	done <<-'END'
		not a record of this profile|x @ 0x1
		not a record of this profile|9223372036854775808 @ 0x1
		not a record of this profile|1: 2 [3: 4] @ 0x1
		no cycles/second before the first record|--- mutex:\n1 1 @ 0x1
		not a number above 0|--- mutex:\ncycles/second=0
	END
	printf 'goroutine profile: total 2\n1 @ 0x1\n#\tmain.f\n#\t0x1\tg+0x1\t/x:1\n' >"$tmp/in"
	run -0 --separate-stderr gobpf fold "$tmp/in"
	[ "$output" = 'g 1' ]
	[[ $stderr == *": line 3: not a frame: 'main.f' (1 left out of 2; --strict refuses)" ]]
}
