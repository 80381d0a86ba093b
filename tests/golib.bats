#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# helpers/go on programs of the installed Go and of every toolchain in
# $GOBPF_TOOLCHAINS (GOROOTs with colons between): layouts, variables of stripped
# files, places for probes, what allocates.  Oracles: DWARF, go tool nm, go tool objdump, MemStats.

load helpers
load golib

modes=("" pie cgo "pie cgo")
refill='runtime.(*mcache).refill'
cacheSpan='runtime.(*mcentral).cacheSpan'

setup_file() {
	requires go
	[ -x "$(golib_path)" ] || fail "no $(golib_path): make it, or run by make check"
}

golib_path() { echo "$(dirname "$GOBPF")/tests/golib"; }
golib() { "$(golib_path)" "$@"; }
lib() { "$(dirname "$GOBPF")/tests/runtimelib" "$@"; }

@test "layout: the table says what the DWARF of the toolchains says" {
	mapfile -t all < <(roots)
	run go run "$TOP"/share/layouts/{gen,fields}.go -check "$TOP/share/layouts.tsv" "${all[@]}"
	[ "$status" -eq 0 ] || fail "$output"
	[ "${#lines[@]}" -eq "${#all[@]}" ] || fail "$output"
}

@test "layout: gen.go sees a wrong offset, a missing and an invented field" {
	local table=$BATS_TEST_TMPDIR/t.tsv wrong
	for wrong in 's/(runtime.g\tgoid)\t1/\1\t2/' '/runtime.g\tgoid/d' \
		'/runtime.g\tgoid/{p;s/goid/gold/}'; do
		sed -E "$wrong" "$TOP/share/layouts.tsv" >"$table"
		run go run "$TOP"/share/layouts/{gen,fields}.go -check "$table" "$(go env GOROOT)"
		[ "$status" -eq 1 ] || fail "accepted: $wrong"
		[[ $output == *'runtime.g'* ]]
	done
}

@test "layout: known facts, interpolated, corrected, refused" {
	[ "$(golib layout go1.19.8 runtime.mspan nelems)" = "56 8 table for go1.19" ]
	[ "$(golib layout go1.22 runtime.mspan nelems)" = "50 2 table for go1.22" ]
	[ "$(golib layout go1.27rc1 runtime.memRecordCycle sizeof)" = "0 16 table for go1.27" ]
	[ "$(golib layout go1.20 runtime.g goid)" = "152 8 table, go1.19 and go1.21 agree" ]
	[ "$(golib layout go1.20 internal/abi.Type PtrBytes)" = "8 8 table, go1.19 and go1.21 agree" ]
	run -3 golib layout go1.20 runtime.g gopc
	[[ $output == *'no table says where Go 1.20 keeps runtime.g.gopc'* ]]
	run -3 golib layout go1.28 runtime.g goid
	run -1 golib layout go1.19 runtime.g parentGoid
	[[ $output == *'Go 1.19 has no runtime.g.parentGoid'* ]]
	# 1.16 put m.doesPark before m.park, 1.18 took it away
	[ "$(golib layout go1.15 runtime.m alllink)" = "336 8 table for go1.15" ]
	[ "$(golib layout go1.16 runtime.m alllink)" = "344 8 table, corrected for go1.16" ]
	[ "$(golib layout go1.17.13 runtime.m alllink)" = "344 8 table, corrected for go1.17.13" ]
	[ "$(golib layout go1.17 runtime.m procid)" = "72 8 table, go1.15 and go1.19 agree" ]
	[ "$(golib layout go1.18 runtime.m alllink)" = "336 8 table, go1.15 and go1.19 agree" ]
}

@test "layout: of several versions all must agree, and the code must confirm" {
	[ "$(golib layout 'go1.22 to go1.24' runtime.m procid)" = "72 8 table, go1.22 to go1.24 agree" ]
	run -3 golib layout 'go1.22 to go1.24' runtime.g goid
	[[ $output == *"is not at one place in all of them"* ]]
	# at 0 in both, and 168 and 160 bytes
	run -3 golib layout 'go1.21 to go1.22' runtime.mspan sizeof
	[[ $output == *"is not at one place in all of them"* ]]
	program "$(go env GOROOT)" strip
	[ "$(golib layout-in go1.21 runtime.g goid "$program")" = "152 8 table for go1.21" ]
	run -3 golib layout-in go1.23 runtime.g goid "$program"
	[[ $output == *"runtime.g.goid is at 160 in go1.23, but its code uses 152: a runtime that was changed" ]]
	# the two functions that are left have two fields in common
	[ "$(lib bycode "$program" runtime.m g0)" = 0 ]
	LC_ALL=C sed 's/runtime\.mcall\x00/runtime.mcalX\x00/g' "$program" >"$BATS_TEST_TMPDIR/copy"
	run -3 lib bycode "$BATS_TEST_TMPDIR/copy" runtime.m g0
	# one function is no certainty
	[ "$(lib bycode "$program" runtime.g goid)" = 152 ]
	LC_ALL=C sed -E 's/runtime\.(saveAncestor|goroutineheade|doRecordGoroutineProfil).\x00/runtime.\1X\x00/g' "$program" >"$BATS_TEST_TMPDIR/copy"
	run -3 lib bycode "$BATS_TEST_TMPDIR/copy" runtime.g goid
}

@test "layout: what a patch release moved is told by the function that came with it" {
	[ "$(golib layout go1.24.5 runtime.m alllink)" = "328 8 table for go1.24" ]
	[ "$(golib layout go1.24rc2 runtime.m alllink)" = "328 8 table for go1.24" ]
	[ "$(golib layout go1.24beta1 runtime.m alllink)" = "328 8 table for go1.24" ]
	[ "$(golib layout 'go1.24 X:nocoverageredesign' runtime.m alllink)" = "328 8 table for go1.24" ]
	[ "$(golib layout 'go1.23.11 X:nocoverageredesign' runtime.m alllink)" = "328 8 table for go1.23" ]
	[ "$(golib layout go1.24.6 runtime.m incgo)" = "280 1 table for go1.24" ]
	local version
	for version in go1.24.6 go1.24.13 go1.24-devel_0123 go1.23.12; do
		run -3 golib layout $version runtime.m alllink
		[[ $output == *"moved runtime.m.alllink, and nothing says whether it did here"* ]] || fail "$version: $output"
		run -3 golib layout $version runtime.m sizeof
	done
	# mspan.freeIndexForScan, the last, came with go1.19.4
	[ "$(golib layout go1.19.4 runtime.mspan freeIndexForScan)" = "136 8 table for go1.19" ]
	[ "$(golib layout go1.19.4 runtime.mspan sizeof)" = "0 144 table for go1.19" ]
	[ "$(golib layout go1.19.3 runtime.mspan sizeof)" = "0 136 table, corrected for go1.19.3" ]
	[ "$(golib layout go1.19 runtime.mspan specials)" = "128 8 table for go1.19" ]
	run -1 golib layout go1.19.3 runtime.mspan freeIndexForScan
	[[ $output == *"go1.19.3 has no runtime.mspan.freeIndexForScan, which came with go1.19.4" ]]
	for version in go1.19-devel_0123 "go1.19 to go1.19"; do
		run -3 golib layout "$version" runtime.mspan freeIndexForScan
		[[ $output == *"moved runtime.mspan.freeIndexForScan, and nothing says whether it did here"* ]] || fail "$version: $output"
	done
	# a program that has a function of that name, whichever Go it says it is from
	mkdir -p "$BATS_TEST_TMPDIR/moved/cmd"
	cd "$BATS_TEST_TMPDIR/moved"
	printf '%s\n' 'package runtimz' 'type m struct{ p *int }' 'var V m' '//go:noinline' \
		'func (v *m) snapshotAllp() *int { return v.p }' 'func F() { println(V.snapshotAllp()) }' >runtimz.go
	printf '%s\n' 'package main' 'import "runtimz"' 'func main() { runtimz.F() }' >cmd/main.go
	printf 'module runtimz\ngo 1.16\n' >go.mod
	GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -buildvcs=false -ldflags='-s -w' -o built ./cmd
	# since 1.25 there is such a function
	LC_ALL=C sed 's/runtime\.(\*m)\.snapshotAllp/runtime.(*m).snapshotAl_p/' built >out
	run -3 golib layout-in go1.24.6 runtime.m alllink out
	LC_ALL=C sed 's/runtimz\.(\*m)\.snapshotAllp/runtime.(*m).snapshotAllp/g' out >renamed
	[ "$(golib layout-in go1.24.6 runtime.m alllink renamed)" = "352 8 table, corrected for go1.24.6" ]
	[ "$(golib layout-in go1.24.4 runtime.m alllink renamed)" = "352 8 table, corrected for go1.24.4" ]
	[ "$(golib layout-in go1.23-devel runtime.m ncgocall renamed)" = "320 8 table, corrected for go1.23-devel" ]
	[ "$(golib layout-in go1.24.6 runtime.m sizeof renamed)" = "0 1832 table, corrected for go1.24.6" ]
	[ "$(golib layout-in go1.24.6 runtime.m incgo renamed)" = "280 1 table for go1.24" ]
	[ "$(golib layout-in go1.22.6 runtime.m alllink renamed)" = "328 8 table for go1.22" ]
}

@test "layout: compare-code sees whether two programs keep fields at other places" {
	program "$(go env GOROOT)" strip
	local plain=$program
	program "$(go env GOROOT)" strip pie
	run -0 env O="$(dirname "$GOBPF")" "$TOP/tests/compare-code" "$plain" "$program"
	[[ ${lines[-1]} =~ ^([0-9]+)\ functions\ compared,\ 0\ differ$ ]] || fail "$output"
	((BASH_REMATCH[1] > 700)) || fail "$output"
	# mov 0x30(%r14) is of g.m; one of them is of another field then
	local at copy=$BATS_TEST_TMPDIR/copy
	cp "$plain" "$copy"
	at=$(LC_ALL=C grep -obUaP '\x49\x8b\x5e\x30|\x49\x8b\x4e\x30|\x49\x8b\x46\x30' "$plain" | head -1 | cut -d: -f1)
	printf '\x38' | dd of="$copy" bs=1 seek=$((at + 3)) conv=notrunc status=none
	run -0 env O="$(dirname "$GOBPF")" "$TOP/tests/compare-code" "$plain" "$copy"
	[[ ${#lines[@]} -eq 2 && ${lines[0]} == *"5 8 +48: "*"5 8 +56: "* && ${lines[1]} == *", 1 differ" ]] || fail "$output"
}

@test "layout: an executable's own DWARF comes first, in older words too, else the table" {
	local root lib what
	lib=$(dirname "$GOBPF")/tests/runtimelib
	while read -r root; do
		program "$root"
		local plain=$program
		program "$root" strip
		for what in "runtime.g goid" "runtime.g sched.sp" "runtime.m procid" "internal/abi.Type PtrBytes" \
			"runtime.gcWork heapScanWork" "runtime.mheap central" "runtime.g sizeof"; do
			# shellcheck disable=SC2086
			[[ $("$lib" layout "$plain" $what) == *" DWARF" ]]
			# shellcheck disable=SC2086
			diff <("$lib" layout "$plain" $what | sed 's/DWARF$/table/') \
				<("$lib" layout "$program" $what | sed "s/ for go1.$(minor "$root")$//") || fail "$plain: $what"
		done
		run -1 "$lib" layout "$plain" runtime.g nonsense
		[[ $output == *"its DWARF has no runtime.g.nonsense" ]]
	done < <(roots)
	# of another machine than this one
	GOBPF_GOROOT=$root fixture allocs strip arm64
	[ "$("$lib" layout "$fixture" runtime.gcControllerState sizeof | cut -d' ' -f2)" != \
		"$("$lib" layout "$program" runtime.gcControllerState sizeof | cut -d' ' -f2)" ] || [ "$(minor "$root")" -lt 21 ]
}

@test "sizes: what an object takes is what MemStats says" {
	local root sizes
	sizes=$(dirname "$GOBPF")/tests/collect
	while read -r root; do
		program "$root"
		"$program" sizes >"$BATS_TEST_TMPDIR/truth"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -gt 700 ]
		cut -d' ' -f1,2 "$BATS_TEST_TMPDIR/truth" | "$sizes" sizes "$(minor "$root")" |
			diff "$BATS_TEST_TMPDIR/truth" - || fail "$root"
	done < <(roots)
	[ "$(echo 7 noscan | "$sizes" sizes 27)" = "7 noscan 7" ]
	run -3 "$sizes" sizes 28
}

# globals_of ROOT - how many variables its Go has
globals_of() { echo $(($(golib global-names | wc -l) - ($(minor "$1") < 25))); }

@test "globals: found in the code of stripped files where the twin's symbols say" {
	local root mode names
	names=$(golib global-names | sed 's/^runtime\.//; s/^ncpu$/(ncpu|numCPUStartup)/' | paste -sd'|')
	while read -r root; do
		for mode in "${modes[@]}" noinline; do
			# shellcheck disable=SC2086
			program "$root" nodwarf $mode
			go tool nm "$program" | grep -E " runtime\.($names)\$" |
				awk '{ sub(/^0+/, "", $1); sub(/numCPUStartup/, "ncpu", $3); print $1, $3 }' | sort >"$BATS_TEST_TMPDIR/truth"
			[ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -eq "$(globals_of "$root")" ]
			golib globals "$program" | sort | diff <(sed 's/$/ symtab/' "$BATS_TEST_TMPDIR/truth") - ||
				fail "$program: code and symbols differ"
			# shellcheck disable=SC2086
			program "$root" strip $mode
			golib globals "$program" | sort | diff "$BATS_TEST_TMPDIR/truth" - || fail "$program"
		done
	done < <(roots)
}

@test "globals: one function alone is not believed, nor data that begins as no such variable" {
	local root at copy=$BATS_TEST_TMPDIR/copy
	while read -r root; do
		program "$root" strip
		[[ $(golib globals "$program") == *" runtime.semtable"* ]]
		LC_ALL=C sed 's/runtime\.semrelease1\x00/runtime.semreleaseX\x00/g' "$program" >"$copy"
		run golib globals "$copy"
		[[ $output == *"where runtime.semtable is (1 candidates, 1 witnesses)"* ]] || fail "$root: $output"
		# since 1.21 the file has the rate, before that init sets it
		(($(minor "$root") > 20)) || continue
		at=$(golib globals "$program" | awk '/ runtime.MemProfileRate$/ { print $1 }')
		at=$((0x$at - $(readelf -lW "$program" | awk '/^  LOAD .* RW / { print $3 " + " $2; exit }')))
		cp "$program" "$copy"
		printf '\1' | dd of="$copy" bs=1 seek=$at conv=notrunc status=none
		run golib globals "$copy"
		[[ $output == *"where runtime.MemProfileRate is"* ]] || fail "$root: $output"
	done < <(roots)
}

# prepare ROOT - $copy of a stripped program, $text and $data (address, what of it is in the file, all of it) of
# its segments, and nm of its twin
prepare() {
	program "$1" nodwarf
	go tool nm -size "$program" >"$BATS_TEST_TMPDIR/nm"
	program "$1" strip
	copy=$BATS_TEST_TMPDIR/copy
	cp "$program" "$copy"
	text=$(readelf -lW "$copy" | awk '/^  LOAD .* R E / { print $3 " - " $2; exit }')
	read -r -a data < <(readelf -lW "$copy" | awk '/^  LOAD .* RW / { print $3, $5, $6; exit }')
}

# refers FUNC [OPCODE ADDRESS]... - in $copy the code of FUNC is just these, each with ADDRESS relative to rip
refers() {
	local at size bytes='' disp
	read -r at size < <(awk -v func="$1" '$4 == func { print "0x" $1, $2 }' "$BATS_TEST_TMPDIR/nm")
	while [ $# -gt 1 ]; do
		disp=$(printf %08x $((($3 - (at + (${#bytes} + ${#2}) / 2 + 4)) & 0xffffffff)))
		bytes+=$2${disp:6:2}${disp:4:2}${disp:2:2}${disp:0:2}
		shift 2
	done
	[ ${#bytes} -le $((2 * size)) ]
	bytes+=$(printf '%*s' $((size - ${#bytes} / 2)) '' | sed 's/ /90/g')
	# shellcheck disable=SC2001,SC2059
	printf "$(sed 's/../\\x&/g' <<<"$bytes")" | dd of="$copy" oflag=seek_bytes seek=$((at - (text))) conv=notrunc status=none
}

# told NAME - the address of that variable in $copy, by the code, or how many there could be
told() { golib global "$copy" "runtime.$1" 2>&1 | sed -E "s/.* where runtime\\.$1 is \\((.*)\\)\$/\\1/"; }

@test "globals: each function vouches once, for what it refers to in the way it is known to" {
	local root at end init one many i
	while read -r root; do
		prepare "$root"
		init=runtime.doInit1
		(($(minor "$root") > 20)) || init=runtime.doInit
		at=$(printf 0x%x $((data[0] + data[2] - 64))) end=$((data[0] + data[2]))
		# main stores, init loads
		refers runtime.main 488905 "$at"
		refers $init 488b05 "$at"
		[ "$(told runtimeInitTime)" = "$at" ]
		# a store, four bytes, an address, a comparison
		for one in 488905 8b05 488d05 483b05; do
			refers $init $one "$at"
			[ "$(told runtimeInitTime)" = '1 candidates, 1 witnesses' ] || fail "$one"
		done
		refers $init 488b05 "$at"
		# four bytes, an addition, a load
		for one in 8905 480105 488b05; do
			refers runtime.main $one "$at"
			[ "$(told runtimeInitTime)" = '1 candidates, 1 witnesses' ] || fail "$one"
		done
		# twice by one function is once
		refers $init
		refers runtime.main 488905 "$at" 488905 "$at"
		[ "$(told runtimeInitTime)" = '1 candidates, 1 witnesses' ]
		# two are one too many, also side by side
		refers $init 488b05 "$at" 488b05 $((at + 8))
		refers runtime.main 488905 "$at" 488905 $((at + 8))
		[ "$(told runtimeInitTime)" = '2 candidates, 2 witnesses' ]
		# from its first byte that is not in the file to its last; neither aligned otherwise, nor beyond
		for one in $((data[0] + data[1])) $((end - 8)); do
			refers $init 488b05 "$one"
			refers runtime.main 488905 "$one"
			[ "$(told runtimeInitTime)" = "$(printf 0x%x "$one")" ] || fail "$one: $(told runtimeInitTime)"
		done
		# the data begin with what go version looks for, which is not 0
		for one in $((at + 4)) $end $((data[0])); do
			refers $init 488b05 "$one"
			refers runtime.main 488905 "$one"
			[ "$(told runtimeInitTime)" = '0 candidates, 0 witnesses' ] || fail "$one: $(told runtimeInitTime)"
		done
		# as many as there is room for, and one more
		many=()
		for ((i = 0; i < 64; i++)); do many+=(488905 $((data[0] + data[1] + 8 * i))); done
		refers runtime.main "${many[@]}"
		refers $init
		[ "$(told runtimeInitTime)" = '64 candidates, 1 witnesses' ] || fail "$(told runtimeInitTime)"
		refers runtime.main "${many[@]}" 488905 "$at"
		[[ $(told runtimeInitTime) == *': runtime.main: Argument list too long' ]]
	done < <(roots)
}

@test "globals: the two words of a slice, which begin at the lower one" {
	local root at name names
	while read -r root; do
		prepare "$root"
		at=$(printf 0x%x $((data[0] + data[2] - 64)))
		names=(runtime.forEachG runtime.gcMarkRootPrepare)
		(($(minor "$root") < 25)) || names[1]=runtime.gcPrepareMarkRoots
		for name in "${names[@]}"; do refers "$name" 488b05 $((at + 8)) 488b05 "$at"; done
		[ "$(told allgs)" = "$at" ]
		for name in "${names[@]}"; do refers "$name" 488b05 $((at + 16)) 488b05 "$at"; done
		[ "$(told allgs)" = '2 candidates, 2 witnesses' ]
	done < <(roots)
}

@test "globals: not of another version, nor in code for another processor; strings as long as what they begin with" {
	local at
	program "$(go env GOROOT)" strip
	(($(minor "$(go env GOROOT)") > 24)) || golib globals "$program" 2>&1 | grep -q 'Go 1\.[0-9]* has no runtime\.gcCleanups$'
	prepare "$(go env GOROOT)"
	at=$(told buildVersion)
	at=$((at + 8 - $(readelf -lW "$copy" | awk '/^  LOAD .* RW / { print $3 " + " $2; exit }')))
	printf '\3' | dd of="$copy" bs=1 seek=$at conv=notrunc status=none
	[ "$(told buildVersion)" = '0 candidates, 0 witnesses' ]
	program "$(go env GOROOT)" strip arm64
	[ "$(golib globals "$program" 2>&1 | grep -c 'without a symbol table runtime\..* is found in x86-64 code only$')" -gt 20 ]
}

@test "globals: are in data that can be written, or nowhere" {
	local at flags=$BATS_TEST_TMPDIR/readonly
	program "$(go env GOROOT)" strip
	cp "$program" "$flags"
	# the flags of the segment that is writable: read only
	at=$((64 + 4 + 56 * $(readelf -lW "$program" | awk '/^  [A-Z_0-9]+ +0x/ { n++ } /^  LOAD .* RW / { print n - 1; exit }')))
	printf '\4' | dd of="$flags" bs=1 seek=$at conv=notrunc status=none
	run golib globals "$program"
	[[ $output == *runtime.allgs* ]]
	run golib globals "$flags"
	[[ $output == *"does not say for certain where runtime.allgs is (0 candidates, 0 witnesses)"* ]]
	# of all others the module data alone is found, by what points to it
	[ "$(grep -cE '^[0-9a-f]+ runtime\.' <<<"$output")" -eq 1 ]
}

@test "globals: hold in a running process what each should, by the code of its stripped file" {
	local root mode
	while read -r root; do
		for mode in strip "strip pie"; do
			# shellcheck disable=SC2086
			GOBPF_GOROOT=$root fixture frames $mode
			spawn frames "$fixture"
			await frames '^READY'
			"$(dirname "$GOBPF")/tests/heldlib" "${PID[frames]}" >"$BATS_TEST_TMPDIR/held"
			[ "$(grep -c ' ok$' "$BATS_TEST_TMPDIR/held")" -eq "$(($(globals_of "$root") - 2))" ] ||
				fail "$fixture: $(grep -v ' ok$' "$BATS_TEST_TMPDIR/held")"
			# in this program nothing reads these two
			[ "$(grep -c '[xb]buckets unknown$' "$BATS_TEST_TMPDIR/held")" -eq 2 ]
			end frames
		done
	done < <(roots)
}

@test "insn: what is read of each instruction, by hand" {
	local said=$BATS_TEST_TMPDIR/said n
	cat >"$BATS_TEST_TMPDIR/table" <<-END
		50 | 1 push; left 0
		5f | 1 other; left 0
		41 57 | 2 push; left 0
		41 5f | 2 other; left 0
		48 ff f0 | 3 other; left 0
		90 | 1 nop; left 0
		66 90 | 2 nop; left 0
		f3 90 | 2 other; left 0
		0f1f 00 | 3 plain; left 0
		0f1f 40 08 | 4 plain; left 0
		76 06 | 2 jcc cc=6 to=1008; left 0
		7c 06 | 2 jcc cc=12 to=1008; left 0
		0f8f 10000000 | 6 jcc cc=15 to=1016; left 0
		0f86 10000000 | 6 jcc cc=6 to=1016; left 0
		0f96 c0 | 3 other; left 0
		eb fe | 2 jmp to=1000; left 0
		e9 fb000000 | 5 jmp to=1100; left 0
		e8 fb000000 | 5 call to=1100; left 0
		48 e8 fa000000 | 6 other; left 0
		e3 10 | 2 other to=1012; left 0
		48 89 c8 | 3 mov writes=1; left 0
		48 b8 8877665544332211 | 10 mov writes=1 const=1122334455667788; left 0
		b8 05000000 | 5 mov writes=1 const=5; left 0
		48 c7 c0 ffffffff | 7 mov writes=1 const=ffffffffffffffff; left 0
		c6 00 05 | 3 mov stores mem=0+0:1w; left 0
		c7 05 10000000 05000000 | 10 mov stores rip=101a:4w; left 0
		0fb6 c8 | 3 mov writes=2; left 0
		0fbe c8 | 3 mov writes=2; left 0
		48 63 c8 | 3 mov writes=2; left 0
		4d 89 e4 | 3 mov writes=1000; left 0
		41 b4 05 | 3 mov writes=1000 const=5; left 0
		48 50 | 2 other; left 0
		eb 50 | 2 jmp to=1052; left 0
		66 41 89 c4 | 4 mov writes=1000; left 0
		88 e0 | 2 mov writes=1; left 0
		b4 01 | 2 mov writes=1 const=1; left 0
		b6 01 | 2 mov writes=4 const=1; left 0
		b5 01 | 2 mov writes=2 const=1; left 0
		b7 01 | 2 mov writes=8 const=1; left 0
		66 b8 0100 | 4 mov writes=1 const=1; left 0
		40 b6 01 | 3 mov writes=40 const=1; left 0
		48 8d 05 10000000 | 7 lea writes=1 rip=1017:8; left 0
		48 8d 44 24 08 | 5 lea writes=1 mem=4+8:8; left 0
		48 8d 04 c8 | 4 lea writes=1; left 0
		48 8b 05 10000000 | 7 mov writes=1 rip=1017:8; left 0
		8b 05 10000000 | 6 mov writes=1 rip=1016:4; left 0
		48 89 05 10000000 | 7 mov stores rip=1017:8w; left 0
		48 39 05 10000000 | 7 cmp rip=1017:8; left 0
		80 3d 10000000 00 | 7 cmp rip=1017:1; left 0
		48 8b 44 24 f8 | 5 mov writes=1 mem=4-8:8; left 0
		48 89 44 24 08 | 5 mov stores mem=4+8:8w; left 0
		48 8b 04 c8 | 4 mov writes=1; left 0
		48 89 04 c8 | 4 mov stores; left 0
		64 48 8b 04 25 f8ffffff | 9 mov writes=1 fs=16-8; left 0
		64 48 8b 40 10 | 5 mov writes=1 fs=0+16; left 0
		64 48 8b 04 08 | 5 mov writes=1; left 0
		65 48 8b 40 10 | 5 mov writes=1; left 0
		48 85 c0 | 3 cmp; left 0
		48 39 c8 | 3 cmp; left 0
		48 01 c8 | 3 plain writes=1; left 0
		48 29 c8 | 3 plain writes=1; left 0
		48 21 c8 | 3 plain writes=1; left 0
		48 09 c8 | 3 plain writes=1; left 0
		48 31 c0 | 3 plain writes=1; left 0
		48 01 08 | 3 plain stores mem=0+0:8w; left 0
		48 83 ec 18 | 4 plain writes=10; left 0
		49 3b 66 10 | 4 cmp checks mem=14+16:8; left 0
		49 3b 66 18 | 4 cmp checks mem=14+24:8; left 0
		49 3b 66 20 | 4 cmp mem=14+32:8; left 0
		4d 3b 66 10 | 4 cmp checks mem=14+16:8; left 0
		4d 3b 6e 10 | 4 cmp checks mem=14+16:8; left 0
		4d 3b 5e 10 | 4 cmp mem=14+16:8; left 0
		49 2b 66 10 | 4 plain writes=10 mem=14+16:8; left 0
		49 39 66 10 | 4 cmp mem=14+16:8; left 0
		49 3b 64 0e 10 | 5 cmp; left 0
		48 3b 61 10 | 4 cmp mem=1+16:8; left 0
		49 83 7e 10 00 | 5 cmp mem=14+16:8; left 0
		c3 | 1 ret; left 0
		c2 0800 | 3 ret; left 0
		ff e0 | 2 far; left 0
		ff 24 c1 | 3 table; left 0
		ff 25 00000000 | 6 far rip=1006:8; left 0
		ff d0 | 2 other; left 0
		0fa2 | 2 other; left 0
		48 87 08 | 3 other mem=0+0:8w; left 0
		48 87 c8 | 3 other; left 0
		0f10 00 | 3 other mem=0+0:16; left 0
		76 06 55 48 89 e5 c3 06 | 2 jcc cc=6 to=1008; 1 push; 3 mov writes=20; 1 ret; left 1
		c3 48 b8 11 22 33 | 1 ret; left 5
		00 | left 1
	END
	[ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -eq 90 ]
	cut -d'|' -f1 "$BATS_TEST_TMPDIR/table" | tr -d ' ' | golib insns >"$said"
	paste -d'|' <(cut -d'|' -f1 "$BATS_TEST_TMPDIR/table") "$said" | sed 's/|/| /' | diff "$BATS_TEST_TMPDIR/table" -
	# a constant to each register, as a whole and in its three parts
	for n in {0..15}; do
		printf '%x%s%x01000000\n%x%s%x01000000\n66%x%s%x0100\n%x%s%x01\n' $((0x48 + n / 8)) c7c $((n % 8)) \
			$((0x40 + n / 8)) b $((8 + n % 8)) $((0x40 + n / 8)) b $((8 + n % 8)) $((0x40 + n / 8)) b $((n % 8))
	done | golib insns | sed 's/^[0-9]* //' >"$said"
	for n in {0..15}; do
		for _ in {1..4}; do printf 'mov writes=%x const=1; left 0\n' $((1 << n)); done
	done | diff - "$said"
}

@test "probe: every place in every function is safe, by another disassembler" {
	local root mode
	while read -r root; do
		for mode in "" "pie cgo"; do
			# shellcheck disable=SC2086
			program "$root" nodwarf $mode
			golib places "$program" >"$BATS_TEST_TMPDIR/places"
			run awk -f "$TOP/tests/unit/places.awk" "$BATS_TEST_TMPDIR/places" <(code "$program")
			[ "$status" -eq 0 ] || fail "$program: $output"
			# shellcheck disable=SC2086
			set -- $output
			(($1 > 1500 && $2 > 1200)) || fail "$program: only $output checked"
		done
	done < <(roots)
}

@test "probe: at least three of four functions have a cheap place" {
	local root
	while read -r root; do
		program "$root" strip
		golib places "$program" | awk '
			$5 ~ /^(main|runtime|fmt|os|sync|bufio|strings|reflect)\./ { n++; cheap += $4 !~ /^entry/ }
			END { print n, cheap; exit !(n > 1000 && cheap >= 0.75 * n) }' || fail "$program"
	done < <(roots)
}

# place HEX... - the place in bare code at 0x1000
place() { golib code "$(printf %s "$@" | tr -d ' ')"; }
# behind HEX... - the place behind its call of 0x1100
behind() { golib behind "$(printf %s "$@" | tr -d ' ')" 1100; }

@test "probe: prologues by hand" {
	local check='493b6610 7606' rest='55 4889e5 5d c3 e800000000' sub='4883ec18 c3 90 e800000000'
	[ "$(place "$check" "$rest" ebed)" = "1006 push" ]
	[ "$(place "$check" "$sub" ebed)" = "1004 check+skip" ]
	# a jump to the push, to the jbe
	[ "$(place "$check" "$rest" ebf3)" = "1004 check+skip" ]
	[ "$(place "$check" "$rest" ebf1)" = "1000 entry+repeats" ]
	# a large frame, a huge frame
	[ "$(place '4c8d6424f8 4d3b6610 7606' "$rest" ebe8)" = "100b push" ]
	[ "$(place '4989e4 4981ec00000100 720c 4d3b6610 7606' "$rest" ebe1)" = "1012 push" ]
	[ "$(place '4989e4 4981ec00000100 720c 4d3b6610 7606' "$sub" ebe1)" = "1010 check+skip" ]
	# a goroutine's other stack guard, on the system stack
	[ "$(place '493b6618 7606' "$rest" ebed)" = "1006 push" ]
	# no stack check: push at once, a branch; an argument, memory or the stack changed before
	[ "$(place '55 c3')" = "1000 push" ]
	[ "$(place '4885c0 7401 c3 c3')" = "1003 branch" ]
	[ "$(place '31c0 55 c3')" = "1000 entry" ]
	[ "$(place '890424 55 c3')" = "1000 entry" ]
	[ "$(place '4883ec08 55 c3')" = "1000 entry" ]
	# a comparison with something else is no stack check
	[ "$(place '493b6620 7606' "$sub" ebed)" = "1004 branch+repeats" ]
	# a loop to the beginning; code that cannot be read to its end; none
	[ "$(place '4885c0 75fb c3')" = "1003 branch+repeats" ]
	[ "$(place '55 c3 06')" = "1000 entry" ]
	[ "$(place "$check" '4883ec18 c3 06')" = "1000 entry+repeats" ]
	[ "$(place '')" = "1000 entry" ]
	# the function calls itself, which is no jump
	[ "$(place '55 e8faffffff c3')" = "1000 push" ]
	# what never holds an argument may change before, 15 instructions at most
	[ "$(place '4d89ff 55 c3')" = "1003 push" ]
	[ "$(place '4d89ed 55 c3')" = "1003 push" ]
	[ "$(place '4d89c0 55 c3')" = "1000 entry" ]
	[ "$(place "$(printf '4d89e4%.0s' {1..15})" '55 c3')" = "102d push" ]
	[ "$(place "$(printf '4d89e4%.0s' {1..16})" '55 c3')" = "1000 entry" ]
	# the first place of all; a check behind a branch, after another comparison, or a second one is none
	[ "$(place '4989e4 720c 55 c3')" = "1003 branch" ]
	[ "$(place '4885c0 7401 493b6610 7606 55 c3 c3')" = "1003 branch" ]
	[ "$(place '493b6610 4885c0 7606 55 c3')" = "1007 branch" ]
	[ "$(place "$check" '493b6610 7606 55 c3')" = "100a branch" ]
}

@test "probe: behind a call, by hand" {
	[ "$(behind 'e8fb000000 4885c0 7401 c3 c3')" = "1008 branch" ]
	[ "$(behind 'e8fb000000 90 4885c0 7401 c3 c3')" = "1005 branch" ]
	# each of two, more than there is room for, none, a jump to it
	[ "$(behind 'e8fb000000 4885c0 7401 c3 e8f0000000 4885c0 7401 c3 c3')" = $'1008 branch\n1013 branch' ]
	[ "$(behind 'e8fb000000 90 e8f5000000 90 e8ef000000 90 c3')" = none ]
	[ "$(behind 'e8fc000000 4885c0 7401 c3 c3')" = none ]
	# one of two is not usable
	[ "$(behind 'e8fb000000 4885c0 7401 c3 e8f0000000 31c0 7401 c3 c3')" = none ]
	[ "$(behind 'e8fb000000 4885c0 7401 c3 e9f0000000')" = none ]
	[ "$(behind 'e8fb000000 4885c0 7401 c3 e9f0000000 4885c0 7401 c3 c3')" = none ]
	# the frame is another one before
	[ "$(behind 'e8fb000000 4889e5 7401 c3 c3')" = none ]
	[ "$(behind 'e8fb000000 4883c410 7401 c3 c3')" = none ]
	# the result is lost before, or something unknown comes first
	[ "$(behind 'e8fb000000 4889c8 7401 c3 c3')" = none ]
	[ "$(behind 'e8fb000000 0fa2 7401 c3 c3')" = none ]
	# that of three between is the last that may be
	[ "$(behind 'e8fb000000 4885c0 4885c0 4885c0 7401 c3 c3')" = "100e branch" ]
	[ "$(behind 'e8fb000000 4885c0 4885c0 4885c0 4885c0 7401 c3 c3')" = none ]
	# a jump leads between call and place
	[ "$(behind 'e8fb000000 4885c0 7402 c3 c3 ebf7')" = none ]
	[ "$(behind 'e8fb000000 4885c0 7401 c3 c3 ebfa')" = none ]
	# code that cannot be read to its end
	[ "$(behind 'e8fb000000 4885c0 7401 c3 c3 06')" = none ]
	[ "$(behind 'e8fb000000')" = none ]
}

@test "alloc: the span is at hand on the jump behind cacheSpan" {
	local root mode
	while read -r root; do
		for mode in "${modes[@]}"; do
			# shellcheck disable=SC2086
			program "$root" nodwarf $mode
			read -r _ at _ kind _ <<<"$(golib after "$program" "$refill" "$cacheSpan")"
			[ "$kind" = branch ]
			code "$program" | awk -v at="$at" -v callee="$cacheSpan" -v refill="$refill" '
				/^TEXT/ { inside = $0 == "TEXT " refill; next }
				inside && $1 == at { found = $2 == "JE" && last ~ / TESTQ AX, AX$/ && index(before, " CALL " callee "(SB)") }
				{ before = last; last = $0 }
				END { exit !found }' || fail "$program: not there: $at"
			golib sampling "$program" | grep -q "^[0-9a-f]* $at [0-9a-f]* branch span$"
		done
	done < <(roots)
}

@test "alloc: exactly the functions that allocate" {
	local root minor n
	while read -r root; do
		program "$root" nodwarf
		minor=$(minor "$root")
		golib exact "$program" >"$BATS_TEST_TMPDIR/exact"
		go tool nm "$program" | awk -v minor="$minor" '
			minor < 27 && $3 == "runtime.mallocgc" ||
			minor >= 27 && $3 ~ /^runtime\.mallocgc(Small(NoScan|ScanNoHeader)|Tiny)SC[0-9]+$/ ||
			minor >= 27 && $3 ~ /^runtime\.mallocgc(Tiny|SmallNoscan|SmallScanNoHeader|SmallScanHeader|Large)$/ { print $3 }' |
			sort >"$BATS_TEST_TMPDIR/truth"
		awk '$1 != "skip" { print $6 }' "$BATS_TEST_TMPDIR/exact" | sort | diff "$BATS_TEST_TMPDIR/truth" - || fail "$program"
		n=$(wc -l <"$BATS_TEST_TMPDIR/truth")
		if [ "$minor" -ge 27 ]; then [ "$n" -eq 18 ]; else [ "$n" -eq 1 ]; fi
	done < <(roots)
}

@test "alloc: callers are those that another disassembler shows" {
	local root callee
	while read -r root; do
		program "$root" nodwarf "pie" "cgo"
		code "$program" >"$BATS_TEST_TMPDIR/code"
		for callee in 'runtime.(*mcache).nextFree' 'runtime.(*mheap).alloc' runtime.newobject; do
			awk -v call="CALL $callee(SB)" '
				$1 == "TEXT" { name = $0; sub(/^TEXT /, "", name); next }
				substr($0, index($0, " ") + 1) == call { n[name]++ }
				END { for (name in n) print name, n[name] }' "$BATS_TEST_TMPDIR/code" |
				sort >"$BATS_TEST_TMPDIR/truth"
			[ -s "$BATS_TEST_TMPDIR/truth" ]
			golib calls "$program" "$callee" | sort | diff "$BATS_TEST_TMPDIR/truth" - || fail "$program: $callee"
		done
	done < <(roots)
}

# The Go compiler is itself a profile-guided build since 1.21; that of 1.26 has mallocgc inlined
# into newobject and refill in two places.
@test "alloc: mallocgc is not trusted where it was inlined, no span is missed" {
	local root compiler callee spans
	while read -r root; do
		compiler=$(GOROOT=$root GOTOOLCHAIN=local GOENV=off GOFLAGS='' "$root/bin/go" tool -n compile)
		golib exact "$compiler" | awk '{ print $6 }' >"$BATS_TEST_TMPDIR/exact"
		[ -s "$BATS_TEST_TMPDIR/exact" ]
		for callee in Tiny SmallNoscan SmallScanNoHeader SmallScanHeader Large; do
			golib calls "$compiler" "runtime.mallocgc$callee" 2>/dev/null || :
		done | grep -qv '^runtime\.mallocgc' || continue
		! grep -qx runtime.mallocgc "$BATS_TEST_TMPDIR/exact" || fail "$compiler: mallocgc"
		spans=$(golib calls "$compiler" "$cacheSpan" | awk '{ n += $2 } END { print n }')
		[ "$(golib sampling "$compiler" | grep -c ' span$')" -eq "$spans" ]
	done < <(roots)
}

# probes PID EXE SAMPLING EXACT - a bpftrace program that counts between main.begin and main.end
probes() {
	local pid=$1 exe=$2
	golib places "$exe" | awk -v exe="$exe" -v pid="$pid" '
		$5 == "main.begin" || $5 == "main.end" {
			printf "uprobe:%s:0x%s /pid == %d/ { @on = %d; }\n", exe, $3, pid, $5 == "main.begin" }'
	golib exact "$exe" | awk -v exe="$exe" -v pid="$pid" '
		$1 == "skip" { skip = skip sprintf(" && (*(uint64*)reg(\"sp\") < 0x%s || *(uint64*)reg(\"sp\") >= 0x%s)", $2, $3); next }
		{ printf "uprobe:%s:0x%s /pid == %d && @on && reg(\"ax\") != 0%s%s/ { @n = count(); }\n", exe, $4, pid,
			$1 == "inner" ? skip : "", $5 ~ /skip/ ? " && (reg(\"flags\") & 0x41) == 0" : "" }'
	golib sampling "$exe" 2>"$BATS_TEST_TMPDIR/refused" | awk -v exe="$exe" -v pid="$pid" '
		$5 == "span" { spans[$3] }
		$5 == "large" { large = $3; skip = $4 ~ /skip/ ? " && (reg(\"flags\") & 0x41) == 0" : "" }
		NF == 8 {
			for (span in spans)
				printf "uprobe:%s:0x%s /pid == %d && @on/ { $s = reg(\"ax\"); @bytes = sum((*(uint%d*)($s + %d) - *(uint16*)($s + %d)) * *(uint64*)($s + %d)); }\n",
				exe, span, pid, 8 * $2, $1, $3, $5
			printf "uprobe:%s:0x%s /pid == %d && @on%s/ { @bytes = sum((reg(\"bx\") + 8191) / 8192 * 8192); }\n", exe, large, pid, skip
		}'
}

# count NAME PROGRAM - counts what NAME, an instance of PROGRAM, allocates, and compares with its own count
count() {
	local name=$1 program=$2 mallocs bytes hits sampled
	spawn "$name" "$program" mix
	await "$name" '^READY'
	probes "${PID[$name]}" "$program" >"$BATS_TEST_TMPDIR/$name.bt"
	__BPFTRACE_NOTIFY_PROBES_ATTACHED=1 spawn "bt$name" bpftrace --unsafe -B none "$BATS_TEST_TMPDIR/$name.bt"
	await "bt$name" '^__BPFTRACE_NOTIFY_PROBES_ATTACHED$'
	tell "$name" go
	await "$name" '^[0-9]+ [0-9]+$'
	stop_bpftrace "bt$name" || fail "bpftrace"
	end "$name"
	read -r mallocs bytes <<<"$(tail -1 "$BATS_TEST_TMPDIR/$name.log")"
	hits=$(sed -n 's/^@n: //p' "$BATS_TEST_TMPDIR/bt$name.log")
	sampled=$(sed -n 's/^@bytes: //p' "$BATS_TEST_TMPDIR/bt$name.log")
	[ "$hits" -eq "$mallocs" ] || fail "$program: $hits hits, $mallocs objects"
	# what is left in spans at the end was counted but not allocated yet
	[ -z "$sampled" ] || ((sampled > bytes * 98 / 100 && sampled < bytes * 103 / 100)) ||
		fail "$program: $sampled sampled, $bytes allocated"
}

# bats test_tags=probe
@test "alloc: hits of the exact list are the runtime's own count, sampled bytes its bytes" {
	requires root bpftrace
	local root
	while read -r root; do
		program "$root" strip
		count "go$(minor "$root")" "$program"
		grep -q '^@bytes: ' "$BATS_TEST_TMPDIR/btgo$(minor "$root").log"
	done < <(roots)
}

# inlined PROGRAM MINOR - is the allocator inlined so that no set of functions sees each allocation once?
# Then mallocgc is in one of its callers, and where it has parts, one of these is in mallocgc.
inlined() {
	local program=$1 minor=$2 below callee
	below='runtime\.(\(\*mcache\)\.(nextFree|refill|allocLarge)|\(\*mcentral\)\.(cacheSpan|grow)|\(\*mheap\)\.alloc)'
	callers() {
		for callee; do
			golib calls "$program" "runtime.$callee" 2>/dev/null || :
		done | sed 's/ [0-9]*$//'
	}
	local bottom=('(*mcache).nextFree' '(*mcache).refill' '(*mcache).allocLarge' '(*mcentral).cacheSpan'
		'(*mcentral).grow' '(*mheap).alloc')
	callers "${bottom[@]}" mallocgc{Tiny,SmallNoscan,SmallScanNoHeader,SmallScanHeader,Large} |
		grep -qvxE "$below|runtime\.mallocgc.*" || return
	((minor < 24)) || callers "${bottom[@]}" | grep -vxE "$below" | grep -qvE '^runtime\.mallocgc.'
}

# A profile of allocating makes the compiler inline the allocator: refill, allocLarge, mallocgc or parts of
# it, which ones is a matter of what the profile happened to catch.  Sampling may be refused then, counting
# exactly where it can't be done; neither may be wrong.  Go before 1.21 has no -pgo and passes by.
# bats test_tags=probe
@test "alloc: profile-guided builds are counted as well" {
	requires root bpftrace
	local root name
	while read -r root; do
		(($(minor "$root") >= 21)) || continue
		name=pgo$(minor "$root")
		program "$root" strip
		"$program" profile >"$BATS_TEST_TMPDIR/$name.pprof"
		(cd "$TOP/tests/fixtures" && GOROOT=$root GOTOOLCHAIN=local GOENV=off GOFLAGS=-mod=mod CGO_ENABLED=0 \
			"$root/bin/go" build -buildvcs=false -pgo="$BATS_TEST_TMPDIR/$name.pprof" -ldflags="-s -w" \
			-o "$BATS_TEST_TMPDIR/$name" ./allocs)
		! cmp -s "$program" "$BATS_TEST_TMPDIR/$name"
		[ "$(golib globals "$BATS_TEST_TMPDIR/$name" | grep -cE 'mbuckets|MemProfileRate')" -eq 2 ]
		run golib exact "$BATS_TEST_TMPDIR/$name"
		if [ "$status" -eq 0 ]; then
			count "$name" "$BATS_TEST_TMPDIR/$name"
		else
			[[ $output == *'cannot be counted exactly: the allocator was inlined into '* ]] || fail "$output"
			inlined "$BATS_TEST_TMPDIR/$name" "$(minor "$root")" || fail "refused without a reason: $output"
		fi
	done < <(roots)
}
