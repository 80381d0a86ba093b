#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers

setup() {
	cd "$TOP" || return
	tmp=$BATS_TEST_TMPDIR
}

@test "gzip: every input may be gzipped, from a file or a pipe" {
	local in
	for in in tests/golden/fold/*.in; do
		gzip -c "$in" >"$tmp/x"
		gobpf fold -q --symbols never "$tmp/x" | cmp - "${in%.in}.out"
		gzip -c "$in" | gobpf fold -q --symbols never | cmp - "${in%.in}.out"
	done
	# a pipe that brings a byte at a time
	printf 'a;b 2\n' | gzip | dd bs=1 status=none | gobpf fold --strict | cmp - <(printf 'a;b 2\n')
}

@test "gzip: members one behind the other, and zeroes behind the last" {
	{ printf 'a;b 2\na;' | gzip; printf 'c 3\n' | gzip -1; printf '' | gzip; } >"$tmp/two"
	run -0 gobpf fold --strict "$tmp/two"
	[ "$output" = $'a;b 2\na;c 3' ]
	head -c 100000 /dev/zero >>"$tmp/two"
	run -0 gobpf fold --strict "$tmp/two"
	[ "$output" = $'a;b 2\na;c 3' ]
}

@test "gzip: of a member that breaks off the whole lines are used, and that is said" {
	seq 100000 | awk '{ print "main.main;f" $1, 1 }' >"$tmp/in"
	gzip -c "$tmp/in" | head -c 100000 >"$tmp/cut"
	gobpf fold "$tmp/cut" >"$tmp/out" 2>"$tmp/err"
	local n
	n=$(wc -l <"$tmp/out")
	[ "$n" -gt 10000 ]
	# no line is part of one
	head -n "$n" "$tmp/in" | sort | cmp - <(sort "$tmp/out")
	[ "$(<"$tmp/err")" = "gobpf fold: $tmp/cut: line $n: the gzipped data breaks off (1 left out of $((n + 1)); --strict refuses)" ]
	run -1 --separate-stderr gobpf fold --strict "$tmp/cut"
	[ "$stderr" = "gobpf fold: $tmp/cut: line $n: the gzipped data breaks off" ]
	head -c 10 "$tmp/cut" >"$tmp/head"
	run -1 --separate-stderr gobpf fold "$tmp/head"
	[ "$stderr" = "gobpf fold: $tmp/head: the gzipped data breaks off" ]
}

@test "gzip: something else behind it is said, damaged data is refused" {
	{ printf 'a;b 2\n' | gzip; echo else; } >"$tmp/more"
	run -0 --separate-stderr gobpf fold "$tmp/more"
	[ "$output" = 'a;b 2' ]
	[[ $stderr == *": line 1: something else follows the gzipped data (1 left out of 2; --strict refuses)" ]]
	# its checksum is wrong: nothing of it can be relied on
	printf 'a;b 2\n' | gzip >"$tmp/damaged"
	printf '\x55' | dd of="$tmp/damaged" bs=1 seek=$(($(stat -c %s "$tmp/damaged") - 6)) conv=notrunc status=none
	run -1 --separate-stderr gobpf fold "$tmp/damaged"
	[ "$stderr" = "gobpf fold: $tmp/damaged: the gzipped data is damaged" ]
}

@test "gzip: memory does not grow with what is packed" {
	yes 'main.main;main.f 1' | head -n 1000000 | gzip -1 >"$tmp/part"
	for ((i = 0; i < 5; i++)); do cat "$tmp/part"; done >"$tmp/bomb"
	# a sanitizer maps more than any limit
	local limit=60000
	! grep -q asan_init "$GOBPF" || limit=unlimited
	run -0 bash -c "ulimit -v $limit; exec '$GOBPF' fold '$tmp/bomb'"
	[ "$output" = 'main.main;main.f 5000000' ]
	# one line of 100 MB
	head -c 100000000 /dev/zero | tr '\0' x | gzip -1 >"$tmp/line"
	run -1 --separate-stderr gobpf fold --from folded "$tmp/line"
	[[ $stderr == *": line 1 is longer than 64 MiB" ]]
}
