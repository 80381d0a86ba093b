#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gobpf run: bpftrace on a Go program, on each bpftrace at hand.
# GOBPF_BPFTRACES: further ones, separated by colons; see tests/get-bpftrace.
# shellcheck disable=SC2016,SC2119,SC2120 # $1 is for bpftrace; words for oneliner are optional

load helpers
load bt

# oneliner [WORD]... - starts the fixture built so
oneliner() {
	fixture oneliner "$@"
	spawn oneliner env GODEBUG=asyncpreemptoff=1 "$fixture"
	await oneliner '^READY'
}

# hits OPTION... - gobpf run with these options, and the fixture works once when all that it probes is
# probed. Its output is in run.log, messages in run.err; stop ends it.
hits() {
	local count
	count=$(run_pid --print "$@" | grep -oE '/exe:("[^"]*"|0x[0-9a-f]+)' | sort -u | wc -l)
	spawn run bash -c 'exec "$@" 2>"$0"' "$BATS_TEST_TMPDIR/run.err" "$GOBPF" run "$@" "${PID[oneliner]}"
	probed_in oneliner run "$count"
	work
}

# work - the fixture does so once
work() {
	local before
	before=$(grep -c '^DONE' "$BATS_TEST_TMPDIR/oneliner.log" || :)
	tell oneliner go
	await oneliner '^DONE' 60 $((before + 1))
}

# printed LINE... - these lines of maps, and no others, were printed, in any order
printed() {
	diff <(printf '%s\n' "$@" | sort) <(grep -E '^@.*\]: |^@[a-z]+: ' "$BATS_TEST_TMPDIR/run.log" | sort) ||
		fail "other maps"
}

# goids - the three goroutines' numbers, by label: anna, ümit, none
goids() { sed -n 's/^GOID \([0-9]*\) .*/\1/p' "$BATS_TEST_TMPDIR/oneliner.log"; }

run_pid() { gobpf run "$@" "${PID[oneliner]}"; }

@test "run: plain bpftrace passes untouched, byte for byte" {
	requires root bpftrace
	local text=$'// go:main.x goid in a comment\nBEGIN\n\n{\n\tprintf("goid\\n"); @goid = $1 ; // x\n\texit();\n}\nEND{}'
	oneliner
	printf '%s' "${text/'$1'/1}" >"$BATS_TEST_TMPDIR/plain.bt"
	run -0 --separate-stderr run_pid --print -e "${text/'$1'/1}"
	[ "$(sed '1,/^\/\/$/d' <<<"$output")" = "${text/'$1'/1}" ]
	run -0 --separate-stderr gobpf run --print "${PID[oneliner]}" "$BATS_TEST_TMPDIR/plain.bt"
	[ "$(sed '1,/^\/\/$/d' <<<"$output")" = "${text/'$1'/1}" ]
}

@test "run: the program and its words" {
	requires root bpftrace
	oneliner
	run -0 --separate-stderr run_pid -e 'BEGIN { printf("%s %d %s\n", str($1), $2, str($3)); exit(); }' 
	[[ $output == *"/proc/${PID[oneliner]}/exe ${PID[oneliner]} "* ]]
	run -2 --separate-stderr gobpf run "${PID[oneliner]}"
	[[ $stderr == *"which program?"* ]]
	run -2 --separate-stderr gobpf run
	[[ $stderr == *"which process?"* ]]
	run -1 --separate-stderr gobpf run "${PID[oneliner]}" /nonexistent.bt
	[[ $stderr == *"can't read the script /nonexistent.bt"* ]]
	run -2 --separate-stderr gobpf run "${PID[oneliner]}" -e 'BEGIN { exit(); }' 7
	[[ $stderr == *"'7'"* ]]
}

@test "run: --duration ends it" {
	requires root bpftrace
	oneliner
	run -0 --separate-stderr run_pid -d 1s -e 'BEGIN { printf("begun\n"); } END { printf("ended\n"); }'
	[ "$output" = $'begun\nended' ]
	unharmed oneliner
}

# every_word BPFTRACE - all words in one program, counted exactly
every_word() {
	local g
	mapfile -t g < <(goids)
	hits --bpftrace "$1" -e '
		go:main.handle {
			@goid[goid] = count();
			@number[(int32)goarg2 < 0 ? 1 : 0] = count();
			@name[gostr(goarg0, goarg1)] = count();
			@order[gostr(goarg6 + 8)] = count();
			@label[label("user")] = count();
			@eighth[label("request-id")] = count();
			if (label("user") == "anna") { @anna = count(); }
			if (goarg4 == 13) { printf("%r\n", goslice(goarg3, goarg4)); }
		}
		go:"main.(*shop).sell" /goarg2 == 6/ { @sold[gostr(goarg1, goarg2)] = count(); }
		go:main.größe { @groesse[goarg0] = count(); }
		go:main.generic[...] { @generic = count(); }
		goreturn:main.classify { @returns[gostr(reg("ax"), reg("bx"))] = count(); }'
	await run '^body of 13 b\.$' 60 60	# bpftrace throws away what it has not printed yet
	stop run
	printed "@goid[${g[0]}]: 23" "@goid[${g[1]}]: 23" "@goid[${g[2]}]: 23" \
		'@number[0]: 60' '@number[1]: 9' '@name[günther]: 60' '@name[]: 9' \
		'@order[from a pointer]: 69' '@label[anna]: 23' '@label[ümit]: 23' '@label[]: 23' \
		'@eighth[8]: 23' '@eighth[]: 46' '@anna: 23' '@sold[xxxxxx]: 3' '@generic: 15' \
		'@groesse[0]: 3' '@groesse[1]: 3' '@groesse[2]: 3' '@groesse[3]: 3' '@groesse[4]: 3' \
		'@returns[negative]: 33' '@returns[zero]: 15' '@returns[5]: 3' '@returns[6]: 3' '@returns[7]: 3'
	[ ! -s "$BATS_TEST_TMPDIR/run.err" ] || fail "messages: $(<"$BATS_TEST_TMPDIR/run.err")"
}

# each_bpftrace CMD... - with each as its last word. Not to be called with ||.
each_bpftrace() {
	local bt
	while read -r bt; do
		"$@" "$bt"
	done < <(bpftraces)
}

# bats test_tags=probe
@test "run: every word, exactly counted, with symbols" {
	requires root bpftrace
	oneliner
	each_bpftrace every_word
	unharmed oneliner
}

# bats test_tags=probe
@test "run: every word, exactly counted, stripped" {
	requires root bpftrace
	oneliner strip
	each_bpftrace every_word
	unharmed oneliner
}

# bats test_tags=probe
@test "run: every word, exactly counted, stripped cgo PIE" {
	requires root bpftrace
	oneliner strip cgo pie
	each_bpftrace every_word
	unharmed oneliner
}

# folded MAP LINE... - the map's stacks of the program below, and no others
folded() {
	local map=$1
	shift
	diff <(printf '%s\n' "$@") <(grep -v '^GOID' "$BATS_TEST_TMPDIR/$map.folded" | sort) || fail "$map"
}

# stacks BPFTRACE - gostack with keys and without, at beginnings and returns, folded, with what is inlined
stacks() {
	local program='
		go:main.handle {
			@all[gostack] = count();
			@two[label("user"), gostack(2)] = sum(goarg1);
		}
		go:main.größe { @[gostack(1)] = count(); }
		goreturn:main.classify { @[gostack(1)] = count(); }
		END { printf("a line of its own\n"); }' base='runtime/pprof.Do;main.main.func1;main.work'
	hits --bpftrace "$1" -o "$BATS_TEST_TMPDIR/all.folded" --value @all -e "$program"
	stop run
	folded all "$base;main.handle 60" "$base;main.outer;main.inner;main.handle 9"
	[ "$(<"$BATS_TEST_TMPDIR/run.log")" = "a line of its own" ] || fail "the rest"
	hits --bpftrace "$1" -f folded --value two -e "$program"
	stop run
	grep -v ' 0$' "$BATS_TEST_TMPDIR/run.log" >"$BATS_TEST_TMPDIR/two.folded"
	folded two 'anna;main.work;main.handle 160' 'main.work;main.handle 160' 'ümit;main.work;main.handle 160'
	[[ $(<"$BATS_TEST_TMPDIR/run.err") == 'a line of its own' ]] || fail "the rest: $(<"$BATS_TEST_TMPDIR/run.err")"
}

# bats test_tags=probe
@test "run: gostack: callers repaired, inlined frames in, on each bpftrace" {
	requires root bpftrace
	oneliner strip
	each_bpftrace stacks
	unharmed oneliner
}

# bats test_tags=probe
@test "run: gostack: several maps are said, and none is, too" {
	requires root bpftrace
	oneliner
	hits -e 'go:main.größe { @a[gostack(1)] = count(); @b[gostack(1)] = sum(goarg0); }'
	stop run
	[ "$(<"$BATS_TEST_TMPDIR/run.log")" = "main.größe 15" ]
	grep -q 'these are the stacks of @a; .*: b$' "$BATS_TEST_TMPDIR/run.err"
	run -0 --separate-stderr run_pid -e 'BEGIN { exit(); } go:main.größe { @[gostack] = count(); }'
	[ -z "$output" ]
	[[ $stderr == *"no stacks: none of the probes was hit"* ]]
	run -2 --separate-stderr run_pid -f table -e 'BEGIN { exit(); }'
	[[ $stderr == *"are for maps with gostack"* ]]
	unharmed oneliner
}

# bats test_tags=probe
@test "run: elsewhere than in Go functions the goroutine is that of the target's thread, or 0" {
	requires root bpftrace
	oneliner cgo
	spawn run "$GOBPF" run "${PID[oneliner]}" -e 'tracepoint:syscalls:sys_enter_write
		/goid/ { printf("GOID %d %s\n", goid, label("user")); }'
	# main.main writes DONE: until that was seen
	wrote() { work && grep -qx 'GOID 1 ' "$BATS_TEST_TMPDIR/run.log"; }
	retry 60 wrote
	stop run
	# no number that isn't a goroutine's, and none with the label of another
	sed 's/ -$/ /; $a GOID 1 ' "$BATS_TEST_TMPDIR/oneliner.log" >"$BATS_TEST_TMPDIR/known"
	run -1 grep -vxF -f "$BATS_TEST_TMPDIR/known" <(grep '^GOID' "$BATS_TEST_TMPDIR/run.log")
	unharmed oneliner
}

@test "run: a name that is not there: the nearest ones, and why" {
	requires root bpftrace
	oneliner
	run -3 --separate-stderr run_pid --print -e 'go:main.handel { }'
	[[ $stderr == "gobpf run: -e line 1: the program has no function main.handel; near it: main.handle"* ]]
	run -3 --separate-stderr run_pid --print -e 'go:shop.sell { }'
	[[ $stderr == *"near it: main.(*shop).sell"* ]]
	run -3 --separate-stderr run_pid --print -e 'go:main.grösse { }'
	[[ $stderr == *"near it: main.größe"* ]]
	run -3 --separate-stderr run_pid --print -e 'go:main.inner { }'
	[[ $stderr == *"main.inner is inlined into all its callers"* ]]
	run -3 --separate-stderr run_pid --print -e 'go:main.nosuch* { }'
	[[ $stderr == *"no function of the program matches main.nosuch*"* ]]
	run -3 --separate-stderr run_pid --print -e 'goreturn:main.inner { }'
	[[ $stderr == *"inlined"* ]]
}

@test "run: patterns, and a limit to them" {
	requires root bpftrace
	oneliner
	matched() {
		run -0 --separate-stderr run_pid --print -e "go:$1 { }"
		diff <(printf '%s\n' "${@:2}" | sort) \
			<(sed -nE 's,^//   (main[^:]*): .*,\1,p' <<<"$output" | sort) || fail "$1"
	}
	matched 'main.(*shop).*' 'main.(*shop).sell'
	matched 'main.h?ndle' main.handle
	matched 'main.[g-i]*e' main.handle main.größe
	matched '"main.classif[!x]"' main.classify
	matched '*.handle' main.handle
	run -2 --separate-stderr run_pid --print -e 'go:runtime.* { }'
	[[ $stderr == *"line 1: more than 512 probes: a closer pattern is needed"* ]]
}

@test "run: a function that moved is followed, with a remark" {
	requires root bpftrace
	local old=sync.'(*Mutex)'.lockSlow new=internal/sync.'(*Mutex)'.lockSlow from to
	oneliner
	if grep -q 'internal/sync' <(gobpf sym --list "$fixture" 2>/dev/null || :); then
		from=$old to=$new
	else
		from=$new to=$old
	fi
	run -0 --separate-stderr run_pid --print -e "go:$from { }"
	[[ $stderr == "$from is $to in go1."* ]]
	[[ $output == *"//   $to: "* ]]
}

@test "run: a uretprobe on Go is refused, whatever its path" {
	requires root bpftrace
	oneliner
	for path in '$1' "/proc/${PID[oneliner]}/exe" "$fixture"; do
		run -4 --separate-stderr run_pid --print -e "uretprobe:$path:\"main.handle\" { }"
		[[ $stderr == *"line 1: a uretprobe on a Go function crashes the program"* ]]
	done
	unharmed oneliner
}

@test "run: each of docs/one-liners.md can be translated" {
	requires root bpftrace
	local program n=0
	oneliner
	while read -r program; do
		n=$((n + 1))
		run -0 --separate-stderr run_pid --print -e "$program"
		[[ $output == *probe:* || $output == *tracepoint:* ]]
		[[ $output != *goid* && $output != *gostack* && $output != *goarg* ]] || fail "$program"
	done < <(sed -n 's/^    //p' "$TOP/docs/one-liners.md")
	((n == 15)) || fail "$n one-liners"
}
