#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What a probe on a Go function needs to know beyond its place: where the function is left, how
# arguments arrive, what it was called in other versions.  Oracles: go tool objdump, go tool nm.

load helpers
load golib

lib() { "$(dirname "$GOBPF")/tests/runtimelib" "$@"; }

setup_file() {
	requires go
	[ -x "$(dirname "$GOBPF")/tests/runtimelib" ] || fail "make test-programs makes runtimelib"
}

@test "leave: rets and jumps out of every function, by another disassembler" {
	local root mode
	while read -r root; do
		for mode in "" "pie cgo"; do
			# shellcheck disable=SC2086
			program "$root" nodwarf $mode
			lib leaves "$program" >"$BATS_TEST_TMPDIR/leaves"
			code "$program" >"$BATS_TEST_TMPDIR/code"
			run awk -f "$TOP/tests/unit/leaves.awk" "$BATS_TEST_TMPDIR"/{leaves,code,code}
			[ "$status" -eq 0 ] || fail "$program: $output"
			# shellcheck disable=SC2086
			set -- $output
			(($1 > 3000 && $2 > 60)) || fail "$program: only $output checked"
		done
	done < <(roots)
}

# leaves HEX... - of bare code at 0x1000
leaves() { lib code "$(printf %s "$@" | tr -d ' ')"; }

@test "leave: by hand" {
	[ "$(leaves c3)" = "1000 0 ret 0 1000" ]
	[ "$(leaves 55 5d c20800 cc)" = "1002 0 ret 0 1000" ]
	# out and in by jmp and jcc, a call, back to the entry
	[ "$(leaves e9fb0f0000 c3)" = $'1000 0 jump 2000 1000\n1005 0 ret 0 1000' ]
	[ "$(leaves 0f84fa0f0000 c3)" = $'1000 0 jump 2000 1000\n1006 0 ret 0 1000' ]
	[ "$(leaves 7401 90 e8f80f0000 ebf6)" = "" ]
	# to its end is outside
	[ "$(leaves eb01 90)" = "1000 0 jump 1003 1000" ]
	[ "$(leaves ebfe)" = "" ]
	# through a register, through memory, through a table
	[ "$(leaves ffe0)" = "1000 0 jump? 0 1000" ]
	[ "$(leaves ff2500000000)" = "1000 0 jump? 0 1000" ]
	[ "$(leaves ff24c1 c3)" = "1003 0 ret 0 1000" ]
	# what cannot be read to its end is not said to have no ret
	[ "$(leaves c3 06)" = unreadable ]
	[ "$(leaves e9fb0f00)" = unreadable ]
	[ "$(leaves '')" = "" ]
}

@test "args: registers for Go code, the stack for assembly and before 1.17, not known otherwise" {
	local root regs="ax bx cx di si r8 r9 r10 r11"
	regs+=" xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7 xmm8 xmm9 xmm10 xmm11 xmm12 xmm13 xmm14"
	while read -r root; do
		program "$root" nodwarf
		[ "$(lib args "$program" main.mix)" = "registers 8 r14 dx $regs" ]
		# assembly with a wrapper for callers in Go; assembly that takes registers
		[ "$(lib args "$program" runtime.asmcgocall | sort)" = "registers 8 r14 dx $regs"$'\n'"stack 8 - dx" ]
		[ "$(lib args "$program" runtime.memmove)" = "unknown 8 r14 dx $regs" ]
		program "$root" strip
		[ "$(lib args "$program" main.mix)" = "registers 8 r14 dx $regs" ]
		lib args "$program" runtime.asmcgocall | sort | cut -d' ' -f1 | diff - <(printf '%s\n' registers unknown)
		program "$root" strip arm64
		lib args "$program" main.mix | grep -qx 'registers 8 r28 r26 r0 .* r15 v0 .* v15'
	done < <(roots)
}

@test "names: every function that moved has the name of the version, and no other" {
	local root name
	while read -r root; do
		program "$root" nodwarf
		go tool nm "$program" | awk '$2 ~ /^[tT]$/ { print $3 }' | sort -u >"$BATS_TEST_TMPDIR/nm"
		lib names "$(minor "$root")" >"$BATS_TEST_TMPDIR/names"
		sed '/^- /d' "$BATS_TEST_TMPDIR/names" | sort >"$BATS_TEST_TMPDIR/has"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/has")" -ge 14 ]
		[ -z "$(comm -23 "$BATS_TEST_TMPDIR"/{has,nm})" ] || fail "$program lacks $(comm -23 "$BATS_TEST_TMPDIR"/{has,nm})"
		sed -n 's/^- //p' "$BATS_TEST_TMPDIR/names" | sort | comm -12 - "$BATS_TEST_TMPDIR/nm" >"$BATS_TEST_TMPDIR/others"
		[ ! -s "$BATS_TEST_TMPDIR/others" ] || fail "$program has $(cat "$BATS_TEST_TMPDIR/others")"
		# by its newest and its oldest name
		for name in 'internal/sync.(*Mutex).lockSlow' 'sync.(*Mutex).lockSlow'; do
			grep -qFx -- "$(lib named "$program" "$name" | head -1)" "$BATS_TEST_TMPDIR/nm"
		done
		[ "$(lib named "$program" runtime.findrunnable | head -1)" = runtime.findRunnable ]
		run -1 lib named "$program" runtime.nonsense
		# another version's name is not taken, though the file has such a function
		LC_ALL=C sed 's/runtime\.findRunnable\x00/runtime.findrunnable\x00/g' "$program" >"$BATS_TEST_TMPDIR/older"
		run -1 lib named "$BATS_TEST_TMPDIR/older" runtime.findRunnable
	done < <(roots)
	[ "$(lib named "$program" runtime.modtimer | sed 1d)" = $'0 22 runtime.modtimer\n23 255 runtime.(*timer).modify' ]
}
