#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# usdt/: the header and the Go module with probes for applications, as readelf, bpftrace and perf see them.
# shellcheck disable=SC2016 # $-words are for bpftrace

load helpers

# go_usdt CGO WORD... - go WORD in the module
go_usdt() {
	local cgo=$1 go=${GOBPF_GOROOT:+$GOBPF_GOROOT/bin/}go
	shift
	(cd "$TOP/usdt/go" && env ${GOBPF_GOROOT:+GOROOT="$GOBPF_GOROOT"} GOFLAGS=-mod=mod GOPROXY=off GOENV=off \
		GOTOOLCHAIN=local GO111MODULE=on CGO_ENABLED="$cgo" "$go" "$@")
}

# notes FILE - provider, name and arguments of each note, sorted
notes() {
	readelf -nW "$1" | sed -nE 's/^ *(.*\s)?Provider: //p; s/^ *Name: //p; s/^ *Arguments: //p' | paste -d' ' - - - | sort
}

# five FILE - it has each of the five probes once, with as many arguments as documented
five() {
	[ "$(notes "$1" | awk '{ print $1, $2, NF - 2 }' | sort -u)" = "$(printf 'gobpf %s\n' 'event 6' \
		'request_end 4' 'request_start 4' 'span_end 5' 'span_start 5')" ] || fail "$1: $(notes "$1")"
}

# noted WORD... - sets $noted to the fixture spans built so without cgo, with notes added
noted() {
	fixture spans "$@"
	noted=$BATS_TEST_TMPDIR/noted
	cp "$fixture" "$noted"
	[ -x "$BATS_FILE_TMPDIR/usdtnotes" ] || go_usdt 0 build -o "$BATS_FILE_TMPDIR/usdtnotes" ./usdtnotes
	"$BATS_FILE_TMPDIR/usdtnotes" "$noted"
}

# traced BPFTRACE PROGRAM TEXT WORD - PROGRAM does WORD while bpftrace runs TEXT on it; what that said is in trace.log
traced() {
	spawn app "$2"
	await app '^READY'
	spawn trace env __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 "$1" -p "${PID[app]}" -e "${3//PROGRAM/$2}"
	await trace '^__BPFTRACE_NOTIFY_PROBES_ATTACHED'
	tell app "$4"
	await app '^DONE'
	stop_bpftrace trace
	end app
}

said() { grep -E '^(span|request|event)' "$BATS_TEST_TMPDIR/trace.log" | sort; }

bpftraces() {
	command -v bpftrace
	tr : '\n' <<<"${GOBPF_BPFTRACES-}" | sed '/^$/d'
}

@test "usdt: the header's notes, by each compiler, optimised and not" {
	local compiler options app=$BATS_TEST_TMPDIR/probed
	for compiler in 'gcc -x c' 'g++ -x c++' 'clang -x c'; do
		for options in '-O0' '-O2 -fPIE -pie' '-O2 -static'; do
			# shellcheck disable=SC2086 # words
			$compiler $options -Wall -Wextra -Werror -o "$app" "$TOP/tests/fixtures/probed.c" || return
			five "$app" || return
		done
	done
	# one object of each kind in a program, all with the same semaphores
	gcc -O2 -c -o "$BATS_TEST_TMPDIR/one.o" "$TOP/tests/fixtures/probed.c"
	gcc -O2 -c -Dmain=other -o "$BATS_TEST_TMPDIR/two.o" "$TOP/tests/fixtures/probed.c"
	gcc -o "$app" "$BATS_TEST_TMPDIR"/{one,two}.o
	five "$app"
	[ "$(notes "$app" | wc -l)" = 10 ]
	[ "$(readelf -nW "$app" | grep -oE 'Semaphore: 0x[0-9a-f]+' | sort -u | wc -l)" = 5 ]
}

@test "usdt: a probe is one nop of 5 bytes" {
	local app=$BATS_TEST_TMPDIR/probed place cgo
	gcc -O2 -no-pie -o "$app" "$TOP/tests/fixtures/probed.c"
	fixture spans cgo
	cgo=$fixture
	noted
	for app in "$app" "$cgo" "$noted"; do
		while read -r place; do
			objdump -d --start-address="$place" --stop-address=$((place + 5)) "$app" |
				grep -qE '0f 1f 44 00 00[[:space:]]+nopl' || fail "$app: $place" || return
		done < <(readelf -nW "$app" | grep -oE 'Location: 0x[0-9a-f]+' | cut -d' ' -f2)
	done
}

# bats test_tags=probe
@test "usdt: bpftrace sees 23 of each probe of a C program, with their arguments" {
	requires root bpftrace
	local app=$BATS_TEST_TMPDIR/probed bt
	gcc -O2 -o "$app" "$TOP/tests/fixtures/probed.c"
	while read -r bt; do
		traced "$bt" "$app" 'usdt:PROGRAM:gobpf:span_start { printf("span_start %d %d %d %r\n", *(uint8 *)(arg0 + 2),
				*(uint8 *)(arg1 + 7), arg2, buf(arg3, arg4)); }
			usdt:PROGRAM:gobpf:span_end { printf("span_end %d %d %r\n", *(uint8 *)(arg1 + 7), arg4, buf(arg2, arg3)); }
			usdt:PROGRAM:gobpf:request_start { printf("request_start %d %r %d\n", arg0, buf(arg1, arg2), *(uint8 *)arg3); }
			usdt:PROGRAM:gobpf:request_end { printf("request_end %d %r %d\n", arg0, buf(arg1, arg2), arg3); }
			usdt:PROGRAM:gobpf:event { printf("event %r %r %d %d\n", buf(arg0, arg1), buf(arg2, arg3), arg4,
				*(uint8 *)(arg5 + 7)); }' 'Grüße'
		diff <(said) <(for i in {0..22}; do
			printf 'span_start 3 %d 0 load\nspan_end %d -1 load\n' "$i" "$i"
			printf 'request_start %d GET 1\nrequest_end %d GET 404\n' "$i" "$i"
			printf 'event stored Gr\\xc3\\xbc\\xc3\\x9fe %d %d\n' "-$i" "$i"
		done | sed 's/ -0 / 0 /' | sort)
		grep -qx 'DONE 23' "$BATS_TEST_TMPDIR/app.log"
	done < <(bpftraces)
}

@test "usdt: nothing is enabled that nobody looks at" {
	local app=$BATS_TEST_TMPDIR/probed
	gcc -O2 -o "$app" "$TOP/tests/fixtures/probed.c"
	[ "$("$app" <<<hello)" = $'READY\nDONE 0' ]
	fixture spans cgo
	[ "$("$fixture" <<<'go 3' | grep -c EVENT)" = 0 ]
	# without notes nobody can say so
	fixture spans
	[ "$("$fixture" <<<'go 3' | grep -c EVENT)" = 3 ]
	noted
	[ "$("$noted" <<<'go 3' | grep -c EVENT)" = 0 ]
}

@test "usdt: the Go module allocates nothing, and builds without cgo, for arm64 and elsewhere" {
	go_usdt 0 test -count=1 .
	go_usdt 0 vet ./...
	GOARCH=arm64 go_usdt 0 vet .
	GOARCH=386 go_usdt 0 build .
	GOOS=darwin go_usdt 0 build .
	[ -z "$(gofmt -l "$TOP/usdt/go")" ]
}

@test "usdt: the Go module's notes are the same with cgo and added without, PIE and stripped" {
	local words
	fixture spans cgo
	five "$fixture"
	notes "$fixture" >"$BATS_TEST_TMPDIR/cgo"
	for words in '' 'strip pie' pie strip; do
		# shellcheck disable=SC2086 # words
		noted $words
		diff "$BATS_TEST_TMPDIR/cgo" <(notes "$noted")
		[ "$("$noted" <<<ping)" != '' ]
	done
	strip -o "$BATS_TEST_TMPDIR/stripped" "$noted"
	five "$BATS_TEST_TMPDIR/stripped"
	"$BATS_TEST_TMPDIR/stripped" <<<ping | grep -qx PONG
}

@test "usdt: usdtnotes changes only what it understands" {
	noted
	local tool=$BATS_FILE_TMPDIR/usdtnotes file=$BATS_TEST_TMPDIR/file
	run -1 "$tool" "$noted"
	[[ $output == *'has notes already'* ]]
	fixture burst
	cp "$fixture" "$file"
	run -1 "$tool" "$file"
	[[ $output == *'calls no probe of gobpf/usdt'* ]]
	cmp "$file" "$fixture"
	cp "$GOBPF" "$file"
	run -1 "$tool" "$file"
	[[ $output == *'has no table of functions'* ]]
	echo nothing >"$file"
	run -1 "$tool" "$file"
	fixture spans
	head -c 100000 "$fixture" >"$file"
	run -1 "$tool" "$file"
	[[ $output == *usdtnotes:* && $output != *panic* ]]
	run -1 "$tool" "$BATS_TEST_TMPDIR/none"
	run -2 "$tool"
	[ -z "$(find "$BATS_TEST_TMPDIR" -name 'file.*')" ]
}

# bats test_tags=probe
@test "usdt: bpftrace enables the Go module's events, and sees their goroutines, with cgo and without" {
	requires root bpftrace
	local bt program want cgo
	fixture spans cgo
	cgo=$fixture
	noted strip
	want=$(printf 'event stored order %d %d %d\n' 0 0 2 1 -1 4 2 -2 6)
	while read -r bt; do
		for program in "$cgo" "$noted"; do
			traced "$bt" "$program" 'usdt:PROGRAM:gobpf:event { printf("event %r %r %d %d\n", buf(arg0, arg1),
				buf(arg2, arg3), arg4, *(uint8 *)(arg5 + 7)); }' 'go 3'
			[ "$(said)" = "$want" ] || fail "$bt $program: $(said)" || return
		done
	done < <(bpftraces)
}

@test "usdt: perf knows the probes and where they are" {
	requires perf root
	local HOME=$BATS_TEST_TMPDIR
	export HOME
	fixture spans cgo
	perf buildid-cache --add "$fixture"
	[ "$(perf list sdt 2>/dev/null | grep -oE 'sdt_gobpf:[a-z_]+' | sort | paste -sd' ')" = \
		'sdt_gobpf:event sdt_gobpf:request_end sdt_gobpf:request_start sdt_gobpf:span_end sdt_gobpf:span_start' ]
	# only said, not made: these groups of events are the machine's
	perf probe -x "$fixture" -D sdt_gobpf:span_start 2>/dev/null |
		grep -E "^p:sdt_gobpf/span_start .*:0x[0-9a-f]+\(0x[0-9a-f]+\) arg1=\+8\(%sp\):u64 arg2=\+16\(%sp\):u64"
}
