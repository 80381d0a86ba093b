#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gobpf script, and scripts/heap-hotspots.bt alone, on each bpftrace at hand.
# GOBPF_BPFTRACES: further ones, separated by colons; see tests/get-bpftrace.
# shellcheck disable=SC2016 # $1 is for bpftrace
# bats file_tags=long

load helpers
load bt

SCRIPT=$TOP/scripts/heap-hotspots.bt

# version_of BPFTRACE - "17" for 0.17
version_of() { "$1" --version | sed -nE 's/^bpftrace v?0\.([0-9]+)\..*/\1/p'; }

# burst WORD... - starts the fixture built so; its stack has grown before anything is counted
burst() {
	fixture burst "$@"
	spawn burst "$fixture"
	await burst '^READY'
	allocate go
}

# allocate WORD - the fixture allocates its 1009 objects, and has done so
allocate() {
	local before
	before=$(grep -c '^DONE' "$BATS_TEST_TMPDIR/burst.log" || :)
	tell burst "$1"
	await burst '^DONE 1009' 60 $((before + 1))
}

# callers NAME - NAME's output with a name for the immediate caller of each entry, which bpftrace
# can't know in a stripped program
callers() {
	local log=$BATS_TEST_TMPDIR/$1.log addr line edit=()
	while read -r addr; do
		line=$(gobpf sym "${PID[burst]}" "$addr" | tail -1)
		edit+=(-e "s,^\, $addr\],\, ${line//,/ }],")
	done < <(sed -nE 's/^, (0x[0-9a-f]+)\]: .*/\1/p' "$log" | sort -u)
	sed "${edit[@]}" -e '' "$log"
}

# sums MAP - what the entries of @MAP for large objects add up to, of output on stdin
sums() {
	awk -v map="@$1[" '
		/^@/ { counts = $0 == map }
		/\]: [0-9]+$/ { if (counts && /allocLarge/) sum += $NF; counts = 0 }
		END { print sum + 0 }'
}

# counted NAME - 1009 objects of 40 KiB went into NAME's output, no more, no fewer
counted() {
	[ "$(callers "$1" | sums objects)" = 1009 ] || { fail "not 1009 objects"; return; }
	[ "$(callers "$1" | sums bytes)" = $((1009 * 40960)) ] || fail "not 1009 times 40 KiB"
}

# by_name CMD... - as counted, for probes at the entry: one hit more is seen when the goroutine
# is preempted just there, which a busy machine does now and then; never one fewer
by_name() {
	local try objects
	for try in 1 2 3 4 5; do
		"$@"
		objects=$(callers "$1" | sums objects)
		((objects >= 1009)) || { fail "only $objects objects"; return; }
		((objects > 1009)) || break
	done
	counted "$1"
}

# probed NAME COUNT - COUNT probes of NAME are attached
probed() { probed_in burst "$@"; }

# resolved_run BPFTRACE WORD - the resolved script while the fixture does WORD
resolved_run() {
	spawn resolved_run "$GOBPF" script --bpftrace "$1" --run heap-hotspots "${PID[burst]}" 60 1
	probed resolved_run 3
	allocate "$2"
	stop resolved_run
}

# plain_run BPFTRACE WORD - the script alone, likewise
plain_run() {
	spawn plain_run "$1" "$BATS_TEST_TMPDIR/hh.bt" "/proc/${PID[burst]}/exe" "${PID[burst]}" 60 1
	probed plain_run 3
	allocate "$2"
	stop_bpftrace plain_run
}

# each_resolved WORD... - exact counts with each bpftrace. Not to be called with ||,
# which would make bash go on after a failure.
each_resolved() {
	local bt
	burst "$@"
	while read -r bt; do
		resolved_run "$bt" go
		counted resolved_run
		unharmed burst
	done < <(bpftraces)
}

# resolved BPFTRACE [NAME] - the text for the fixture
resolved() { gobpf script --bpftrace "$1" "${2:-heap-hotspots}" "${PID[burst]}"; }

# own NAME - a script from stdin
own() {
	mkdir -p "$BATS_TEST_TMPDIR/scripts"
	cat >"$BATS_TEST_TMPDIR/scripts/$1.bt"
}
mine() { gobpf --script-path "$BATS_TEST_TMPDIR/scripts" script "$@"; }

# lib MODE - the test program of helpers/script, with stdin
lib() {
	local program
	program=$(dirname "$GOBPF")/tests/scriptlib
	[ -x "$program" ] || { fail "no $program: make test-programs, or run by make check"; return; }
	"$program" "$@"
}

@test "script: stacks as the bpftraces print them, with the caller put back once" {
	run -0 lib read <<-'EOT'
		Watching process 1 for 60 s...
		@total: 5
		@bytes[
		    0x47a3b1
		    0x401000
		, 4312254]: 8192
		@bytes[
			47a3b1 main.f+12 (/exe)
			41ccbe runtime.mallocgc+1 (/exe)
			401000 main.main+0 (/exe)
		, 0x41ccbe]: 7
		@objects[
		47a3b1
		]: -3
		@other[1, 2]: 4
		@none[
		, 5]: 6
	EOT
	diff - <(echo "$output") <<-'EOT'
		bytes 8192 47a3b1 41ccbe 401000
		bytes 7 47a3b1 41ccbe 401000
		objects -3 47a3b1
		none 6
	EOT
}

@test "script: output that is cut off or not understood is an error" {
	run -1 lib read <<<$'@bytes[\n 0x1'
	[[ $output == *"ends in the middle of map @bytes"* ]]
	run -1 lib read <<<$'@bytes[\n 0x1\n main.f+8\n]: 1'
	[[ $output == *"something unexpected: ' main.f+8'"* ]]
	run -1 lib read <<<$'@bytes[\n 0x1\n]: 99999999999999999999'
	[[ $output == *"something unexpected"* ]]
}

@test "script: bpftrace's versions and noise" {
	[ "$(lib version <<<'bpftrace v0.17.0')" = '0.17.0 offsets' ]
	[ "$(lib version <<<'bpftrace 0.27.1-12-gabc')" = '0.27.1 addresses' ]
	[ "$(lib version <<<'bpftrace v0.11.3')" = '0.11.3 too old' ]
	run -1 lib version <<<'version 3'
	run -0 lib noise <<-'EOT'
		ERROR: Unknown error -1: couldn't set RLIMIT_MEMLOCK for bpftrace. If your program is not loading, you can try "ulimit -l 8192" to fix the problem
		Attaching 2 probes...
		__BPFTRACE_NOTIFY_PROBES_ATTACHED
		WARNING: Map full; can't update element
		open(/sys/kernel/tracing/uprobe_events): No such file or directory
		ERROR: failed to detach probe: uprobe:/proc/1/exe:0x1
	EOT
	[ "$output" = "WARNING: Map full; can't update element" ]
}

@test "script: without a PID, the file as it is" {
	run -0 gobpf script heap-hotspots
	[ "$output" = "$(<"$SCRIPT")" ]
}

@test "script: the runbook edition alone counts 1009 large objects at their site" {
	requires root bpftrace
	local bt
	burst
	while read -r bt; do
		cp "$SCRIPT" "$BATS_TEST_TMPDIR/hh.bt"
		by_name plain_run "$bt" gently
		grep -q 'main.allocBurst+' "$BATS_TEST_TMPDIR/plain_run.log"
	done < <(bpftraces)
	unharmed burst
}

@test "script: the runbook edition prints nothing but its results, while hits go on" {
	requires root bpftrace
	local bt
	fixture allocmix
	spawn mix "$fixture"
	await mix '^READY'
	cp "$SCRIPT" "$BATS_TEST_TMPDIR/hh.bt"
	while read -r bt; do
		run -0 --separate-stderr "$bt" "$BATS_TEST_TMPDIR/hh.bt" "/proc/${PID[mix]}/exe" "${PID[mix]}" 1
		[ "$(grep -oE '^@[a-z]+' <<<"$output" | sort -u | grep -vx '@unplaced')" = $'@bytes\n@objects' ] ||
			fail "$bt: $(grep -E '^@' <<<"$output" | sort | uniq -c)"
		# what bpftrace remarks at hits keeps it from coming to an end
		[[ $output != *WARNING* ]]
	done < <(bpftraces)
	unharmed mix
}

@test "script: the runbook edition ends by itself and prints at most twenty stacks" {
	requires root bpftrace
	burst
	run -0 --separate-stderr bpftrace "$SCRIPT" "/proc/${PID[burst]}/exe" "${PID[burst]}" 1
	[[ $output == *"Watching process ${PID[burst]} for 1 s"* ]]
	(($(grep -c '^@bytes\[' <<<"$output") <= 20))
}

@test "script: the runbook edition's table is that of the Go runtime" {
	requires go
	local root sizes
	root=$(go env GOROOT)/src
	sizes=$(cat "$root"/runtime/sizeclasses.go "$root"/internal/runtime/gc/sizeclasses.go 2>/dev/null || :)
	sizes=$(sed -nE 's/^var (class_to_size|SizeClassToSize) .*\{(.*)\}/\2/p' <<<"$sizes")
	[ -n "$sizes" ]
	diff <(tr -d ' ' <<<"$sizes" | tr , '\n' | awk 'NR > 1 { printf "@size[%d] = %d;\n", NR - 1, $1 }') \
		<(grep -oE '@size\[[0-9]+\] = [0-9]+;' "$SCRIPT")
}

# bats test_tags=probe
@test "script: resolved, with symbols" {
	requires root bpftrace
	each_resolved
}

# bats test_tags=probe
@test "script: resolved, stripped" {
	requires root bpftrace
	each_resolved strip
}

# bats test_tags=probe
@test "script: resolved, stripped PIE" {
	requires root bpftrace
	each_resolved strip pie
}

# bats test_tags=probe
@test "script: resolved, stripped cgo PIE" {
	requires root bpftrace
	each_resolved strip cgo pie
}

# bats test_tags=probe
@test "script: resolved, cgo PIE with symbols, where 0.17 has only the name" {
	requires root bpftrace
	local bt
	burst cgo pie
	while read -r bt; do
		by_name resolved_run "$bt" gently
		unharmed burst
	done < <(bpftraces)
}

@test "script: probes stand at the cheap place, by what the bpftrace accepts" {
	requires root bpftrace
	local bt place own
	burst
	place=$("$GOBPF" sym "$fixture" 'runtime.(*mcache).refill' | grep -oE '0x[0-9a-f]+' | head -1)
	while read -r bt; do
		run -0 --separate-stderr resolved "$bt"
		if (($(version_of "$bt") >= 23)); then
			[[ ${lines[0]} == '#!/usr/bin/env bpftrace' ]]
			# the entry itself is expensive
			[[ $output == *$'\nuprobe:/proc/'"${PID[burst]}/exe:0x"* ]]
			[[ $output != *"exe:$place"$'\n'* ]]
		else
			[[ ${lines[0]} == '#!/usr/bin/env -S bpftrace --unsafe' ]]
			[[ $output == *'refill: file offset 0x'* ]]
		fi
		[[ $output != *'"runtime.'* ]]
own="pid == ${PID[burst]} && @seconds && (int64)reg(\"bx\") > 0"
		[[ $output == *"/$own/"* || $output == *"/($own) && (reg("* ]]
	done < <(bpftraces)
}

@test "script: the resolved text names the build that it is for" {
	requires root bpftrace
	burst strip
	run -0 --separate-stderr resolved "$(command -v bpftrace)"
	[[ ${lines[2]} =~ build\ id\ [0-9a-f]{40} || ${lines[2]} =~ build\ id\ [-_/A-Za-z0-9]+ ]]
}

@test "script: a function that the program lacks is left out with a remark" {
	requires root bpftrace
	burst strip
	own two <<-'EOT'
		// uprobe:$1:"main.inAComment" { }
		uprobe:$1:"main.absent", uprobe:$1:"main.allocBurst"
		/pid == $2/ { @both = count(); }
		uprobe:$1:"main.alsoAbsent" { @never = count(); }
		BEGIN { printf("%s $1 uprobe:$1:\"main.inAString\" %d %d\n", str($3), $4, $#); }
	EOT
	run -0 --separate-stderr mine two "${PID[burst]}" 'a "word"' 7
	[[ $stderr == *"main.absent left out: the program has no such function"* ]]
	[[ $stderr == *"main.alsoAbsent left out"* ]]
	[[ $stderr != *"main.allocBurst"* ]]
	[[ $output == *'@both'* && $output != *'@never'* ]]
	[[ $output == *'"%s $1 uprobe:$1:\"main.inAString\" %d %d\n", "a \"word\"", 7, 4)'* ]]
	[[ $output == *'// uprobe:$1:"main.inAComment"'* ]]
}

@test "script: nothing to probe is an error that says so" {
	requires root bpftrace
	burst
	own none <<<'uprobe:$1:"main.absent" { @ = count(); }'
	run -3 --separate-stderr mine --run none "${PID[burst]}"
	[[ $stderr == *"nothing to probe"*"main.absent"* ]]
}

@test "script: a uretprobe on the target is refused" {
	requires root bpftrace
	burst
	own ret <<<'uretprobe:$1:"main.allocBurst" { @ = count(); }'
	run -4 --separate-stderr mine --run ret "${PID[burst]}"
	[[ $stderr == *"ret.bt line 1: a uretprobe on a Go function crashes"* ]]
	unharmed burst
}

@test "script: a broken script is named with its line" {
	requires root bpftrace
	burst
	own broken <<<$'BEGIN { }\n\nuprobe:$1:"main.allocBurst" { @ = count(;'
	run -2 --separate-stderr mine broken "${PID[burst]}"
	[[ $stderr == *"broken.bt: line 3: a block has no end"* ]]
	own wrong <<<'uprobe:$1:"main.allocBurst" { @ = nosuchfunction(); }'
	run -2 --separate-stderr mine --run wrong "${PID[burst]}"
	[[ $stderr == "gobpf script: wrong.bt:"*": Unknown function: "*nosuchfunction* ]]
	unharmed burst
}

@test "script: an argument that must be a number" {
	requires root bpftrace
	burst
	run -2 --separate-stderr gobpf script heap-hotspots "${PID[burst]}" ten
	[[ $stderr == *"argument 3, 'ten', must be a number"* ]]
}

@test "script: an argument that the script has no use for" {
	requires root bpftrace
	burst
	run -2 --separate-stderr gobpf script heap-hotspots "${PID[burst]}" 30 1 s
	[ "$stderr" = "gobpf script: heap-hotspots.bt has no use for the argument 's': \$4 is its last" ]
	own none <<<'// $1
		BEGIN { printf("$1\n"); exit(); }'
	run -2 --separate-stderr mine none "${PID[burst]}"
	[[ $stderr == *"none.bt takes no arguments: '${PID[burst]}' is one too many" ]]
	own one <<<'BEGIN { exit(); } uprobe:$1:"main.allocBurst" { @ = count(); }'
	run -0 --separate-stderr mine one "${PID[burst]}"
	run -2 --separate-stderr mine one "${PID[burst]}" 7
	[[ $stderr == *"'7': \$2 is its last" ]]
	own any <<<'BEGIN { printf("%d\n", $#); exit(); }'
	run -0 --separate-stderr mine any 7 8
	[[ $output == *'"%d\n", 2)'* ]]
}

@test "script: no such script, no PID" {
	run -2 --separate-stderr gobpf script nosuchscript
	[[ $stderr == *"no script 'nosuchscript'"* ]]
	run -2 --separate-stderr gobpf script --run heap-hotspots
	[[ $stderr == *"which PID?"* ]]
}

@test "script: NAME.bt of a user is a command" {
	requires root bpftrace
	own hello <<<'BEGIN { printf("hello %s\n", str($1)); exit(); }'
	run -0 --separate-stderr gobpf --script-path "$BATS_TEST_TMPDIR/scripts" hello world
	[ "$output" = "hello world" ]
}

@test "script: bpftrace missing, not bpftrace, too old" {
	requires root
	burst
	fake() {
		printf '#!/bin/sh\necho "%s"\n' "$1" >"$BATS_TEST_TMPDIR/fake"
		chmod +x "$BATS_TEST_TMPDIR/fake"
	}
	empty_path() { PATH=/var/empty "$GOBPF" "$@"; }
	run -4 --separate-stderr empty_path script --run heap-hotspots "${PID[burst]}"
	[[ $stderr == *"apt-get install bpftrace"* ]]
	fake 'something else 1.2'
	run -4 --separate-stderr gobpf script --bpftrace "$BATS_TEST_TMPDIR/fake" heap-hotspots "${PID[burst]}"
	[[ $stderr == *"doesn't say which bpftrace it is"* ]]
	fake 'bpftrace v0.16.9'
	run -4 --separate-stderr gobpf script --bpftrace "$BATS_TEST_TMPDIR/fake" heap-hotspots "${PID[burst]}"
	[[ $stderr == *"0.16.9: too old, at least 0.17 is needed"* ]]
	if [ "${GOBPF_OLD_BPFTRACE-}" ]; then	# a real one: tests/get-bpftrace bullseye
		run -4 --separate-stderr gobpf script --bpftrace "$GOBPF_OLD_BPFTRACE" heap-hotspots "${PID[burst]}"
		[[ $stderr == *"0.11."*"too old"* ]]
	fi
	fake 'bpftrace 1.0.0-rc1'
	run -0 --separate-stderr gobpf script --bpftrace "$BATS_TEST_TMPDIR/fake" heap-hotspots "${PID[burst]}"
}

# script_children PID - the bpftrace that gobpf started
script_children() { pgrep -P "$1"; }

# gone PID... - none of them runs
gone() {
	local pid
	for pid; do
		[ ! -d "/proc/$pid" ] || return 1
	done
}

@test "script: Ctrl-C prints the maps and leaves nothing behind" {
	requires root bpftrace
	local child
	burst strip
	spawn run "$GOBPF" script --run heap-hotspots "${PID[burst]}" 60
	probed run 3
	child=$(script_children "${PID[run]}")
	stop run
	grep -qE '^[0-9]+ ms$' "$BATS_TEST_TMPDIR/run.log"
	gone "$child"
	unharmed burst
}

@test "script: Ctrl-C is passed on until bpftrace notices it, and no more while it prints" {
	fixture deafbt
	own nothing <<<'BEGIN { }'
	spawn run "$GOBPF" --script-path "$BATS_TEST_TMPDIR/scripts" script --bpftrace "$fixture" --run nothing
	await run '^ready'
	stop run
	grep -qx '@x: 1' "$BATS_TEST_TMPDIR/run.log"
}

@test "script: kill -9 of gobpf takes bpftrace and its probes with it" {
	requires root bpftrace
	local child
	burst strip
	spawn run "$GOBPF" script --run heap-hotspots "${PID[burst]}" 60
	probed run 3
	child=$(script_children "${PID[run]}")
	[ -n "$child" ]
	kill -KILL "${PID[run]}"
	run reap run
	retry 60 gone "$child"
	retry 60 code_is_same "${PID[burst]}"
	unharmed burst
}

@test "script: the end of the target ends the script" {
	requires root bpftrace
	burst strip
	spawn run "$GOBPF" script --run heap-hotspots "${PID[burst]}" 60
	probed run 3
	tell burst exit 0
	reap burst
	reap run
	grep -q 'has exited' "$BATS_TEST_TMPDIR/run.log"
	# not by its own limit
	(($(sed -n 's/^\([0-9]*\) ms$/\1/p' "$BATS_TEST_TMPDIR/run.log") < 30000))
}
