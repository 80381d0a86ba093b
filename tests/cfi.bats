#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# .eh_frame: where a caller's registers are, by which recorded stacks of C code are walked; readelf is the oracle.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	requires readelf
	C=$(dirname "$GOBPF")/tests/cfi
	[ -x "$C" ] || fail "no $C: make test-programs, or run by make check"
}

# rows FILE - "ADDRESS CFA RBX RBP RA" of each row that readelf has of the code, the last one of an address only
rows() {
	readelf --wide --debug-dump=frames-interp "$1" 2>/dev/null | awk '
		/ FDE / { fde = 1 }
		/ CIE / { fde = 0 }
		fde && $1 == "LOC" { split("", at); for (i = 2; i <= NF; i++) at[$i] = i }
		fde && length($1) == 16 && !/ FDE / {
			gsub(/ \([a-z0-9]+\)/, "")	# "r5 (rdi)"
			split("CFA rbx rbp ra", column, " ")
			sub(/^0*/, "", $1)
			line = $1
			for (i = 1; i <= 4; i++) {
				v = (column[i] in at) ? $at[column[i]] : "u"
				line = line " " (v == "s" ? "u" : v)
			}
			row[$1] = line
		}
		END { for (a in row) print row[a] }' | sort
}

# same FILE - every row is as readelf has it
same() {
	local least=$2
	rows "$1" >want
	(($(wc -l <want) > least)) || fail "readelf has no more than $(wc -l <want) rows"
	cut -d' ' -f1 want | "$C" "$1" | sort >got
	diff want got
}

@test "cfi: every row of a C library is as readelf has it" {
	local libc
	libc=$(ldd "$GOBPF" | awk '$1 ~ /^libc\.so/ { print $3 }')
	same "$libc" 5000
}

@test "cfi: rows made by hand, with every operation" {
	requires gcc
	# shellcheck disable=SC2016
	printf '%s\n' .text '.globl _start' '_start: .cfi_startproc' nop \
		'.cfi_def_cfa 6, 24' nop '.cfi_def_cfa_offset 8' nop '.cfi_def_cfa_register 7' nop '.cfi_offset 3, -16' nop \
		.cfi_remember_state '.cfi_undefined 3' '.cfi_offset 6, -32' nop '.cfi_restore 6' nop .cfi_restore_state nop \
		'.cfi_same_value 3' nop '.cfi_register 3, 12' nop '.cfi_offset 20, -8' '.cfi_val_offset 6, -24' nop \
		'.cfi_escape 0xf, 3, 0x77, 0x90, 1' nop '.cfi_escape 0x10, 3, 2, 0x77, 8' '.cfi_escape 0x16, 6, 2, 0x77, 16' nop \
		'.cfi_escape 0x12, 7, 0x7e' nop '.cfi_escape 0x13, 0x7d' nop '.cfi_escape 0x11, 3, 2' '.cfi_escape 0x5, 6, 3' nop \
		'.cfi_escape 0x15, 3, 0x7f' '.cfi_escape 0x6, 6' '.cfi_escape 0x2e, 200, 1' nop '.skip 300' '.cfi_def_cfa_offset 16' nop \
		'.skip 70000' '.cfi_def_cfa_offset 32' nop '.cfi_undefined 16' nop .cfi_endproc \
		'other: .cfi_startproc' nop .cfi_endproc >x.s
	gcc -nostdlib -static -Wl,--eh-frame-hdr -o x x.s
	same x 19
	# without sections by the program header
	objcopy --strip-section-headers x y 2>/dev/null || cp x y
	printf '%b' '\0\0\0\0\0\0\0\0' | dd of=y bs=1 seek=40 conv=notrunc status=none
	printf '%b' '\0\0\0\0' | dd of=y bs=1 seek=60 conv=notrunc status=none
	cut -d' ' -f1 want | "$C" y | sort | diff want -
	# between rows it is as before, outside of functions nothing is known
	local start
	start=0x$(head -1 want | cut -d' ' -f1)
	printf '%x\n' $((start + 200)) $((start + 400)) $((start - 1)) $((start + 100000)) 0 -1 |
		"$C" x | cut -d' ' -f2- >got
	diff - got <<'END'
rsp+24 v+8 u c-8
rsp+16 v+8 u c-8
none
none
none
none
END
}
