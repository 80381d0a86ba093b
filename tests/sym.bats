#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Addresses to names and lines, against Go's own tools on the binary with symbols.

load helpers

setup() { requires go; }

# start_of FUNC - its address by the linker's table, which only the plain binary has
start_of() { go tool nm "$plain" | awk -v func="$1" '$3 == func { print "0x" $1; exit }'; }

@test "sym: every function of the program, by its first address, as go tool nm names it" {
	fixture allocmix
	local plain=$fixture
	go tool nm "$plain" | awk '$2 == "T" && $3 ~ /^main\./ { print "0x" $1, $3 }' >"$BATS_TEST_TMPDIR/want"
	[ -s "$BATS_TEST_TMPDIR/want" ]
	cut -d' ' -f1 "$BATS_TEST_TMPDIR/want" | gobpf sym --no-inline "$plain" | cut -d' ' -f1,2 |
		diff "$BATS_TEST_TMPDIR/want" -
}

@test "sym: the same line for each instruction as go tool addr2line, stripped or not" {
	fixture allocmix
	local plain=$fixture
	fixture allocmix strip
	local stripped=$fixture from
	from=$(start_of main.step)
	for ((i = 0; i < 64; i++)); do printf '0x%x\n' $((from + i)); done >"$BATS_TEST_TMPDIR/addrs"
	go tool addr2line "$plain" <"$BATS_TEST_TMPDIR/addrs" | awk 'NR % 2 == 0' >"$BATS_TEST_TMPDIR/want"
	for file in "$plain" "$stripped"; do
		gobpf sym -f json "$file" <"$BATS_TEST_TMPDIR/addrs" |
			jq -r '.[].frames[-1] | "\(.file):\(.line)"' | diff "$BATS_TEST_TMPDIR/want" -
	done
}

@test "sym: an inlined call has both frames" {
	fixture allocmix
	local plain=$fixture from i
	from=$(start_of main.handle)
	for ((i = 0; i < 96; i++)); do printf '0x%x\n' $((from + i)); done |
		gobpf sym -f json "$plain" >"$BATS_TEST_TMPDIR/out.json"
	jq -e '[.[] | select(.frames[0].func == "main.fill")] | length > 0 and
		all(.frames[0].inlined and .frames[1].func == "main.handle" and (.frames[1].inlined | not))' \
		"$BATS_TEST_TMPDIR/out.json"
}

@test "sym: a name gives its address" {
	fixture allocmix
	local plain=$fixture
	run -0 gobpf sym "$plain" main.handle
	[[ ${lines[0]} == "$(start_of main.handle)"* ]]
}

@test "sym: an address in no function has no name" {
	fixture allocmix
	local plain=$fixture
	run gobpf sym "$plain" 0x1 0x4953108 0xffffffffffffffff
	[ "$output" = $'0x1 ?\n0x4953108 ?\n0xffffffffffffffff ?' ]
}

@test "sym: of a live process, run-time addresses of a stripped PIE" {
	requires root
	fixture allocmix strip pie
	spawn mix "$fixture" 1
	await mix '^READY'
	local base entry linked
	linked=$(readelf -lW "$fixture" | awk '$1 == "LOAD" { print $3; exit }')
	base=$(awk -v exe="$fixture" '$6 == exe { split($1, a, "-"); print a[1]; exit }' "/proc/${PID[mix]}/maps")
	entry=$(gobpf sym "$fixture" main.handle | awk 'NR == 1 { print $1 }')
	run -0 gobpf sym "${PID[mix]}" "$(printf '0x%x' $((0x$base + entry - linked)))"
	[[ $output == *"main.handle"* ]]
	unharmed mix
}

@test "sym: not a Go program, not a file" {
	fixture notgo
	run -3 --separate-stderr gobpf sym "$fixture" 0x1
	[ -z "$output" ]
	run -1 --separate-stderr gobpf sym /no/such/file 0x1
	[ -z "$output" ]
	[[ $stderr == *"/no/such/file"* ]]
}

@test "sym: garbage for an address or a name" {
	fixture allocmix
	run -1 --separate-stderr gobpf sym "$fixture" no.such.function
	[[ $stderr == *no.such.function* ]]
}
