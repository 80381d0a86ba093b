#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# @NAME@.bt on a program that knows what the script must count.
#
# As root: bats @NAME@.bats. It wants bpftrace and go; BPFTRACE and GOBPF name others than those in PATH.

script=$BATS_TEST_DIRNAME/@NAME@.bt

# A program that starts 23 goroutines in main.start for each line that it reads, and says so.
setup_file() {
	command -v go >/dev/null || return 0
	cat >"$BATS_FILE_TMPDIR/main.go" <<-'EOT'
		package main

		import (
			"bufio"
			"fmt"
			"os"
			"sync"
		)

		//go:noinline
		func start() {
			var all sync.WaitGroup
			for i := 0; i < 23; i++ {
				all.Add(1)
				go all.Done()
			}
			all.Wait()
		}

		func main() {
			for in := bufio.NewScanner(os.Stdin); in.Scan(); {
				start()
				fmt.Println("DONE")
			}
		}
	EOT
	CGO_ENABLED=0 go build -o "$BATS_FILE_TMPDIR/server" "$BATS_FILE_TMPDIR/main.go"
}

setup() {
	command -v go >/dev/null || skip "requires go"
	((EUID == 0)) || skip "requires root"
	mkfifo "$BATS_TEST_TMPDIR/stdin"
	: >"$BATS_TEST_TMPDIR/log"
	"$BATS_FILE_TMPDIR/server" <"$BATS_TEST_TMPDIR/stdin" >>"$BATS_TEST_TMPDIR/log" 3>&- &
	server=$!
	exec {stdin}>"$BATS_TEST_TMPDIR/stdin"
}

teardown() {
	[ -z "${server-}" ] || kill -KILL "$server"
	wait 2>/dev/null
}

# A breakpoint is in the program: the kernel gave it a page of its own for it.
probed() {
	awk '/^[0-9a-f]+-/ { code = $2 ~ /x/ } /^Anonymous:/ && code { kb += $2 } END { exit !kb }' "/proc/$server/smaps"
}

# wait_for PID CMD... - until CMD succeeds; fails when PID has ended, and after a minute
wait_for() {
	local end=$((SECONDS + 60))
	until "${@:2}"; do
		((SECONDS < end)) && kill -0 "$1" 2>/dev/null || return
		sleep 0.05
	done
}

done_again() { (($(grep -c DONE "$BATS_TEST_TMPDIR/log") > $1)); }

# counted CMD... - CMD, the script with its SECONDS to come, counts 23 goroutines of main.start. On a
# busy machine it may end too early, or be preempted at the probe, and count one twice: so, again, and longer.
counted() {
	local seconds before
	for seconds in 2 4 8 16 32; do
		before=$(grep -c DONE "$BATS_TEST_TMPDIR/log" || :)
		"$@" "$seconds" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		wait_for $! probed || :
		echo go >&"$stdin"
		wait_for "$server" done_again "$before"
		wait $! || break
		! grep -qx '@started\[main\.start\]: 23' "$BATS_TEST_TMPDIR/out" || return 0
	done
	cat "$BATS_TEST_TMPDIR/out"
	return 1
}

@test "@NAME@: counts what the program started" {
	command -v "${BPFTRACE:-bpftrace}" >/dev/null || skip "requires bpftrace"
	counted "${BPFTRACE:-bpftrace}" "$script" "/proc/$server/exe" "$server"
}

@test "@NAME@: the same through gobpf" {
	command -v "${GOBPF:-gobpf}" >/dev/null || skip "requires gobpf"
	counted "${GOBPF:-gobpf}" run ${BPFTRACE:+--bpftrace "$BPFTRACE"} "$server" "$script"
}

@test "@NAME@: its header is complete" {
	local key keys=() want='ANSWERS USAGE PROBES FIELDS REQUIRES TESTED OVERHEAD CAVEATS SEE ALSO EXAMPLE'
	[ -x "$script" ]
	[ "$(head -1 "$script")" = '#!/usr/bin/env bpftrace' ]
	[[ $(sed -n 2p "$script") == "// ${script##*/} - "* ]]
	mapfile -t keys < <(sed -nE 's,^// ([A-Z][A-Z ]+):  *[^ ].*,\1,p' "$script")
	[ "${keys[*]}" = "$want" ]
	for key in 'uretprobe' '.{81}'; do
		run grep -nE "$key" "$script"
		[ -z "$output" ]
	done
}
