#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What can go wrong with the commands that read a process, by the example of goroutines: one clear sentence,
# the documented exit status, the target unharmed.  Core files and captures are in capture.bats, heap-hotspots'
# own troubles in bad-input.bats.

load helpers
load golib

setup() { requires go; }

teardown_file() { rm -rf /tmp/gobpf-live.??????; }

# refused STATUS WORDS ARG... - nothing on stdout, one sentence with WORDS (a regex) on stderr
refused() {
	run --separate-stderr gobpf goroutines "${@:3}"
	[ "$status" -eq "$1" ] || { fail "exit $status, not $1: $output $stderr"; return; }
	[ -z "$output" ] || { fail "on stdout: $output"; return; }
	[[ $stderr == "gobpf goroutines: "* && $stderr =~ $2 ]] || { fail "not '$2': $stderr"; return; }
	((${#stderr_lines[@]} == 1)) || fail "more than a sentence: $stderr"
}

# running [WORD...] - the fixture goroutines, built so
running() {
	fixture goroutines "$@"
	spawn g "$fixture"
	await g '^READY'
}

@test "target: none, a thread, a kernel thread, a zombie" {
	local thread child kernel
	refused 3 'no process 4194303' 4194303
	refused 2 '' '' || [[ $stderr == *'empty word'* ]]
	running strip
	for thread in "/proc/${PID[g]}/task"/*; do :; done
	refused 3 "is a thread of process ${PID[g]}: name the process" "${thread##*/}"
	# shellcheck disable=SC2016
	spawn parent sh -c 'sleep 0.2 & echo CHILD $!; exec cat'
	await parent '^CHILD'
	child=$(sed -n 's/^CHILD //p' "$BATS_TEST_TMPDIR/parent.log")
	retry 60 grep -q '^State:.Z' "/proc/$child/status"
	refused 3 'zombie' "$child"
	kernel=$(awk '$4 == 2 { print $1; exit }' /proc/[0-9]*/stat 2>/dev/null || :)
	[ -z "$kernel" ] || refused 3 'kernel thread' "$kernel"
}

@test "target: stopped by SIGSTOP: read as if it ran, and still stopped" {
	running strip
	kill -STOP "${PID[g]}"
	retry 60 grep -q '^State:.T' "/proc/${PID[g]}/status"
	[ "$(gobpf goroutines -f json "${PID[g]}" | jq .goroutines)" -eq 124 ]
	grep -q '^State:.T' "/proc/${PID[g]}/status"
	kill -CONT "${PID[g]}"
	unharmed g
}

@test "target: ends while it is read" {
	requires jq
	local i
	fixture switching strip
	for i in {1..8}; do
		spawn s "$fixture" 500
		await s '^READY'
		looks() {
			local n=0 status=0
			until ((status)); do
				"$GOBPF" goroutines "$1" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
				((++n != 3)) || echo AGAIN
			done
			echo "END $status"
		}
		looks "${PID[s]}" >"$BATS_TEST_TMPDIR/looks" 3>&- &
		local reader=$!
		retry 60 grep -q AGAIN "$BATS_TEST_TMPDIR/looks"
		kill -KILL "${PID[s]}"
		wait "${PID[s]}" || :
		wait $reader
		[ "$(tail -1 "$BATS_TEST_TMPDIR/looks")" = 'END 3' ] || fail "$(cat "$BATS_TEST_TMPDIR/looks" "$BATS_TEST_TMPDIR/err")" || return
		grep -qE "process ${PID[s]} .*(has exited|zombie)|no process ${PID[s]}" "$BATS_TEST_TMPDIR/err" ||
			fail "$(cat "$BATS_TEST_TMPDIR/err")" || return
	done
}

@test "target: the executable was deleted, or another put in its place" {
	fixture goroutines strip
	cp "$fixture" "$BATS_TEST_TMPDIR/prog"
	spawn g "$BATS_TEST_TMPDIR/prog"
	await g '^READY'
	rm "$BATS_TEST_TMPDIR/prog"
	run -0 --separate-stderr gobpf goroutines "${PID[g]}"
	[[ $output == 'goroutines: prog '*' 124 goroutines'* && -z $stderr ]] || fail "$output $stderr"
	cp /bin/true "$BATS_TEST_TMPDIR/prog"
	run -0 --separate-stderr gobpf goroutines "${PID[g]}"
	[[ $output == *' 124 goroutines'* && -z $stderr ]] || fail "$output $stderr"
	gobpf capture -q -o "$BATS_TEST_TMPDIR/g.gz" "${PID[g]}"
	end g
	run -0 gobpf goroutines "$BATS_TEST_TMPDIR/g.gz"
	[[ $output == *' 124 goroutines'* ]]
}

@test "target: a Go newer than any known is refused, not guessed" {
	local real
	fixture goroutines strip
	real=$(go version "$fixture" | awk '{ print $NF }')
	sed "s/$real/go1.99${real:6}/g" "$fixture" >"$BATS_TEST_TMPDIR/odd"
	chmod +x "$BATS_TEST_TMPDIR/odd"
	spawn g "$BATS_TEST_TMPDIR/odd"
	await g '^READY'
	refused 3 'go1\.99' "${PID[g]}"
	unharmed g
}

# in_the_open - sets $open: a folder where everybody may run gobpf
in_the_open() {
	open=$(mktemp -d /tmp/gobpf-live.XXXXXX)
	chmod 755 "$open"
	cp "$GOBPF" "$open/gobpf"
}

@test "permission: one's own process needs no root, where the kernel lets one" {
	requires root setpriv
	[ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" = 0 ] ||
		skip "machine: kernel.yama.ptrace_scope is not 0"
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	in_the_open
	fixture goroutines strip pie
	cp "$fixture" "$open/prog"
	spawn g "${nobody[@]}" "$open/prog"
	await g '^READY'
	chmod 777 "$open"
	run -0 "${nobody[@]}" "$open/gobpf" goroutines "${PID[g]}"
	[[ $output == *' 124 goroutines'* ]]
	"${nobody[@]}" "$open/gobpf" capture -q -o "$open/g.gz" "${PID[g]}"
	gobpf goroutines --full "$open/g.gz" | grep -q 'main.spawnAll'
	unharmed g
}

@test "permission: another user's process: says what would help" {
	requires root setpriv
	running strip
	in_the_open
	gobpf() { setpriv --reuid=65534 --regid=65534 --clear-groups "$open/gobpf" "$@"; }
	refused 4 'as that user or root, or with CAP_SYS_PTRACE' "${PID[g]}"
	gobpf() { setpriv --bounding-set -sys_ptrace "$GOBPF" "$@"; }
	refused 4 'root lacks CAP_SYS_PTRACE' "${PID[g]}"
	unharmed g
}

# library MODE OUT - Go code for a C program, or for a Go program, to load
library() {
	local dir=$BATS_TEST_TMPDIR/lib
	mkdir -p "$dir"
	cat >"$dir/lib.go" <<-'EOT'
		package main
		import "C"
		//export Answer
		func Answer() C.int { return 42 }
		func main() {}
	EOT
	(cd "$dir" && GO111MODULE=off go build -buildmode="$1" -o "$2" lib.go)
}

@test "target: a C program with Go in a library says so" {
	requires gcc
	library c-shared "$BATS_TEST_TMPDIR/libanswer.so"
	cat >"$BATS_TEST_TMPDIR/main.c" <<-'EOT'
		#include <stdio.h>
		int Answer(void);
		int main(void)
		{
			printf("READY %d\n", Answer());
			fflush(stdout);
			return getchar() == 'x';
		}
	EOT
	gcc -o "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR/main.c" "$BATS_TEST_TMPDIR/libanswer.so"
	spawn c "$BATS_TEST_TMPDIR/main"
	await c '^READY 42'
	refused 3 'is no Go program, but has a Go library, .*/libanswer\.so: Go runtimes in libraries are not read' "${PID[c]}"
	end c
}

@test "target: a Go program with a second Go runtime in it: whose goroutines are shown is said" {
	requires gcc
	library c-shared "$BATS_TEST_TMPDIR/libanswer.so"
	mkdir "$BATS_TEST_TMPDIR/two"
	cat >"$BATS_TEST_TMPDIR/two/main.go" <<-'EOT'
		package main
		// #cgo LDFLAGS: -ldl
		// #include <dlfcn.h>
		// #include <stdlib.h>
		import "C"
		import ("fmt"; "os"; "unsafe")
		func main() {
			name := C.CString(os.Args[1])
			defer C.free(unsafe.Pointer(name))
			if C.dlopen(name, C.RTLD_NOW) == nil { os.Exit(1) }
			fmt.Println("READY")
			os.Stdin.Read(make([]byte, 1))
		}
	EOT
	(cd "$BATS_TEST_TMPDIR/two" && GO111MODULE=off go build -o ../prog main.go)
	spawn g "$BATS_TEST_TMPDIR/prog" "$BATS_TEST_TMPDIR/libanswer.so"
	await g '^READY'
	run -0 --separate-stderr gobpf goroutines "${PID[g]}"
	[[ $stderr == *'/libanswer.so has a Go runtime of its own, which is not read'* ]] || fail "$stderr"
	[[ $output == *'goroutines: prog '* ]]
	run -0 --separate-stderr gobpf goroutines -q "${PID[g]}"
	[ -z "$stderr" ]
	end g
}

@test "target: a plugin is no second runtime" {
	requires gcc
	library plugin "$BATS_TEST_TMPDIR/answer.so"
	mkdir "$BATS_TEST_TMPDIR/host"
	cat >"$BATS_TEST_TMPDIR/host/main.go" <<-'EOT'
		package main
		import ("fmt"; "os"; "plugin")
		func main() {
			if _, err := plugin.Open(os.Args[1]); err != nil { fmt.Println(err); os.Exit(1) }
			fmt.Println("READY")
			os.Stdin.Read(make([]byte, 1))
		}
	EOT
	(cd "$BATS_TEST_TMPDIR/host" && GO111MODULE=off go build -o ../prog main.go)
	spawn g "$BATS_TEST_TMPDIR/prog" "$BATS_TEST_TMPDIR/answer.so"
	await g '^READY'
	run -0 --separate-stderr gobpf goroutines "${PID[g]}"
	[ -z "$stderr" ] || fail "$stderr"
	end g
}
