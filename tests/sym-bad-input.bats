#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What can go wrong with sym: words, the documented exit status, no crash, no endless work.

load helpers

# never_crashes FILE - every way to ask ends soon, with a documented status and little memory
never_crashes() {
	local file=$1 words limit=2000000
	# the sanitizer's shadow is larger than any limit
	! grep -q __asan_init "$GOBPF" || limit=unlimited
	for words in "--list" "--filter" "0x401000" "--args main.main" "--debug-file $BATS_TEST_TMPDIR/debug"; do
		run bash -c "ulimit -v $limit; exec timeout 20 '$GOBPF' sym $words '$file' <<<'0x47a3b1'"
		[ "$status" -lt 5 ] || { fail "sym $words $file: exit $status: ${output:0:300}"; return; }
		[[ $status -eq 0 || $output == *"gobpf sym: "* ]] || { fail "sym $words: no words"; return; }
	done
}

@test "sym: bad input: cut anywhere" {
	fixture native cgo pie strip
	local size at
	size=$(stat -c %s "$fixture")
	for at in 16 63 64 200 0x1000 $((size / 5)) $((size / 2)) $((size * 4 / 5)) $((size - 64)); do
		head -c $((at)) "$fixture" >"$BATS_TEST_TMPDIR/cut"
		never_crashes "$BATS_TEST_TMPDIR/cut" || return
	done
}

@test "sym: bad input: bytes changed anywhere" {
	fixture native cgo
	local size k odd=$BATS_TEST_TMPDIR/odd
	size=$(stat -c %s "$fixture")
	cp "$fixture" "$odd"
	RANDOM=1
	# ever more of it, at the same places each time
	for k in {1..6}; do
		for _ in {1..10}; do
			printf '\xff\xff\xff\x7f' | dd of="$odd" bs=1 conv=notrunc status=none \
				seek=$(((RANDOM * 32768 + RANDOM) % size))
		done
		never_crashes "$odd" || return
	done
}

@test "sym: bad input: section headers that say anything" {
	fixture native cgo
	local shoff k odd=$BATS_TEST_TMPDIR/odd
	shoff=$(readelf -h "$fixture" | awk '/Start of section headers/ { print $5 }')
	RANDOM=1
	for k in {1..5}; do
		cp "$fixture" "$odd"
		for _ in {1..12}; do
			printf '%b' "\\x$(printf %02x $((RANDOM % 256)))\\xff\\xff" |
				dd of="$odd" bs=1 conv=notrunc status=none seek=$((shoff + RANDOM % 2400))
		done
		never_crashes "$odd" || return
	done
}

@test "sym: bad input: a sparse file of 10 GB, a folder, a pipe, an empty file, no permission" {
	fixture frames strip
	cp "$fixture" "$BATS_TEST_TMPDIR/large"
	truncate -s 10G "$BATS_TEST_TMPDIR/large"
	run -0 timeout 10 "$GOBPF" sym "$BATS_TEST_TMPDIR/large" main.main
	[[ $output == *" main.main "* ]]
	truncate -s 10G "$BATS_TEST_TMPDIR/hole"
	run -3 timeout 10 "$GOBPF" sym "$BATS_TEST_TMPDIR/hole" 0x1
	[[ $output == *"is not an ELF executable" ]]
	run -3 gobpf sym "$BATS_TEST_TMPDIR/" 0x1
	[[ $output == *"not a regular file"* ]]
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	run timeout 10 "$GOBPF" sym "$BATS_TEST_TMPDIR/fifo" 0x1
	[ "$status" -eq 3 ]
	: >"$BATS_TEST_TMPDIR/empty"
	run -3 gobpf sym "$BATS_TEST_TMPDIR/empty" 0x1
	run -3 gobpf sym "$(cat /proc/sys/kernel/pid_max)" 0x1
	[[ $output == *"no process"* ]]
}

@test "sym: bad input: 32-bit and big-endian programs, objects that are no executables" {
	requires go gcc
	fixture allocmix 386
	run -3 gobpf sym "$fixture" 0x1
	[[ $output == *"32-bit"* ]]
	(cd "$TOP/tests/fixtures/frames" && GOARCH=s390x CGO_ENABLED=0 GO111MODULE=off go build -o "$BATS_TEST_TMPDIR/s390x" .)
	run -3 gobpf sym "$BATS_TEST_TMPDIR/s390x" 0x1
	[[ $output == *"big-endian"* ]]
	echo 'int f(void) { return 1; }' | gcc -x c -c -o "$BATS_TEST_TMPDIR/f.o" -
	run -3 gobpf sym "$BATS_TEST_TMPDIR/f.o" f
}

@test "sym: bad input: a file that gets shorter while it is read" {
	fixture frames strip
	cp "$fixture" "$BATS_TEST_TMPDIR/prog"
	local at
	at=$(gobpf sym "$fixture" main.main | sed -n '$s/ .*//p')
	spawn sym "$GOBPF" sym "$BATS_TEST_TMPDIR/prog"
	tell sym main.main
	await sym ' main\.main '
	truncate -s 4096 "$BATS_TEST_TMPDIR/prog"
	tell sym 0x401000
	tell sym "$at"
	await sym "^($at|0x401000) "
	end sym
}

@test "sym: bad input: text that is none, lines without an end" {
	fixture frames strip
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
	gobpf sym --filter -o "$BATS_TEST_TMPDIR/out" "$fixture" <"$BATS_TEST_TMPDIR/noise"
	cmp "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/noise"
	run timeout 20 "$GOBPF" sym "$fixture" <"$BATS_TEST_TMPDIR/noise"
	[ "$status" -eq 1 ]
	head -c 5000000 /dev/zero | tr '\0' 0 >"$BATS_TEST_TMPDIR/zeroes"
	gobpf sym --filter -o "$BATS_TEST_TMPDIR/out" "$fixture" <"$BATS_TEST_TMPDIR/zeroes"
	cmp "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/zeroes"
	run -0 gobpf sym "$fixture" ffffffffffffffff
	[ "$output" = "0xffffffffffffffff ?" ]
	run -1 gobpf sym "$fixture" 10000000000000000
}

@test "sym: output: full disk, closed pipe, no reader" {
	fixture frames strip
	to_full() { gobpf sym "$@" "$fixture" >/dev/full; }
	run -1 --separate-stderr to_full --list
	[[ $stderr == *"No space left on device"* ]]
	run -1 --separate-stderr gobpf sym --list -o /dev/full "$fixture"
	[[ $stderr == *"No space left on device"* ]]
	to_nobody() {
		yes 0x401000 | timeout 30 "$GOBPF" sym "$fixture" | head -1
		return "${PIPESTATUS[1]}"
	}
	run --separate-stderr to_nobody
	[ "$status" -eq 1 ]
	[[ $stderr == *"closed the pipe"* ]]
}
