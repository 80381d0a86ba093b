#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# helpers/go/current: where threads keep their g, by the code of stripped programs, and of such
# whose code was changed so that it says something else.

load helpers
load golib

# current FILE [VERSION] - register, offset and witnesses
current() { "$(dirname "$GOBPF")/tests/golib" current "${2--}" "$1"; }

setup() {
	requires go
	copy=$BATS_TEST_TMPDIR/copy
}

# places REGEX - offsets in $program of these bytes
places() { LC_ALL=C grep -obUaP "$1" "$program" | cut -d: -f1; }

# put OFFSET BYTES - into $copy
put() { printf '%b' "$2" | dd of="$copy" bs=1 seek="$1" conv=notrunc status=none; }

# le32 NUMBER - as bytes for put
le32() { printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }

# changed BYTES SKIP REGEX - what current says of each copy with one place of REGEX changed, SKIP bytes behind it
changed() {
	local at
	for at in $(places "$3"); do
		cp "$program" "$copy"
		put $((at + $2)) "$1"
		current "$copy"
	done | sort -u
}

@test "current: a function of two minds is no witness, two functions that differ are none at all" {
	local root n at direct='\x64\x48[\x89\x8b].\x25\xf8\xff\xff\xff'
	while read -r root; do
		program "$root" strip
		read -r _ _ n < <(current "$program")
		((n >= 4)) || fail "$program: $(current "$program")"
		# mov %fs:-8: -16 in one place; not all of them are in functions that are asked
		changed '\xf0' 5 "$direct" | diff - <(printf '%s\n' "r14 - 0" "r14 -8 $((n - 1))" "r14 -8 $n") || fail "$program"
		# all at once: they agree again
		cp "$program" "$copy"
		for at in $(places '\x64[\x48\x4c].[\x00-\xff]\x25\xf8\xff\xff\xff'); do put $((at + 5)) '\xf0'; done
		[ "$(current "$copy")" = "r14 -16 $n" ] || fail "$(current "$copy")"
	done < <(roots)
}

@test "current: a register since Go 1.17, and either of the two is enough" {
	local n
	program "$(go env GOROOT)" strip
	read -r _ _ n < <(current "$program")
	[ "$(current "$program" go1.17)" = "r14 -8 $n" ]
	[ "$(current "$program" go1.16.15)" = "- -8 $n" ]
	LC_ALL=C sed -E 's/runtime\.(mcal|systemstac|asmcgocal|morestac|cgocallbac|gog)[klo]\x00/runtime.\1X\x00/g; s/\x00gogo\x00/\x00gogX\x00/g' \
		"$program" >"$copy"
	[ "$(current "$copy")" = "r14 - 0" ]
	run -3 current "$copy" go1.16.15
	[[ $output == *"where threads keep their goroutine is not certain" ]]
}

@test "current: one function alone is not believed" {
	program "$(go env GOROOT)" strip
	LC_ALL=C sed -E 's/runtime\.(systemstac|asmcgocal|morestac|cgocallbac|gog)[klo]\x00/runtime.\1X\x00/g; s/\x00gogo\x00/\x00gogX\x00/g' \
		"$program" >"$copy"
	[ "$(current "$program")" != "$(current "$copy")" ]
	[ "$(current "$copy")" = "r14 - 0" ] || fail "$(current "$copy")"
}

@test "current: an offset in a register counts, from a constant or a word of data, of that register only" {
	local root n at slot constant='\x48\xc7\xc1\xf8\xff\xff\xff\x64'
	while read -r root; do
		program "$root" strip cgo pie
		read -r _ _ n < <(current "$program")
		((n >= 4)) || fail "$program: $(current "$program")"
		[ -n "$(places "$constant")" ] || fail "$program: another form"
		# mov $-16,%rax; mov %fs:(%rcx),...: rcx is not known then
		changed '\xc0\xf0' 2 "$constant" | grep -vx "r14 -8 $n\|r14 -8 $((n - 1))" && fail "$program: another register"
		# mov slot(%rip),%rcx instead, where the slot is what was padding; 0 is one to be filled in
		slot=$(places '\xcc{8}' | head -1)
		cp "$program" "$copy"
		for at in $(places "$constant"); do
			put "$at" "\x48\x8b\x0d$(le32 $((slot - at - 7)))"
		done
		put "$slot" '\xe8\xff\xff\xff\xff\xff\xff\xff'
		[ "$(current "$copy")" = "r14 -24 $n" ] || fail "$program: $(current "$copy")"
		put "$slot" '\0\0\0\0\0\0\0\0'
		[ "$(current "$copy")" = "r14 - 0" ] || fail "$program: $(current "$copy")"
		# lea is the slot's address, not what it holds
		put "$slot" '\xe8\xff\xff\xff\xff\xff\xff\xff'
		for at in $(places "$constant"); do put $((at + 1)) '\x8d'; done
		[ "$(current "$copy")" = "r14 - 0" ] || fail "$program: $(current "$copy")"
	done < <(roots)
}
