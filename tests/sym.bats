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

# some_addresses STEP - of every Go function of $fixture its entry and each STEPth byte from there
some_addresses() {
	gobpf sym --list "$fixture" | awk -v step="$1" '
		function hex(s,	i, v) {
			for (i = 1; i <= length(s); i++)
				v = 16 * v + index("0123456789abcdef", substr(s, i, 1)) - 1
			return v
		}
		/\t/ { size = hex($2); for (i = 0; i < size; i += step) printf "0x%x\n", hex($1) + i }'
}

@test "sym: inlined frames at every function's entry, and at every 29th byte, are those of llvm-symbolizer" {
	requires llvm-symbolizer
	local words
	# what only one of them has: the linker's mark of assembly, type arguments, wrappers (and
	# functions treated as such: cmd/internal/objabi/funcid.go); bulkBarrier... has one
	# line in DWARF that is not in the function
	local normal='s/\.abi0 / /; s/^([^ ]* [^ []*)\[.*\]([^ ]*) /\1[...]\2 /; /<autogenerated>:| \?\?:0/d'
	normal+='; /runtime\.runOpenDeferFrame|reflect\.call(Method|Reflect)|bulkBarrierPreWriteSrcOnly|\.(deferwrap|gowrap)[0-9]/d'
	normal+='; / runtime\.\(?\*?(lockRank|waitReason|errorAddressString)\)?\./d'
	for words in "" pie; do
		# shellcheck disable=SC2086
		fixture frames $words
		some_addresses 29 >"$BATS_TEST_TMPDIR/addresses"
		llvm-symbolizer --inlines --addresses --output-style=GNU -e "$fixture" <"$BATS_TEST_TMPDIR/addresses" | awk '
			/^0x[0-9a-f]*$/ { at = $1; sub(/^0x0*/, "0x", at); next }
			{ func_name = $0; getline; sub(/ \(discriminator.*/, ""); print at, func_name, $0 }' |
			sed -E "$normal" >"$BATS_TEST_TMPDIR/truth"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -gt 15000 ]
		# shellcheck disable=SC2086
		fixture frames strip $words
		gobpf sym "$fixture" <"$BATS_TEST_TMPDIR/addresses" | sed -E "s/ \(inlined\)$//; $normal" |
			diff "$BATS_TEST_TMPDIR/truth" - || fail "words: $words" || return
	done
}

@test "sym: file and line at every function's entry, and at every 49th byte, are those of go tool addr2line" {
	local addresses=$BATS_TEST_TMPDIR/addresses
	fixture frames
	some_addresses 49 >"$addresses"
	[ "$(wc -l <"$addresses")" -gt 10000 ]
	go tool addr2line "$fixture" <"$addresses" | sed -n 'n; p' >"$BATS_TEST_TMPDIR/truth"
	fixture frames strip
	gobpf sym "$fixture" <"$addresses" | awk '$1 != last { sub(/ \(inlined\)$/, ""); print $NF } { last = $1 }' |
		diff "$BATS_TEST_TMPDIR/truth" -
}

# native [WORD...] - runs the fixture native; its functions are in $funcs as "ADDRESS NAME".
native() {
	requires gcc g++
	fixture native cgo "$@"
	spawn native "$fixture"
	await native '^READY'
	funcs=$(sed -n 's/^FUNC //p' "$BATS_TEST_TMPDIR/native.log")
	[ "$(wc -l <<<"$funcs")" -eq 3 ]
}

@test "sym: a library that is loaded twice is two" {
	local own=$BATS_TEST_TMPDIR/own.so twice=$BATS_TEST_TMPDIR/twice.so
	requires gcc g++
	printf 'int own_only(void) { return 7; }\n' >"$BATS_TEST_TMPDIR/own.c"
	cat >"$BATS_TEST_TMPDIR/twice.c" <<-EOT
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <stdio.h>
		__attribute__((constructor)) static void load(void)
		{
			void *a = dlopen("$own", RTLD_NOW), *b = dlmopen(LM_ID_NEWLM, "$own", RTLD_NOW);

			printf("OWN %p\\nOWN %p\\n", dlsym(a, "own_only"), dlsym(b, "own_only"));
		}
	EOT
	gcc -shared -fPIC -O1 -o "$own" "$BATS_TEST_TMPDIR/own.c"
	gcc -shared -fPIC -O1 -o "$twice" "$BATS_TEST_TMPDIR/twice.c"
	fixture native cgo strip
	spawn native env LD_PRELOAD="$twice" "$fixture"
	await native '^READY'
	sed -n 's/^OWN //p' "$BATS_TEST_TMPDIR/native.log" | sort >"$BATS_TEST_TMPDIR/own"
	[ "$(sort -u "$BATS_TEST_TMPDIR/own" | wc -l)" -eq 2 ]
	gobpf sym "${PID[native]}" own_only | sed "s, own_only ($own)$,," | sort | diff "$BATS_TEST_TMPDIR/own" -
	# shellcheck disable=SC2046
	gobpf sym "${PID[native]}" $(cat "$BATS_TEST_TMPDIR/own") | sed "s, own_only ($own)$,," | diff "$BATS_TEST_TMPDIR/own" -
}

@test "sym: names are looked for in a process's libraries, too, all that match" {
	local addr pid libc=libc.so.6 own=$BATS_TEST_TMPDIR/own.so said
	printf 'int getppid(void) { return 7; }\nint own_only(void) { return getppid(); }\n' >"$BATS_TEST_TMPDIR/own.c"
	gcc -shared -fPIC -O1 -o "$own" "$BATS_TEST_TMPDIR/own.c"
	native strip
	pid=${PID[native]}
	addr=$(sed -n 's/ getppid$//p' <<<"$funcs")
	run -0 gobpf sym "$pid" getppid
	[[ ${#lines[@]} -eq 1 && $output == "$addr getppid"*"/$libc)" ]] || fail "not $addr: $output"
	# another name for the same place, and a place behind it
	[[ $(gobpf sym "$pid" __getppid) == "$output" ]]
	run -0 gobpf sym "$pid" getppid+1
	[[ $output == "$(printf '0x%x' $((addr + 1))) getppid"* ]]
	run -1 gobpf sym "$pid" own_only
	[[ $output == "gobpf sym: 'own_only' is neither an address nor a function of $pid or its libraries" ]]
	end native
	# two of one name: that of the program's own library hides the other, but both are there
	spawn native env LD_PRELOAD="$own" "$fixture"
	await native '^READY'
	pid=${PID[native]}
	run -0 gobpf sym "$pid" getppid
	said=$(sed -E 's/^(0x[^ ]*) getppid.* \((.*)\)$/\1 \2/' <<<"$output" | sort -k2)
	[[ ${#lines[@]} -eq 2 && $said == *" $own"*"/$libc" ]] || fail "$output"
	[[ $said == *"$(sed -n 's/ getppid$//p' <<<"$(sed -n 's/^FUNC //p' "$BATS_TEST_TMPDIR/native.log")") $own"* ]]
	run -0 gobpf sym --json "$pid" getppid
	[ "$(jq -r '.[].object' <<<"$output" | sed 's,.*/,,' | sort | paste -sd' ')" = "$libc own.so" ]
	run -0 gobpf sym "$pid" own_only
	[[ $output == *" own_only ($own)" ]]
}

@test "sym: C, C++ (demangled) and libc functions of a process" {
	local words
	for words in "" pie; do
		# shellcheck disable=SC2086
		native $words
		cut -d ' ' -f 1 <<<"$funcs" | gobpf sym "${PID[native]}" | sed -E 's,( [^ ]*/[^ ]*)+$,,' |
			diff <(echo "$funcs") -
		end native
	done
}

@test "sym: a stripped program's libraries still have their names" {
	native strip
	run -0 gobpf sym "${PID[native]}" "$(sed -n 's/ getppid$//p' <<<"$funcs")"
	[[ $output == *" getppid"* && $output == *"/libc.so"* ]]
}

@test "sym: a library in another mount namespace, and one deleted since" {
	requires root unshare
	native strip
	local addr libc copy=$BATS_TEST_TMPDIR/root
	libc=$(awk '/libc\.so/ { print $NF; exit }' "/proc/${PID[native]}/maps")
	end native
	mkdir "$copy"
	cp "$libc" "$copy/libc.so.6"
	# shellcheck disable=SC2016
	spawn native unshare -m sh -c 'mount -t tmpfs none /mnt && cp "$1" /mnt && exec env LD_LIBRARY_PATH=/mnt "$2"' \
		sh "$copy/libc.so.6" "$fixture"
	await native '^READY'
	[ ! -e /mnt/libc.so.6 ]
	addr=$(sed -n 's/^FUNC \([^ ]*\) getppid$/\1/p' "$BATS_TEST_TMPDIR/native.log")
	run -0 gobpf sym "${PID[native]}" "$addr"
	[[ $output == "$addr getppid"*" (/mnt/libc.so.6)" ]] || fail "$output"
	end native
	spawn native env LD_LIBRARY_PATH="$copy" "$fixture"
	await native '^READY'
	rm "$copy/libc.so.6"
	addr=$(sed -n 's/^FUNC \([^ ]*\) getppid$/\1/p' "$BATS_TEST_TMPDIR/native.log")
	run -0 gobpf sym "${PID[native]}" "$addr"
	[[ $output == "$addr getppid"* ]]
}

@test "sym: functions of the vDSO" {
	requires root nm
	native
	local vdso=$BATS_TEST_TMPDIR/vdso.so range start off name count=0
	range=$(sed -n 's/ .*\[vdso\]$//p' "/proc/${PID[native]}/maps")
	start=$((0x${range%-*}))
	piece "/proc/${PID[native]}/mem" $start $((0x${range#*-} - start)) >"$vdso"
	while read -r off _ name; do
		run -0 gobpf sym "${PID[native]}" "$(printf '0x%x' $((0x$off + start)))"
		# each has two names
		[[ $output == *" ${name#__vdso_} ([vdso])" ]] || fail "$output is not $name" || return
		count=$((count + 1))
	done < <(nm -D --defined-only "$vdso" | awk '$2 == "T" { sub(/@.*/, "", $3); print }')
	[ "$count" -gt 0 ]
}

@test "sym: inlined C functions and their lines are those of llvm-symbolizer" {
	requires llvm-symbolizer
	fixture native cgo
	local addr from size
	read -r from size _ < <(gobpf sym --list "$fixture" | awk '$4 == "c_outer" { print "0x" $1, "0x" $2 }')
	for ((addr = from; addr < from + size; addr += 3)); do printf '0x%x\n' $addr; done >"$BATS_TEST_TMPDIR/addresses"
	llvm-symbolizer --inlines --output-style=GNU -e "$fixture" <"$BATS_TEST_TMPDIR/addresses" | paste - - |
		sed 's/ (discriminator.*//' >"$BATS_TEST_TMPDIR/truth"
	grep -q '^c_inlined' "$BATS_TEST_TMPDIR/truth"
	gobpf sym "$fixture" <"$BATS_TEST_TMPDIR/addresses" | sed 's/^[^ ]* //; s/ (inlined)$//; s/ /\t/' |
		diff "$BATS_TEST_TMPDIR/truth" -
}

@test "sym --list: addresses, sizes and names are those of nm, C functions included" {
	requires nm
	local words
	for words in "" pie "cgo pie"; do
		# the linker marks assembly, and 1.19's function table hides the lengths of arrays, too;
		# what begins with go: is a mark between functions
		# shellcheck disable=SC2086
		fixture allocs $words
		nm -S --defined-only "$fixture" | awk 'NF == 4 && tolower($3) == "t" { sub(/\.abi0$/, "", $4); print $1, $2, $4 }' |
			sed 's/\[.*\]/[...]/; / go:/d' | sort -u >"$BATS_TEST_TMPDIR/nm"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/nm")" -gt 1000 ]
		gobpf sym --list "$fixture" | cut -f 1 | awk 'NF == 4 && $2 !~ /^0*$/ { print $1, $2, $4 }' |
			sed 's/\[.*\]/[...]/; s/·/./; / go:/d' | sort -u >"$BATS_TEST_TMPDIR/list"
		diff "$BATS_TEST_TMPDIR/nm" "$BATS_TEST_TMPDIR/list"
	done
}

@test "sym --list: a stripped program has the same Go functions, file and line of each at its entry" {
	fixture frames
	gobpf sym --list "$fixture" | grep -P '\t' >"$BATS_TEST_TMPDIR/plain"
	sed 's/^/0x/; s/ .*//' "$BATS_TEST_TMPDIR/plain" | gobpf sym --no-inline "$fixture" | sed 's/.* //' |
		paste -d: - <(cut -f 2 "$BATS_TEST_TMPDIR/plain") >"$BATS_TEST_TMPDIR/both"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/both")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/plain")" ]
	# since Go 1.20 the line of the word func is known, which may be above that of the first instruction
	awk -F : -v known="$(go version "$fixture" | grep -cE 'go1\.([2-9][0-9]|1[0-9][0-9])')" \
		'$1 != $3 || $2 < $4 || !known && $2 != $4' "$BATS_TEST_TMPDIR/both" | diff /dev/null -
	fixture frames strip
	gobpf sym --list "$fixture" | grep -P '\t' | cut -d ' ' -f 2- | sort >"$BATS_TEST_TMPDIR/stripped"
	cut -d ' ' -f 2- "$BATS_TEST_TMPDIR/plain" | sort | diff - "$BATS_TEST_TMPDIR/stripped"
	gobpf sym --list --json "$fixture" | jq -r '.[] | select(.file) | "\(.size) \(.name)\t\(.file):\(.line)"' >"$BATS_TEST_TMPDIR/json"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/json")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/stripped")" ]
}

@test "sym: main.f+0x5 is an address, too" {
	fixture frames strip
	local at
	at=$(gobpf sym "$fixture" main.main | sed -n '$s/ .*//p')
	run -0 gobpf sym "$fixture" main.main+0x5 main.main+5
	[ "${lines[0]%% *}" = "$(printf '0x%x' $((at + 5)))" ]
	[ "${lines[0]}" = "${lines[1]}" ]
	run -1 gobpf sym "$fixture" main.main+banana
}

@test "sym: an answer comes when its line was read, not when the input ends" {
	fixture frames strip
	local words file=$fixture
	for words in "" --filter; do
		# shellcheck disable=SC2086
		spawn sym "$GOBPF" sym $words "$file"
		tell sym main.main
		tell sym "$(gobpf sym "$file" main.main | sed -n '$s/ .*//p')"
		await sym 'main\.main .*main.go'
		end sym
	done
}

@test "sym --probe-point: once per call, or what to skip" {
	fixture frames
	local at entry offset
	entry=$(gobpf sym "$fixture" main.main | sed -n '$s/ .*//p')
	gobpf sym --probe-point main.main --probe-point main.recurse --json "$fixture" >"$BATS_TEST_TMPDIR/out.json"
	[ "$(jq -r '.[0].entry' "$BATS_TEST_TMPDIR/out.json")" = "$entry" ]
	at=$(jq -r '.[0].addr' "$BATS_TEST_TMPDIR/out.json")
	offset=$(jq -r '.[0].file_offset' "$BATS_TEST_TMPDIR/out.json")
	# the same instruction in the file and in memory
	case $(jq -r '.[0].kind' "$BATS_TEST_TMPDIR/out.json") in
	push) [ "$(piece "$fixture" $((offset)) 1 | od -An -tx1)" = " 55" ] ;;
	check) go tool objdump -s '^main\.main$' "$fixture" | grep -qE "${at}[[:space:]].*JBE" ;;
	*) fail "$(cat "$BATS_TEST_TMPDIR/out.json")" ;;
	esac
	run -1 --separate-stderr gobpf sym --probe-point main.nothing --probe-point main.main "$fixture"
	[[ $stderr == *"no Go function 'main.nothing'"* ]]
	[[ $output == "$at main.main+"* ]]
	run -2 gobpf sym --probe-point main.main --list "$fixture"
}

@test "sym --returns: the RET instructions that go tool objdump shows" {
	fixture frames
	local name
	for name in main.recurse fmt.Fprintf sort.Slice runtime.mallocgc; do
		go tool objdump -s "^${name/./\\.}\$" "$fixture" | awk '$NF == "RET" || / RET / { print $2 }' >"$BATS_TEST_TMPDIR/truth"
		gobpf sym --returns "$name" --json "$fixture" | jq -r '.[].returns[] | select(.kind == "ret") | .addr' |
			diff "$BATS_TEST_TMPDIR/truth" - || fail "$name" || return
	done
	run -0 gobpf sym --returns main.recurse "$fixture"
	[[ ${lines[0]} =~ ^0x[0-9a-f]+\ main\.recurse\+[0-9]+\ file\ offset\ 0x[0-9a-f]+\ ret$ ]]
	run -0 gobpf sym --returns runtime.panicdottypeE "$fixture"
	[ "$output" = "runtime.panicdottypeE never returns" ]
}

@test "sym --args: every parameter is where DWARF's location lists have it at the entry" {
	requires llvm-dwarfdump
	local names
	fixture frames
	gobpf sym --list "$fixture" | sed -n 's/\t.*//p' | cut -d ' ' -f 4- | sort -u | sed 's/^/--args=/' >"$BATS_TEST_TMPDIR/names"
	mapfile -t names <"$BATS_TEST_TMPDIR/names"
	gobpf sym --json "${names[@]}" "$fixture" | jq -r '.[] | .entry as $at | .params[]? | select(.result | not) |
		"\($at) \(.name): \(if .parts then [.parts[].register] | join(" ") else "sp+\(.stack)" end)"' |
		sort -u >"$BATS_TEST_TMPDIR/said"
	# what DWARF has in one register is not two parameters
	llvm-dwarfdump --debug-info "$fixture" | awk -f "$TOP/tests/unit/params.awk" | awk '
		{ for (i = 3; i <= NF; i++) uses[$1 $i]++; line[NR] = $0 }
		END { for (k = 1; k <= NR; k++) { n = split(line[k], w, " "); ok = 1
			for (i = 3; i <= n; i++) ok = ok && uses[w[1] w[i]] == 1
			if (ok) print line[k] } }' | sort -u >"$BATS_TEST_TMPDIR/dwarf"
	awk 'NR == FNR { known[$1 $2]; next } ($1 $2) in known' "$BATS_TEST_TMPDIR/said" "$BATS_TEST_TMPDIR/dwarf" >"$BATS_TEST_TMPDIR/truth"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -gt 1500 ]
	comm -23 "$BATS_TEST_TMPDIR/truth" "$BATS_TEST_TMPDIR/said" | diff /dev/null -
}

@test "sym --args: names, types, registers and the stack; without DWARF the rules" {
	local name
	fixture frames
	run -0 gobpf sym --args fmt.Fprintf "$fixture"
	[ "$(grep '^  ' <<<"$output")" = "  w io.Writer: ax bx
  format string: cx di
  a []interface {}: si r8 r9
  result n int: ax
  result err error: bx cx" ]
	# six words in one struct, and five registers left
	name=$(gobpf sym --list "$fixture" | grep -oE '(internal/)?strconv\.formatDigits' || :)
	[ -z "$name" ] || run -0 gobpf sym --args "$name" "$fixture"
	[ -z "$name" ] || [[ $output =~ "  digs "(internal/)?"strconv.decimalSlice: sp+8" ]]
	run -0 gobpf sym --args runtime.memmove "$fixture"
	[[ $output == *assembly* ]]
	# a generic function has a parameter more than its source, a wrapper other ones
	name=$(gobpf sym --list "$fixture" | cut -f 1 | grep -oE 'main\.[^ ]*\[.*' | head -1)
	run -0 gobpf sym --args "$name" --args 'io.(*discard).ReadFrom' "$fixture"
	[[ $output == *"dictionary"* && $output != *string:* ]]
	fixture frames strip
	run -0 gobpf sym --args fmt.Fprintf "$fixture"
	[[ $output == *"integers and pointers: ax bx cx di si r8 r9 r10 r11"* ]]
	run -0 gobpf sym --args fmt.Fprintf --json "$fixture"
	[ "$(jq -c '.[0] | [.func, .abi, .params, .stack_offset, .g]' <<<"$output")" = '["fmt.Fprintf","registers",null,8,"r14"]' ]
}

@test "sym: of a function and its wrapper of the same name the function is meant" {
	fixture frames
	local at
	at=$(go tool nm "$fixture" | awk '$3 == "runtime.newproc" { print "0x" $1 }')
	[ "$(gobpf sym --list "$fixture" | grep -c ' runtime\.newproc	')" -eq 2 ]
	[ "$(gobpf sym --probe-point runtime.newproc --json "$fixture" | jq -r '.[0].entry')" = "$at" ]
}

@test "sym: functions of a plugin that a process has loaded, stripped as both are" {
	requires go gcc
	local dir=$BATS_TEST_TMPDIR/plug
	mkdir -p "$dir/p"
	cat >"$dir/p/p.go" <<-'EOT'
		package main

		func F() int { return 3 }

		func main() {}
	EOT
	cat >"$dir/main.go" <<-'EOT'
		package main

		import ("fmt"; "io"; "os"; "plugin"; "reflect")

		func main() {
			p, err := plugin.Open(os.Args[1])
			if err != nil {
				panic(err)
			}
			f, err := p.Lookup("F")
			if err != nil {
				panic(err)
			}
			fmt.Printf("FUNC %#x\nREADY\n", reflect.ValueOf(f).Pointer())
			io.Copy(io.Discard, os.Stdin)
		}
	EOT
	printf 'module plug\n\ngo 1.18\n' >"$dir/go.mod"
	cd "$dir"
	export GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local GO111MODULE=on GOENV=off CGO_ENABLED=1
	go build -buildmode=plugin -ldflags='-s -w' -o p.so ./p
	go build -ldflags='-s -w' -o host .
	spawn host ./host ./p.so
	await host '^READY'
	run -0 gobpf sym "${PID[host]}" "$(sed -n 's/^FUNC //p' "$BATS_TEST_TMPDIR/host.log")"
	[[ $output == *" plug/p.F $dir/p/p.go:3 ($dir/p.so)" ]] || fail "$output"
	end host
}

# bats test_tags=probe
