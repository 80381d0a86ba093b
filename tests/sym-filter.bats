#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gobpf sym --filter: text that others wrote.  Oracles: what the runtime says of its own stacks, perf.

load helpers

@test "sym --filter: text passes, addresses in it get their frames" {
	fixture frames strip
	spawn frames "$fixture"
	await frames '^READY'
	local addr frames stack
	addr=$(sed -n 's/^SYM \([^ ]*\) .*(inlined)$/\1/p' "$BATS_TEST_TMPDIR/frames.log" | head -1)
	frames=$(sed -n "s/^SYM $addr //p" "$BATS_TEST_TMPDIR/frames.log" | awk '!seen[$0]++')
	stack="    ${frames//$'\n'/$'\n    '}"
	frames=${frames// (inlined)/}
	cat >"$BATS_TEST_TMPDIR/in" <<-EOT
		no address here, 0x0 and 0xdeadbeefdeadbeef0 neither
		@[
		    $addr
		    ${addr#0x}
		]: 3
		pc=$addr, +$addr x$addr
	EOT
	gobpf sym --filter "$fixture" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	diff "$BATS_TEST_TMPDIR/out" - <<-EOT
		no address here, 0x0 and 0xdeadbeefdeadbeef0 neither
		@[
		$stack
		$stack
		]: 3
		pc=$addr <${frames//$'\n'/, }>, +$addr x$addr
	EOT
	# the last line has no newline, and keeps having none
	[ "$(printf 'x' | gobpf sym --filter "$fixture" | od -An -c | tr -d ' ')" = x ]
	run -2 gobpf sym --filter --json "$fixture"
}

@test "sym --filter -r: lines of addresses are stacks, whose callers were left one byte later" {
	fixture frames strip
	local at
	at=$(gobpf sym "$fixture" main.main | sed -n '$s/ .*//p')
	run -0 gobpf sym --filter -r "$fixture" <<<"$at"$'\n'"$at"
	[[ ${lines[0]} == "main.main "* ]]
	[[ ${lines[1]} == main.* && ${lines[1]} != "main.main "* ]] # the function before
	run -0 gobpf sym -r "$fixture" "$at"
	[[ $output != *" main.main "* ]]
}

# perf_script ARG... - perf script of what was recorded, named by the debug file or not at all
perf_script() { HOME=$BATS_TEST_TMPDIR perf script -i "$BATS_TEST_TMPDIR/perf.data" "$@" 2>/dev/null; }

@test "sym --filter: what perf script has no name for in a stripped program, PIE or not" {
	requires root perf
	local words stacks symfs=$BATS_TEST_TMPDIR/symfs target
	for words in strip "strip pie" "strip cgo pie"; do
		# shellcheck disable=SC2086
		fixture allocmix $words
		mkdir -p "$symfs/${fixture%/*}"
		gobpf sym --debug-file "$symfs/$fixture" "$fixture"
		spawn mix "$fixture"
		await mix '^READY'
		for stacks in -g ""; do
			# shellcheck disable=SC2086
			perf_attach mix 50 $stacks -e cpu-clock:u -F 400
			perf_script | grep -vE '\(\[vdso\]\)|/libc\.so\.6\)' >"$BATS_TEST_TMPDIR/bare"
			# some of libc's functions have names that perf doesn't find
			grep -q "\[unknown\] ($fixture)" "$BATS_TEST_TMPDIR/bare"
			# the truth is what perf itself says when it has the symbols; an offset behind them is its own
			perf_script --symfs "$symfs" | grep -vE '\(\[vdso\]\)|/libc\.so\.6\)' | sed -E 's/\+0x[0-9a-f]+ \(/ (/' >"$BATS_TEST_TMPDIR/named"
			! grep -q "\[unknown\] ($fixture)" "$BATS_TEST_TMPDIR/named"
			for target in "${PID[mix]}" "$fixture"; do
				# of a PIE that ran somewhere only the process knows, or the stacks
				[[ $target != */* || $words != *pie || $stacks ]] || continue
				gobpf sym --filter --no-inline "$target" <"$BATS_TEST_TMPDIR/bare" |
					sed -E 's/\+0x[0-9a-f]+ \(/ (/' >"$BATS_TEST_TMPDIR/said"
				diff "$BATS_TEST_TMPDIR/named" "$BATS_TEST_TMPDIR/said" | head -20 >"$BATS_TEST_TMPDIR/wrong"
				[ ! -s "$BATS_TEST_TMPDIR/wrong" ] || fail "$words, $stacks, $target: $(cat "$BATS_TEST_TMPDIR/wrong")"
			done
		done
		end mix
	done
}

@test "sym --filter: lines of perf script, inlined calls, return addresses, and what is not this program's" {
	fixture frames strip
	local at offset file=$fixture bash
	at=$(gobpf sym --json "$file" main.main | jq -r '.[0].addr')
	offset=$(printf '%x' $((at - 0x400000)))
	bash=$(readlink -f "$(command -v bash)")
	# the linker puts the file's beginning there
	readelf -lW "$file" | grep -q 'LOAD  *0x000000 0x0*400000 '
	cat >"$BATS_TEST_TMPDIR/in" <<-EOT
		frames  4242  5.1:    1 cpu-clock:
		\tffffffff821f2fa7 exc_page_fault+0xd7 ([kernel.kallsyms])
		\t           $offset [unknown] ($file)
		\t           $offset [unknown] ($bash)
		\t           $offset [unknown] ([unknown])
		\t        fffffff [unknown] ($file)

		cafe  4242  5.1:    1 cpu-clock:    ${at#0x} [unknown] ($file)
	EOT
	sed -i 's/^\\t/\t/' "$BATS_TEST_TMPDIR/in"
	gobpf sym --filter "$file" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	sed "3s/\[unknown\]/main.main/; 8s/\[unknown\]/main.main/" "$BATS_TEST_TMPDIR/in" | diff - "$BATS_TEST_TMPDIR/out"
	# an address inside an inlined call, of which perf has the physical frame only
	local pc line
	# shellcheck disable=SC2046
	pc=$(gobpf sym --json "$file" $(printf 'main.main+%d ' {1..200}) |
		jq -r '[.[] | select(.frames | length == 4)][0].addr')
	[ "$pc" != null ]
	line=$(printf '\t%16x [unknown] (%s)' $((pc - 0x400000)) "$file")
	run -0 gobpf sym --filter "$file" <<<"$line"
	diff <(gobpf sym "$file" "$pc" | awk -v at="${line%% \[*}" -v file=" ($file)" \
		'{ print at " " $2 (/\(inlined\)$/ ? " (inlined)" : file) }') - <<<"$output"
	# the first of a stack is where it is, the others are behind calls
	at=$(printf '%x' $((0x$offset)))
	printf '\t%16s [unknown] (%s)\n' "$at" "$file" "$at" "$file" >"$BATS_TEST_TMPDIR/in"
	run -0 gobpf sym --filter -r --no-inline "$file" <"$BATS_TEST_TMPDIR/in"
	[[ ${lines[0]} == *"$at main.main ($file)" ]]
	[[ ${lines[1]} == *"$at $(gobpf sym --no-inline "$file" "$(printf '0x%x' $((0x$at + 0x3fffff)))" | awk '{ print $2 }') ($file)" ]]
	[[ ${lines[1]} != *" main.main ("* ]]
}
