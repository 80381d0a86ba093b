#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# perf-probes: the real perf against what a program says it did; the kernel's list before and after.
# $GOBPF_TOOLCHAINS adds toolchains.
# shellcheck disable=SC2016

load helpers
load golib

setup() {
	requires root perf go jq
	# each test has a group of its own: the list is the machine's
	GROUP=gobpf_t$$_$BATS_TEST_NUMBER
	[ -e /sys/kernel/tracing/uprobe_events ] || mount -t tracefs nodev /sys/kernel/tracing
	LIST=/sys/kernel/tracing/uprobe_events
	export HOME=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	end_all
	"$GOBPF" perf-probes -q --remove --all -g "$GROUP"
	[ ! -e foreign ] || echo "-:$GROUP/gopark" >>"$LIST"
}

# probes WORD... - gobpf perf-probes with this test's group
probes() { gobpf perf-probes -g "$GROUP" "$@"; }

# registered - the group's lines in the kernel's list
registered() { grep -E "^.:$GROUP/" "$LIST" || :; }
gone() { ! kill -0 "$1" 2>/dev/null; }
none_left() { [ -z "$(registered)" ]; }

# compare - what the program said (truth) and what perf has (events), line by line, each as often
compare() {
	sed -n 's/^TRUE //p' truth | sort | uniq -c | sed 's/^ *//' >want
	[ "$(awk '{ n += $1 } END { print n }' want)" -eq "$1" ]
	# of the records those, with as many fields, that the program knows of
	sed -nE "s/^ *$GROUP:([a-z]+): */\1 /p" events |
		awk 'NR == FNR { sub(/^[0-9]+ /, ""); want[$0]; next }
			{ for (line in want) if (index($0 " ", line " ") == 1) print line }' want - |
		sort | uniq -c | sed 's/^ *//' | diff want -
}

# bats test_tags=probe
@test "perf-probes: perf record has each event that the program made, fields by name: stripped" {
	local root names=(gopark goready semacquire lockslow goexit newproc timesleep entersyscall exitsyscall
		copystack alloclarge gopanic gcstart stopworld refill)
	while read -r root; do
		GOBPF_GOROOT=$root fixture events strip
		probes -q "$fixture" "${names[@]}" -- \
			sh -c 'echo go | perf record -q -o perf.data -e "$1:*" "$2" >truth &&
				perf script -i perf.data -F event,trace >events 2>script.log' sh "$GROUP" "$fixture"
		none_left
		# before 1.21 nobody says why the world is stopped
		(($(minor "$root") >= 21)) || sed -i 's/ reason=read mem stats$//' truth
		if (($(minor "$root") >= 21)); then compare 395; else
			# nor counts who else does
			sed -i '/^TRUE stopworld/d' truth
			compare 372
		fi
		# 48 = 3 << 4: the size classes of this Go
		grep -qE "$GROUP:refill: goid=(-|[0-9]+) class=5\(48B\) noscan=(yes|no)$" events
	done < <(roots)
}

# bats test_tags=probe
@test "perf-probes: perf stat counts a running program exactly: PIE with cgo" {
	fixture events pie cgo
	spawn events "$fixture"
	await events ^READY
	run -0 --separate-stderr probes "${PID[events]}" gopanic alloclarge
	[[ $output == *"$GROUP:gopanic "*runtime.gopanic* || $output == *"$GROUP:gopanic "* ]]
	[[ $stderr == *"perf record -e '$GROUP:*' -p ${PID[events]}"* ]]
	spawn stat perf stat -x, -o counts -e "$GROUP:*" -p "${PID[events]}" -- cat
	tell stat GO
	await stat '^GO$'
	tell events panic 23
	await events '^DONE$'
	end stat
	grep -E "^23,,$GROUP:gopanic," counts
	grep -E "^0,,$GROUP:alloclarge," counts
	unharmed events
	run -0 --separate-stderr probes --remove "${PID[events]}"
	[[ $stderr == *"2 events removed" ]]
	none_left
	end events
}

# bats test_tags=probe
@test "perf-probes: perf trace shows them, by name with the plugin" {
	fixture events
	probes -q "$fixture" 'gopan*' timesleep -- sh -c 'echo panic 23 |
		perf trace --libtraceevent_print -o trace -e "$1:*" "$2" >/dev/null' sh "$GROUP" "$fixture"
	[ "$(grep -cE "$GROUP:gopanic\(goid=1 type=0x[0-9a-f]+ value=0x[0-9a-f]+\)" trace)" -eq 23 ]
	none_left
}

@test "perf-probes: what is printed is what the kernel has, and removal leaves nothing" {
	local before
	fixture events strip
	probes --print "$fixture" 'g*' semacquire >lines
	[ "$(wc -l <lines)" -eq 11 ]
	before=$(registered)
	[ -z "$before" ]
	probes -q "$fixture" 'g*' semacquire >/dev/null
	registered | sed -E 's/:0x0+([0-9a-f]+ )/:0x\1/' | diff lines -
	# again is no harm
	run -0 probes -q -f json "$fixture" gopark
	[ "$(jq -r '.events[] | "\(.event) \(.registered) \(.often) \(.function)"' <<<"$output")" = "gopark yes true runtime.gopark" ]
	run -0 probes --list -f json
	[ "$(jq -r '.events[] | "\(.event) \(.stale) \(.path)"' <<<"$output" | sort | head -1)" = "gcmarkdone false $fixture" ]
	# by another name of the same file
	ln -s "$fixture" link
	run -0 probes --remove link
	none_left
	# the lines themselves can be written
	cat lines >>"$LIST"
	[ "$(registered | wc -l)" -eq 11 ]
	run -0 probes --remove --all
	none_left
}

@test "perf-probes: the list says what there is and what it costs" {
	fixture events strip
	run -0 --separate-stderr probes --list -f json "$fixture"
	[ "$(jq '.events | length' <<<"$output")" -eq 25 ]
	# what can be frequent is by name only, and never passed again after the stack has grown
	[ "$(jq -r '.events[] | select(.repeats) | .event' <<<"$output")" = '' ]
	[ "$(jq -r '.events[] | select(.event == "gopark") | "\(.often) \(.registered)"' <<<"$output")" = 'true no' ]
	run -0 --separate-stderr probes "$fixture"
	[ "$(registered | wc -l)" -eq "$(jq '[.events[] | select(.often | not)] | length' < <(probes --list -f json "$fixture"))" ]
	[[ $stderr == *"15 events that can pass 10,000/s are left out"* ]]
	run -0 probes --list "$fixture"
	[[ $output == *"runtime.gopark at file offset 0x"* ]]
}

@test "perf-probes: a group is one file's, and what others made is left alone" {
	local other
	fixture events
	other=$fixture
	fixture events strip
	probes -q "$fixture" gopanic >/dev/null
	run -1 --separate-stderr probes "$other" gopanic
	[[ $stderr == *"the group $GROUP has events of $fixture: choose another one with --group"* ]]
	# another file does not take them away
	run -0 --separate-stderr probes --remove "$other"
	[[ $stderr == *" 0 events removed" ]]
	[ "$(registered | wc -l)" -eq 1 ]
	# an event that somebody else made
	touch foreign
	echo "p:$GROUP/gopark $fixture:0x1000 goid=%ax:u64" >>"$LIST"
	run -1 --separate-stderr probes "$fixture" gopark
	[[ $stderr == *"the event $GROUP:gopark is there, and gobpf did not make it"* ]]
	run -0 --separate-stderr probes --remove --all
	[[ $stderr == *" 1 event removed" ]]
	[[ $(registered) == "p:$GROUP/gopark "* ]]
	run -1 --separate-stderr gobpf perf-probes -g sched "$fixture" gopark
	[[ $stderr == *"the group sched is the kernel's"* ]]
}

@test "perf-probes: events of a file that was replaced or is gone are found" {
	local how
	fixture events strip
	cp "$fixture" program
	probes -q program gopanic >/dev/null
	run -0 --separate-stderr probes --remove --stale
	[[ $stderr == *" 0 events removed" ]]
	cp "$fixture" new
	for how in replaced gone; do
		if [ $how = replaced ]; then mv new program; else rm program; fi
		run -0 probes --list -f json
		[ "$(jq -r '.events[].stale' <<<"$output")" = true ]
		run -1 --separate-stderr probes "$fixture" gopanic
		[[ $stderr == *"has events of $BATS_TEST_TMPDIR/program, which "*$how*"--remove --stale"* ]]
	done
	run -0 --separate-stderr probes --remove --stale
	[[ $stderr == *" 1 event removed" ]]
	none_left
}

@test "perf-probes: the events end with the command, however that ends" {
	local signal script='echo HERE $(grep -c "^p:$1/" "$2") $$; exec cat'
	fixture events strip
	run -7 probes -q "$fixture" gopanic -- sh -c 'grep -q "^p:$1/gopanic " "$2" && exit 7' sh "$GROUP" "$LIST"
	none_left
	run -1 probes -q "$fixture" gopanic -- ./nothing
	[[ $output == *"can't run ./nothing: No such file"* ]]
	none_left
	run -139 probes -q "$fixture" gopanic -- sh -c 'kill -SEGV $$'
	none_left
	for signal in INT TERM HUP KILL; do
		spawn probes env --default-signal=INT "$GOBPF" perf-probes -q -g "$GROUP" "$fixture" gopanic -- sh -c "$script" sh "$GROUP" "$LIST"
		await probes '^HERE 1 '
		kill -$signal "${PID[probes]}"
		reap probes $((128 + $(kill -l $signal)))
		retry 10 none_left
		cat=$(sed -n 's/^HERE 1 //p' probes.log)
		retry 10 gone "$cat"
	done
}

@test "perf-probes: what can't be is explained" {
	local notgo
	fixture notgo
	notgo=$fixture
	fixture events strip
	run -3 --separate-stderr probes "$notgo"
	[[ $stderr == *"Go"* ]]
	run -1 --separate-stderr probes ./nothing
	run -3 --separate-stderr probes 4194304
	run -2 --separate-stderr probes "$fixture" gopork
	[[ $stderr == *"there is no event 'gopork'"* ]]
	run -2 --separate-stderr gobpf perf-probes -g 'a b' "$fixture"
	[[ $stderr == *"letters, digits and _"* ]]
	run -2 probes --remove
	run -2 probes --remove --all "$fixture"
	run -2 probes --list --print "$fixture"
	run -2 probes --print "$fixture" -- true
	run -2 probes
	cp "$fixture" 'a program'
	run -2 --separate-stderr probes 'a program'
	[[ $stderr == *"blanks"* ]]
	none_left
	# as a process it is no matter
	spawn blank './a program'
	await blank ^READY
	probes -q "${PID[blank]}" gopanic >/dev/null
	registered | grep -qF " /proc/${PID[blank]}/exe:0x"
	end blank
	[ "$(probes --list -f json | jq -r '.events[].stale')" = true ]
}

@test "perf-probes: without rights, and without tracefs" {
	fixture events strip
	chmod 755 "$BATS_TEST_TMPDIR"
	install -m 755 "$fixture" /tmp/gobpf-$$-program
	install -m 755 "$GOBPF" /tmp/gobpf-$$
	run -4 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups /tmp/gobpf-$$ perf-probes /tmp/gobpf-$$-program
	[[ $stderr == *"uprobe_events: only root may use it"* ]]
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups /tmp/gobpf-$$ perf-probes --print /tmp/gobpf-$$-program gopark
	[[ $output == "p:gobpf/gopark /tmp/gobpf-$$-program:0x"* ]]
	rm /tmp/gobpf-$$-program /tmp/gobpf-$$
	run -4 --separate-stderr unshare -m sh -c 'umount -a -t tracefs,debugfs && exec "$@"' sh "$GOBPF" perf-probes "$fixture"
	[[ $stderr == *"mount -t tracefs nodev /sys/kernel/tracing"* ]]
}

# numbered FILE CONST STRINGS - "NUMBER TEXT" of an enumeration of the runtime whose names' table is STRINGS
numbered() {
	awk -v first="$2" -v strings="$3" '
		FNR == 1 { pass++; on = 0 }
		pass == 1 && $1 == first { on = 1 }
		pass == 1 && on && /^\)/ { on = 0 }
		pass == 1 && on && $1 ~ /^[a-z][A-Za-z]+$/ { number[$1] = n++ }
		pass == 2 && $0 ~ "^var " strings " = " { on = 1; next }
		pass == 2 && on && /^}/ { exit }
		pass == 2 && on && /:/ { name = $1; sub(/:.*/, "", name); split($0, q, "\""); if (q[2] != "") print number[name], q[2] }
	' "$1" "$1" | sort -n
}

# table KIND MINOR - the same by our table
table() {
	sed -nE "s/^NAME\($1, ([0-9]+), ([0-9]+), ([0-9]+), \"(.*)\"\)$/\1 \2 \3 \4/p" "$TOP/helpers/go/enums.inc" |
		awk -v v="$2" '$1 <= v && v <= $2 { n = $3; $1 = $2 = $3 = ""; sub(/^ +/, ""); print n, $0 }' | sort -n
}

@test "perf-probes: the enumerations are those of the toolchain" {
	local root v src
	while read -r root; do
		v=$(minor "$root") src=$root/src/runtime
		((v >= 19)) || continue
		numbered "$src/runtime2.go" waitReasonZero waitReasonStrings >want
		[ "$(wc -l <want)" -ge 26 ]
		table WAIT "$v" | diff want -
		((v >= 21)) || continue
		numbered "$src/proc.go" stwUnknown stwReasonStrings >want
		table STW "$v" | diff want -
		((v >= 22)) || continue
		src=$(grep -l '^var traceBlockReasonStrings' "$src"/*.go)
		numbered "$src" traceBlockGeneric traceBlockReasonStrings >want
		[ -s want ]
		table TRACE "$v" | diff want -
	done < <(roots)
}

@test "perf-probes: the plugin in the library that perf and trace-cmd have" {
	local dir
	dir=$(gobpf perf-probes --plugin-dir)
	[ -f "$dir/plugin_gobpf.so" ]
	shown() { TRACEEVENT_PLUGIN_DIR=$dir "$O/tests/tepplugin" "$@"; }
	# numbers moved in 1.20, 1.25 and 1.26
	[ "$(shown gobpf gopark goid=7 reason=18 trace=23 go=19)" = 'goid=7 reason=semacquire trace=chan receive' ]
	[ "$(shown gobpf gopark goid=7 reason=21 trace=7 go=24)" = 'goid=7 reason=sync.Mutex.Lock trace=chan receive' ]
	[ "$(shown gobpf gopark goid=7 reason=18 trace=7 go=25)" = 'goid=7 reason=GOMAXPROCS updater (idle) trace=chan receive' ]
	[ "$(shown gobpf gopark goid=0 reason=18 trace=7 go=27)" = 'goid=- reason=select trace=chan receive' ]
	[ "$(shown gobpf gostate goid=9 old=4 new=1 go=27)" = 'goid=9 old=waiting new=runnable' ]
	[ "$(shown gobpf newm goid=1 id=0xffffffffffffffff go=27)" = 'goid=1 id=-1' ]
	# what nobody knows stays a number
	[ "$(shown gobpf gopark goid=7 reason=99 trace=200 go=27)" = 'goid=7 reason=99 trace=200' ]
	[ "$(shown gobpf gopark goid=7 reason=19 trace=7 go=0)" = 'goid=7 reason=19 trace=7' ]
	# other groups are left alone, unless named
	[ "$(shown mine gopark goid=7)" = 'no plugin' ]
	[ "$(GOBPF_PERF_GROUP=other,mine shown mine gopark goid=7 go=27)" = 'goid=7' ]
}
