#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers

setup() { cd "$TOP" || return; }

# total - the sum of the counts of the folded stacks that come in
total() { awk '{ n += $NF } END { printf "%d\n", n }'; }

# record WORD... - perf.data of this test from a perf record with these words
record() {
	requires root
	requires perf
	perf record -q -o "$BATS_TEST_TMPDIR/perf.data" "$@" >"$BATS_TEST_TMPDIR/record.log" 2>&1 ||
		{ cat "$BATS_TEST_TMPDIR/record.log" >&2; return 1; }
}

# script NAME WORD... - NAME: what perf script prints about it
script() {
	local name=$1
	shift
	perf script -i "$BATS_TEST_TMPDIR/perf.data" "$@" >"$BATS_TEST_TMPDIR/$name" 2>"$BATS_TEST_TMPDIR/$name.err"
}

# kills - 23 calls of kill(2) with stacks, and what the shell does besides
kills() {
	# shellcheck disable=SC2016
	record -e syscalls:sys_enter_kill -c 1 -g -- bash -c 'for ((i = 0; i < 23; i++)); do kill -0 $$; done'
}

@test "fold: --classic is what the classic collapser prints" {
	local in out base option
	for out in tests/golden/fold-classic/*.out; do
		base=${out%.out}
		in=${base%%--*}.in
		option=${base#"${in%.in}"}
		case $option in
		--event-filter=*) option="--classic $option" ;;
		*) option=--classic${option/--/=} ;;
		esac
		# shellcheck disable=SC2086
		gobpf fold -q $option "$in" | diff "$out" - || fail "$out"
	done
}

@test "fold: --classic says which events it leaves out, and what was no line" {
	run -0 --separate-stderr gobpf fold --classic tests/golden/fold-classic/corners.in
	[ "${stderr_lines[0]}" = "gobpf fold: tests/golden/fold-classic/corners.in: 2 samples of other events than cpu-clock are left out (--event-filter chooses)" ]
	[[ ${stderr_lines[1]} == *"line 95: not a line of perf script: 'what is this' (2 left out of 20; --strict refuses)" ]]
	run -2 gobpf fold --event-filter x tests/golden/fold-classic/corners.in
	[[ $output == *"--event-filter is for --classic"* ]]
	run -2 gobpf fold --classic=pid,kernels tests/golden/fold-classic/corners.in
	[[ $output == *"--classic: 'kernels' is none of pid, tid, kernel, jit, all, addrs, srcline, inline, context"* ]]
	gobpf fold -q --classic=kernel,jit tests/golden/fold-classic/corners.in | diff tests/golden/fold-classic/corners--all.out -
}

@test "fold: --classic: what stands under a sample that is left out is no mistake, however lines end" {
	printf 'app 1 1.0: 1 cycles: \n\t40 f (/x)\n\napp 1 1.1: 1 faults: \n\t41 g (/x)\n  x.c:1\n\n' >"$BATS_TEST_TMPDIR/lf"
	sed 's/$/\r/' "$BATS_TEST_TMPDIR/lf" >"$BATS_TEST_TMPDIR/crlf"
	local in
	for in in lf crlf; do
		run -0 --separate-stderr gobpf fold --strict --classic "$BATS_TEST_TMPDIR/$in"
		[ "$output" = 'app;f 1' ]
		[[ $stderr == *": 1 samples of other events than cycles are left out"* ]]
	done
	# a sample that counts ends it, however the one left out ended
	printf 'app 1 1.0: 1 faults:\n  x.c:1\nodd\napp 1 1.1: 1 cycles:\n\t40 f (/x)\n\n  y.c:1\n' >"$BATS_TEST_TMPDIR/lf2"
	sed 's/$/\r/' "$BATS_TEST_TMPDIR/lf2" >"$BATS_TEST_TMPDIR/crlf2"
	for in in lf2 crlf2; do
		run -0 --separate-stderr gobpf fold --classic --event-filter cycles "$BATS_TEST_TMPDIR/$in"
		[[ $stderr == *"line 3: not a line of perf script: 'odd' (2 left out of 3; --strict refuses)" ]]
	done
	# but no other line does
	printf 'app 1 1.0: 1 faults:\nodd\n\t40 f (/x)\n  x.c:1\n\napp 1 1.1: 1 cycles:\n\t40 f (/x)\n\n' >"$BATS_TEST_TMPDIR/lf3"
	sed 's/$/\r/' "$BATS_TEST_TMPDIR/lf3" >"$BATS_TEST_TMPDIR/crlf3"
	for in in lf3 crlf3; do
		run -0 --separate-stderr gobpf fold --classic --event-filter cycles "$BATS_TEST_TMPDIR/$in"
		[[ $stderr == *"line 2: not a line of perf script: 'odd' (1 left out of 2; --strict refuses)" ]]
	done
	# the next one is looked at again
	printf 'nothing\n' >>"$BATS_TEST_TMPDIR/crlf"
	run -1 gobpf fold --strict --classic "$BATS_TEST_TMPDIR/crlf"
}

@test "fold: --classic=inline asks addr2line" {
	requires gcc
	requires addr2line
	cat >"$BATS_TEST_TMPDIR/x.c" <<-'END'
		#include <stdio.h>
		static inline __attribute__((always_inline)) int deep(int x) { return x * 3 + getchar(); }
		static inline __attribute__((always_inline)) int mid(int x) { return deep(x) + 1; }
		__attribute__((noinline)) int outer(int x) { return mid(x) + mid(x + 1); }
		int main(void) { return outer(2); }
	END
	local file=$BATS_TEST_TMPDIR/x start i pc
	gcc -g -O2 -o "$file" "$file.c"
	start=0x$(nm "$file" | awk '$3 == "outer" { print $1 }')
	for ((i = 0; i < 24; i += 4)); do
		pc=$(printf %x $((start + i)))
		# an address that is none of the file's is looked up by symbol and offset
		printf 'xy 1/1 %d.000000: 1 cycles: \n\t%s outer+0x%x (%s)\n\tffffffff81000000 k ([kernel.kallsyms])\n\n' \
			1 "$pc" $i "$file" 2 "7f00000$pc" $i "$file" >>"$BATS_TEST_TMPDIR/text"
		printf 'xy;k;%s 2\n' "$(addr2line -a "0x$pc" -e "$file" -i -f -s -C |
			awk 'NR % 2 == 0 { all = $0 (all == "" ? "" : ";" all) } END { print all }')" >>"$BATS_TEST_TMPDIR/want"
	done
	printf 'xy 1/1 3.000000: 1 cycles: \n\t12 gone+0x2 (/nowhere/x)\n\n' >>"$BATS_TEST_TMPDIR/text"
	echo 'xy;gone 1' >>"$BATS_TEST_TMPDIR/want"
	gobpf fold --classic=inline "$BATS_TEST_TMPDIR/text" >"$BATS_TEST_TMPDIR/out"
	awk '{ n[$1] += $2 } END { for (s in n) print s, n[s] }' "$BATS_TEST_TMPDIR/want" | sort | diff - "$BATS_TEST_TMPDIR/out"
	grep -q ';outer;mid;deep' "$BATS_TEST_TMPDIR/out"
	gobpf fold --classic=inline,context "$BATS_TEST_TMPDIR/text" | grep -q ';outer:x.c:4;mid:x.c:3;deep:'
}

@test "fold: --classic can be written in other formats" {
	gobpf fold -q --classic -f table tests/golden/fold-classic/corners.in >"$BATS_TEST_TMPDIR/out"
	grep -qE '^ +500k  40.0 % .* main\.\(\*T\[go\.shape\.int\]\)\.f\.func1$' "$BATS_TEST_TMPDIR/out"
}

# bats test_tags=probe
@test "fold: perf script of a recording, with any fields" {
	kills
	local fields n=0
	for fields in comm,tid,time,event,ip,sym,dso comm,pid,tid,cpu,time,period,event,ip,sym,symoff,dso,trace \
		comm,pid,time,ip,sym pid,time,event,ip,sym,dso comm,ip,sym comm,pid,event,ip,sym \
		comm,tid,misc,cpu,time,period,event,ip,sym,symoff,dso comm,pid,tid,time,event,ip,sym,dso,srcline ip,sym; do
		script text -F "$fields"
		gobpf fold --strict --by none --value "$([[ $fields == *event* ]] && echo syscalls:sys_enter_kill || echo samples)" \
			"$BATS_TEST_TMPDIR/text" >"$BATS_TEST_TMPDIR/out.$n"
		[ "$(total <"$BATS_TEST_TMPDIR/out.$n")" -eq 23 ] || fail "$fields"
		n=$((n + 1))
	done
	# one way through the shell as a rule; the names don't depend on the fields
	sed 's/\[[^];]*\]/[]/g' "$BATS_TEST_TMPDIR/out.0" >"$BATS_TEST_TMPDIR/want"
	sed 's/\[[^];]*\]/[]/g' "$BATS_TEST_TMPDIR/out.1" | diff "$BATS_TEST_TMPDIR/want" -
	script text --header --show-mmap-events --show-task-events --show-lost-events
	run -0 --separate-stderr gobpf fold --strict "$BATS_TEST_TMPDIR/text"
	[ "$(total <<<"$output")" -eq 23 ]
	[[ $output == 'bash;'* ]]
	[ -z "$stderr" ]
	script text -G
	run -0 gobpf fold --strict "$BATS_TEST_TMPDIR/text"
	[ "$output" = 'bash;[no stack] 23' ]
	script text -G -F comm,pid,time,event,ip,sym,dso
	run -0 gobpf fold --strict "$BATS_TEST_TMPDIR/text"
	[ "$(total <<<"$output")" -eq 23 ]
	[[ $output != *'[no stack]'* ]]
}

# bats test_tags=probe
@test "fold: perf script of a recording: each event is a value, periods are summed up" {
	# shellcheck disable=SC2016
	record -e syscalls:sys_enter_kill -e cpu-clock:u -c 1000000 -g -- \
		bash -c 'for ((i = 0; i < 20000; i++)); do :; done; for ((i = 0; i < 23; i++)); do kill -0 $$; done'
	script text -F comm,tid,time,period,event,ip,sym,dso
	local clocks
	clocks=$(grep -c 'cpu-clock:u: $' "$BATS_TEST_TMPDIR/text")
	[ "$clocks" -gt 0 ]
	[ "$(gobpf fold --value cpu-clock "$BATS_TEST_TMPDIR/text" | total)" -eq $((clocks * 1000000)) ]
	[ "$(gobpf fold --value nanoseconds "$BATS_TEST_TMPDIR/text" | total)" -eq $((clocks * 1000000)) ]
	[ "$(gobpf fold --by event,comm --value samples "$BATS_TEST_TMPDIR/text" | grep '^cpu-clock;bash;' | total)" -eq "$clocks" ]
	[ "$(gobpf fold --classic -q --event-filter=cpu-clock:u "$BATS_TEST_TMPDIR/text" | total)" -eq $((clocks * 1000000)) ]
}

# bats test_tags=probe
@test "fold: perf script of a Go program" {
	requires go
	fixture deep
	record -e cpu-clock -F 2000 -g -- "$(tests/fixtures/build cost)" "$fixture" 9>/dev/null </dev/null || :
	script text
	[ -s "$BATS_TEST_TMPDIR/text" ] || skip "nothing was recorded"
	local samples
	samples=$(grep -c '^$' "$BATS_TEST_TMPDIR/text")
	[ "$(gobpf fold --strict --value samples "$BATS_TEST_TMPDIR/text" | total)" -eq "$samples" ]
	[ "$(gobpf fold --strict --classic "$BATS_TEST_TMPDIR/text" | total)" -eq \
		"$(gobpf fold --strict "$BATS_TEST_TMPDIR/text" | total)" ]
}

@test "fold: labels of perf script text" {
	local in=tests/golden/fold/perf-fields.in
	gobpf fold -q --by comm,pid,tid,cpu,event,time "$in" >"$BATS_TEST_TMPDIR/out"
	# how far times are rounded down is not the reader's
	sed -i 's/time 10000000[012]000 /time T /' "$BATS_TEST_TMPDIR/out"
	grep -qxF 'bash;pid 4242;tid 4243;cpu 2;cycles;time T nanoseconds;main.one 3' "$BATS_TEST_TMPDIR/out"
	grep -qxF 'bash;pid 4242;tid 4243;cpu 2;cycles;time T nanoseconds;idle_[k] 4' "$BATS_TEST_TMPDIR/out"
	grep -qxF 'no-time;tid 4242;cycles;main.three 1' "$BATS_TEST_TMPDIR/out"
}

@test "fold: addresses, mappings and lines of perf script text" {
	requires jq
	gobpf fold -q --as-is -f json -o "$BATS_TEST_TMPDIR/x.json" tests/golden/fold/perf-fields.in
	[ "$(jq -c '.frames[] | select(.func == "leaf") | [.file, .line, .addr]' "$BATS_TEST_TMPDIR/x.json")" = '["/src/x.c",12,"0x55d0"]' ]
	[ "$(jq -c '.frames[] | select(.func == "inl") | .inlined' "$BATS_TEST_TMPDIR/x.json")" = true ]
	gobpf fold -q --as-is -f json -o "$BATS_TEST_TMPDIR/x.json" tests/golden/fold/perf-records.in
	[ "$(jq -c '.meta.mapping | [.path, .start, .limit, .offset]' "$BATS_TEST_TMPDIR/x.json")" = '["/nowhere/true","0x55df6399a000","0x55df6399e000","0x2000"]' ]
	[ "$(jq -c '.meta.comments' "$BATS_TEST_TMPDIR/x.json")" = '["the recording lost 15 events"]' ]
}

@test "fold: perf script text that breaks off anywhere" {
	local in=tests/golden/fold/perf-records.in size i got
	size=$(stat -c %s "$in")
	for ((i = size - 400; i < size; i += 7)); do
		head -c "$i" "$in" >"$BATS_TEST_TMPDIR/cut"
		got=$(gobpf fold -q "$BATS_TEST_TMPDIR/cut" 2>/dev/null | total)
		# a stack counts when its end was seen, and never in part
		((got == 0 || got == 250000)) || fail "cut at $i: $got"
	done
	head -c $((size - 1)) "$in" >"$BATS_TEST_TMPDIR/cut"
	run -0 --separate-stderr gobpf fold "$BATS_TEST_TMPDIR/cut"
	[[ ${stderr_lines[1]} == *"line 17: the input ends within a stack (1 left out of 2; --strict refuses)" ]]
	run -1 --separate-stderr gobpf fold --strict "$BATS_TEST_TMPDIR/cut"
}

@test "fold: perf script lines of megabytes, and stacks larger than the buffer" {
	{
		printf 'big 1/1 1.000000: 2 cycles: \n'
		awk 'BEGIN { for (i = 0; i < 3000000; i++) printf "x"; print "" }' | sed 's/^/\t12 /; s/$/ (\/x)/'
		printf '\t13 root (/x)\n\nbig 1/1 1.000001: 3 cycles: \n'
		awk 'BEGIN { for (i = 0; i < 20000; i++) printf "\t%16x function%d (/usr/lib/x.so)\n", i + 1, i }'
		printf '\nsmall 1/1 1.000002: 4 cycles: \n\t12 f (/x)\n\n'
	} >"$BATS_TEST_TMPDIR/big"
	gobpf fold --strict "$BATS_TEST_TMPDIR/big" >"$BATS_TEST_TMPDIR/out"
	[ "$(total <"$BATS_TEST_TMPDIR/out")" -eq 9 ]
	grep -qx 'small;f 4' "$BATS_TEST_TMPDIR/out"
	gobpf fold --strict --classic "$BATS_TEST_TMPDIR/big" | total | grep -qx 9
}

@test "fold: perf script: periods of clocks are nanoseconds, others are none" {
	requires jq
	printf 'app 1 1.000000: %s:\n\t40 f (/x)\n\n' '5 cpu-clock' '6 task-clock:u' '7 cycles' >"$BATS_TEST_TMPDIR/in"
	run -0 jq -c '.values[] | [.name, .unit, .total]' <(gobpf fold --strict -f json "$BATS_TEST_TMPDIR/in")
	diff - <(echo "$output" | sort) <<'END'
["cpu-clock","nanoseconds",5]
["cycles","count",7]
["samples","count",3]
["task-clock","nanoseconds",6]
END
	# without a period it is the number of samples
	run -0 jq -c '.values[] | [.name, .unit, .total]' <(printf 'app 1 1.000000: cpu-clock:\n\t40 f (/x)\n\n' | gobpf fold --strict -f json)
	[ "$output" = '["cpu-clock","count",1]' ]
}

@test "fold: perf script: a frame with a NUL byte in it is none" {
	printf 'app 1 1.000000: 5 cycles:\n\t40 a\0b (/x)\n\t41 g (/x)\n\napp 1 1.000001: 3 cycles:\n\t40 f (/x)\n\n' >"$BATS_TEST_TMPDIR/in"
	run -0 --separate-stderr gobpf fold --symbols never --from perf-script "$BATS_TEST_TMPDIR/in"
	[ "$output" = 'app;f 3' ]
	[[ $stderr == *"line 2: not a line of perf script: ' 40 a'"* ]]
}

@test "fold: more perf events than a profile can hold" {
	local i
	for i in 1 2 3 4 5 6 7 8 9; do
		printf 'a 1/1 %d.000000: ev%d: \n\t12 f (/x)\n\n' $i $i
	done >"$BATS_TEST_TMPDIR/events"
	run -0 --separate-stderr gobpf fold --value ev8 "$BATS_TEST_TMPDIR/events"
	[ "$output" = 'a;f 1' ]
	[[ $stderr == *"line 25: ev9: more events than 8 (1 left out of 9; --strict refuses)" ]]
}

@test "fold: a stack met again in another process, or after an exec, is not taken for the same addresses" {
	requires jq
	{
		printf 'a 1/1 1.000000: PERF_RECORD_MMAP2 1/1: [0x550000001000(0x1000) @ 0x3000 fe:00 1 0]: r-xp /bin/a\n'
		printf 'a 2/2 1.000000: PERF_RECORD_MMAP2 2/2: [0x550000001000(0x1000) @ 0x5000 fe:00 1 0]: r-xp /bin/a\n'
		printf 'a %d/%d 1.000001: 1 cycles: \n\t550000001234 [unknown] (/bin/a)\n\n' 1 1 2 2 1 1
		printf 'a 1/1 1.000000: PERF_RECORD_MMAP2 1/1: [0x550000001000(0x1000) @ 0x7000 fe:00 1 0]: r-xp /bin/a\n'
		printf 'a 1/1 1.000001: 1 cycles: \n\t550000001234 [unknown] (/bin/a)\n\n'
	} >"$BATS_TEST_TMPDIR/maps"
	gobpf fold --as-is -f json -o "$BATS_TEST_TMPDIR/x.json" "$BATS_TEST_TMPDIR/maps"
	[ "$(jq -c '[.stacks[].values[0]] | sort' "$BATS_TEST_TMPDIR/x.json")" = '[1,1,2]' ]
}
