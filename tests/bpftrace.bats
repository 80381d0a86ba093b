#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# helpers/script with each bpftrace at hand: what it can do, its errors, what it loses, how it ends.
# GOBPF_BPFTRACES: further ones, separated by colons; see tests/get-bpftrace.
# shellcheck disable=SC2016,SC2030,SC2031 # $1 is for bpftrace; what a test exports is for itself

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	lib=$(dirname "$GOBPF")/tests/scriptlib
	[ -x "$lib" ] || fail "no $lib: make test-programs, or run by make check"
	bpftraces=()
	if [[ " ${BATS_TEST_TAGS[*]-} " == *" probe "* ]]; then
		requires root bpftrace
		mapfile -t bpftraces < <(command -v bpftrace; tr : '\n' <<<"${GOBPF_BPFTRACES-}" | sed '/^$/d')
	fi
}

# cache FOLDER - what is learnt is kept there
cache() {
	mkdir -p "$1"
	export XDG_CACHE_HOME=$1
}

# version_of BPFTRACE - "17" for 0.17
version_of() { "$1" --version | sed -nE 's/^bpftrace v?0\.([0-9]+)\..*/\1/p'; }

# can BPFTRACE - what is known of it, and that it is known by that word: tried, cached, table
can() {
	run -0 "$lib" can "$1" </dev/null
	[[ ${lines[0]} == *" $2" ]] || fail "not $2: $output"
}

# counting BPFTRACE VERSION... - $PWD/counting is that bpftrace, which writes each start to the file starts;
# asked for its version it says VERSION instead, if that is given
counting() {
	cat >counting <<-EOT
		#!/bin/sh
		echo "\$*" >>"$PWD/starts"
		[ "\$1 $2" = "--version $2" ] && [ "$2" ] && exec echo "$2"
		exec "$1" "\$@"
	EOT
	chmod +x counting
	: >starts
}

@test "bpftrace: its own lines are counted or left out, the script's are passed on" {
	# as printed by 0.23 (stdout) and 0.17
	run -0 "$lib" noise stdout <<-'EOT'
		Attaching 2 probes...
		__BPFTRACE_NOTIFY_PROBES_ATTACHED
		stdin:1:28-38: WARNING: Map full; can't update element. Try increasing max_map_keys config
		Additional Info - helper: map_update_elem, retcode: -7
		BEGIN { unroll(20) { @i++; @a[@i] = 1; } } interval:ms:200 { exit(); }
		                           ~~~~~~~~~~
		Lost 138 events
		Lost 1 event, Attaching 2 probes
		Lost 4 events
		stdin:2-3: WARNING: Map full; can't update element. Try increasing max_map_keys config
		Additional Info - helper: map_update_elem, retcode: -7
		@a[1,
		 2] = 1;
		~~~

		stdin:1:9-11: WARNING: Failed to map_update_elem: Argument list too long (-7)
		@a[1] = 1
		~~
		stdin:1:9-11: WARNING: Failed to probe_read_user: Bad address (-14)
		@a[1]: 1
		@a[2]: 1
		@b[3]: 1
	EOT
	diff - <(echo "$output") <<-'EOT'
		Lost 1 event, Attaching 2 probes
		~~~

		stdin:1:9-11: WARNING: Failed to probe_read_user: Bad address (-14)
		@a[1]: 1
		@a[2]: 1
		@b[3]: 1
		lost 142 missed 3 full 
	EOT
	# a map with as many keys as it can hold, here 3
	run -0 "$lib" noise stdout <<<$'@a[1]: 1\n@a[2]: 1\n@a[7]: 1\n@ab[1]: 1'
	[ "${lines[-1]}" = 'lost 0 missed 0 full @a' ]
	# 0.27, on stderr: the sum comes, too
	run -0 "$lib" noise <<-'EOT'
		WARNING: Could not read functions from /sys/kernel/tracing/available_filter_functions. If this is expected
		Attached 2 probes
		Lost 545 events
		HINT: something
		WARNING: Total lost event count: 545
	EOT
	[ "$output" = $'HINT: something\nlost 545 missed 0 full ' ]
}

@test "bpftrace: a program that has to end is asked to, then killed" {
	run -0 "$lib" stop 300 /bin/sh -c 'trap "" INT; echo ready; exec sleep 100' </dev/null
	[ "$output" = 'killed, signal 9' ]
	run -0 "$lib" stop 60000 /bin/sh -c 'echo ready; exec sleep 100' </dev/null
	[ "$output" = 'ended, signal 2' ]
}

# bats test_tags=probe
@test "bpftrace: what it can do is tried once, and holds for that program on that kernel" {
	local file before=/usr/bin/bpftrace
	before=$(readlink -f "$(command -v bpftrace)")
	cp "$before" own
	cache "$PWD/cache"
	can "$PWD/own" tried
	local learnt=$output
	file=$(echo cache/gobpf/bpftrace-*)
	[ "$(stat -c %a "$file")" = 600 ]
	[ "$(ls cache/gobpf)" = "$(basename "$file")" ]
	can "$PWD/own" cached
	[ "${output#*$'\n'}" = "${learnt#*$'\n'}" ]
	# nothing was started: this has the same size and times, but is no program any more
	touch -r own times
	dd if=/dev/zero of=own bs=4096 seek=1 count=8 conv=notrunc status=none
	touch -r times own
	can "$PWD/own" cached
	# another one at the same place is another one
	cp "$before" own
	touch -d 2001-01-01 own
	can "$PWD/own" tried
	[ "$(ls cache/gobpf)" = "$(basename "$file")" ]
}

@test "bpftrace: what was kept is believed only if it is whole and nobody else could have written it" {
	requires root
	local file damage
	cache "$PWD/cache"
	# does what is tried at once
	cat >quick <<-'EOT'
		#!/bin/sh
		[ "$1" = --version ] && exec echo bpftrace v0.17.0
		echo '{"type": "attached_probes"} gobpf <bp> gobpf done'
	EOT
	chmod +x quick
	counting "$PWD/quick" ''
	can "$PWD/counting" tried
	file=$(echo "$PWD"/cache/gobpf/bpftrace-*)
	cp "$file" good
	can "$PWD/counting" cached
	# of a script, which may start another bpftrace today, the version is asked each time
	[ "$(tail -1 starts)" = --version ]
	for damage in 's/^address ./address 2/' 's/^address 0/address 1/; t; s/^address 1/address 0/' '$d' 's/ abilities 1/ abilities 0/' \
		's/^of .*/of me/' '1d' '$s/$/\nmore/'; do
		sed -e "$damage" good >"$file"
		! cmp -s good "$file" || fail "no damage: $damage"
		can "$PWD/counting" tried
		cmp good "$file"
	done
	head -c 100 good >"$file"
	can "$PWD/counting" tried
	: >"$file"
	can "$PWD/counting" tried
	chmod g+w "$file"
	can "$PWD/counting" tried
	[ "$(stat -c %a "$file")" = 600 ]
	rm "$file"
	ln -s "$PWD/good" "$file"
	can "$PWD/counting" tried
	[ ! -L "$file" ]
	cmp good "$file"
}

# bats test_tags=probe
@test "bpftrace: without a place of this user alone nothing is tried, and the table by versions is used" {
	local n
	counting "$(command -v bpftrace)" ''
	cache "$PWD/cache"
	chmod 777 cache
	can "$PWD/counting" table
	[[ ${lines[3]} == "no folder of this user alone to keep what is learnt "* ]]
	[ -z "$(ls cache)" ]
	chmod 755 cache
	mkdir -m 770 cache/gobpf
	can "$PWD/counting" table
	rm -r cache/gobpf
	mkdir elsewhere
	ln -s ../elsewhere cache/gobpf
	can "$PWD/counting" table
	rm cache/gobpf
	chown 65534 cache
	can "$PWD/counting" table
	XDG_CACHE_HOME=/proc/self can "$PWD/counting" table
	XDG_CACHE_HOME=relative HOME='' can "$PWD/counting" table
	[ "$(sort -u starts)" = --version ]
	# it fails at what is tried, or is none
	chown 0 cache
	counting /bin/false 'bpftrace v0.23.1'
	can "$PWD/counting" table
	[[ ${lines[3]} == "bpftrace 0.23.1 ended with status 1"* ]]
	n=$(wc -l <starts)
	counting /bin/echo 'bpftrace v0.23.1'
	can "$PWD/counting" table
	[ "${lines[3]}" = "it doesn't do what bpftrace does" ]
	[[ ${lines[1]} == '+ addresses, offsets, raw stacks, '* && ${lines[2]} == '- range loops' ]]
	((n <= 4)) || fail "$n starts of what always fails"
	[ -z "$(ls cache/gobpf)" ]
}

# bats test_tags=probe
@test "bpftrace: what was tried wins over the version, with each of them" {
	local bt says
	cache "$PWD/cache"
	for bt in "${bpftraces[@]}"; do
		says='bpftrace v0.17.9'
		(($(version_of "$bt") > 17)) || says='bpftrace v0.27.9'
		rm -rf cache/gobpf
		counting "$bt" "$says"
		can "$PWD/counting" tried
		case $(version_of "$bt") in
		17) [[ ${lines[1]} == '+ ' && ${lines[2]} == '- addresses, offsets, raw stacks, config, missing_probes, map loops, range loops'* &&
			${lines[-1]} == 'BPFTRACE_MAP_KEYS_MAX BPFTRACE_STRLEN' ]] ;;
		23) [[ ${lines[1]} == '+ addresses, offsets, raw stacks, config, missing_probes, map loops, short str()' && ${lines[2]} == '- range loops' &&
			${lines[-1]} == 'BPFTRACE_MAX_MAP_KEYS BPFTRACE_MAX_STRLEN' ]] ;;
		*) [[ ${lines[1]} == '+ addresses, offsets, raw stacks, config, missing_probes, map loops, range loops, short str()' && ${lines[2]} == '- ' &&
			${lines[-1]} == 'BPFTRACE_MAX_MAP_KEYS BPFTRACE_MAX_STRLEN' ]] ;;
		esac || fail "$bt: $output"
		# the newest are asked once for their version, once for all else
		(($(version_of "$bt") < 27)) || [ "$(wc -l <starts)" -eq 2 ]
	done
	# and it is told
	fixture burst
	spawn burst "$fixture"
	await burst '^READY'
	gobpf doctor "${PID[burst]}" >report || :
	grep -qE '^bpftrace (can|lacks) .*addresses' report || fail "$(<report)"
}

# failing TEXT - the script's fate with $bt: its words in $output
failing() {
	run -1 "$lib" run "$bt" <<<"$1"
	output=$(sed '/^$/d' <<<"$output")
}

# says STATUS PATTERN - the words, and the exit status that goes with them
says() { [[ $output == *"error $1: "$2 ]] || fail "$bt: not $1 $2: $output"; }

# bats test_tags=probe
@test "bpftrace: a mistake in the script is shown at its place in the user's file" {
	local bt v
	for bt in "${bpftraces[@]}"; do
		v=$(version_of "$bt")
		failing $'BEGIN {\n\tprintf("h\xc3\xa9 %d\\n", 1); $y = nosuchfn(1);\n\texit();\n}'
		says 2 "user.bt:2:28: Unknown function: *nosuchfn*
    	printf(\"hé %d\\\\n\", 1); \$y = nosuchfn(1);
    	                         ^~~~~~~*"
		failing $'BEGIN { @a[1] = 1;\n\n\tfor ($i : 0..3) { @a[$i] = 1; } nosuchfn(); exit(); }'
		if ((v < 27)); then
			says 2 "user.bt:3:*: syntax error, unexpected *
    	for (\$i : 0..3) { @a[\$i] = 1; } nosuchfn(); exit(); }
    	*^*
    a loop over a range needs bpftrace 0.24 or newer; this is 0.$v.*"
		else
			says 2 "user.bt:3:*: Unknown function: 'nosuchfn'*"
		fi
		# a long line is shown around the place only, and what steers terminals is not shown
		failing "BEGIN { @a = \"$(printf '%0200d' 0)"$'\e[31m'"\"; nosuchfn(); @b = \"$(printf '%0200d' 0)\"; exit(); }"
		says 2 "user.bt:1:2*: Unknown function: *nosuchfn*
    ...0000000*0?\[31m\"; nosuchfn(); @b = \"00*...
         *^~~~~~~*"
		# an end that is missing
		failing $'BEGIN {\n\t@a[1] = 2;\n'
		says 2 'user.bt:4:1: syntax*'
	done
	# a script whose text was changed on the way has the user's lines and words in the message
	mkdir scripts
	printf '%s\n' '#!/usr/bin/env bpftrace' '// comment' '' 'BEGIN {' '	printf("%d %d", $1, nosuchfn($1)); exit(); }' >scripts/wrong.bt
	run -2 --separate-stderr gobpf --script-path "$PWD/scripts" script --run wrong 12345
	[[ $stderr == "gobpf script: wrong.bt:5:22: Unknown function: "*"
    	printf(\"%d %d\", \$1, nosuchfn(\$1)); exit(); }
    	                    ^"* ]] || fail "$stderr"
}

# bats test_tags=probe
@test "bpftrace: other failures say what happened, and the exit status whose fault it is" {
	local bt v
	for bt in "${bpftraces[@]}"; do
		v=$(version_of "$bt")
		failing 'uprobe:/bin/true:nosuchsymbol { @a = count(); }'
		says 3 '*nosuchsymbol*' || says 3 '*nothing to attach to*'
		failing 'tracepoint:nosuch:thing { @a = count(); }'
		says 4 'user.bt:1:1: *nosuch:thing*'
		failing 'BEGIN { system("true"); exit(); }'
		says 2 'user.bt:1:9: system() is an unsafe function*'
		failing 'BEGIN { $i = 0; while ($i < 100000) { @[$i] = count(); $i++; } exit(); }'
		says 2 "*the kernel's verifier refuses the program*"
		((v > 17)) || BPFTRACE_STRLEN=200 failing 'BEGIN { printf("%s%s%s", str(1, 200), str(2, 200), str(3, 200)); exit(); }'
		((v > 17)) || says 2 "*BPF's stack of 512 bytes*"
		run -1 setpriv --bounding-set=-bpf,-perfmon,-sys_admin --inh-caps=-bpf,-perfmon,-sys_admin \
			"$lib" run "$bt" <<<'BEGIN { @a[1] = 1; exit(); }'
		((v > 17)) || says 4 '*as root*'
	done
	bt=$(command -v bpftrace)
	# not root
	install -d -m 755 "$BATS_FILE_TMPDIR"
	chmod 755 "$BATS_TEST_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")" "$BATS_FILE_TMPDIR"
	run -1 setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		sh -c 'exec "$0" run "$1"' "$lib" "$bt" <<<'BEGIN { exit(); }'
	says 4 '*has to be run as root (sudo)*' || [[ $output == *ermission* ]]
}

# bats test_tags=probe
@test "bpftrace: events that were lost, and values that found no place, are told" {
	local bt v cpu
	cpu=$(grep -oE '^[0-9]+' /sys/devices/system/cpu/online)
	for bt in "${bpftraces[@]}"; do
		v=$(version_of "$bt")
		# 0.17 sees what was lost with the next event on that CPU, so all are on the one that interval has
		run -0 env BPFTRACE_PERF_RB_PAGES=1 taskset -c "$cpu" "$lib" run "$bt" <<-'EOT'
			BEGIN { $i = 0; while ($i < 400) { printf("%d 0123456789012345678901234567890123456789012345678901234567890123456789\n", $i);
			printf("%d 0123456789012345678901234567890123456789012345678901234567890123456789\n", $i); $i++; } }
			interval:ms:300 { printf("end\n"); }
			interval:ms:600 { exit(); }
		EOT
		got=$(grep -c ' 0123456789' <<<"$output")
		((got > 0 && got < 800))
		[[ $output == *"losses: $((800 - got)) events were lost: they came faster than bpftrace reads them"* ]] ||
			fail "$bt: $got of 800: $(grep -v 01234 <<<"$output")"
		[[ $output != *Lost* ]]
		# more keys than a map holds
		run -0 "$lib" run "$bt" kept <<-'EOT'
			BEGIN { @n = 0; }
			interval:ms:5 { if (@n < 66000) { $i = 0; while ($i < 3000) { @a[@n] = 1; @n = @n + 1; $i++; } } else { exit(); } }
		EOT
		[ "$(grep -c '^@a\[' <<<"$output")" = 65536 ]
		grep -qx '@n: 66000' <<<"$output"
		[[ $output == *'map @a is full (65536 keys): values of further keys are missing'* ]]
		((v < 23)) || [[ $output == *'losses: '*' values were lost: a map was full'* ]]
		[[ $output != *"Map full"* ]]
	done
}

# bpftrace_of NAME - sets $child: the bpftrace of the command, which runs and has printed what is in the log
bpftrace_of() {
	child=$(pgrep -P "${PID[$1]}")
	[ -n "$child" ] || fail "$1 has started nothing"
}

# gone PID - it doesn't run any more
gone() { [ ! -d "/proc/$1" ]; }

# ticking NAME [WORD] - a script that prints TICK 1, TICK 2, ... and, at its end, a map
ticking() {
	printf '%s\n' 'BEGIN { @m = 7; } interval:ms:20 { @n++; printf("TICK %d\n", @n); }' >ticking.bt
	spawn "$1" env --default-signal=INT,TERM "$GOBPF" --script-path "$PWD" script --run ticking
	[ "${2-}" = unready ] || await "$1" '^TICK 2$'
}

# bats test_tags=probe
@test "bpftrace: what it printed before it died is there, and the words say how it died" {
	local child signal
	for signal in SEGV KILL; do
		ticking dying
		bpftrace_of dying
		kill "-$signal" "$child"
		reap dying 1
		grep -qx 'TICK 2' dying.log
		grep -qE "^gobpf script: bpftrace 0\.[0-9]+\.[0-9]+ was ended by signal (11|9) \((Segmentation fault|Killed)\)" dying.log ||
			fail "$(<dying.log)"
	done
	# so it is with output that is kept
	cat >fake <<-'EOT'
		#!/bin/sh
		case $1 in
		--version) echo 'bpftrace v0.27.0' ;;
		-f) exit 1 ;;
		*)	echo __BPFTRACE_NOTIFY_PROBES_ATTACHED
			echo before
			kill -SEGV $$ ;;
		esac
	EOT
	chmod +x fake
	run -1 "$lib" run "$PWD/fake" kept <<<'BEGIN { }'
	[ "$output" = $'---\nbefore\n---\nerror 1: bpftrace 0.27.0 was ended by signal 11 (Segmentation fault): it crashed' ]
}

# bats test_tags=probe
@test "bpftrace: Ctrl-C, SIGTERM and SIGKILL at any moment leave nothing behind" {
	local child signal
	# while it runs: its maps are printed
	for signal in INT TERM HUP; do
		ticking run
		bpftrace_of run
		kill "-$signal" "${PID[run]}"
		reap run
		grep -qx '@m: 7' run.log
		gone "$child"
	done
	ticking run
	bpftrace_of run
	kill -KILL "${PID[run]}"
	reap run 137
	retry 60 gone "$child"
	# while bpftrace starts
	for signal in INT TERM; do
		ticking run unready
		started() { pgrep -P "${PID[run]}" >/dev/null; }
		retry 60 started
		bpftrace_of run
		kill "-$signal" "${PID[run]}"
		wait "${PID[run]}" || :
		retry 60 gone "$child"
	done
	# at once; not by INT, which a shell keeps from what it starts in the background until env is there
	ticking run unready
	kill -TERM "${PID[run]}"
	wait "${PID[run]}" || :
	[ -z "$(pgrep -P "${PID[run]}")" ]
}

# bats test_tags=probe
@test "bpftrace: nobody reads stdout any more" {
	local status=0
	printf '%s\n' 'interval:ms:10 { printf("TICK\n"); }' >ticking.bt
	{ "$GOBPF" --script-path "$PWD" script --run ticking 2>stderr || echo $? >status; } | head -1 >line
	[ "$(<line)" = TICK ]
	[ "$(<status)" = 1 ]
	grep -qx "gobpf script: can't write to stdout: Broken pipe" stderr
	# a reader that has stopped reading keeps Ctrl-C from ending it for a few seconds only
	mkfifo pipe
	exec {fd}<>pipe
	printf '%s\n' 'interval:ms:1 { $i = 0; while ($i < 200) { printf("0123456789012345678901234567890123456789\n"); $i++; } }' >ticking.bt
	spawn stuck sh -c 'exec "$@" >pipe' sh "$GOBPF" --script-path "$PWD" script --run ticking
	full() { grep -q '^State:	S' "/proc/${PID[stuck]}/status" && ! timeout 1 dd if=/dev/zero of=pipe bs=4096 count=1 status=none; }
	retry 60 full
	kill -INT "${PID[stuck]}"
	reap stuck 1
	grep -q "can't write to stdout: Connection timed out" stuck.log
	exec {fd}<&-
}
