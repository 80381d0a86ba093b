#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# helpers/input/elf_dwarf*: structures and fields by DWARF, of the installed Go and of every toolchain
# in $GOBPF_TOOLCHAINS (GOROOTs with colons between).  Oracle: libdw, which reads everything.

load helpers
load golib

setup_file() {
	requires go objcopy
	[ -x "$(dirname "$GOBPF")/tests/dwarflib" ] || fail "no dwarflib: make it, or run by make check"
}

dwarflib() { "$(dirname "$GOBPF")/tests/dwarflib" "$@"; }
layout() { "$(dirname "$GOBPF")/tests/runtimelib" layout "$@"; }

# recompressed HOW - sets $copy to $program with its DWARF compressed in that way, or not
recompressed() {
	copy=$BATS_TEST_TMPDIR/copy
	objcopy --decompress-debug-sections "$program" "$copy.plain"
	objcopy --compress-debug-sections="$1" "$copy.plain" "$copy"
}

# names - each field of the table: structure, field, an older name of both or -
names() {
	awk -F '\t' '
		$1 == "alias" && $6 == "-" { strct[$5] = $7 }
		$1 == "alias" { field[$5, $6] = $7 }
		$1 == "field" && !seen[$5, $6]++ {
			print $5, $6, $5 in strct ? strct[$5] : "-", ($5, $6) in field ? field[$5, $6] : "-"
		}' "$TOP/share/layouts.tsv"
}

# agrees FILE - every field of every structure, and every field of the table, is where libdw says
agrees() {
	run dwarflib compare "$1"
	[[ ${lines[-1]} =~ ^([0-9]+)\ ([0-9]+)\ 0$ ]] || { fail "$1: $output"; return; }
	((BASH_REMATCH[1] > 500 && BASH_REMATCH[2] > 2500)) || { fail "$1: only $output"; return; }
	dwarflib table "$1" >"$BATS_TEST_TMPDIR/ours"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -gt 400 ] || { fail "$1: too few fields"; return; }
	names | dwarflib libdw "$1" | diff "$BATS_TEST_TMPDIR/ours" - || fail "$1: not as libdw"
}

@test "dwarf: every field is where libdw says, of every toolchain, with C units between" {
	local root mode
	while read -r root; do
		for mode in "" "pie cgo" "arm64"; do
			# shellcheck disable=SC2086
			program "$root" $mode
			agrees "$program"
		done
	done < <(roots)
}

@test "dwarf: not compressed, by zlib, and as older linkers did it" {
	local how
	program "$(go env GOROOT)"
	for how in none zlib-gabi zlib-gnu; do
		recompressed "$how"
		case $how in
		none) readelf -SW "$copy" | grep -q ' \.debug_info  *PROGBITS .* 00  *0  *0  *1$' ;;
		zlib-gabi) readelf -SW "$copy" | grep -q ' \.debug_info .* C ' ;;
		zlib-gnu) readelf -SW "$copy" | grep -q ' \.zdebug_info ' ;;
		esac || fail "$how: $(readelf -SW "$copy" | grep debug_info)"
		agrees "$copy"
	done
}

@test "dwarf: by hand: all versions and forms, what stands between, what is too large" {
	local seed name len file=$BATS_TEST_TMPDIR/made
	for name in v2 v4 v4-local v5 v5-64; do
		seed=$TOP/tests/golden/fuzz/structs/$name
		len=$(od -An -tu2 -j1 -N2 "$seed")
		piece "$seed" 3 $((len)) >"$file.abbrev"
		tail -c +$((len + 4)) "$seed" >"$file.info"
		objcopy --add-section .debug_abbrev="$file.abbrev" --add-section .debug_info="$file.info" /bin/true "$file"
		diff - <(while read -r strct path _; do echo "$strct $path $(dwarflib field "$file" "$strct" "${path#-}")"; done <<-EOT
			runtime.g -
			runtime.g goid
			runtime.g sched.sp
			runtime.g sched.pc
			runtime.g m
			runtime.g far
			runtime.g nowhere.pc
			runtime.g big
			runtime.g early
			runtime.g goid.x
			runtime.m -
			runtime.m procid
			runtime.big -
			runtime.old m
		EOT
		) <<-EOT || fail "$name"
			runtime.g - 0 440
			runtime.g goid 24 8
			runtime.g sched.sp 56 8
			runtime.g sched.pc 64 8
			runtime.g m 48 8
			runtime.g far none
			runtime.g nowhere.pc none
			runtime.g big none
			runtime.g early none
			runtime.g goid.x none
			runtime.m - 0 1832
			runtime.m procid 72 8
			runtime.big - none
			runtime.old m none
		EOT
	done
}

@test "dwarf: what cannot be unpacked is as none; damage behind the answer is not met" {
	local at size
	program "$(go env GOROOT)"
	recompressed zlib-gabi
	read -r at size < <(readelf -SW "$copy" | awk '/ \.debug_info / { sub(/^ *\[ *[0-9]+\]/, ""); print "0x" $4, "0x" $5 }')
	[ "$(layout "$copy" runtime.g goid)" = "$(layout "$program" runtime.g goid)" ]
	[[ $(layout "$copy" runtime.g goid) == *DWARF ]]
	# another way of compressing (zstd); a broken stream; its last bytes
	cp "$copy" "$copy.zstd"
	printf '\2' | dd of="$copy.zstd" bs=1 seek=$((at)) conv=notrunc status=none
	[[ $(layout "$copy.zstd" runtime.g goid) == *"table for"* ]]
	cp "$copy" "$copy.broken"
	printf '\377\377\377\377' | dd of="$copy.broken" bs=1 seek=$((at + 24)) conv=notrunc status=none
	[[ $(layout "$copy.broken" runtime.g goid) == *"table for"* ]]
	cp "$copy" "$copy.end"
	dd if=/dev/zero of="$copy.end" bs=1 seek=$((at + size - 99)) count=99 conv=notrunc status=none
	[[ $(layout "$copy.end" runtime.g goid) == *DWARF ]]
}
