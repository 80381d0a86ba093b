#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What can go wrong with heap-hotspots: one clear sentence, the documented exit
# status, the target unharmed, and what was gathered printed.
# Exit: 1 failed, 2 usage, 3 target unusable, 4 not permitted or not supported here.
# bats file_tags=long

load helpers
load heap

# refused STATUS WORDS ARG... - nothing on stdout, one sentence with WORDS (a regex) on stderr.
refused() {
	local want=$1 words=$2
	shift 2
	run --separate-stderr gobpf heap-hotspots "$@"
	[ "$status" -eq "$want" ] || { fail "exit $status, not $want: $output $stderr"; return; }
	[ -z "$output" ] || { fail "on stdout: $output"; return; }
	[[ $stderr == "gobpf heap-hotspots: "* && $stderr =~ $words ]] || { fail "not '$words': $stderr"; return; }
	((${#stderr_lines[@]} <= 3)) || fail "more than a sentence: $stderr"
}

# A copy of the program under test where everybody may run it: sets $open.
in_the_open() {
	open=$(mktemp -d /tmp/gobpf-test.XXXXXX)
	chmod 755 "$open"
	cp "$GOBPF" "$open/gobpf"
}

teardown_file() { rm -rf /tmp/gobpf-test.??????; }

# The command line.

@test "options: no target, two targets" {
	refused 2 'PID|target'
	refused 2 'PID|target|argument' 1 2
}

@test "options: garbage" {
	local words
	while read -r words; do
		# shellcheck disable=SC2086
		refused 2 . $words || fail "accepted: $words" || return
	done <<-'EOT'
		-d banana 1
		-d -5s 1
		-d 5parsecs 1
		--engine warp 1
		--exact --engine=buckets 1
		-o hot.docx 1
		--max-overhead 200% 1
		--max-overhead -1 1
		--max-overhead x 1
		-f yaml 1
		-n -1 1
		-n many 1
		--no-such-option 1
	EOT
}

@test "target: no such PID" {
	refused 3 'no such process|[Nn]o process' "$(cat /proc/sys/kernel/pid_max)"
}

@test "target: garbage for a PID" {
	refused 3 . 99999999999999999999
	refused 3 . 0
	refused 2 . ''
	refused 3 . no-such-program-$$
	refused 3 . ../../etc/passwd
	refused 2 . -1
}

@test "target: a name that two processes have" {
	fixture notgo
	cp "$fixture" "$BATS_TEST_TMPDIR/twin-$$"
	spawn one "$BATS_TEST_TMPDIR/twin-$$"
	spawn two "$BATS_TEST_TMPDIR/twin-$$"
	await one '^READY'
	await two '^READY'
	refused 3 "${PID[one]}" "twin-$$"
	[[ $stderr == *"${PID[two]}"* ]]
}

@test "target: not a Go program" {
	fixture notgo
	spawn notgo "$fixture"
	await notgo '^READY'
	refused 3 'Go' "${PID[notgo]}"
	unharmed notgo
}

@test "target: a zombie" {
	# the child ends when its parent is a cat that waits for nobody
	# shellcheck disable=SC2016
	spawn parent sh -c 'sleep 0.2 & echo CHILD $!; exec cat'
	await parent '^CHILD'
	local child
	child=$(sed -n 's/^CHILD //p' "$BATS_TEST_TMPDIR/parent.log")
	retry 60 grep -q '^State:.Z' "/proc/$child/status"
	refused 3 . "$child"
}

# a_go_that_says VERSION - a Go program whose version strings were changed, running as "mix".
a_go_that_says() {
	local real
	fixture allocmix strip
	real=$(go version "$fixture" | awk '{ print $NF }')
	LC_ALL=C sed "s/$real/$1/g" "$fixture" >"$BATS_TEST_TMPDIR/odd"
	chmod +x "$BATS_TEST_TMPDIR/odd"
	spawn mix "$BATS_TEST_TMPDIR/odd"
	await mix '^READY'
}

# same_length PREFIX - a version of as many letters as this toolchain's: go1.19.8 -> go1.99.8
same_length() {
	local real
	real=$(go env GOVERSION)
	printf '%s%s' "$1" "${real:${#1}}"
}

@test "target: a Go newer than any known is refused, not guessed" {
	requires go
	a_go_that_says "$(same_length go1.99)"
	refused 3 'go1\.99' "${PID[mix]}"
	unharmed mix
}

@test "target: a Go that is too old" {
	requires go
	a_go_that_says "$(same_length go1.12)"
	refused 3 'go1\.12' "${PID[mix]}"
	unharmed mix
}

@test "target: a 32-bit program" {
	fixture allocmix 386
	spawn mix "$fixture" 1
	await mix '^READY'
	refused 3 '32-bit' "${PID[mix]}"
	unharmed mix
}

# Permission.

@test "permission: as nobody, on root's process: names CAP_SYS_PTRACE" {
	requires root setpriv
	mix
	in_the_open
	gobpf() { setpriv --reuid=65534 --regid=65534 --clear-groups "$open/gobpf" "$@"; }
	refused 4 'as that user or root, or with CAP_SYS_PTRACE' "$mix"
	unharmed mix
}

@test "permission: as root without CAP_SYS_PTRACE: names it, and not root" {
	requires root setpriv
	mix
	gobpf() { setpriv --bounding-set -sys_ptrace "$GOBPF" "$@"; }
	refused 4 'root lacks CAP_SYS_PTRACE' "$mix"
	[[ $stderr != *'or root'* ]]
	unharmed mix
}

@test "permission: what even root with CAP_SYS_PTRACE may not: says what could forbid it" {
	requires root unshare
	unshare --user true || skip "machine: no user namespaces"
	mix
	# root of a user namespace has the capability, and none over what is outside of it
	gobpf() { unshare --user --map-root-user "$GOBPF" "$@"; }
	refused 4 'even with CAP_SYS_PTRACE .*user namespace' "$mix"
	[[ $stderr != *'or root'* ]]
	unharmed mix
}

@test "permission: as the same user, on a process with a capability: root may" {
	requires root setpriv
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fixture allocmix
	in_the_open
	cp "$fixture" "$open/mix"
	spawn mix "${nobody[@]}" --inh-caps=+net_raw --ambient-caps=+net_raw "$open/mix"
	await mix '^READY'
	gobpf() { "${nobody[@]}" "$open/gobpf" "$@"; }
	refused 4 'user 65534.: run as root, or with CAP_SYS_PTRACE' "${PID[mix]}"
	unharmed mix
}

@test "permission: as root that may not see mapped files: one mounted over a library is not taken for it" {
	requires root setpriv unshare nsenter
	local addr lib libc=$BATS_TEST_TMPDIR/libc.so.6
	fixture native cgo strip
	lib=$(ldd "$fixture" | awk '$1 ~ /^libc\.so/ { print $3 }')
	cp "$lib" "$libc"
	LC_ALL=C sed 's/\x00getppid\x00/\x00gotppid\x00/g' "$libc" >"$libc.other"
	gobpf() { setpriv --bounding-set -sys_admin,-checkpoint_restore "$GOBPF" "$@"; }
	# shellcheck disable=SC2016
	spawn native unshare -m sh -c 'mount -t tmpfs none /mnt && cp "$1" "$1.other" /mnt && exec env LD_LIBRARY_PATH=/mnt "$2"' \
		sh "$libc" "$fixture"
	await native '^READY'
	addr=$(sed -n 's/^FUNC \([^ ]*\) getppid$/\1/p' "$BATS_TEST_TMPDIR/native.log")
	run -0 gobpf sym "${PID[native]}" "$addr"
	[[ $output == "$addr getppid"*" (/mnt/libc.so.6)" ]] || fail "$output"
	nsenter -t "${PID[native]}" -m mount --bind /mnt/libc.so.6.other /mnt/libc.so.6
	run -0 gobpf sym "${PID[native]}" "$addr"
	[ "$output" = "$addr ? (/mnt/libc.so.6)" ] || fail "$output"
}

@test "permission: as root without CAP_BPF and CAP_SYS_ADMIN: refill names what it lacks" {
	requires root setpriv
	mix noprof
	gobpf() {
		setpriv --bounding-set -sys_admin,-bpf,-perfmon "$GOBPF" "$@"
	}
	refused 4 'CAP_(BPF|PERFMON|SYS_ADMIN)' --engine refill "$mix"
	unharmed mix
}

@test "permission: buckets needs no BPF: works without CAP_BPF and CAP_SYS_ADMIN" {
	requires root setpriv
	mix
	run -0 --separate-stderr setpriv --bounding-set -sys_admin,-bpf,-perfmon "$GOBPF" heap-hotspots -d 1s "$mix"
	[[ ${lines[0]} == *"engine buckets"* ]]
}

# The kernel.

@test "kernel: without bpf() refill says so" {
	requires root
	fixture without
	local without=$fixture
	mix noprof
	gobpf() { "$without" bpf "$GOBPF" "$@"; }
	refused 4 'BPF|bpf' --engine refill "$mix"
	refused 4 'BPF|bpf' "$mix"
	unharmed mix
}

@test "kernel: without BTF" {
	requires root unshare
	mix noprof
	# shellcheck disable=SC2016
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh \
		"$GOBPF" heap-hotspots --engine refill -d 1s "$mix"
	if [ "$status" -eq 0 ]; then
		[[ $output == *main.allocSmall* ]]
	else
		[ "$status" -eq 4 ]
		[[ $stderr == *BTF* ]]
	fi
	unharmed mix
}

@test "bpftrace missing: says so, and what to install" {
	requires root
	mix noprof
	gobpf() { PATH=/var/empty "$GOBPF" "$@"; }
	refused 4 bpftrace --engine bpftrace "$mix"
	unharmed mix
}

# The target goes away.

@test "target exits in mid-window: said, and what was gathered is printed" {
	requires root
	local engine
	for engine in buckets refill; do
		mix
		watch --engine $engine -d 1m "$mix"
		spawn clock sleep 1
		reap clock
		tell mix exit 0
		reap mix
		reap hot 3
		grep -q 'exited' "$BATS_TEST_TMPDIR/hot.log"
		[ $engine = buckets ] || grep -q 'main.allocSmall' "$BATS_TEST_TMPDIR/hot.log"
	done
}

@test "target execs in mid-window: said, and what was gathered is printed" {
	requires root
	local engine
	for engine in buckets refill; do
		mix
		watch --engine $engine -d 1m "$mix"
		spawn clock sleep 1
		reap clock
		tell mix exec /bin/cat
		reap hot 3
		grep -q 'exec' "$BATS_TEST_TMPDIR/hot.log"
		[ $engine = buckets ] || grep -q 'main.allocSmall' "$BATS_TEST_TMPDIR/hot.log"
		end mix
	done
}

@test "target: one whose threads exec again and again has not exited" {
	fixture execs
	spawn execs "$fixture" 200
	spawn watch "$(dirname "$GOBPF")/tests/targetlib" "${PID[execs]}"
	await watch '^WATCHING'
	await execs '^DONE'
	tell watch enough
	reap watch
	# it missed some, and may have come late
	(($(sed -n 's/ times anew$//p' "$BATS_TEST_TMPDIR/watch.log") > 20))
	end execs
}

@test "target execs itself in mid-window: said, and what was gathered is printed" {
	requires root
	local engine
	for engine in buckets refill; do
		mix strip
		watch --engine $engine -d 1m "$mix"
		spawn clock sleep 1
		reap clock
		tell mix exec "$fixture"
		reap hot 3
		grep -q 'exec of the same program' "$BATS_TEST_TMPDIR/hot.log"
		end mix
	done
}

# The executable goes away.

@test "executable deleted on disk: the one that runs is read" {
	requires root
	local engine json=$BATS_TEST_TMPDIR/out.json
	fixture allocmix strip
	for engine in buckets refill; do
		cp "$fixture" "$BATS_TEST_TMPDIR/gone"
		spawn mix "$BATS_TEST_TMPDIR/gone"
		await mix '^READY'
		rm "$BATS_TEST_TMPDIR/gone"
		precise --engine $engine "${PID[mix]}"
		truthful "$json"
		unharmed mix
		end mix
	done
}

@test "executable deleted on disk: found by its long name, too" {
	requires root
	local name="a-name-longer-than-comm-$$"
	fixture allocmix
	cp "$fixture" "$BATS_TEST_TMPDIR/$name"
	spawn mix "$BATS_TEST_TMPDIR/$name"
	await mix '^READY'
	rm "$BATS_TEST_TMPDIR/$name"
	gobpf heap-hotspots --engine buckets -d 500ms "$name" >/dev/null
	unharmed mix
}

@test "executable replaced on disk: the one that runs is read" {
	requires root
	fixture burst
	local other=$fixture engine json=$BATS_TEST_TMPDIR/out.json
	fixture allocmix strip
	for engine in buckets refill; do
		cp "$fixture" "$BATS_TEST_TMPDIR/prog"
		spawn mix "$BATS_TEST_TMPDIR/prog"
		await mix '^READY'
		cp "$other" "$BATS_TEST_TMPDIR/new"
		mv "$BATS_TEST_TMPDIR/new" "$BATS_TEST_TMPDIR/prog"
		precise --engine $engine "${PID[mix]}"
		truthful "$json"
		unharmed mix
		end mix
	done
}

# Output that does not arrive.

@test "output: full disk" {
	mix
	local format
	for format in table json folded svg html pprof speedscope; do
		to_full() { gobpf heap-hotspots -d 300ms -f "$format" "$mix" >/dev/full; }
		run -1 --separate-stderr to_full
		[[ $stderr == *"No space left on device"* ]]
		run -1 --separate-stderr gobpf heap-hotspots -d 300ms -f $format -o /dev/full "$mix"
		[[ $stderr == *"No space left on device"* ]]
	done
	[ -c /dev/full ]
	unharmed mix
}

@test "output: closed pipe" {
	mix
	to_nobody() {
		gobpf heap-hotspots -d 300ms -f json "$mix" | true
		return "${PIPESTATUS[0]}"
	}
	run --separate-stderr to_nobody
	[ "$status" -eq 1 ]
	[[ $stderr == *"closed the pipe"* ]]
	unharmed mix
}

@test "output: a folder that is not there is said before the window, not after" {
	mix
	local from=$SECONDS
	run -1 --separate-stderr gobpf heap-hotspots -d 120s -o /no/such/folder/out.svg "$mix"
	[[ $stderr == *"/no/such/folder/out.svg"* ]]
	((SECONDS - from < 60))
}

# bats test_tags=probe
@test "output: stdout is closed: no other file is written to instead" {
	requires root
	mix noprof
	to_none() { gobpf heap-hotspots --engine "$1" -d 300ms "$mix" >&-; }
	run -1 --separate-stderr to_none refill
	[[ $stderr == *"stdout: Bad file descriptor"* ]]
	unharmed mix
}

@test "output: an empty name" {
	refused 2 'names no file' -o '' 1
}

@test "permission: as nobody, a name of root's process" {
	requires root setpriv
	fixture allocmix
	cp "$fixture" "$BATS_TEST_TMPDIR/a-long-name-$$-of-a-program"
	spawn mix "$BATS_TEST_TMPDIR/a-long-name-$$-of-a-program" 1
	await mix '^READY'
	in_the_open
	run -4 --separate-stderr setpriv --reuid=65534 --clear-groups "$open/gobpf" heap-hotspots \
		"a-long-name-$$-of-a-program"
	[[ $stderr == *CAP_SYS_PTRACE* ]]
}

@test "target: in /proc of another PID namespace" {
	requires root unshare
	mix noprof
	run -4 --separate-stderr unshare -p -f "$GOBPF" heap-hotspots -d 300ms "$mix"
	[[ $stderr == *"PID namespace"* ]]
}

@test "output: a named pipe gets everything, once" {
	mix
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	spawn reader cat "$BATS_TEST_TMPDIR/pipe"
	gobpf heap-hotspots -d 500ms -f json -o "$BATS_TEST_TMPDIR/pipe" "$mix"
	reap reader
	jq -e '.sites[0].func == "main.allocSmall"' "$BATS_TEST_TMPDIR/reader.log"
}

# in_container CMD... - in a PID namespace of its own, with its /proc, beside a fixture; PID stands for that
in_container() {
	# shellcheck disable=SC2016
	unshare -p -m -f --mount-proc sh -c '
		fixture=$1 fifo=$2
		shift 2
		rm -f "$fifo" "$fifo.log" && mkfifo "$fifo" && : >"$fifo.log" && exec 3<>"$fifo"
		"$fixture" 50 <&3 >"$fifo.log" 3<&- &
		until grep -q READY "$fifo.log"; do kill -0 $! || exit 9; done
		for word; do
			[ "$word" != PID ] || word=$!
			set -- "$@" "$word"
			shift
		done
		"$@" 3<&-
	' sh "$fixture" "$BATS_TEST_TMPDIR/fifo" "$@"
}

# bats test_tags=probe
@test "gobpf inside a container: every engine tells the truth or says why not" {
	requires root unshare bpftrace
	local engine
	fixture allocmix strip
	for engine in buckets refill exact; do
		run -0 in_container "$GOBPF" heap-hotspots --force --engine $engine -d 1s PID
		[[ $output == *"main.allocSmall main.go"* ]]
	done
	run --separate-stderr in_container "$GOBPF" heap-hotspots --engine bpftrace -d 1s PID
	[[ $status -eq 4 && $stderr == *"PID namespace"* ]] ||
		[[ $status -eq 0 && $output == *"main.allocSmall main.go"* ]]
	run --separate-stderr in_container "$GOBPF" script heap-hotspots PID
	[[ $status -eq 0 || $stderr == *"PID namespace"* ]]
}
