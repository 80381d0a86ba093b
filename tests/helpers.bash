# SPDX-License-Identifier: GPL-2.0-only
# helpers.bash - what every suite uses: `load helpers'
#
# A test starts programs with spawn, waits for facts with await and retry (the
# only place that sleeps), runs the program under test as `gobpf' and compares.
# What was started ends with the test; logs are shown when it fails.
# shellcheck shell=bash
bats_require_minimum_version 1.5.0
export LC_ALL=C BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-240}

TOP=$(readlink -f "${BATS_TEST_DIRNAME:-$(dirname "${BASH_SOURCE[0]}")}/..")
export TOP
# Where things are built, and the program under test
O=$(realpath -m "${O:-$TOP/build}")
GOBPF=$(realpath -m "${GOBPF:-$O/gobpf}")
export O GOBPF
# As root, leaks are looked for in tests of their own, not in every command
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:handle_sigbus=0}

# fail REASON - fail the test, saying why.
fail() {
	printf 'FAIL: %s\n' "$*" >&2
	return 1
}

# requires WORD... - skip, with the reason, what this host cannot run.
requires() {
	local word
	for word; do
		case $word in
		root) ((EUID == 0)) || skip "requires root" ;;
		btf) [ -r /sys/kernel/btf/vmlinux ] || skip "requires a kernel with BTF" ;;
		*) command -v "$word" >/dev/null || skip "requires $word" ;;
		esac
	done
}

# gobpf ARG... - the program under test; what was run is shown when the test fails.
gobpf() {
	printf '+ gobpf %s\n' "${*@Q}" >>"$BATS_TEST_TMPDIR/commands"
	"$GOBPF" "$@"
}

# fixture NAME [WORD...] - sets $fixture to the built program; see tests/fixtures/build.
fixture() {
	fixture=$("$TOP/tests/fixtures/build" "$@") || fail "can't build fixture $*"
}

# bpftraces - the bpftraces to test with, one a line: the installed one, and those of $GOBPF_BPFTRACES
# (colons between; see tests/get-bpftrace). make matrix runs every suite that uses this with all.
bpftraces() {
	command -v bpftrace
	tr : '\n' <<<"${GOBPF_BPFTRACES-}" | sed '/^$/d'
}

# spawn NAME CMD... - run CMD in the background: output in NAME.log, its pid in
# ${PID[NAME]}.  Its stdin is a fifo this test holds open, so a fixture that
# reads stdin dies with the test.  fd 3 is bats' own and must not leak.
declare -gA PID=() STDIN=()
spawn() {
	local name=$1 fd
	shift
	printf '+ %s: %s\n' "$name" "${*@Q}" >>"$BATS_TEST_TMPDIR/commands"
	rm -f "$BATS_TEST_TMPDIR/$name.in"
	mkfifo "$BATS_TEST_TMPDIR/$name.in"
	: >"$BATS_TEST_TMPDIR/$name.log"
	"$@" <"$BATS_TEST_TMPDIR/$name.in" >"$BATS_TEST_TMPDIR/$name.log" 2>&1 3>&- &
	PID[$name]=$!
	exec {fd}>"$BATS_TEST_TMPDIR/$name.in"
	STDIN[$name]=$fd
}

# tell NAME WORD... - a line on the stdin of a spawned program.
tell() {
	local name=$1
	shift
	printf '%s\n' "$*" >&"${STDIN[$name]}"
}

alive() { kill -0 "${PID[$1]}" 2>/dev/null; }

# retry SECONDS CMD... - until CMD succeeds; fails after SECONDS.
retry() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

# await NAME REGEX [SECONDS [COUNT]] - within a minute unless said, until NAME.log has COUNT (1) lines that match REGEX.
# Fails at once, with the log, if the process died first.
await() {
	local log=$BATS_TEST_TMPDIR/$1.log count=${4:-1}
	has_lines() { (($(grep -cE -- "$1" "$log") >= count)); }
	has_or_died() { has_lines "$2" || ! alive "$1"; }
	retry "${3:-60}" has_or_died "$1" "$2" || {
		fail "$1: no '$2' within ${3:-60} s"
		return
	}
	has_lines "$2" || fail "$1 died before '$2'"
}

# stop NAME [STATUS] - end NAME as a user would (Ctrl-C), wait for its last output; see reap.
stop() {
	kill -INT "${PID[$1]}"
	reap "$@"
}

# stop_bpftrace NAME - stop of a bpftrace. A signal that comes just before it begins to sleep is noticed
# with the next one only, so more are sent, but none when it prints its maps and has no handler any more.
stop_bpftrace() {
	local last=-1
	interrupted() {
		local caught
		alive "$1" || return 0
		caught=0x$(awk '$1 == "SigCgt:" { print $2 }' "/proc/${PID[$1]}/status" 2>/dev/null || :)
		((SECONDS > last && caught & 2)) || return
		last=$SECONDS
		kill -INT "${PID[$1]}" || :
		return 1
	}
	retry 60 interrupted "$1" || fail "$1 can't be stopped"
	reap "$1"
}

# reap NAME [STATUS] - wait until NAME has ended by itself; fails if not with STATUS (0).
# Not to be called by run: a subshell can't wait for its parent's children.
reap() {
	local got=0
	wait "${PID[$1]}" || got=$?
	((got == ${2:-0})) || fail "$1 ended with status $got, not ${2:-0}"
}

# end NAME - let a fixture see the end of its stdin and be gone.
end() {
	local fd=${STDIN[$1]}
	exec {fd}>&-
	reap "$1"
}

# unharmed NAME - NAME still answers, and its code in memory is that of its file:
# no breakpoint was left in it.
unharmed() {
	local pid=${PID[$1]} log=$BATS_TEST_TMPDIR/$1.log before
	alive "$1" || { fail "$1 is dead"; return; }
	before=$(grep -c '^PONG$' "$log" || :)
	tell "$1" ping
	await "$1" '^PONG$' 60 $((before + 1)) || return
	same_code "$pid"
}

# same_code PID - every executable page that PID has of its program equals the file, or does soon: a suite beside this
# one may have a bpftrace on the same file, whose breakpoints are in all of its processes. code_is_same - now.
same_code() { retry 60 code_is_same "$1" || fail "the code of process $1 was changed: $(readlink "/proc/$1/exe")"; }

code_is_same() {
	local pid=$1 range perms offset _ inode path exe_inode size length
	exe_inode=$(stat -L -c %i "/proc/$pid/exe")
	size=$(stat -L -c %s "/proc/$pid/exe")
	while read -r range perms offset _ inode path; do
		[[ $perms == r-x? && $inode == "$exe_inode" ]] || continue
		length=$((0x${range#*-} - 0x${range%-*}))
		offset=$((0x$offset))
		((offset + length <= size)) || length=$((size - offset))
		cmp <(piece "/proc/$pid/mem" $((0x${range%-*})) "$length") \
			<(piece "/proc/$pid/exe" "$offset" "$length") || return
	done <"/proc/$pid/maps"
}

piece() { dd if="$1" bs=64K iflag=skip_bytes,count_bytes,fullblock skip="$2" count="$3" status=none; }

# no_probes_of PID - no uprobe of ours is left: no BPF program or link outlives its command.
# Prints those that were made by process PID.
no_probes_of() {
	local left
	left=$(bpftool prog show 2>/dev/null | grep -E "pids .*\($1\)" || :)
	[ -z "$left" ] || fail "left behind: $left"
}

# what_happened - of a test that failed: what was run, the last run's result, all logs
what_happened() {
	local name
	[ ! -e "$BATS_TEST_TMPDIR/commands" ] || cat "$BATS_TEST_TMPDIR/commands"
	[ -z "${status-}" ] || printf 'last run: exit %s\nstdout: %s\nstderr: %s\n' "$status" \
		"$(tail -n 20 <<<"${output-}")" "$(tail -n 20 <<<"${stderr-}")"
	for name in "${!PID[@]}"; do
		tail -n 40 "$BATS_TEST_TMPDIR/$name.log" | sed "s/^/$name: /"
	done
}

# end_all - the teardown of every suite; one with its own calls this
end_all() {
	local name
	[[ ${BATS_TEST_COMPLETED-} ]] || what_happened | cut -c 1-400 >&2
	for name in "${!PID[@]}"; do
		kill -KILL "${PID[$name]}" 2>/dev/null || :
		wait "${PID[$name]}" 2>/dev/null || :
	done
}

teardown() { end_all; }

# perf_attach NAME SAMPLES OPTION... - perf.data of the spawned program, from a perf record that attached to it
# and got that many samples at least.  perf gives up when a thread ends as it attaches, and a
# busy machine may not run the program for a while: so, again, and longer.
perf_attach() {
	local name=$1 want=$2 try got=0 seconds
	shift 2
	for try in {1..12}; do
		seconds=$((try / 2 + 1))
		HOME=$BATS_TEST_TMPDIR timeout 60 perf record -q "$@" -o "$BATS_TEST_TMPDIR/perf.data" \
			-p "${PID[$name]}" -- sleep "$seconds" >"$BATS_TEST_TMPDIR/perf.log" 2>&1 9>/dev/null || continue
		got=$(HOME=$BATS_TEST_TMPDIR perf script -i "$BATS_TEST_TMPDIR/perf.data" -F comm 2>/dev/null | grep -c .) || :
		((got < want)) || return 0
	done
	fail "perf record of $name: $got samples, not $want: $(<"$BATS_TEST_TMPDIR/perf.log")"
}
