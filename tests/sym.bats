#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# sym against what the runtime says of its own stacks, and against go tool nm.

load helpers

# told WORD... - what `gobpf sym' says of a frames fixture built that way must be
# what the fixture says of itself.
told() {
	fixture frames "$@"
	spawn frames "$fixture"
	await frames '^READY'
	local log=$BATS_TEST_TMPDIR/frames.log
	sed -n 's/^ADDR //p' "$log" >"$BATS_TEST_TMPDIR/addresses"
	sed -n 's/^SYM //p' "$log" >"$BATS_TEST_TMPDIR/expected"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/addresses")" -gt 60 ]
	# CallersFrames leaves type arguments out, we have them as runtime/pprof does
	gobpf sym "${PID[frames]}" <"$BATS_TEST_TMPDIR/addresses" |
		sed -E 's/^([^ ]* [^[ ]*)\[.*\]([^ ]*) /\1[...]\2 /' >"$BATS_TEST_TMPDIR/said"
	diff "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/said"
}

@test "sym: frames of a process, inlined ones included: plain" { told; }
@test "sym: frames of a process: stripped" { told strip; }
@test "sym: frames of a process: PIE" { told pie; }
@test "sym: frames of a process: cgo" { told cgo; }
@test "sym: frames of a process: stripped cgo PIE" { told strip cgo pie; }

@test "sym: a file's functions begin where go tool nm says, also in the stripped twin" {
	fixture frames
	local plain=$fixture
	go tool nm "$plain" | awk '$2 ~ /^[tT]$/ && $3 ~ /^(main|strings|sort|fmt|reflect|strconv)\./ && $3 !~ /\[|\.abi0$/ { print "0x" $1, $3 }' \
		>"$BATS_TEST_TMPDIR/nm"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/nm")" -gt 100 ]
	fixture frames strip
	for file in "$plain" "$fixture"; do
		cut -d ' ' -f 2 "$BATS_TEST_TMPDIR/nm" | gobpf sym "$file" | grep -v ' (inlined)$' |
			cut -d ' ' -f 1,2 >"$BATS_TEST_TMPDIR/said"
		diff "$BATS_TEST_TMPDIR/nm" "$BATS_TEST_TMPDIR/said"
	done
}

@test "sym: a name in a process gives its address there, wherever that was loaded" {
	fixture frames strip pie
	spawn frames "$fixture"
	await frames '^READY'
	run -0 gobpf sym "${PID[frames]}" main.main
	[[ $output == 0x*" main.main $TOP/tests/fixtures/frames/main.go:"* ]]
}

@test "sym: JSON has the same frames" {
	fixture frames strip
	run -0 gobpf sym -f json "$fixture" main.main
	[ "$(jq -r '.[0].frames[-1].func' <<<"$output")" = main.main ]
	[ "$(jq -r '.[0].frames[-1].line' <<<"$output")" -eq \
		"$(grep -n '^func main' "$TOP/tests/fixtures/frames/main.go" | cut -d : -f 1)" ]
}

@test "sym: --no-inline leaves the functions that the linker knows" {
	fixture frames strip
	spawn frames "$fixture"
	await frames '^READY'
	local addr
	addr=$(sed -n 's/^SYM \([^ ]*\) .*(inlined)$/\1/p' "$BATS_TEST_TMPDIR/frames.log" | head -1)
	run -0 gobpf sym --no-inline "${PID[frames]}" "$addr"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output != *inlined* ]]
}

@test "sym: an address in no function is said to be unknown" {
	fixture frames strip
	run -0 gobpf sym "$fixture" 0x1
	[ "$output" = "0x1 ?" ]
}

@test "sym: an unknown name: exit 1, the others are shown" {
	fixture frames
	run -1 --separate-stderr gobpf sym "$fixture" main.nothing main.main
	[[ $stderr == *"'main.nothing' is neither an address nor a function"* ]]
	[[ $output == *" main.main "* ]]
}

@test "sym: what is not a Go program: exit 3" {
	run -3 --separate-stderr gobpf sym /bin/ls 0x1
	[[ $stderr == "gobpf sym: /bin/ls is not a Go program"* ]]
	run -3 gobpf sym /etc/passwd 0x1
	run -1 --separate-stderr gobpf sym ./nothing-here 0x1
	[[ $stderr == *"nothing-here: No such file or directory"* ]]
}

@test "sym: every truncation of a program is refused or read, never a crash" {
	fixture frames strip
	local size
	size=$(stat -c %s "$fixture")
	for part in 0 1 63 64 100 1000 4096 $((size / 3)) $((size / 2)) $((size - 1000)); do
		head -c "$part" "$fixture" >"$BATS_TEST_TMPDIR/cut"
		run gobpf sym "$BATS_TEST_TMPDIR/cut" main.main
		[ "$status" -lt 5 ]
	done
}

@test "sym: arm64 executables are read, too" {
	fixture frames strip
	local src=$TOP/tests/fixtures/frames out=$BATS_TEST_TMPDIR/arm64
	(cd "$src" && GOARCH=arm64 CGO_ENABLED=0 GO111MODULE=off go build -ldflags '-s -w' -o "$out" .)
	run -0 gobpf sym "$out" main.main
	[[ $output == *" main.main $src/main.go:"* ]]
	# lines inside of a function are right as well: pcs are counted in fours there
	(cd "$src" && GOARCH=arm64 CGO_ENABLED=0 GO111MODULE=off go build -o "$out.plain" .)
	go tool objdump -s '^main\.main$' "$out.plain" | awk '$1 ~ /^main\.go:/ { print $2, $1 }' >"$BATS_TEST_TMPDIR/truth"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -gt 50 ]
	cut -d' ' -f1 "$BATS_TEST_TMPDIR/truth" | gobpf sym "$out.plain" | awk '$1 != last { sub(/.*\//, "", $3); print $1, $3 } { last = $1 }' |
		diff "$BATS_TEST_TMPDIR/truth" -
}

@test "sym: a name that is not UTF-8 is in the JSON, too" {
	requires jq
	fixture frames strip
	LC_ALL=C sed 's/main\.outer/main.o\xff\xffer/g' "$fixture" >"$BATS_TEST_TMPDIR/odd"
	local addr
	addr=$(gobpf sym "$fixture" main.outer | sed 's/ .*//')
	gobpf sym -f json "$BATS_TEST_TMPDIR/odd" "$addr" >"$BATS_TEST_TMPDIR/out.json"
	run -0 jq -r '.[0].frames[].func' "$BATS_TEST_TMPDIR/out.json"
	[[ $output == *main.o*er* ]] || fail "$output"
}
