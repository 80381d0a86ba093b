#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# perf.data: real recordings against what perf script says of them, made ones for what perf doesn't write.
# bats file_tags=long

load helpers
load perfdata

setup() {
	P=$(dirname "$GOBPF")/tests/perfdata
	[ -x "$P" ] || fail "no $P: make test-programs, or run by make check"
	T=$BATS_TEST_TMPDIR
	cd "$T" || return
}

teardown() {
	end_all
	[ ! -e "$T/probes" ] || perf probe -q -d "gobpf_$$:*"
}

# fold WORD... - of recordings made here, whose files and processes never were
fold() { gobpf fold --symbols never "$@"; }

# recorded NAME OPTION... - records the fixture stacks into NAME.data
recorded() {
	local name=$1
	shift
	perf record -q -B -e cpu-clock "$@" -o "$name.data" "$fixture" 2>"$name.err" ||
		{ cat "$name.err"; fail "perf record $*"; }
}

# same_as_perf FILE - sample by sample: count, period, comm, event, pid, tid, and every frame
same_as_perf() {
	as_perf "$1" >"$1.want"
	as_gobpf "$1" >"$1.got"
	[ -s "$1.want" ]
	diff "$1.want" "$1.got"
}

# samples FILE - how many there are by perf
samples() { perf script -i "$1" -F comm 2>/dev/null | grep -c .; }

# bats test_tags=probe
@test "perf-data: each way to record: the same samples as perf script has" {
	requires perf
	fixture stacks
	recorded fp -g
	recorded flat
	recorded packed -g -z
	recorded ids -g --buildid-mmap
	recorded data -g -d
	recorded several -g -e page-faults -e cpu-clock:u
	recorded group -g -e '{task-clock,page-faults}:S'
	recorded count -g -c 300000
	local f
	RAW=1 same_as_perf flat.data
	for f in fp.data packed.data ids.data data.data several.data group.data count.data; do
		same_as_perf "$f" || fail "$f"
		run -0 --separate-stderr gobpf fold --strict --symbols never --value samples "$f"
		[ -z "$stderr" ]
		[ "$(awk '{ n += $NF } END { print n }' <<<"$output")" -eq "$(samples "$f")" ]
	done
	# they have what they were made for
	grep -q 'libm.so' fp.data.got
	[ "$(grep -oE ' pid=[0-9]+' fp.data.got | sort -u | wc -l)" -eq 3 ]
	grep -q 'comm=exe ' fp.data.got
	[ "$(grep -oE 'event=[^ ]+' several.data.got | sort -u | tr '\n' ' ')" = 'event=cpu-clock event=cpu-clock:u event=page-faults ' ]
}

# bats test_tags=probe
@test "perf-data: from a pipe, in both formats" {
	requires perf
	fixture stacks
	perf record -q -e cpu-clock -F 4000 -g -o - "$fixture" >piped.data 2>/dev/null
	same_as_perf piped.data
	recorded file -g
	local f
	for f in piped.data file.data; do
		gobpf fold --strict "$f" >want
		# shellcheck disable=SC2002 # a pipe it must be
		cat "$f" | gobpf fold --strict | diff want -
		gobpf fold --strict <"$f" | diff want -
		[ -s want ]
	done
	perf record -q -e cpu-clock -F 4000 -g -o - "$fixture" 2>/dev/null | gobpf fold --strict >out
	[ -s out ]
}

# bats test_tags=probe
@test "perf-data: probes are counted exactly" {
	requires perf
	requires root
	fixture stacks
	local group=gobpf_$$
	probe leaf leaf
	probe middle middle
	perf record -q -e "$group:*" -g -o x.data "$fixture"
	same_as_perf x.data
	# the text has no order of events: it is asked for by name
	local event
	for event in leaf middle; do
		gobpf fold --value "$group:$event" x.data >x.folded
		perf script -i x.data 2>/dev/null | gobpf fold --value "$group:$event" | diff - x.folded
	done
	run -0 gobpf fold --value "$group:leaf" x.data
	[ "$(awk '{ n += $NF } END { print n }' <<<"$output")" -eq 23 ]
	run -0 gobpf fold --value "$group:middle" x.data
	[ "$(awk '{ n += $NF } END { print n }' <<<"$output")" -eq 23 ]
}

# probe NAME FUNCTION - a probe on a function of the fixture, for this test
probe() {
	: >"$T/probes"
	perf probe -q -x "$fixture" --add "gobpf_$$:$1=$2"
}

# bats test_tags=probe
@test "perf-data: stacks of registers and bytes: no caller of Go code is missing, stripped or not" {
	requires perf
	requires go
	local words
	for words in strip "pie strip" cgo; do
		# shellcheck disable=SC2086 # words
		fixture unwound $words
		perf record -q -B -e cpu-clock:u -F 4000 --call-graph dwarf -o x.data "$fixture" 150 >truth
		gobpf fold -q x.data | sed 's/^[^;]*;//' >x.folded
		# each function that works has the callers that it told, in each sample
		grep -E ';main\.(middle|leaf|large|tiny) [0-9]+$' x.folded | sed 's/ [0-9]*$//' >got
		grep -c . got
		run -1 grep -vxFf truth got
		[ -z "$output" ]
		grep -qxF "runtime.main;main.main;main.(*worker).run;main.middle;main.leaf" got
		grep -qxF "runtime.main;main.main;main.(*worker).run;main.middle;main.large" got
	done
	# C code up to where it was called on the thread's stack
	grep -E 'unwound_inner [0-9]+$' x.folded | sed 's/ [0-9]*$//; s/;_cgo_[^;]*//; s/\.abi0//' >got
	[ "$(<got)" = 'runtime.asmcgocall;unwound_outer;unwound_inner' ]
}

# bats test_tags=probe
@test "perf-data: registers and bytes at a function's first instruction: all calls, each with its caller" {
	requires perf
	requires root
	requires go
	fixture unwound
	probe tiny main.tiny
	probe leaf main.leaf
	probe large main.large
	# large() begins anew when the stack has grown for it: that is one call more
	perf record -q -B -m 1024 -e "gobpf_$$:*" --call-graph dwarf -o x.data "$fixture" 0 >truth
	run -0 --separate-stderr gobpf fold --strict --value samples --by event x.data
	diff - <(echo "${output//gobpf_$$:/}") <<'END'
large;runtime.main;main.main;main.(*worker).run;main.middle;main.large 6
leaf;runtime.main;main.main;main.(*worker).run;main.middle;main.leaf 50
tiny;runtime.main;main.main;main.(*worker).run;main.middle;main.large;main.tiny 5
tiny;runtime.main;main.main;main.(*worker).run;main.middle;main.tiny 50
END
	[ -z "$stderr" ]
	# with too few bytes the callers are missing, and that is said
	perf record -q -B -e "gobpf_$$:tiny" --call-graph dwarf,64 -o x.data "$fixture" 0 >truth
	run -0 --separate-stderr gobpf fold --value samples x.data
	[ "$(awk '{ n += $NF } END { print n }' <<<"$output")" -eq 55 ]
	[[ $stderr == *'x.data: 55 of 55 stacks lack their outermost callers: '* ]]
	# without symbols the place alone is known
	run -0 --separate-stderr gobpf fold --symbols never --value samples x.data
	[[ $output == *";[unwound-"*"] 55" ]]
}

# bats test_tags=probe
@test "perf-data: registers and bytes of C code: the callers that .eh_frame says" {
	requires perf
	requires root
	fixture stacks
	probe leaf leaf
	perf record -q -B -e "gobpf_$$:leaf" --call-graph dwarf -o x.data "$fixture"
	run -0 gobpf fold --strict x.data
	[[ ${#lines[@]} -eq 1 && $output =~ ';_start;__libc_start_main'[^\;]*';__libc_start_call_main;main;middle;leaf 23'$ ]]
}

# bats test_tags=probe
@test "perf-data: tracepoints have their fields as labels" {
	requires perf
	requires root
	fixture stacks
	perf record -q -e sched:sched_process_fork -e sched:sched_process_exec -o x.data "$fixture" || skip "requires tracepoints"
	local main
	main=$(perf script -i x.data -F pid,event 2>/dev/null | awk '/fork/ { print $1; exit }')
	run -0 "$P" x.data 'event comm parent_comm parent_pid filename'
	[ "$(grep -c "event=sched:sched_process_fork parent_comm=${fixture:(-20)}" <<<"$output" || :)" -le 2 ]
	grep -E '^2 [^ ]*sched_process_fork=2 comm=[^ ]* event=sched:sched_process_fork parent_comm=[^ ]* parent_pid='"$main " <<<"$output" || fail "$output"
	grep -F "event=sched:sched_process_exec filename=$fixture" <<<"$output" || fail "$output"
	grep -F "event=sched:sched_process_exec filename=/proc/self/exe" <<<"$output" || fail "$output"
	# a field is a label by its name only
	run -0 "$P" x.data 'common_pid old_pid'
	[[ $output == *" common_pid=$main"* ]]
}

@test "perf-data: samples see the mappings of their time, whichever CPU's came first" {
	attr 1 0 1000 >attrs
	# one CPU's buffer is written after the other's: 30 before 20
	{
		sample 7 7 30 10 0x1100 -512 0x1100
		sample 7 7 10 1 0x1100 -512 0x1100
		mmap 7 0x1000 0x1000 0 /bin/one 5
		mmap 7 0x1000 0x1000 0x5000 /lib/two 20
		finished_round
		sample 7 7 60 100 0x1100 -512 0x1100
		mmap 7 0x1080 0x100 0x9000 /lib/three 50
		sample 7 7 55 1000 0x1081 -512 0x1081 0x117f 0x1180 0x1181
		finished_round
		finished_round
	} | recording attrs >x.data
	run -0 --separate-stderr "$P" x.data
	diff - <(echo "$output" | sort) <<'END'
1 cpu-clock=1 : 100(/bin/one)
1 cpu-clock=10 : 5100(/lib/two)
1 cpu-clock=100 : 9080(/lib/three)
1 cpu-clock=1000 : 9001(/lib/three) 90ff(/lib/three)r 5180(/lib/two)r 5181(/lib/two)r
END
	[ -z "$stderr" ]
}

@test "perf-data: two processes with different files at equal addresses; forked ones inherit, exec covers" {
	attr 1 0 1000 >attrs
	{
		comm 7 7 seven 1
		mmap 7 0x1000 0x1000 0 /bin/seven 2
		comm 9 9 nine 3
		mmap 9 0x1000 0x1000 0 /bin/nine 4
		fork_record 8 7 8 7 5
		fork_record 7 7 77 7 5
		mmap 7 0x2000 0x1000 0 /lib/late 6
		comm 77 77 wrong 7
		comm 7 77 thread 7
		sample 7 7 10 1 0x1100 -512 0x1100 0x2100
		sample 7 77 11 1 0x1100 -512 0x1100 0x2100
		sample 8 8 12 1 0x1100 -512 0x1100 0x2100
		sample 9 9 13 1 0x1100 -512 0x1100 0x2100
		comm 8 8 eight 14 0x2000
		sample 8 8 15 1 0xffffffff81000000 -128 0xffffffff81000000 -512 0x1100
		mmap 8 0x1000 0x1000 0 /bin/eight 16
		sample 8 8 17 1 0x1100 -512 0x1100
		sample 5 5 18 1 0x1100 -512 0x1100
	} | recording attrs >x.data
	run -0 --separate-stderr "$P" x.data 'comm pid tid'
	diff - <(echo "$output") <<'END'
1 cpu-clock=1 comm=seven pid=7 tid=7 : 100(/bin/seven) 100(/lib/late)r
1 cpu-clock=1 comm=thread pid=7 tid=77 : 100(/bin/seven) 100(/lib/late)r
1 cpu-clock=1 comm=seven pid=8 tid=8 : 100(/bin/seven) 2100([unknown])r
1 cpu-clock=1 comm=nine pid=9 tid=9 : 100(/bin/nine) 2100([unknown])r
1 cpu-clock=1 comm=eight pid=8 tid=8 : ffffffff81000000([unknown])k 100(/bin/seven)
1 cpu-clock=1 comm=eight pid=8 tid=8 : 100(/bin/eight)
1 cpu-clock=1 comm=:5 pid=5 tid=5 : 1100([unknown])
END
	[ -z "$stderr" ]
}

@test "perf-data: without time stamps the order in the file counts" {
	attr 1 0 1000 $((SAMPLE_TYPE & ~4)) 0 >attrs
	untimed() {
		{
			u 8 "$1"
			u 4 7 7
			u 8 5 2 -512 "$1"
		} | record 9 2
	}
	{
		mmap 7 0x1000 0x1000 0 /bin/one 99
		untimed 0x1100
		mmap 7 0x1000 0x1000 0 /bin/two 1
		untimed 0x1100
		finished_round
		untimed 0x1100
	} | recording attrs >x.data
	run -0 --separate-stderr "$P" x.data 'time cpu comm'
	[ "$output" = $'1 cpu-clock=5 comm=:7 : 100(/bin/one)\n2 cpu-clock=10 comm=:7 : 100(/bin/two)' ]
}

@test "perf-data: marks say whose the addresses are, the first behind each is exact" {
	attr 1 0 1000 >attrs
	{
		mmap 7 0x1000 0x1000 0 /bin/one 0
		mmap -1 0xffffffff81000000 0x1000 0xffffffff81000010 '[kernel.kallsyms]_stext' 0 1
		mmap -1 0xffffffffc0000000 0x1000 0 '[nf_tables]' 0 1
		sample 7 7 10 1 0xffffffff81000010 -128 0xffffffff81000010 0xffffffff81000020 0xffffffffc0000001 -512 0x1300 0x2000
		sample 7 7 11 1 0x1500
	} | recording attrs >x.data
	MAPPINGS=1 run -0 --separate-stderr "$P" x.data
	diff - <(echo "$output") <<'END'
mapping ffffffff81000000-ffffffff81001000 +0 [kernel.kallsyms] - _stext 0 kernel
mapping ffffffffc0000000-ffffffffc0001000 +0 [nf_tables] - - 0 kernel
mapping 1000-2000 +0 /bin/one - - 7
1 cpu-clock=1 : ffffffff81000010([kernel.kallsyms])k ffffffff81000020([kernel.kallsyms])kr ffffffffc0000001([nf_tables])kr 300(/bin/one) 1000(/bin/one)r
1 cpu-clock=1 : 500(/bin/one)
END
}

@test "perf-data: labels, time in ticks, values of several events" {
	{
		attr 1 0 1000 $((SAMPLE_TYPE | IDENTIFIER | 0x80))
		attr 1 2 1 $((SAMPLE_TYPE | IDENTIFIER | 0x80))
	} >attrs
	of_event() {
		{
			u 8 "$1" 0x1100
			u 4 7 "$2"
			u 8 "$3"
			u 4 "$4" 0
			u 8 "$5" 2 -512 0x1100
		} | record 9 2
	}
	{
		of_event 1 7 1000 0 50
		of_event 2 8 1999 1 3
		of_event 1 7 2000 0 60
		of_event 2 8 2001 1 4
		of_event 5 8 2001 1 4
	} | piped attrs >x.data
	run -0 --separate-stderr "$P" x.data 'tid cpu event time' 1000
	diff - <(echo "$output") <<'END'
1 cpu-clock=50 cpu=0 event=cpu-clock tid=7 time=1000 : 1100([unknown])
1 page-faults=3 cpu=1 event=page-faults tid=8 time=1000 : 1100([unknown])
1 cpu-clock=60 cpu=0 event=cpu-clock tid=7 time=2000 : 1100([unknown])
1 page-faults=4 cpu=1 event=page-faults tid=8 time=2000 : 1100([unknown])
END
	[ "$stderr" = 'x.data: offset 496: a sample of an event that the file doesn'\''t have (1 left out)' ]
	run -0 fold -q x.data
	[ "$output" = $':7;[unknown] 110' ]
	run -0 fold -q --value page-faults x.data
	[ "$output" = ':8;[unknown] 7' ]
	run -0 fold -q --value samples x.data
	[ "$output" = $':7;[unknown] 2\n:8;[unknown] 2' ]
}

@test "perf-data: what was lost or held back is said" {
	attr 1 0 1000 >attrs
	{
		{ u 8 1 23; u 4 7 7; u 8 50; } | record 2 0
		# perf says it again for the whole recording
		{ u 8 19; u 4 7 7; u 8 50; } | record 13 0
		# those that a filter of perf's own took are not lost
		{ u 8 1000; u 4 7 7; u 8 50; } | record 13 0x8000
		sample 7 7 60 1 0x1500
	} | recording attrs >lost.data
	run -0 --separate-stderr fold --strict lost.data
	[ "$output" = ':7;[unknown] 1' ]
	[ "$stderr" = 'gobpf fold: lost.data: the recording lost 23 events: its counts are too low by as many' ]
	fold -q -f json lost.data | grep -F 'the recording lost 23 events'
	{
		{ u 8 50 1 1; u 4 7 7; u 8 50; } | record 5 0
		sample 7 7 60 1 0x1500
	} | recording attrs >paused.data
	run -0 --separate-stderr fold --strict paused.data
	[ "$stderr" = 'gobpf fold: paused.data: the kernel paused recording 1 times: there were too many events a second' ]
}

@test "perf-data: cut off anywhere: what is there is used, and where it ends is said" {
	attr 1 0 1000 >attrs
	{
		mmap 7 0x1000 0x1000 0 /bin/one 1
		for ((i = 0; i < 6; i++)); do sample 7 7 $((10 + i)) 1 0x1100 -512 0x1100; done
	} | recording attrs >whole.data
	local size n
	size=$(stat -c %s whole.data)
	run -0 --separate-stderr fold --strict whole.data
	[ "$output" = ':7;[one] 6' ]
	for ((n = 1; n < size; n++)); do
		head -c $n whole.data >cut.data
		run --separate-stderr "$GOBPF" fold --symbols never cut.data
		# 192 bytes before the records, 72 of the mapping, 64 of each sample
		if ((n < 8)); then
			[[ $status == 1 && -n $stderr ]] || { fail "$n: $stderr"; return; }
		elif ((n < 192 + 72 + 64)); then
			[[ $status == 1 && $stderr == *"cut.data: offset "* ]] || { fail "$n: $stderr"; return; }
		else
			[[ $status == 0 && $output == ":7;[one] $(((n - 192 - 72) / 64))" ]] || { fail "$n: $status $output"; return; }
			[[ $stderr == *"cut.data: offset $n: the file ends here, its records at offset $size ("*" left out of "* ]] || { fail "$n: $stderr"; return; }
		fi
	done
	run -1 --separate-stderr fold --strict cut.data
	[ -z "$output" ]
	# the pipe's format has no such promise: it may end behind any record
	tail -c +193 whole.data | piped attrs >whole.piped
	size=$(stat -c %s whole.piped)
	head -c $((size - 1)) whole.piped >cut.piped
	run -0 --separate-stderr fold cut.piped
	[ "$output" = ':7;[one] 5' ]
	[[ $stderr == *"cut.piped: offset $((size - 64)): the file ends within a record (1 left out of 6; --strict refuses)" ]]
}

@test "perf-data: a recording that perf did not complete" {
	attr 1 0 1000 >attrs
	sample 7 7 60 1 0x1500 | recording attrs >x.data
	# the size of the records is written last
	u 8 0 | dd of=x.data bs=8 seek=6 conv=notrunc status=none
	run -0 --separate-stderr fold x.data
	[ "$output" = ':7;[unknown] 1' ]
	[[ $stderr == *"x.data: offset 48: perf was ended before it completed the file (1 left out of 2; --strict refuses)" ]]
	run -1 fold --strict x.data
}

@test "perf-data: records that make no sense are left out, with their place" {
	attr 1 0 1000 >attrs
	local good
	sample 7 7 60 1 0x1500 >good
	# bad WORDS... - the words that are said of the record on stdin, between two good ones
	bad() {
		{ cat good - good; } | recording attrs >x.data
		run -0 --separate-stderr fold x.data
		[ "$output" = ':7;[unknown] 2' ] || { fail "$output"; return; }
		[[ $stderr == "gobpf fold: x.data: offset 240: $1 (1 left out of 3; --strict refuses)" ]] || { fail "$stderr"; return; }
		run -1 --separate-stderr fold --strict x.data
		[ "$stderr" = "gobpf fold: x.data: offset 240: $1" ]
	}
	{ u 8 0x1500; u 4 7 7; u 8 60 1 5 -512; } | record 9 2 | bad 'a stack of more addresses than the record holds'
	{ u 8 0x1500; u 4 7 7; u 8 60 1 $((1 << 32)); } | record 9 2 | bad 'a stack of more addresses than the record holds'
	{ u 8 0x1500; u 4 7 7; u 8 60 1 $((1 << 61)); } | record 9 2 | bad 'a stack of more addresses than the record holds'
	{ u 8 0x1500; u 4 7 7; } | record 9 2 | bad 'a sample shorter than its event'\''s samples are'
	u 4 7 7 | record 1 2 | bad 'a record about a process that ends too early'
	{ u 4 7 7; printf 'no end to it'; } | record 3 0 | bad 'a record about a process that ends too early'
	# nothing can be read behind what can't be unpacked, or behind a record without a size
	{ cat good; printf 'not packed' | record 81 0; cat good; } | recording attrs >x.data
	run -0 --separate-stderr fold x.data
	[ "$output" = ':7;[unknown] 1' ]
	[[ $stderr == *"x.data: offset 240: can't unpack it or what follows: "*" (1 left out of 2; --strict refuses)" ]]
	{ cat good; u 8 9; cat good; } | recording attrs >x.data
	run -0 --separate-stderr fold x.data
	[ "$output" = ':7;[unknown] 1' ]
	[[ $stderr == *"x.data: offset 240: a record of 0 bytes: nothing behind it can be read (1 left out of 2; --strict refuses)" ]]
}

@test "perf-data: headers that make no sense" {
	attr 1 0 1000 >attrs
	sample 7 7 60 1 0x1500 | recording attrs >x.data
	# header WORD VALUE - x.data with another word in its header, counted in 8 bytes
	header() {
		cp x.data y.data
		u 8 "$2" | dd of=y.data bs=8 seek="$1" conv=notrunc status=none
		run -1 --separate-stderr fold y.data
		[ -z "$output" ]
	}
	header 1 99
	[[ $stderr == *'y.data: offset 8: a header of that length is none' ]]
	header 2 0
	[[ $stderr == *"y.data: offset 16: an event's description of that length is none" ]]
	header 3 $((1 << 40))
	[[ $stderr == *"y.data: offset $((1 << 40)): the file ends within its events" ]]
	header 3 -1
	[[ $stderr == *"the file ends within its events" ]]
	header 4 0
	[[ $stderr == *'y.data: offset 24: no events in it' ]]
	header 4 -1
	[[ $stderr == *"the file ends within its events" ]] || [[ $stderr == *"an event's counters are outside the file" ]] || fail "$stderr"
	header 5 $((1 << 40))
	[[ $stderr == *"y.data: offset "*": the file ends here, its records at offset "* ]]
	# the other byte order, and what perf wrote before 2011
	printf 2ELIFREP | dd of=y.data conv=notrunc status=none
	run -4 fold y.data
	[[ $output == *'y.data: recorded on a big-endian machine, which is not read here' ]]
	printf PERFFILE | dd of=y.data conv=notrunc status=none
	run -4 fold y.data
	[[ $output == *'y.data: recorded by a perf older than Linux 3.0, which is not read here' ]]
	head -c 8 x.data >y.data
	run -1 fold y.data
	[[ $output == *'y.data: offset 8: the file ends within its header' ]]
}

@test "perf-data: more events than a profile has values" {
	local i
	for ((i = 0; i < 10; i++)); do attr 4 $i 1 $((SAMPLE_TYPE | IDENTIFIER)); done >attrs
	for ((i = 1; i <= 10; i++)); do
		{ u 8 $i 0x1500; u 4 7 7; u 8 60 1 0; } | record 9 2
	done | recording attrs >x.data
	run -0 --separate-stderr fold --value r6 x.data
	[ "$output" = ':7;[unknown] 1' ]
	[[ $stderr == *": r7: more events than a profile has values (8) (3 left out of 10; --strict refuses)" ]]
}
