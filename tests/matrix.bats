#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What is read from files, for one toolchain ($GOBPF_GOROOT, else the installed one) and every way
# to build: run by tests/matrix for each toolchain, not by make check.
#
# Oracles: go tool nm and addr2line of that toolchain, what the program says of its own stacks,
# DWARF and symbols of the unstripped twin, go tool objdump.

load helpers
load golib
load goroutines

lib() { "$(dirname "$GOBPF")/tests/runtimelib" "$@"; }
golib() { "$(dirname "$GOBPF")/tests/golib" "$@"; }

setup_file() {
	requires go jq
	export BATS_TEST_TIMEOUT=600
}

setup() {
	root=${GOBPF_GOROOT:-$(go env GOROOT)}
	version=$(minor "$root")
	dir=$BATS_TEST_TMPDIR
}

# tool ARG... - go tool of that toolchain
tool() { GOROOT=$root GOTOOLCHAIN=local GOENV=off "$root/bin/go" tool "$@"; }

# twins WORD... - sets $plain (with everything), $named (with symbols) and $bare (stripped)
twins() {
	fixture frames "$@"
	plain=$fixture
	fixture frames nodwarf "$@"
	named=$fixture
	fixture frames strip "$@"
	bare=$fixture
}

# same_functions - names and first addresses of all functions, as nm has them; nm writes dots for
# middle dots, and has the functions of both calling conventions apart
same_functions() {
	tool nm "$named" | sed -nE 's/^ *([0-9a-f]+) [tT] (.*)$/0x\1 \2/p' | sed 's/\.abi0$//' |
		grep -vE ' (runtime\.e?text|go[.:]buildid|go\.?link\..*)$|\[| _?x?_?cgo|-tramp' | sort -u >"$dir/nm"
	gobpf sym --list "$bare" | sed -E 's/·/./g; s/^0*([^ ]+) [^ ]+ . ([^\t]*)\t.*/0x\1 \2/' | sort -u >"$dir/list"
	# what C's compiler and linker added is in no Go table
	go_only <"$dir/nm" >"$dir/go"
	[ "$(wc -l <"$dir/go")" -gt 1000 ]
	[ -z "$(comm -23 "$dir/go" "$dir/list")" ] || fail "missing: $(comm -23 "$dir/go" "$dir/list" | head)"
}
go_only() { grep -E '^0x[0-9a-f]+ (main|runtime|strings|sort|fmt|reflect|strconv|sync|os|time|unicode/utf8|internal/[a-z/]+)\.'; }

# same_lines - file and line at the beginning of every function, as go tool addr2line has them; that of
# older versions does not read PIE, there binutils' does by DWARF
same_lines() {
	cut -d' ' -f1 "$dir/go" | sort -u >"$dir/addresses"
	tool addr2line "$named" <"$dir/addresses" | awk 'NR % 2 == 0 { sub(/.*\//, ""); print }' >"$dir/lines"
	grep -qv '?' "$dir/lines" ||
		addr2line -e "$plain" <"$dir/addresses" | sed 's,.*/,,; s/ (disc.*//' >"$dir/lines"
	gobpf sym -f json "$bare" <"$dir/addresses" |
		jq -r '.[] | .frames[0] | "\(.file | sub(".*/"; "")):\(.line)"' >"$dir/said"
	paste "$dir/addresses" "$dir/lines" | grep -v '?' | sort >"$dir/truth"
	(($(wc -l <"$dir/truth") > 1000)) || fail "only $(wc -l <"$dir/truth") lines to compare"
	paste "$dir/addresses" "$dir/said" | sort | comm -23 "$dir/truth" - >"$dir/wrong"
	[ ! -s "$dir/wrong" ] || fail "$(wc -l <"$dir/wrong") of $(wc -l <"$dir/truth") lines differ: $(head -5 "$dir/wrong")"
}

# same_frames - what the stripped program says of its own stacks
same_frames() {
	spawn frames "$bare"
	await frames '^READY'
	sed -n 's/^ADDR //p' "$dir/frames.log" >"$dir/addresses"
	sed -n 's/^SYM //p' "$dir/frames.log" >"$dir/expected"
	[ "$(wc -l <"$dir/addresses")" -gt 60 ]
	gobpf sym "${PID[frames]}" <"$dir/addresses" | sed -E 's/^([^ ]* [^[ ]*)\[.*\]([^ ]*) /\1[...]\2 /' |
		diff "$dir/expected" -
	end frames
}

# same_layout - offsets by DWARF are those of the table, variables by symbols those of the code
same_layout() {
	gobpf goid --all -f json "$plain" >"$dir/plain"
	gobpf goid --all -f json "$bare" >"$dir/bare"
	diff <(jq -S '.fields[] |= [.offset, .size] | .fields' "$dir/plain") \
		<(jq -S '.fields[] |= [.offset, .size] | .fields' "$dir/bare")
	[ "$(jq '.fields | length' "$dir/bare")" -gt 300 ]
	diff <(jq -S .g "$dir/plain") <(jq -S .g "$dir/bare")
}
same_variables() {
	gobpf goid --all -f json "$named" >"$dir/named"
	jq -n --slurpfile a "$dir/named" --slurpfile b "$dir/bare" \
		'$b[0].variables | to_entries[] | select($a[0].variables[.key].address != .value.address)' >"$dir/wrong"
	[ ! -s "$dir/wrong" ] || fail "$(cat "$dir/wrong")"
	# of Go 1.15 not all have witnesses
	(($(jq '.variables | length' "$dir/bare") >= (version < 16 ? 25 : 28)))
}

# safe_places - places for probes, and where functions are left
safe_places() {
	golib places "$named" >"$dir/places"
	lib leaves "$named" >"$dir/leaves"
	code "$named" >"$dir/code"
	# assembly and code without the register for g is checked by tests/probe.bats in 1.19 and later
	((version < 17)) || awk -f "$TOP/tests/unit/places.awk" "$dir/places" "$dir/code" >"$dir/checked" || fail "$(cat "$dir/checked")"
	awk -f "$TOP/tests/unit/leaves.awk" "$dir/leaves" "$dir/code" "$dir/code" >"$dir/checked" || fail "$(cat "$dir/checked")"
}

everything() {
	twins "$@"
	same_functions
	same_lines
	same_frames
	same_layout
	same_variables
	safe_places
}

@test "matrix: plain and stripped" { everything; }
@test "matrix: PIE" { everything pie; }
@test "matrix: cgo" { everything cgo; }
@test "matrix: cgo PIE" { everything cgo pie; }
@test "matrix: trimpath" { everything trimpath; }
@test "matrix: no inlining" { everything noinline; }
@test "matrix: arm64" {
	twins arm64
	same_functions
	same_lines
	same_layout
}

@test "matrix: goroutines that have waited for minutes" {
	((version >= 19)) || skip "requires Go 1.19"
	GOBPF_GOROOT=$root fixture goroutines strip
	spawn g "$fixture"
	await g '^READY'
	# the runtime counts from the collection before READY on
	tell g wait 61
	await g '^WAITED' 120
	told
	[ "$(grep -c ', 1 minutes' "$BATS_TEST_TMPDIR/theirs")" -gt 110 ]
	same
	unharmed g
	end g
}
