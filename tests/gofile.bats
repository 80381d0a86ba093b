#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# helpers/go on what the linker wrote: functions, files and lines, sizes of frames, types, versions,
# in programs of the installed Go and of every toolchain in $GOBPF_TOOLCHAINS (GOROOTs with
# colons between), or of $GOBPF_GOROOT alone.  Oracles: debug/gosym, go tool nm, readelf, reflect, the runtime.

# shellcheck disable=SC2030,SC2031
load helpers

setup_file() {
	requires go
	[ -x "$(gofile_path)" ] || fail "no $(gofile_path): make it, or run by make check"
}

# Ways to build; the matrix of all toolchains has more time
modes=("" "pie cgo" arm64)
[ -z "${GOBPF_TOOLCHAINS-}${GOBPF_GOROOT-}" ] ||
	modes+=(pie cgo "arm64 pie" riscv64 ppc64le trimpath noinline "noinline pie cgo")

gofile_path() { echo "$(dirname "$GOBPF")/tests/gofile"; }
gofile() { "$(gofile_path)" "$@"; }

# roots - the GOROOTs to test with
roots() {
	if [ -n "${GOBPF_GOROOT-}" ]; then
		echo "$GOBPF_GOROOT"
		return
	fi
	go env GOROOT
	tr : '\n' <<<"${GOBPF_TOOLCHAINS-}" | sed '/^$/d'
}

# program NAME ROOT [WORD...] - sets $fixture to that fixture, built by that toolchain
program() {
	local name=$1 root=$2
	shift 2
	GOBPF_GOROOT=$root fixture "$name" "$@"
}

# gosym FILE - what Go's own debug/gosym reads there, by the toolchain of $root.  The fixture puts it right
# for functions without lines.  Those are what the linker made without a source, and no
# other: two marks since Go 1.24, on riscv64 trampolines.
gosym() {
	local fixture none=$BATS_TEST_TMPDIR/none
	program gosym "$root"
	"$fixture" "$1" 2>"$none" || fail "gosym $1: $(head "$none")" || return
	[[ $1 != *-riscv64-* ]] || sed -i '/-tramp[0-9]*$/d' "$none"
	none=$(sort "$none" | paste -sd' ')
	[[ -z $none || $none == "go:textfipsend go:textfipsstart" ]] || fail "$1: without lines: $none"
}

# as_gosym TRUTH FILE - every function and line of it, and every address found in its function
as_gosym() {
	gofile table "$2" >"$BATS_TEST_TMPDIR/table" || fail "$2" || return
	[ "$(grep -c ^FUNC "$BATS_TEST_TMPDIR/table")" -gt 1000 ] || fail "$2: few functions" || return
	gofile check "$2" >"$BATS_TEST_TMPDIR/check" 2>&1 || fail "$2: $(cat "$BATS_TEST_TMPDIR/check")" || return
	diff "$1" "$BATS_TEST_TMPDIR/table" >"$BATS_TEST_TMPDIR/diff" ||
		fail "$2: $(head -20 "$BATS_TEST_TMPDIR/diff")"
}

@test "tables: functions, files and lines are those of debug/gosym, stripped or not" {
	local root mode truth=$BATS_TEST_TMPDIR/truth
	while read -r root; do
		for mode in "${modes[@]}"; do
			# shellcheck disable=SC2086
			program frames "$root" nodwarf $mode
			gosym "$fixture" >"$truth"
			as_gosym "$truth" "$fixture"
			# shellcheck disable=SC2086
			program frames "$root" strip $mode
			as_gosym "$truth" "$fixture"
		done
	done < <(roots)
}

@test "tables: every function that go tool nm has is there, where it says" {
	local root
	while read -r root; do
		program frames "$root"
		GOROOT=$root "$root/bin/go" tool nm "$fixture" |
			sed -nE 's/^ *([0-9a-f]+) [tT] (.*)$/0x\1 \2/p' |
			grep -vE ' (runtime\.e?text|.*\.abi0|go[.:]buildid)$|\[' | sort -u >"$BATS_TEST_TMPDIR/nm"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/nm")" -gt 1000 ]
		# nm writes a dot for the middle dot
		gofile table "$fixture" | sed -n 's/·/./g; s/^FUNC \([^ ]*\) [^ ]*/\1/p' | sort -u >"$BATS_TEST_TMPDIR/table"
		run comm -23 "$BATS_TEST_TMPDIR/nm" "$BATS_TEST_TMPDIR/table"
		[ -z "$output" ] || fail "$fixture: $output"
	done < <(roots)
}

@test "frames: inlined ones are those that the runtime of each Go tells of itself" {
	local root log=$BATS_TEST_TMPDIR/frames.log
	while read -r root; do
		program frames "$root" strip
		spawn frames "$fixture"
		await frames '^READY'
		sed -n 's/^SYM //p' "$log" >"$BATS_TEST_TMPDIR/expected"
		[ "$(grep -c ' (inlined)$' "$BATS_TEST_TMPDIR/expected")" -gt 20 ]
		sed -n 's/^ADDR //p' "$log" | gobpf sym "$fixture" |
			sed -E 's/^([^ ]* [^[ ]*)\[.*\]([^ ]*) /\1[...]\2 /' |
			diff "$BATS_TEST_TMPDIR/expected" - || fail "$fixture"
		end frames
	done < <(roots)
}

# changes - "ADDRESS VALUE" lines without those that repeat the value before
changes() { awk '$2 != last || $1 == "FDE" { if ($1 != "FDE") print; last = $2 }'; }

@test "frames: their sizes are those of DWARF's call frames" {
	local root
	requires readelf
	while read -r root; do
		program frames "$root"
		readelf --debug-dump=frames-interp "$fixture" 2>/dev/null |
			awk '/FDE/ { print "FDE" } /^[0-9a-f]+ +rsp\+/ { sub(/^0+/, "", $1); sub(/rsp\+/, "", $2); print $1, $2 - 8 }' |
			changes >"$BATS_TEST_TMPDIR/dwarf"
		[ "$(wc -l <"$BATS_TEST_TMPDIR/dwarf")" -gt 5000 ]
		gofile pcsp "$fixture" | diff "$BATS_TEST_TMPDIR/dwarf" - >"$BATS_TEST_TMPDIR/diff" ||
			fail "$fixture: $(head "$BATS_TEST_TMPDIR/diff")"
	done < <(roots)
}

@test "types: names are those of reflect, also in PIE" {
	local root mode main bias
	while read -r root; do
		for mode in strip "strip pie" "strip cgo pie"; do
			# shellcheck disable=SC2086
			program types "$root" $mode
			"$fixture" >"$BATS_TEST_TMPDIR/said"
			sed -n 's/^TYPE //p' "$BATS_TEST_TMPDIR/said" | sort -u >"$BATS_TEST_TMPDIR/types"
			[ "$(wc -l <"$BATS_TEST_TMPDIR/types")" -gt 20 ]
			main=$(gobpf sym "$fixture" main.main | cut -d ' ' -f 1)
			bias=$(($(sed -n 's/^MAIN //p' "$BATS_TEST_TMPDIR/said") - main))
			cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/types" | gofile types "$fixture" "$bias" |
				diff "$BATS_TEST_TMPDIR/types" - || fail "$fixture"
		done
	done < <(roots)
	# what is no type's address
	[ "$(printf '%s\n' 0 1 ffffffffffffffff 400000 | gofile types "$fixture" 0 | grep -c ' ?$')" -eq 4 ]
}

# Where the tables are.

# headless FILE - sets $headless to a copy without section headers
headless() {
	headless=$BATS_TEST_TMPDIR/headless
	cp "$1" "$headless"
	printf '\0\0\0\0\0\0\0\0' | dd of="$headless" bs=1 seek=40 conv=notrunc status=none
	printf '\0\0\0\0' | dd of="$headless" bs=1 seek=60 conv=notrunc status=none
}

# same_table FILE OTHER - the same version, the same functions and lines
same_table() {
	[ "$(gofile version "$1")" = "$(gofile version "$2")" ] &&
		cmp <(gofile table "$1") <(gofile table "$2")
}

@test "found: without section headers, or with names of their own" {
	local root mode
	requires objcopy
	while read -r root; do
		for mode in "${modes[@]}"; do
			# shellcheck disable=SC2086
			program frames "$root" strip $mode
			headless "$fixture"
			same_table "$fixture" "$headless" || fail "$fixture"
			[[ $mode == *arm64* || $mode == riscv64 || $mode == ppc64le ]] && continue
			objcopy --rename-section .gopclntab=.a --rename-section .go.buildinfo=.b \
				--rename-section .noptrdata=.c --rename-section .data.rel.ro.gopclntab=.d \
				--rename-section .go.module=.e "$fixture" "$BATS_TEST_TMPDIR/renamed"
			same_table "$fixture" "$BATS_TEST_TMPDIR/renamed" || fail "$fixture"
		done
	done < <(roots)
}

@test "found: in PIE whose pointers stand in relocations only" {
	local root
	requires clang ld.lld
	while read -r root; do
		program frames "$root" nodwarf cgo pie lld
		gosym "$fixture" >"$BATS_TEST_TMPDIR/truth"
		program frames "$root" strip cgo pie lld
		# before 1.18 functions have addresses, which debug/gosym does not relocate
		grep -q '^FUNC 0x0 0x0' "$BATS_TEST_TMPDIR/truth" || as_gosym "$BATS_TEST_TMPDIR/truth" "$fixture"
		headless "$fixture"
		same_table "$fixture" "$headless" || fail "$fixture"
		spawn frames "$fixture"
		await frames '^READY'
		sed -n 's/^ADDR //p' "$BATS_TEST_TMPDIR/frames.log" | gobpf sym "${PID[frames]}" |
			sed -E 's/^([^ ]* [^[ ]*)\[.*\]([^ ]*) /\1[...]\2 /' |
			diff <(sed -n 's/^SYM //p' "$BATS_TEST_TMPDIR/frames.log") - || fail "$fixture"
		end frames
	done < <(roots)
}

@test "found: other relocations than of a pointer by the load address are left alone" {
	local at size
	requires clang ld.lld
	program frames "$(go env GOROOT)" strip cgo pie lld
	at=$(section "$fixture" .rela.dyn)
	size=$(readelf -SW "$fixture" | awk '/ \.rela\.dyn / { sub(/^ *\[ *[0-9]+\]/, ""); print "0x" $5 }')
	cp "$fixture" "$BATS_TEST_TMPDIR/other"
	gofile version "$BATS_TEST_TMPDIR/other" >/dev/null
	# R_X86_64_RELATIVE is 8; R_X86_64_64 is 1
	piece "$fixture" $((at)) $((size)) | LC_ALL=C sed -E 's/\x08(\x00{7})/\x01\1/g' |
		dd of="$BATS_TEST_TMPDIR/other" bs=4096 seek=$((at)) oflag=seek_bytes conv=notrunc status=none
	[ "$(stat -c %s "$fixture")" -eq "$(stat -c %s "$BATS_TEST_TMPDIR/other")" ]
	refused 'its function table is not of that version or its module data was not found' "$BATS_TEST_TMPDIR/other"
}

@test "found: the program's own tables, not those of a Go program that it carries" {
	fixture frames strip
	mkdir "$BATS_TEST_TMPDIR/carrier"
	cd "$BATS_TEST_TMPDIR/carrier"
	cp "$fixture" carried
	printf '%s\n' 'package main' 'import _ "embed"' '//go:embed carried' 'var carried []byte' \
		'func main() { println(len(carried)) }' >main.go
	printf 'module carrier\ngo 1.16\n' >go.mod
	GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -buildvcs=false -ldflags='-s -w' -o out .
	headless out
	same_table out "$headless"
	run -0 gobpf sym "$headless" main.main
	[[ $output == *" main.main $PWD/main.go:5" ]]
	run -1 gobpf sym "$headless" main.outer
}

@test "found: in a shared library, a plugin, and in C programs that Go was linked into" {
	requires gcc
	local version file at
	version=$(go env GOVERSION)
	mkdir "$BATS_TEST_TMPDIR/lib"
	cd "$BATS_TEST_TMPDIR/lib"
	printf '%s\n' 'package main' 'import "C"' '//go:noinline' '//export Hello' 'func Hello() { println("hello") }' \
		'func main() {}' >main.go
	printf 'module lib\ngo 1.16\n' >go.mod
	printf 'extern void Hello(void);\nint main(void) { Hello(); return 0; }\n' >main.c
	export GOFLAGS='-mod=mod -buildvcs=false' GOTOOLCHAIN=local CGO_ENABLED=1
	go build -buildmode=c-shared -ldflags='-s -w' -o lib.so .
	go build -buildmode=plugin -ldflags='-s -w' -o plugin.so .
	go build -buildmode=c-archive -o lib.a .
	gcc -s -o pie main.c lib.a -lpthread
	gcc -s -static -no-pie -o static main.c lib.a -lpthread
	for file in lib.so plugin.so pie static; do
		gofile check "$file" || fail "$file"
		at=$(gofile table "$file" | awk '/^FUNC .*\.Hello$/ { print $2 }')
		run -0 gobpf sym "$file" "$at"
		[[ $output == *".Hello $PWD/main.go:5" ]] || fail "$file: $output"
		# a plugin has neither build information nor a runtime before Go 1.21
		[[ $file == plugin.so || $(gofile version "$file") == "$version "*" lib" ]] || fail "$file"
	done
}

# Which Go it was.

# without_buildinfo FILE - sets $bare to a copy whose build information cannot be found
without_buildinfo() {
	bare=$BATS_TEST_TMPDIR/bare
	LC_ALL=C sed 's/\xff Go buildinf:/\xff No buildinf:/g' "$1" >"$bare"
	! cmp -s "$1" "$bare"
}

@test "version: build information, else the runtime's variable, else what the tables look like" {
	local root mode version functions text minor source
	while read -r root; do
		version=$(GOROOT=$root GOTOOLCHAIN=local "$root/bin/go" version | awk '{ print $3 }')
		for mode in nodwarf strip "strip pie" "strip cgo pie"; do
			# shellcheck disable=SC2086
			program frames "$root" $mode
			read -r text minor source functions _ <<<"$(gofile version "$fixture")"
			[ "$text $source" = "$version buildinfo" ] || fail "$fixture: $text $source"
			without_buildinfo "$fixture"
			[ "$(gofile version "$bare")" = "$version $minor variable $functions " ] || fail "$fixture"
			cmp <(gofile table "$fixture") <(gofile table "$bare")
		done
		# nothing says it: the string is another
		LC_ALL=C sed "s/$version/og${version#go}/g" "$bare" >"$bare.none"
		case $minor in
		15) text='go1.2 to go1.15 0' ;;
		19) text='go1.18 to go1.19 0' ;;
		21) text='go1.20 to go1.21 0' ;;
		22 | 23 | 24) text='go1.22 to go1.24 0' ;;
		*) text="go1.$minor $minor" ;;
		esac
		[ "$(gofile version "$bare.none")" = "$text tables $functions " ] || fail "$fixture: $(gofile version "$bare.none")"
		cmp <(gofile table "$fixture") <(gofile table "$bare.none")
	done < <(roots)
}

@test "version: of two strings that look so none is believed" {
	mkdir "$BATS_TEST_TMPDIR/two"
	cd "$BATS_TEST_TMPDIR/two"
	printf '%s\n' 'package main' 'var oldest = []string{"go1.14.3"}' 'func main() { println(oldest[0]) }' >main.go
	printf 'module two\ngo 1.16\n' >go.mod
	GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -buildvcs=false -ldflags='-s -w' -o out .
	[[ $(gofile version out) == "$(go env GOVERSION) "*" buildinfo "* ]]
	without_buildinfo out
	[[ $(gofile version "$bare") == *" tables "* ]] || fail "$(gofile version "$bare")"
}

@test "version: a module's path in both forms of build information" {
	local root
	while read -r root; do
		program frames "$root" strip
		[[ $(gofile version "$fixture") == *" gobpf.test/fixtures/frames" ]] || fail "$fixture"
	done < <(roots)
}

# Bad input: an error that says what is wrong, soon.

# refused WORDS FILE - exit 3, one line with WORDS (a regex), within seconds
refused() {
	run timeout 20 "$(gofile_path)" version "$2"
	[ "$status" -eq 3 ] || { fail "exit $status, not 3: $output"; return; }
	[[ ${#lines[@]} -eq 1 && $output =~ $1 ]] || fail "not '$1': $output"
}

# patch FILE OFFSET HEX... - puts bytes there
patch() {
	local file=$1 at=$2
	shift 2
	# shellcheck disable=SC2059
	printf "$(printf '%s' "$@" | sed 's/../\\x&/g')" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
}

# section FILE NAME - where that section begins in the file
section() { readelf -SW "$1" | sed -nE "s/^ *\[ *[0-9]+\] ${2//./\\.} +[A-Z]+ +[0-9a-f]+ ([0-9a-f]+) .*/0x\1/p"; }

@test "bad: what is not Go, not ELF, of another kind of machine" {
	fixture notgo
	refused 'is not a Go program' "$fixture"
	refused 'not a Go program' /bin/bash
	refused 'not an ELF' "$TOP/README.md"
	: >"$BATS_TEST_TMPDIR/empty"
	refused 'too short' "$BATS_TEST_TMPDIR/empty"
	refused 'not a regular file' /tmp
	fixture allocmix 386
	refused '32-bit' "$fixture"
	fixture frames strip
	cp "$fixture" "$BATS_TEST_TMPDIR/big"
	patch "$BATS_TEST_TMPDIR/big" 5 02
	refused 'big-endian' "$BATS_TEST_TMPDIR/big"
}

@test "bad: packed with UPX" {
	fixture notgo
	cp "$fixture" "$BATS_TEST_TMPDIR/packed"
	patch "$BATS_TEST_TMPDIR/packed" 800 55505821
	refused 'packed with UPX.*upx -d' "$BATS_TEST_TMPDIR/packed"
}

@test "bad: the version contradicts the tables, or is too new" {
	local real file=$BATS_TEST_TMPDIR/odd
	fixture frames strip
	real=$(go env GOVERSION)
	LC_ALL=C sed "s/$real/go1.15${real:6}/g" "$fixture" >"$file"
	refused "says that go1\.15.* built it, but its function table is not of that version" "$file"
	LC_ALL=C sed "s/$real/go1.99${real:6}/g" "$fixture" >"$file"
	refused 'go1\.99.*newer than go1\.[0-9]+, the newest this program knows' "$file"
	LC_ALL=C sed "s/$real/go1.1.${real:6}/g" "$fixture" >"$file"
	refused 'go1\.1\..*oldest' "$file"
	# no such number is a version
	LC_ALL=C sed "s/$real/go1.1000${real:8}/g" "$fixture" >"$file"
	[[ $(gofile version "$file") == *" tables "* ]] || fail "$(gofile version "$file")"
}

@test "bad: a function table that is damaged" {
	local at file=$BATS_TEST_TMPDIR/bad field value
	fixture frames strip
	at=$(section "$fixture" .gopclntab)
	for field in 0 4 6 7 8 32 40 48 56 64; do
		for value in 0000000001000000 ffffffffffffffff ffffffff00000000; do
			cp "$fixture" "$file"
			patch "$file" $((at + field)) "$value"
			refused 'has no Go function table|has a Go function table|says that' "$file" || fail "$field: $value" || return
		done
	done
	# where the first function is described
	cp "$fixture" "$file"
	patch "$file" $((at + 0x$(od -An -tx8 -j$((at + 64)) -N8 "$file" | tr -d ' ') + 4)) ffffffff
	refused 'has no Go function table|says that' "$file"
	# the module data points elsewhere
	cp "$fixture" "$file"
	patch "$file" $(($(section "$fixture" .noptrdata) + 0)) "$(head -c 70000 /dev/zero | tr '\0' 0)"
	refused 'module data was not found' "$file"
}

@test "bad: garbled names and tables are read as they are" {
	local at file=$BATS_TEST_TMPDIR/garbled functions
	fixture frames strip
	at=$(section "$fixture" .gopclntab)
	functions=$(gofile version "$fixture" | cut -d ' ' -f 4)
	cp "$fixture" "$file"
	# the names, which begin behind the header
	yes $'\xff\xfe%s\x01' | tr '\n' '\2' | dd of="$file" bs=1 seek=$((at + 72)) count=20000 conv=notrunc status=none
	run gofile check "$file"
	((status == 3 || status == 0))
	[[ ${lines[-1]} == *" errors" || ${lines[-1]} == *" $functions "* ]] || fail "${lines[-1]}"
	# the tables of lines
	cp "$fixture" "$file"
	head -c 100000 "$fixture" | dd of="$file" bs=4k seek=$((at / 4096 + 40)) conv=notrunc status=none
	run gofile check "$file"
	((status == 3 || status == 0)) || fail "$status: $output"
}

@test "bad: a sparse file of 10 GB, without section headers" {
	local file at
	fixture notgo
	headless "$fixture"
	file=$headless
	truncate -s 10G "$file"
	# the first segment says that all of it is data
	at=$((64 + 56 * $(readelf -lW "$fixture" | awk '/^  [A-Z_]+ +0x/ { n++ } /^  LOAD/ { print n - 1; exit }')))
	patch "$file" $((at + 4)) 06000000
	patch "$file" $((at + 32)) 0000008002000000 0000008002000000
	refused 'not a Go program' "$file"
}

@test "bad: a file that gets shorter while it is read" {
	local size file=$BATS_TEST_TMPDIR/shrinking
	fixture frames strip
	for size in 0 4096 500000 1000000; do
		cp "$fixture" "$file"
		run timeout 20 "$(gofile_path)" shrunk "$file" $size
		[ "$status" -eq 3 ] || fail "$size: exit $status: $output" || return
		[[ $output =~ "gofile: "[0-9]+" errors" ]] || fail "$size: $output" || return
	done
}
