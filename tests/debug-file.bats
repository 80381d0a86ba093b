#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gobpf sym --debug-file: other people's tools name the functions of stripped programs by it.

load helpers

modes=("" pie cgo "cgo pie")

# debug_file WORD... - the fixture allocmix, stripped, in $fixture and its debug file in $debug
debug_file() {
	fixture allocmix strip "$@"
	debug=$BATS_TEST_TMPDIR/debug
	run -0 gobpf sym --debug-file "$debug" "$fixture"
	[[ $output == "$debug: "*" functions" ]]
}

# inside - an address inside each Go function: "ADDRESS NAME"
inside() {
	gobpf sym --list "$fixture" | sed -n 's/\t.*//p' | while read -r from size _ name; do
		printf '0x%x %s\n' $((0x$from + 0x$size / 2)) "$name"
	done
}

@test "debug file: nm shows the functions of the unstripped twin, with addresses and sizes" {
	requires nm
	local words
	for words in "${modes[@]}"; do
		# shellcheck disable=SC2086
		fixture allocmix nodwarf $words
		nm -S --defined-only "$fixture" | awk 'NF == 4 && tolower($3) == "t" && $4 ~ /^(main|runtime|sync)\./ {
			sub(/\.abi0$/, "", $4); print $1, $2, $4 }' | sed 's/\[.*\]/[...]/' | sort -u >"$BATS_TEST_TMPDIR/truth"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -gt 500 ]
		# shellcheck disable=SC2086
		debug_file $words
		nm -S "$debug" | awk 'NF == 4 && $4 ~ /^(main|runtime|sync)\./ { print $1, $2, $4 }' |
			sed 's/\[.*\]/[...]/; s/·/./' | sort -u | diff "$BATS_TEST_TMPDIR/truth" - || fail "words: $words" || return
	done
}

@test "debug file: sections without bytes but for the notes" {
	requires readelf
	local words
	for words in "${modes[@]}"; do
		# shellcheck disable=SC2086
		debug_file $words
		run -0 readelf -WS "$debug"
		[[ $output =~ \.text\ +NOBITS ]]
		[[ $output =~ \.symtab\ +SYMTAB ]]
		# what keeps its bytes keeps them whole
		[ "$(readelf -n "$debug" 2>/dev/null | grep -c 'Build ID\|GO BUILDID')" -eq \
			"$(readelf -n "$fixture" 2>/dev/null | grep -c 'Build ID\|GO BUILDID')" ]
		[ "$(stat -c %s "$debug")" -lt "$(stat -c %s "$fixture")" ]
	done
}

@test "debug file: addr2line names every function" {
	requires addr2line
	local words
	for words in "${modes[@]}"; do
		# shellcheck disable=SC2086
		debug_file $words
		inside >"$BATS_TEST_TMPDIR/inside"
		cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/inside" | addr2line -fe "$debug" | sed -n 'p; n' |
			diff <(cut -d ' ' -f 2- "$BATS_TEST_TMPDIR/inside") - || fail "words: $words" || return
	done
}

# in_gdb PROGRAM-ARG... - frames of the running fixture as gdb sees them
in_gdb() {
	timeout 60 gdb -nx -batch -iex 'set auto-load off' -iex 'set debuginfod enabled off' "$@" 2>/dev/null
}

# bats test_tags=probe
@test "debug file: gdb names the functions of a running program" {
	requires root gdb
	local words at
	for words in "" "cgo pie"; do
		# shellcheck disable=SC2086
		debug_file $words
		spawn mix "$fixture" 1
		await mix '^READY'
		at=$(gobpf sym "${PID[mix]}" main.allocSmall+1 | sed -n '$s/ .*//p')
		run in_gdb -p "${PID[mix]}" -ex "info symbol $at"
		[[ $output == *"No symbol matches $at"* ]]
		run in_gdb -s "$debug" -e "$fixture" -p "${PID[mix]}" -ex "info symbol $at" -ex bt
		[[ $output == *"main[allocSmall] + 1 in section .text"* || $output == *"main.allocSmall + 1 in section .text"* ]]
		[[ $output =~ ' in '(internal/)?runtime ]]
		end mix
	done
}

@test "debug file: in a folder gdb finds it by the build id" {
	requires gdb
	fixture allocmix strip cgo pie
	mkdir "$BATS_TEST_TMPDIR/dir"
	run -0 gobpf sym --debug-file "$BATS_TEST_TMPDIR/dir" "$fixture"
	[[ $output =~ /dir/\.build-id/[0-9a-f]{2}/[0-9a-f]{38}\.debug:\ [0-9]+\ functions$ ]]
	run in_gdb "$fixture" -ex "info address main.allocSmall"
	[[ $output != *"is at 0x"* ]]
	run in_gdb -iex "set debug-file-directory $BATS_TEST_TMPDIR/dir" "$fixture" -ex "info address main.allocSmall"
	[[ $output == *"is at $(gobpf sym "$fixture" main.allocSmall | sed -n '$s/ .*//p') in a file"* ]]
	# Go's linker makes one since 1.24
	fixture allocmix strip
	objcopy --remove-section .note.gnu.build-id "$fixture" "$BATS_TEST_TMPDIR/without"
	run -3 gobpf sym --debug-file "$BATS_TEST_TMPDIR/dir" "$BATS_TEST_TMPDIR/without"
	[[ $output == *"has no GNU build id"* ]]
}

# perf_says PROGRAM PERF-SCRIPT-OPTION... - each sample's "ADDRESS FUNCTION" in the program
perf_says() {
	local program=$1
	shift
	HOME=$BATS_TEST_TMPDIR perf script -i "$BATS_TEST_TMPDIR/perf.data" -F ip,sym,dso "$@" 2>/dev/null |
		awk -v dso="(${program##*/})" '{ n = $NF; sub(/.*\//, "(", n) } n == dso { print "0x" $1, $2 }' | sort -u
}

# bats test_tags=probe
@test "debug file: perf names every sample of a stripped program as gobpf sym does" {
	requires root perf
	local words symfs=$BATS_TEST_TMPDIR/symfs
	for words in "" pie "cgo pie"; do
		# shellcheck disable=SC2086
		fixture allocmix strip $words
		mkdir -p "$symfs/${fixture%/*}"
		spawn mix "$fixture"
		await mix '^READY'
		perf_attach mix 100 -e cpu-clock -F 400
		perf_says "$fixture" | grep -v ' \[unknown\]$' && fail "named without the debug file"
		gobpf sym --debug-file "$symfs/$fixture" "$fixture"
		perf_says "$fixture" --symfs "$symfs" >"$BATS_TEST_TMPDIR/perf"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/perf")" -gt 20 ]
		cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/perf" | gobpf sym --no-inline "${PID[mix]}" | cut -d ' ' -f 1,2 |
			diff - "$BATS_TEST_TMPDIR/perf" || fail "words: $words" || return
		end mix
	done
}

# bats test_tags=probe
@test "debug file: perf buildid-cache takes it" {
	requires root perf
	fixture allocmix strip cgo pie
	gobpf sym --debug-file "$BATS_TEST_TMPDIR/mix.debug" "$fixture"
	spawn mix "$fixture"
	await mix '^READY'
	export HOME=$BATS_TEST_TMPDIR
	perf_attach mix 100 -e cpu-clock -F 400
	end mix
	perf buildid-cache --update "$HOME/mix.debug"
	perf report -i "$HOME/perf.data" --stdio --sort symbol >"$HOME/report" 2>/dev/null
	grep -q ' runtime\.mallocgc' "$HOME/report"
}

@test "debug file: what can't be written says why, and nothing is left" {
	fixture allocmix strip
	cp "$fixture" "$BATS_TEST_TMPDIR/prog"
	run -2 gobpf sym --debug-file "$BATS_TEST_TMPDIR/prog" "$BATS_TEST_TMPDIR/prog"
	[[ $output == *"is the program itself"* ]]
	cmp "$fixture" "$BATS_TEST_TMPDIR/prog"
	run -1 gobpf sym --debug-file /no/such/folder/x "$fixture"
	[[ $output == *"/no/such/folder/x: No such file or directory"* ]]
	run -1 gobpf sym --debug-file /dev/full "$fixture"
	[[ $output == *"No space left on device"* ]]
	run -2 gobpf sym --debug-file "" "$fixture"
	run -2 gobpf sym --debug-file x --json "$fixture"
	run -3 gobpf sym --debug-file "$BATS_TEST_TMPDIR/x" /bin/ls
	[ ! -e "$BATS_TEST_TMPDIR/x" ]
}

@test "debug file: without section headers the code is found by its segments" {
	requires addr2line
	fixture allocmix strip
	local cut=$BATS_TEST_TMPDIR/cut debug=$BATS_TEST_TMPDIR/debug at
	cp "$fixture" "$cut"
	# e_shoff, e_shnum and e_shstrndx are zero
	printf '\0\0\0\0\0\0\0\0' | dd of="$cut" bs=1 seek=40 conv=notrunc status=none
	printf '\0\0\0\0' | dd of="$cut" bs=1 seek=60 conv=notrunc status=none
	gobpf sym --debug-file "$debug" "$cut"
	at=$(gobpf sym "$cut" main.allocSmall | sed -n '$s/ .*//p')
	run -0 addr2line -fe "$debug" "$at"
	[ "${lines[0]}" = main.allocSmall ]
}
