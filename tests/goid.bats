#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# goid against the goroutines that a program says it has, read live by bpftrace with the constants
# that goid gives; the values themselves against DWARF and symbols.  $GOBPF_TOOLCHAINS adds toolchains.

load helpers
load golib

# Prints of each call of main.tick the goid by register, whether thread-local storage and procid
# agree with that, and the thread.
# shellcheck disable=SC2016
script='uprobe:EXE:PLACE /pid == PID/ {
	$g = reg("GO_REG_G");
	$fs = ((struct task_struct *)curtask)->thread.fsbase;
	$m = *(uint64 *)uptr($g + GO_G_M);
	printf("TICK %d %d %d %d\n", *(uint64 *)uptr($g + GO_G_GOID),
		*(uint64 *)uptr($fs + GO_TLS_G) == $g, *(uint64 *)uptr($m + GO_M_PROCID) == tid, tid);
}'

# live WORD... - the fixture built so, probed while each of its goroutines calls main.tick four times
live() {
	local pid exe place
	fixture goid "$@"
	spawn goid "$fixture"
	await goid '^READY'
	pid=${PID[goid]} exe=/proc/${PID[goid]}/exe
	gobpf goid -f header -o "$BATS_TEST_TMPDIR/go.h" "$pid"
	place=$(gobpf sym -f json --probe-point main.tick "$pid" | jq -r '.[0].file_offset')
	# register names are no macros there
	sed "s,EXE,$exe,; s,PLACE,$place,; s,PID/,$pid/,; s,GO_REG_G,$(sed -n 's/^#define GO_REG_G \([^ ]*\) .*/\1/p' "$BATS_TEST_TMPDIR/go.h")," \
		<<<"$script" >"$BATS_TEST_TMPDIR/tick.bt"
	spawn bpftrace env __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 bpftrace --unsafe --include "$BATS_TEST_TMPDIR/go.h" "$BATS_TEST_TMPDIR/tick.bt"
	await bpftrace BPFTRACE_NOTIFY_PROBES_ATTACHED 60
	tell goid tick 4
	await goid '^DONE$'
	await bpftrace '^TICK' 15 12
	# all is said; Ctrl-C may be lost on bpftrace 0.17, and the kernel takes the probe away anyway
	kill -KILL "${PID[bpftrace]}"
	reap bpftrace 137
	sed -n 's/^GOID //p' "$BATS_TEST_TMPDIR/goid.log" | sort | sed 's/ / 1 1 /; s/^/4 TICK /' >"$BATS_TEST_TMPDIR/truth"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -eq 3 ]
	grep ^TICK "$BATS_TEST_TMPDIR/bpftrace.log" | sort | uniq -c | sed 's/^ *//' | sort | diff <(sort "$BATS_TEST_TMPDIR/truth") -
	unharmed goid
	end goid
}

setup() {
	requires go jq
}

# bats test_tags=probe
@test "goid: bpftrace reads the goroutines that the program names: stripped" {
	requires root bpftrace btf
	local root
	while read -r root; do
		GOBPF_GOROOT=$root live strip
	done < <(roots)
}

# bats test_tags=probe
@test "goid: bpftrace reads the goroutines that the program names: stripped cgo PIE" {
	requires root bpftrace btf
	local root
	while read -r root; do
		GOBPF_GOROOT=$root live strip cgo pie
	done < <(roots)
}

@test "goid: DWARF, table and code give the same values, and say which" {
	local root plain
	while read -r root; do
		GOBPF_GOROOT=$root fixture goid
		plain=$fixture
		GOBPF_GOROOT=$root fixture goid strip
		gobpf goid --all -f json "$plain" >"$BATS_TEST_TMPDIR/plain"
		gobpf goid --all -f json "$fixture" >"$BATS_TEST_TMPDIR/strip"
		[ "$(jq '.fields | length' "$BATS_TEST_TMPDIR/strip")" -gt 400 ]
		diff <(jq -S '.fields[] |= {offset, size} | .fields' "$BATS_TEST_TMPDIR/plain") \
			<(jq -S '.fields[] |= {offset, size} | .fields' "$BATS_TEST_TMPDIR/strip")
		[ "$(jq -r '.fields["runtime.g.goid"].source' "$BATS_TEST_TMPDIR/plain")" = DWARF ]
		[ "$(jq -r '.fields["runtime.g.goid"].source' "$BATS_TEST_TMPDIR/strip")" = "table for go1.$(minor "$root")" ]
		[ "$(jq -r '.variables["runtime.allgs"].source' "$BATS_TEST_TMPDIR/plain")" = "symbol table" ]
		[ "$(jq -r '.variables["runtime.allgs"].source' "$BATS_TEST_TMPDIR/strip")" = "code that uses it" ]
		# all variables that this program has are known in both
		[ "$(jq '.unknown | length' "$BATS_TEST_TMPDIR/plain")" -eq 0 ]
		[ "$(jq -c '.unknown | keys' "$BATS_TEST_TMPDIR/strip")" = '["runtime.bbuckets","runtime.xbuckets"]' ]
	done < <(roots)
}

@test "goid: text, JSON, -D and header agree" {
	fixture goid strip
	gobpf goid "$fixture" >"$BATS_TEST_TMPDIR/text"
	gobpf goid -f json "$fixture" >"$BATS_TEST_TMPDIR/json"
	gobpf goid --json "$fixture" | cmp - "$BATS_TEST_TMPDIR/json"
	[ "$(sed -n 2p "$BATS_TEST_TMPDIR/text")" = "g: register r14 in Go code; thread-local storage at fs:-8 (by the code of runtime.mcall and 4 more)" ]
	diff <(awk '/^runtime\./ { print $1, $2 }' "$BATS_TEST_TMPDIR/text") \
		<(jq -r '(.fields | to_entries[] | "\(.key) \(.value.offset)"), (.variables | to_entries[] | "\(.key) \(.value.address)")' "$BATS_TEST_TMPDIR/json")
	gobpf goid -f header "$fixture" >"$BATS_TEST_TMPDIR/header"
	diff <(gobpf goid -D "$fixture") <(sed -nE 's,^#define ([^ ]+) ([^ ]+) /\* .* \*/$,-D \1=\2,p' "$BATS_TEST_TMPDIR/header")
	# what a compiler makes of them
	# shellcheck disable=SC2046
	[ "$(echo 'GO_G_GOID GO_TLS_G GO_M_PROCID GO_REG_G' | cc $(gobpf goid --define "$fixture") -E -P -x c -)" = \
		"$(jq -r '"\(.fields["runtime.g.goid"].offset) \(.g.tls_offset) \(.fields["runtime.m.procid"].offset) \(.g.register)"' "$BATS_TEST_TMPDIR/json")" ]
	# each constant has a name of its own
	[ -z "$(gobpf goid --all -D "$fixture" | sed 's/=.*//' | sort | uniq -d)" ]
}

@test "goid: names choose, and unknown ones are refused" {
	fixture goid strip
	run -0 gobpf goid -D "$fixture" runtime.g.sched.sp internal/abi.Type.Size_ runtime.gomaxprocs sync.Mutex.sema
	[[ $output == *"-D GO_G_SCHED_SP=56"*"-D GO_ABI_TYPE_SIZE=0"*"-D GO_SYNC_MUTEX_SEMA=4"*"-D GO_GOMAXPROCS=0x"* ]] || fail "$output"
	[ "$(gobpf goid -D "$fixture" runtime.mutex.sizeof | tail -1)" = "-D GO_MUTEX_SIZEOF=8" ]
	run -1 --separate-stderr gobpf goid "$fixture" runtime.g.nonsense
	[[ $stderr == *"has no runtime.g.nonsense" ]]
	run -1 --separate-stderr gobpf goid "$fixture" nonsense
	[[ $stderr == *"'nonsense' is neither a field, as runtime.g.goid, nor a variable that is known" ]]
	run -2 gobpf goid --all "$fixture" runtime.g.goid
	run -2 gobpf goid
}

@test "goid: addresses in a process are where that was loaded" {
	requires root
	fixture goid strip pie
	spawn goid "$fixture"
	await goid '^READY'
	local base file live
	base=$(sed -n '/goid-strip/{s/-.*//p;q}' "/proc/${PID[goid]}/maps")
	file=$(gobpf goid -f json "$fixture" runtime.allgs | jq -r '.variables["runtime.allgs"].address')
	live=$(gobpf goid -f json "${PID[goid]}" runtime.allgs | jq -r '.variables["runtime.allgs"].address')
	[ $((live - 16#$base)) -eq $((file - $(readelf -lW "$fixture" | awk '$1 == "LOAD" { print $3; exit }'))) ]
	end goid
}

# word SIZE ADDRESS - an integer of the process goid
word() { piece "/proc/${PID[goid]}/mem" $(($2)) "$1" | od -An -v -td"$1" | tr -d ' '; }

@test "goid: what stands at these addresses is what the runtime says of itself" {
	requires root
	local root procs cpus version g goids n name value
	while read -r root; do
		GOBPF_GOROOT=$root fixture goid strip pie
		spawn goid "$fixture"
		await goid '^READY'
		read -r _ procs cpus version < <(grep ^RUNTIME "$BATS_TEST_TMPDIR/goid.log")
		# constants as shell variables
		while IFS='=' read -r name value; do
			local "$name=$value"
		done < <(gobpf goid --all -D "${PID[goid]}" | sed 's/^-D //')
		# shellcheck disable=SC2154
		{
			[ "$(word 4 "$GO_GOMAXPROCS")" -eq "$procs" ]
			[ "$(word 8 $((GO_ALLP + GO_SLICE_LEN)))" -eq "$procs" ]
			[ "$(word 4 "$GO_NCPU")" -eq "$cpus" ]
			[ "$(word 8 "$GO_MEMPROFILERATE")" -eq 0 ] # not linked in
			[ "$(piece "/proc/${PID[goid]}/mem" "$(word 8 "$GO_BUILDVERSION")" "$(word 8 $((GO_BUILDVERSION + 8)))")" = "$version" ]
			[ "$(word 8 "$GO_ALLM")" -ne 0 ]
			n=$(word 8 "$GO_ALLGLEN")
			goids=
			for ((i = 0; i < n; i++)); do
				g=$(word 8 $(($(word 8 "$GO_ALLGPTR") + 8 * i)))
				goids+=" $(word 8 $((g + GO_G_GOID))) "
			done
		}
		while read -r _ g _; do
			[[ $goids == *" $g "* ]] || fail "$g is not among$goids"
		done < <(grep ^GOID "$BATS_TEST_TMPDIR/goid.log")
		end goid
	done < <(roots)
}

@test "goid: arm64 files: their own offsets, the register, variables by symbols only" {
	fixture goid arm64
	run -0 gobpf goid -f json "$fixture"
	[ "$(jq -r '.g.register, .arch, .g.tls_offset, .variables["runtime.allgs"].source' <<<"$output" | paste -sd' ')" = "r28 arm64 null symbol table" ]
	fixture goid strip arm64
	run -0 gobpf goid -f json "$fixture"
	[[ $(jq -r '.unknown["runtime.allgs"]' <<<"$output") == *"x86-64 code only" ]]
	[ "$(jq -r '.fields["runtime.g.goid"].source' <<<"$output")" = "table for go1.$(minor "$(go env GOROOT)")" ]
}

# as_version VERSION - $fixture, claiming that Go 1.VERSION built it, in $BATS_TEST_TMPDIR/other
as_version() {
	LC_ALL=C sed -E "s/go1\.[0-9]{2}\./go1.$1./g" "$fixture" >"$BATS_TEST_TMPDIR/other"
}

# of_code FILE - the offsets that have witnesses in the code
of_code() {
	gobpf goid -f json "$1" runtime.g.{goid,m} runtime.m.{p,curg,g0,procid} |
		jq -c '.fields[] |= [.offset, .size] | .fields'
}

@test "goid: newer than the table: what the code says for certain, nothing else" {
	local root truth
	while read -r root; do
		# the function table must be that of the newest version
		[ "$(minor "$root")" -ge 27 ] || continue
		GOBPF_GOROOT=$root fixture goid strip
		truth=$(of_code "$fixture")
		as_version 99
		gobpf goid -f json "$BATS_TEST_TMPDIR/other" >"$BATS_TEST_TMPDIR/json"
		[ "$(of_code "$BATS_TEST_TMPDIR/other")" = "$truth" ]
		[ "$(jq -r '.fields[].source' "$BATS_TEST_TMPDIR/json" | sort -u)" = "code that uses it" ]
		[[ $(jq -r '.unknown["runtime.g.gopc"]' "$BATS_TEST_TMPDIR/json") == "no table says where Go 1.99 keeps runtime.g.gopc" ]]
		[ "$(jq '.variables | length' "$BATS_TEST_TMPDIR/json")" -eq 0 ]
		# DWARF needs no table
		GOBPF_GOROOT=$root fixture goid
		as_version 99
		[ "$(gobpf goid -f json "$BATS_TEST_TMPDIR/other" | jq -r '.fields[].source' | sort -u)" = DWARF ]
		# without code that can be read, nothing
		GOBPF_GOROOT=$root fixture goid strip arm64
		as_version 99
		run -3 --separate-stderr gobpf goid "$BATS_TEST_TMPDIR/other"
		[[ $stderr == *"no table says where Go 1.99 keeps runtime.g.goid" ]]
	done < <(roots)
}

@test "goid: the code has the offsets that DWARF has, and a table that differs is not believed" {
	local root mode plain
	while read -r root; do
		for mode in "" "cgo pie" noinline; do
			# shellcheck disable=SC2086
			GOBPF_GOROOT=$root fixture goid $mode
			plain=$fixture
			# shellcheck disable=SC2086
			GOBPF_GOROOT=$root fixture goid strip $mode
			for field in "runtime.g goid" "runtime.g m" "runtime.m p" "runtime.m curg" "runtime.m g0" "runtime.m procid"; do
				# shellcheck disable=SC2086
				[ "$("$(dirname "$GOBPF")/tests/runtimelib" bycode "$fixture" $field)" = \
					"$(gobpf goid -f json "$plain" "${field/ /.}" | jq '.fields[].offset')" ] || fail "$fixture: $field"
			done
		done
		# 1.25 has the function table of 1.24, and other offsets
		[ "$(minor "$root")" -eq 25 ] || continue
		as_version 24
		run -3 --separate-stderr gobpf goid "$BATS_TEST_TMPDIR/other"
		[[ $stderr == *"runtime.g.goid is at 160 in go1.24."*", but its code uses 152: a runtime that was changed" ]] || fail "$stderr"
	done < <(roots)
}

@test "goid: an unknown version, other files, nothing there: the exit status says which" {
	# its function table is not that of the newest version
	[ "$(minor "$(go env GOROOT)")" -ge 27 ] || {
		fixture goid strip
		as_version 99
		run -3 --separate-stderr gobpf goid "$BATS_TEST_TMPDIR/other"
		[[ $stderr == "gobpf goid: "*"go1.99"* ]] || fail "$stderr"
		[ -z "$output" ]
	}
	run -3 gobpf goid /bin/true
	run -1 gobpf goid ./nothing-here
	run -3 gobpf goid 999999999
}

@test "goid: damaged files and full disks" {
	fixture goid
	local size part
	size=$(stat -c %s "$fixture")
	for part in 64 1000 4096 $((size / 3)) $((size / 2)) $((size * 9 / 10)) $((size - 1000)); do
		head -c "$part" "$fixture" >"$BATS_TEST_TMPDIR/cut"
		run gobpf goid --all "$BATS_TEST_TMPDIR/cut"
		[ "$status" -lt 5 ] || fail "$part: $status"
	done
	run -1 --separate-stderr gobpf goid -o /dev/full "$fixture"
	[[ $stderr == *"No space left"* ]]
}
