#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Addresses in stacks that were read become frames: by the process, --exe, build ids, paths.

load helpers

setup() { cd "$TOP" || return; }

resolvelib() { "$(dirname "$GOBPF")/tests/resolvelib" "$@"; }

# started WORD... - runs a frames fixture; what it says of each address as a folded stack: expected
started() {
	fixture frames "$@"
	spawn frames "$fixture"
	await frames '^READY'
	awk -v OFS= '
		$1 == "ADDR" { addr = $2 }
		$1 == "SYM" { stack = $3 (stack == "" ? "" : ";" stack) }
		$1 == "SYM" && !/\(inlined\)$/ { print addr, " ", stack; stack = "" }' \
		"$BATS_TEST_TMPDIR/frames.log" >"$BATS_TEST_TMPDIR/truth"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -gt 60 ]
	cut -d ' ' -f 2- "$BATS_TEST_TMPDIR/truth" | sort | uniq -c | awk '{ print $2, $1 }' |
		LC_ALL=C sort >"$BATS_TEST_TMPDIR/expected"
}

# as_maps - the addresses on stdin as bpftrace prints stacks of one frame: 0x47a3b1
as_maps() { awk '{ printf "@[\n    %s\n]: 1\n", $1 }'; }

# short - CallersFrames leaves type arguments out, we have them as runtime/pprof does
short() { sed -E 's/\[go\.shape[^]]*\]+/[...]/g' | LC_ALL=C sort; }

# told ARG... - what fold ARG... makes of the addresses is what the fixture said
told() {
	as_maps <"$BATS_TEST_TMPDIR/truth" | gobpf fold "$@" >"$BATS_TEST_TMPDIR/said"
	diff "$BATS_TEST_TMPDIR/expected" <(short <"$BATS_TEST_TMPDIR/said")
}

told_by_process() {
	started "$@"
	told -p "${PID[frames]}"
	told -p "${PID[frames]}" --symbols always
}

@test "resolve: the addresses of a process: plain" { told_by_process; }
@test "resolve: the addresses of a process: stripped" { told_by_process strip; }
@test "resolve: the addresses of a process: stripped PIE" { told_by_process strip pie; }
@test "resolve: the addresses of a process: cgo" { told_by_process cgo; }
@test "resolve: the addresses of a process: stripped cgo PIE" { told_by_process strip cgo pie; }

@test "resolve: --exe, and other ways that bpftrace prints addresses" {
	started strip
	told --exe "$fixture"
	# raw mode; perf mode, where the file stands beside
	as_maps <"$BATS_TEST_TMPDIR/truth" | sed 's/ 0x/ /' | gobpf fold --exe "$fixture" | short |
		diff "$BATS_TEST_TMPDIR/expected" -
	as_maps <"$BATS_TEST_TMPDIR/truth" | sed -E "s|^ +0x(.*)|\t\1 [unknown] ($fixture)|" |
		gobpf fold | short | diff "$BATS_TEST_TMPDIR/expected" -
	# the process need not run, only its file be there; a program of the same name elsewhere is another
	kill "${PID[frames]}"
	told --exe "$fixture"
	told --symbols auto --exe "$fixture"
}

@test "resolve: the process may end once the command has begun" {
	started strip pie
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	"$GOBPF" fold -p "${PID[frames]}" <"$BATS_TEST_TMPDIR/fifo" >"$BATS_TEST_TMPDIR/said" 3>&- &
	local fold=$!
	exec 7>"$BATS_TEST_TMPDIR/fifo"
	# what it found stays open
	opened() { readlink "/proc/$fold/fd/"* 2>/dev/null | grep -qxF "$fixture"; }
	retry 60 opened
	kill "${PID[frames]}"
	ended() { ! alive frames; }
	wait "${PID[frames]}" || :
	as_maps <"$BATS_TEST_TMPDIR/truth" >&7
	exec 7>&-
	wait "$fold"
	diff "$BATS_TEST_TMPDIR/expected" <(short <"$BATS_TEST_TMPDIR/said")
}

@test "resolve: a deleted executable of a running process" {
	fixture frames strip
	cp "$fixture" "$BATS_TEST_TMPDIR/gone"
	spawn gone "$BATS_TEST_TMPDIR/gone"
	await gone '^READY'
	rm "$BATS_TEST_TMPDIR/gone"
	local addr
	addr=$(gobpf sym "$fixture" main.recurse | awk '{ print $1; exit }')
	run -0 --separate-stderr gobpf fold -p "${PID[gone]}" <<<"@[
    $addr
]: 3"
	[ "$output" = 'main.recurse 3' ]
	[ -z "$stderr" ]
}

@test "resolve: --symbols never and --as-is leave addresses, --symbols always puts inlined calls in" {
	started strip
	local addr stack
	read -r addr stack < <(grep ';' "$BATS_TEST_TMPDIR/truth" | grep -v '\[')
	run -0 --separate-stderr gobpf fold --symbols never --exe "$fixture" <<<"$(echo "$addr" | as_maps)"
	[ "$output" = "$addr 1" ]
	[ -z "$stderr" ]
	run -0 gobpf fold --as-is --exe "$fixture" <<<"$(echo "$addr" | as_maps)"
	[ "$output" = "$addr 1" ]
	# perf mode has a name, too: that of the outermost
	echo "$addr" | as_maps | sed -E "s|^ +0x(.*)|\t\1 ${stack%%;*}+7 ($fixture)|" >"$BATS_TEST_TMPDIR/named"
	run -0 gobpf fold "$BATS_TEST_TMPDIR/named"
	[ "$output" = "${stack%%;*} 1" ]
	run -0 gobpf fold --symbols always "$BATS_TEST_TMPDIR/named"
	[ "$output" = "$stack 1" ]
	# perf script's own inlined frames are not doubled, and stay where there is nothing better
	printf 'x 1 1.0: 1 cycles:\n\t%s main.inner (inlined)\n\t%s %s+%#x (%s)\n\n' "${addr#0x}" "${addr#0x}" \
		"${stack%%;*}" $((addr - $(gobpf sym "$fixture" "${stack%%;*}" | awk '{ print $1; exit }'))) "$fixture" >"$BATS_TEST_TMPDIR/inlined"
	run -0 gobpf fold --symbols always "$BATS_TEST_TMPDIR/inlined"
	[ "$output" = "x;$stack 1" ]
	run -0 gobpf fold --symbols always <(sed 's|(/.*)|(/gone)|' "$BATS_TEST_TMPDIR/inlined")
	[ "$output" = "x;${stack%%;*};main.inner 1" ]
	# a name that the file doesn't confirm stays
	sed 's/main\.[^+]*/main.other/' "$BATS_TEST_TMPDIR/named" >"$BATS_TEST_TMPDIR/other"
	run -0 gobpf fold --symbols always "$BATS_TEST_TMPDIR/other"
	[ "$output" = "main.other 1" ]
}

@test "resolve: return addresses are looked up where the call is" {
	requires go
	fixture frames nodwarf
	# a call that is followed by another line: behind it there is another position
	local addr call
	go tool objdump -s '^main\.recurse$' "$fixture" | awk '$1 ~ /^main\.go:/ { print $2, $1, $4 }' >"$BATS_TEST_TMPDIR/code"
	read -r addr call < <(awk 'call && $2 != call { print $1, call } { call = $3 == "CALL" ? $2 : "" }' "$BATS_TEST_TMPDIR/code")
	[ -n "$call" ]
	printf '@[\n    0x1\n    %s\n]: 1\n' "$addr" >"$BATS_TEST_TMPDIR/in"
	gobpf fold -q -f json --exe "$fixture" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	[ "main.go:$(jq '[.frames[] | select(.line)][0].line' "$BATS_TEST_TMPDIR/out")" = "$call" ]
	# one that is a function's first was never returned to
	addr=$(gobpf sym "$fixture" main.recurse | awk '{ print $1; exit }')
	printf '@[\n    0x1\n    %s\n]: 1\n' "$addr" >"$BATS_TEST_TMPDIR/in"
	spawn frames "$fixture"
	await frames '^READY'
	run -0 gobpf fold -q -p "${PID[frames]}" "$BATS_TEST_TMPDIR/in"
	[ "$output" = 'main.recurse;0x1 1' ]
	# the innermost frame is where the program was
	read -r addr _ < <(awk 'call && $2 != call { print $1, call } { call = $3 == "CALL" ? $2 : "" }' "$BATS_TEST_TMPDIR/code")
	printf '@[\n    %s\n]: 1\n' "$addr" >"$BATS_TEST_TMPDIR/in"
	gobpf fold -q -f json --exe "$fixture" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	[ "main.go:$(jq '[.frames[] | select(.line)][0].line' "$BATS_TEST_TMPDIR/out")" != "$call" ]
}

@test "resolve: go tool addr2line agrees on functions and lines" {
	requires go
	fixture frames nodwarf
	local plain=$fixture
	fixture frames strip
	go tool nm "$plain" | awk '$2 ~ /^[tT]$/ && $3 ~ /^(main|strings|sort|fmt|strconv)\./ && $3 !~ /\[|\.abi0$/ { print "0x" $1 }' \
		>"$BATS_TEST_TMPDIR/addresses"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/addresses")" -gt 100 ]
	go tool addr2line "$plain" <"$BATS_TEST_TMPDIR/addresses" | paste - - >"$BATS_TEST_TMPDIR/theirs"
	as_maps <"$BATS_TEST_TMPDIR/addresses" | gobpf fold -f json --exe "$fixture" |
		jq -r '. as $p | [.stacks[] | [.frames[] as $i | $p.frames[$i]] | {(.[0].addr): "\(.[-1].func)\t\(.[0].file):\(.[0].line)"}] | add | to_entries | sort_by(.key)[].value' \
			>"$BATS_TEST_TMPDIR/ours"
	diff <(sort "$BATS_TEST_TMPDIR/theirs") <(sort "$BATS_TEST_TMPDIR/ours")
}

# bats test_tags=probe
@test "resolve: what bpftrace records of a stripped program, and the caller that it misses" {
	requires root bpftrace
	fixture counted strip
	spawn counted "$fixture"
	await counted '^READY'
	local in=$BATS_TEST_TMPDIR/bt.log addr
	addr=$(gobpf sym "$fixture" main.allocEdge | awk '{ print $1; exit }')
	# Behind the check of the stack, which runs twice when the goroutine is asked to yield. On a
	# stripped file bpftrace 0.17 takes places in the file; Go's linker puts them so.
	spawn bt env __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 bpftrace -B none --unsafe -e "uprobe:$fixture:$((addr + 6 - 0x400000)) /pid == ${PID[counted]}/ {
		@[ustack, *(uint64 *)reg(\"sp\")] = count(); @perf[ustack(perf), usym(*(uint64 *)reg(\"sp\")), comm] = count();
		@without[ustack] = count(); }"
	await bt '^__BPFTRACE_NOTIFY_PROBES_ATTACHED$'
	tell counted work
	await counted '^DONE$'
	stop_bpftrace bt
	run -0 --separate-stderr gobpf fold -p "${PID[counted]}" --caller 2 "$in"
	[ "$output" = 'main.work.func1;main.allocEdge 211' ]
	run -0 gobpf fold --exe "$fixture" --caller 2 "$in"
	[ "$output" = 'main.work.func1;main.allocEdge 211' ]
	run -0 gobpf fold --value perf -p "${PID[counted]}" --caller 2 "$in"
	[ "$output" = 'counted-strip-g;main.work.func1;main.allocEdge 211' ]
	# without it the caller is missing, unless this kernel puts it back
	run -0 gobpf fold --value without -p "${PID[counted]}" --caller 2 "$in"
	[ "$output" = 'main.allocEdge 211' ] || [ "$output" = 'main.work.func1;main.allocEdge 211' ]
}

@test "resolve: --caller" {
	local in=$BATS_TEST_TMPDIR/in
	printf '@[\n    main.a+0\n    main.c+5\n, %s]: %s\n' 4312254 3 main.b 4 main.c 5 0 6 0x0 7 0x41ccbe 8 >"$in"
	printf '@[comm, \n    vfs_read+1\n    do_syscall_64+5\n, \n    main.a+0\n, main.b]: 9\n' >>"$in"
	printf '@[\n 401000\n 41ccbe\n, 4312254]: 10\n' >>"$in"
	run -0 gobpf fold -q --caller 2 <(head -24 "$in")
	diff - <(echo "$output") <<'END'
main.c;0x41ccbe;main.a 11
main.c;main.a 18
main.c;main.b;main.a 4
END
	run -0 gobpf fold -q --caller 4 "$in"
	grep -qxF 'comm;main.b;main.a;do_syscall_64_[k];vfs_read_[k] 9' <<<"$output"
	run -0 gobpf fold -q --caller 2 <(tail -4 "$in")
	[ "$output" = '0x41ccbe;0x401000 10' ]
	run -1 --separate-stderr gobpf fold --caller 9 "$in"
	[[ $stderr == "gobpf fold: $in: --caller 9: no map has an address as key 9, behind a stack" ]]
	run -1 --separate-stderr gobpf fold --caller 2 <<<$'@[\n    main.a+0\n, 4242]: 3'
	[[ $stderr == "gobpf fold: stdin: line 3: key 2 is '4242', not the address of code"* ]]
	run -2 gobpf fold --caller 1 "$in"
	run -0 gobpf fold -q --caller 2 <<<'{"type": "map", "data": {"@": {"\n    main.a+1\n    main.c+5\n,4312254": 3}}}'
	[ "$output" = 'main.c;0x41ccbe;main.a 3' ]
	# what has no keys is not passed off as complete
	run -1 --separate-stderr gobpf fold --caller 2 <<<'main.c;main.a 3'
	[[ $stderr == "gobpf fold: stdin: --caller is for bpftrace's maps, these are folded stacks" ]]
}

@test "resolve: wrong files are said, and give no names" {
	requires go
	fixture frames nodwarf
	local twin=$fixture
	fixture leakyd strip
	# another program, at the same addresses: its calls stand elsewhere
	echo '@[
    0x1' >"$BATS_TEST_TMPDIR/in"
	go tool objdump -s '^main\.' "$twin" | awk 'call { print "    " $2 } { call = $4 == "CALL" }' >>"$BATS_TEST_TMPDIR/in"
	echo ']: 1' >>"$BATS_TEST_TMPDIR/in"
	run -0 --separate-stderr gobpf fold --exe "$fixture" "$BATS_TEST_TMPDIR/in"
	[[ $output != *main.* && $output != *runtime.* ]]
	[[ $stderr == "gobpf fold: $fixture: "*" addresses without a name: another program or another build: most return addresses aren't behind calls there" ]]
	run -0 --separate-stderr gobpf fold --exe "$(tests/fixtures/build frames strip)" "$BATS_TEST_TMPDIR/in"
	[[ $output == *main.main* ]]
	[[ $stderr == *": 1 address without a name: outside of --exe" ]]
	run -0 --separate-stderr gobpf fold -q --exe "$fixture" "$BATS_TEST_TMPDIR/in"
	[ -z "$stderr" ]
	# run-time addresses of a PIE can't be told from others
	fixture frames strip pie
	run -0 --separate-stderr gobpf fold --exe "$fixture" <<<$'@[\n    0x7f0000001000\n]: 1'
	[[ $stderr == "gobpf fold: $fixture: 1 address without a name: outside of --exe, which is position-independent: "* ]]
	run -3 --separate-stderr gobpf fold --exe /nonexistent "$BATS_TEST_TMPDIR/in"
	[ "$stderr" = 'gobpf fold: --exe: /nonexistent: No such file or directory' ]
	run -3 --separate-stderr gobpf fold --exe "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/in"
	[[ $stderr == "gobpf fold: --exe: $BATS_TEST_TMPDIR/in "* ]]
	run -2 gobpf fold --exe "$fixture" -p 1 /nonexistent
	run -2 gobpf fold --symbols sometimes /nonexistent
}

@test "resolve: processes that are gone, or not ours" {
	run -3 --separate-stderr gobpf fold -p 4194305 /nonexistent
	[ "$stderr" = 'gobpf fold: no process 4194305' ]
	run -3 gobpf fold -p nosuchprocess /nonexistent
	requires root setpriv
	spawn sleeper sleep 600
	open=$(mktemp -d /tmp/gobpf.XXXXXX)
	chmod 755 "$open"
	cp "$GOBPF" "$open/gobpf"
	run -4 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "$open/gobpf" fold -p "${PID[sleeper]}"
	rm -r "$open"
	[[ $stderr == *"not permitted to look into process ${PID[sleeper]}"* ]]
	kill "${PID[sleeper]}"
}

@test "resolve: a mapping's file by its path, its place and its build id" {
	requires readelf
	fixture allocmix strip cgo pie
	local addr main id lib offset vaddr
	main=$(gobpf sym "$fixture" main.allocSmall | awk '{ print $1; exit }')
	id=$(readelf -n "$fixture" | awk '/Build ID:/ { print $3 }')
	[ ${#id} -eq 40 ]
	# loaded at 0x555500000000: the executable segment
	read -r offset vaddr < <(readelf -lW "$fixture" | awk '$1 == "LOAD" && / R E / { print $2, $3; exit }')
	addr=$(printf '%#x' $((0x555500000000 + main)))
	local place
	place=$(printf '%#x-0x555600000000@%#x' $((0x555500000000 + vaddr)) $((offset)))
	run -0 resolvelib map="$fixture" place="$place" at="$addr"
	[[ $output == "1 main.allocSmall $addr" ]]
	run -0 resolvelib map="$fixture" id="$id" place="$place" at="$addr" return="$addr"
	[ "$output" = "2 main.allocSmall $addr" ]
	# offsets in the file
	run -0 resolvelib map="$fixture" place=0-0xffffffffffffffff@0 at="$(printf '%#x' $((main - vaddr + offset)))"
	[[ $output == "1 main.allocSmall "* ]]
	run -0 resolvelib map="$fixture" place="$place" drop at="$addr"
	[ "$output" = '1 main.allocSmall' ]
	# short ones are filled up with zeroes; another one is another file
	run -0 resolvelib map="$fixture" id="${id}0000" place="$place" at="$addr"
	[ "$output" = "1 main.allocSmall $addr" ]
	run -0 resolvelib map="$fixture" id="${id:0:38}ff" place="$place" at="$addr" named=main.other@"$addr"
	[ "${lines[0]}" = "1 $addr $addr" ]
	[ "${lines[2]}" = "$fixture: 1 address without a name: changed since the recording; pass --exe with the file that ran" ]
	# --exe of that name is as good as the path, and held to the build id as well
	cp "$fixture" "$BATS_TEST_TMPDIR/copy"
	run -0 resolvelib exe="$BATS_TEST_TMPDIR/copy" map=/gone/copy place="$place" at="$addr"
	[ "$output" = "1 main.allocSmall $addr" ]
	run -0 resolvelib exe="$BATS_TEST_TMPDIR/copy" map=/gone/other id="$id" place="$place" at="$addr"
	[ "$output" = "1 main.allocSmall $addr" ]
	run -0 resolvelib exe="$BATS_TEST_TMPDIR/copy" map=/gone/copy id="${id:0:38}ff" place="$place" at="$addr"
	[ "${lines[1]}" = '/gone/copy: 1 address without a name: --exe is another build than the one recorded' ]
	run -0 resolvelib exe="$BATS_TEST_TMPDIR/copy" map=/gone/other place="$place" at="$addr"
	[ "${lines[1]}" = '/gone/other: 1 address without a name: not found here; pass --exe FILE, -p PID or --debug-dir DIR' ]
	# by a function's address, as perf script has it; one that fits no page is of another build
	run -0 resolvelib map="$fixture" anchor=main.allocSmall@"$addr" at="$addr"
	[ "$output" = "1 main.allocSmall $addr" ]
	run -0 resolvelib map="$fixture" anchor=main.allocSmall@"$(printf '%#x' $((addr + 16)))" at="$addr"
	[[ ${lines[1]} == *': changed since the recording; '* ]]
	run -0 resolvelib map="$fixture" anchor=main.nobody@"$addr" at="$addr"
	[[ ${lines[1]} == *': changed since the recording; '* ]]
	run -0 resolvelib map="$fixture" at="$addr"
	[[ ${lines[1]} == *": position-independent, and where it was loaded isn't known; "* ]]
	run -0 resolvelib map="$fixture (deleted)" place="$place" at="$addr"
	[ "$output" = "1 main.allocSmall $addr" ]
}

@test "resolve: files by their build id below the debug folders" {
	requires readelf
	fixture allocmix strip cgo
	local main id dir=$BATS_TEST_TMPDIR/debug
	main=$(gobpf sym "$fixture" main.allocSmall | awk '{ print $1; exit }')
	id=$(readelf -n "$fixture" | awk '/Build ID:/ { print $3 }')
	mkdir -p "$dir/.build-id/${id:0:2}/${id:2}" "$BATS_TEST_TMPDIR/.debug"
	cp "$fixture" "$dir/.build-id/${id:0:2}/${id:2}/elf"
	run -0 resolvelib map=/gone/x id="$id" at="$main"
	[[ ${lines[1]} == '/gone/x: 1 address without a name: not found here'* ]]
	run -0 resolvelib debug="$dir" map=/gone/x id="$id" at="$main"
	[ "$output" = "1 main.allocSmall $main" ]
	HOME=$BATS_TEST_TMPDIR run -0 resolvelib map=/gone/x id="$id" at="$main"
	[[ ${lines[1]} == *'not found here'* ]]
	mv "$dir/.build-id" "$BATS_TEST_TMPDIR/.debug/"
	HOME=$BATS_TEST_TMPDIR run -0 resolvelib map=/gone/x id="$id" at="$main"
	[ "$output" = "1 main.allocSmall $main" ]
	# a name as perf's older cache has it, as distributions have it, and by path
	dir=$BATS_TEST_TMPDIR/debug2
	mkdir -p "$dir/.build-id/${id:0:2}" "$dir/gone"
	cp "$fixture" "$dir/.build-id/${id:0:2}/${id:2}.debug"
	run -0 resolvelib debug="$dir" map=/gone/x id="$id" at="$main"
	[ "$output" = "1 main.allocSmall $main" ]
	cp "$fixture" "$dir/gone/y"
	run -0 resolvelib debug="$dir" map=/gone/y at="$main" map=/else/y at="$main"
	[[ ${lines[0]} == "1 main.allocSmall $main" && ${lines[1]} == "1 $main $main" ]]
	# what is no build id is no path
	run -0 resolvelib debug="$dir" map=/gone/x id="../../gone/y" at="$main"
	[[ ${lines[1]} == *'not found here'* ]]
}

@test "resolve: C code, the vDSO, the kernel, code made at run time" {
	requires root
	local libc addr sym id
	sym=$(awk '$3 == "vfs_read" { print $1 }' /proc/kallsyms)
	[ -n "$sym" ]
	printf '@[\n    %s\n    %x\n]: 2\n' "$sym" $((0x$sym + 1)) >"$BATS_TEST_TMPDIR/in"
	run -0 gobpf fold -p $$ "$BATS_TEST_TMPDIR/in"
	[ "$output" = 'vfs_read_[k];vfs_read_[k] 2' ]
	# of which kernel?
	run -0 --separate-stderr gobpf fold "$BATS_TEST_TMPDIR/in"
	[[ $output == *"0x${sym}_[k] 2" ]]
	[[ $stderr == "gobpf fold: kernel: 2 addresses without a name: of which kernel isn't known; pass -p PID"* ]]
	run -0 resolvelib map='[kernel.kallsyms]' anchor=vfs_read@"0x$sym" kernel="0x$sym"
	[ "$output" = "1 vfs_read_[k] 0x$sym" ]
	run -0 resolvelib map='[kernel.kallsyms]' anchor=vfs_write@"0x$sym" kernel="0x$sym"
	[[ ${lines[1]} == *'another kernel than this one, or another boot' ]]
	run -0 resolvelib map='[kernel.kallsyms]' anchor=_text@0xffffffff81000000 kernel="0x$sym"
	[[ ${lines[1]} == *"of which kernel isn't known; "* ]]
	run -0 resolvelib map='[kernel.kallsyms]' id=0123456789abcdef0123 kernel="0x$sym"
	[ "${lines[0]}" = "1 0x${sym}_[k] 0x$sym" ]
	[ "${lines[1]}" = '[kernel.kallsyms]: 1 address without a name: another kernel than this one, or another boot' ]
	# the note: lengths 4 and 20, type 3, "GNU"
	id=$(od -An -v -tx1 /sys/kernel/notes | tr -d ' \n' | sed -n 's/.*040000001400000003000000474e5500\(.\{40\}\).*/\1/p')
	[ -z "$id" ] || [ "$(resolvelib map='[kernel.kallsyms]' id="$id" kernel="0x$sym")" = "1 vfs_read_[k] 0x$sym" ]
	run -0 resolvelib map='[kernel.kallsyms]_text' anchor=_text@0xffffffff00001000 kernel="0x$sym"
	[[ ${lines[1]} == *'another kernel than this one, or another boot' ]]
	# a compiler's map
	printf '7f0000001000 20 js:hot one\n7f0000001020 10 cold\nnonsense\n' >/tmp/perf-4194399.map
	run -0 resolvelib map=//anon pid=4194399 place=0x7f0000000000-0x7f0000002000@0 at=0x7f000000101f at=0x7f0000001030
	rm /tmp/perf-4194399.map
	[ "${lines[0]}" = '1 js:hot one 0x7f000000101f' ]
	[ "${#lines[@]}" -eq 2 ]
	run -0 resolvelib map=//anon pid=4194398 at=0x7f000000101f
	[ "${lines[1]}" = '//anon: 1 address without a name: no file, and no perf-PID.map of what was made at run time' ]
}

# sampled WORD... - perf's samples of an allocmix fixture: x.data, and as perf script tells them: x.txt
sampled() {
	cd "$BATS_TEST_TMPDIR" || return
	fixture allocmix "$@"
	spawn mix "$fixture" 400
	await mix '^READY'
	perf_attach mix 200 -e cpu-clock -F 1000 -g
	mv perf.data x.data
	kill "${PID[mix]}"
	perf script -i x.data --no-inline >x.txt 2>/dev/null
	gobpf fold x.data >data 2>err
	[ -s data ]
	[ ! -s err ] || fail "$(cat err)"
}

# unnamed FILE - folded stacks without what broken ones lead to, and without the kernel's frames and the
# vDSO's: some functions there have several names
unnamed() {
	sed -E 's/;[^;]*_\[k\]//g; s/;(0x[0-9a-f]+|\[unknown\])//g; s/__vdso_//g' "$1" |
		awk '{ n[$1] += $2 } END { for (s in n) print s, n[s] }' | LC_ALL=C sort
}

# bats test_tags=perf
@test "resolve: perf.data and perf script's text, from the same samples, are the same, stripped or not" {
	requires root perf
	local words
	for words in noinline strip 'strip pie'; do
		# shellcheck disable=SC2086
		sampled $words
		gobpf fold --symbols always x.txt >text
		diff <(unnamed data) <(unnamed text) || fail "$words" || return
		grep -q 'main\.(\*mixer)\.step;main\.allocSmall' data || fail "$words: $(cat data)" || return
		# a stripped file has its names as well, and the calls that were inlined into others
		[ "$words" = noinline ] || grep -q 'main\.handle;main\.fill' data || fail "$words: $(cat data)" || return
		cd "$TOP" || return
	done
}
