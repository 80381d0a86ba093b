#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# gobpf doctor FILE, and each claim it makes about another tool against that tool.

load helpers
load golib

setup() {
	requires go readelf strip
}

teardown() {
	end_all
	rm -rf "/tmp/gobpf-doctor-$$"
}

# doctor FILE - its JSON in $report
doctor() {
	report=$BATS_TEST_TMPDIR/report.json
	gobpf doctor --json "$1" >"$report"
}

# part NAME - "true SAYS" of the first table; tool NAME - of the second
part() { jq -r --arg name "$1" '.parts[] | select(.part == $name) | "\(.ok) \(.says)"' "$report"; }
tool() { jq -r --arg name "$1" '.tools[] | select(.tool == $name) | "\(.ok) \(.says)"' "$report"; }

# claims FILE - what gdb, addr2line, bpftrace, perf and delve really show of it is what the report says
claims() {
	local addr func line
	addr=0x$("$GOBPF" sym "$1" main.allocSmall | sed -nE '1s/^0x([0-9a-f]+) .*/\1/p')
	line=$(gdb -nx -batch -ex "info line *$addr" "$1" 2>&1 | tail -1)
	func=$(gdb -nx -batch -ex "info symbol $addr" "$1" 2>&1 | tail -1)
	case $(tool gdb) in
	"true everything") [[ $line == 'Line '*main.go* ]] ;;
	"false functions") [[ $func == main[.[]allocSmall* && $line == "No line number"* ]] ;;
	"false addresses") [[ $func == "No symbol matches"* ]] ;;
	*) false ;;
	esac || fail "gdb: $(tool gdb): $func, $line" || return
	line=$(addr2line -f -e "$1" "$addr" | paste -sd' ')
	case $(tool addr2line) in
	"true functions, lines") [[ $line == main.allocSmall\ *main.go:[0-9]* ]] ;;
	"false functions" | "false functions; lines not from DWARF 5") [[ $line == "main.allocSmall "*"?" ]] ;;
	"false ??") [ "$line" = "?? ??:0" ] ;;
	*) false ;;
	esac || fail "addr2line: $(tool addr2line): $line" || return
	if [ "$EUID" -eq 0 ]; then
		line=$(bpftrace -l "uprobe:$1:main.allocSmall" 2>/dev/null || :)
		case $(tool bpftrace) in
		true*) [[ $line == *main.allocSmall ]] ;;
		*) [ -z "$line" ] ;;
		esac || fail "bpftrace: $(tool bpftrace): $line" || return
	fi
	delve_claims "$1" || return
	[ "$EUID" -ne 0 ] || perf_claims "$1"
}

# delve_claims FILE - its entry only: a version that is newer than 1.20 may do more than that says
delve_claims() {
	local said minor
	command -v dlv >/dev/null || return 0
	minor=$(dlv version | sed -nE 's/^Version: 1\.([0-9]+)\..*/\1/p')
	printf '%s\n' 'break main.allocSmall' 'continue' 'print smalls' 'exit' >"$BATS_TEST_TMPDIR/delve.init"
	said=$(HOME=$BATS_TEST_TMPDIR timeout 60 dlv exec --check-go-version=false --allow-non-terminal-interactive=true \
		--init "$BATS_TEST_TMPDIR/delve.init" "$1" </dev/null 2>&1 || :)
	case $(tool delve) in
	"true everything") [[ $said == *"main.allocSmall()"*"main.go:"* && $said == *$'\n'"*[48]uint8"* ]] ;;
	"false refused before delve 1.21; then no variables")
		if ((minor < 21)); then
			[[ $said == *"could not open debug info"* ]]
		else
			[[ $said != *"*[48]uint8"* ]]
		fi
		;;
	*) false ;;
	esac || fail "delve: $(tool delve): $said"
}

# perf_claims FILE - samples of the running program, with perf's lines where it has some
perf_claims() {
	local said
	command -v perf >/dev/null || return 0
	spawn claimed "$1"
	await claimed '^READY'
	perf_attach claimed 20 -e cpu-clock:u -F 200 || return
	end claimed
	said=$(HOME=$BATS_TEST_TMPDIR perf script -i "$BATS_TEST_TMPDIR/perf.data" -F ip,sym,srcline 2>/dev/null)
	case $(tool "perf report") in
	"true functions, lines") [[ $said =~ \ (runtime|main)\..*\.go:[1-9] ]] ;;
	"true functions" | "true functions; lines not from DWARF 5")
		[[ $said =~ \ (runtime|main)\. && ! $said =~ \.go:[1-9] ]] ;;
	"false addresses") [[ $said == *"[unknown]"* && ! $said =~ \ (runtime|main)\. ]] ;;
	*) false ;;
	esac || fail "perf: $(tool "perf report"): $said"
}

# functions FILE - how many the linker knows; runtime.text and etext are marks only
functions() { go tool nm "$1" | awk '$2 ~ /[Tt]/ && $3 !~ /^runtime\.e?text$/' | wc -l; }

@test "doctor: all is there" {
	requires gdb addr2line bpftrace dlv perf
	fixture allocmix
	doctor "$fixture"
	[ "$(part symbols)" = "true .symtab" ]
	[[ $(part DWARF) == true* ]]
	[[ $(part "build info") == true* ]]
	[[ $(part "file names") == true* ]]
	[ "$(jq -r '[.pie, .cgo, .machine, .go] | @csv' "$report")" = "false,false,\"x86-64\",\"$(go env GOVERSION)\"" ]
	[ "$(part "function table")" = "true $(functions "$fixture") functions with files, lines and inlined calls" ]
	[[ $(part "memory profile") == true* ]]
	claims "$fixture"
}

@test "doctor: the linker left it out, and the file says so" {
	requires gdb addr2line bpftrace dlv perf
	fixture allocmix strip
	doctor "$fixture"
	[ "$(part symbols)" = "false left out by the linker: -ldflags=-s -w" ]
	[ "$(part DWARF)" = "false left out by the linker: -ldflags=-s -w" ]
	claims "$fixture"
}

@test "doctor: DWARF as each Go writes it" {
	requires gdb addr2line bpftrace dlv perf objcopy
	local root says own=$BATS_TEST_TMPDIR/five
	while read -r root; do
		GOBPF_GOROOT=$root fixture allocmix
		doctor "$fixture"
		says="true functions, lines"
		(($(minor "$root") < 25)) || says="false functions; lines not from DWARF 5"
		[ "$(tool addr2line)" = "$says" ] || fail "$root: $(tool addr2line)"
		claims "$fixture"
	done < <(roots)
	# the section that is new in DWARF 5, in a file that has none
	(($(minor "$(go env GOROOT)") < 25)) || return 0
	fixture allocmix
	objcopy --add-section .debug_addr="$TOP/LICENSE" "$fixture" "$own"
	doctor "$own"
	[ "$(tool addr2line)" = "false functions; lines not from DWARF 5" ]
	[ "$(tool "perf report")" = "true functions; lines not from DWARF 5" ]
}

@test "doctor: -w alone leaves the functions" {
	requires gdb addr2line bpftrace dlv perf
	fixture allocmix nodwarf
	doctor "$fixture"
	[ "$(part symbols)" = "true .symtab" ]
	[ "$(part DWARF)" = "false left out by the linker: -ldflags=-w -w" ]
	claims "$fixture"
}

@test "doctor: strip(1) after the build is told from the linker" {
	requires gdb addr2line bpftrace dlv perf
	local own=$BATS_TEST_TMPDIR/stripped
	fixture allocmix
	strip -o "$own" "$fixture"
	doctor "$own"
	[ "$(part symbols)" = "false taken out after the build, which kept them: strip" ]
	[ "$(part DWARF)" = "false taken out after the build, which kept them: strip" ]
	claims "$own"
}

@test "doctor: flags that are off are no flags" {
	local own=$BATS_TEST_TMPDIR/off
	mkdir "$own"
	cd "$own"
	printf 'package main\nfunc main() {}\n' >main.go
	printf 'module off\ngo 1.18\n' >go.mod
	GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -buildvcs=false -ldflags='-s=false -w=0' -o off .
	strip off
	doctor "$own/off"
	[ "$(part symbols)" = "false taken out after the build, which kept them: strip" ]
	[ "$(part DWARF)" = "false taken out after the build, which kept them: strip" ]
}

@test "doctor: with -trimpath nobody can tell, and it says that" {
	local own=$BATS_TEST_TMPDIR/trimmed
	fixture allocmix trimpath
	strip -o "$own" "$fixture"
	doctor "$own"
	[ "$(part symbols)" = "false -ldflags=-s, or strip; the file does not say" ]
	[[ $(part "file names") == "false without folders of the build"* ]]
}

@test "doctor: section headers gone, cgo, PIE, no memory profile" {
	local own=$BATS_TEST_TMPDIR/headless
	fixture allocmix strip pie cgo noprof
	doctor "$fixture"
	[ "$(jq -r '[.pie, .cgo] | @csv' "$report")" = "true,true" ]
	[[ $(part "memory profile") == "false not kept: runtime.MemProfile is not linked in" ]]
	[[ $(part "frame pointers") == *"C code may not"* ]]
	[[ $(tool "gobpf heap-hotspots") == "true samples of span refills, by probes" ]]
	cp "$fixture" "$own"
	# e_shoff, e_shnum, e_shstrndx
	printf '\0\0\0\0\0\0\0\0' | dd of="$own" bs=1 seek=40 conv=notrunc status=none
	printf '\0\0\0\0' | dd of="$own" bs=1 seek=60 conv=notrunc status=none
	doctor "$own"
	[[ $(part "section headers") == "false gone"* ]]
	[[ $(part "function table") == true* ]]
}

@test "doctor: hashed names and no build information, as garble leaves them, and what still works" {
	local garble own=$BATS_TEST_TMPDIR/garbled
	fixture garble
	garble=$fixture
	fixture goid strip
	"$garble" "$fixture" >"$own"
	chmod +x "$own"
	doctor "$own"
	[ "$(part "build info")" = "false none: removed (garble does that), or a plugin" ]
	[ "$(part "function table")" = "$(doctor "$fixture" && part "function table")" ]
	doctor "$own"
	# the version comes from the runtime; whether names are hashed or odd nobody can tell for certain
	[ "$(jq -r .go "$report")" = "$(go env GOVERSION)" ]
	run ! grep -qi hashed "$report"
	[[ $(tool "gobpf sym") == true* && $(tool "gobpf heap-hotspots") == true* ]]
	# the same functions at the same places, hundreds by other names
	gobpf sym --list "$fixture" | sed 's/\t.*//' >"$BATS_TEST_TMPDIR/before"
	gobpf sym --list "$own" | sed 's/\t.*//' >"$BATS_TEST_TMPDIR/after"
	diff <(cut -d' ' -f1,2 "$BATS_TEST_TMPDIR/before") <(cut -d' ' -f1,2 "$BATS_TEST_TMPDIR/after")
	[ "$(diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" | grep -c '^>')" -gt 300 ]
	diff <(grep -E ' (runtime\..*|main\.main)$' "$BATS_TEST_TMPDIR/before") \
		<(grep -E ' (runtime\..*|main\.main)$' "$BATS_TEST_TMPDIR/after")
	# some witnesses are of package sync; without them nothing is guessed
	gobpf goid --all "$fixture" | sort >"$BATS_TEST_TMPDIR/before.goid"
	gobpf goid --all "$own" | grep -v ' ?  ' | sort >"$BATS_TEST_TMPDIR/after.goid"
	[ -z "$(comm -13 "$BATS_TEST_TMPDIR/before.goid" "$BATS_TEST_TMPDIR/after.goid")" ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/after.goid")" -ge "$(($(wc -l <"$BATS_TEST_TMPDIR/before.goid") - 4))" ]
	spawn goid "$own"
	await goid '^READY'
	run -0 gobpf sym "${PID[goid]}" "$(awk '/ main\.tick$/ { print "0x" $1 }' "$BATS_TEST_TMPDIR/before")"
	[[ $output != *tick* && $output =~ ^0x[0-9a-f]+\ [A-Za-z0-9]{4}\.[A-Za-z0-9]{4}\ [^\ ]*\.go:26$ ]] || fail "$output"
	unharmed goid
}

@test "doctor: a process is its executable, also when that was deleted" {
	local own=$BATS_TEST_TMPDIR/server
	fixture allocmix strip
	cp "$fixture" "$own"
	spawn mix "$own" 1
	await mix '^READY'
	rm "$own"
	doctor "${PID[mix]}"
	[[ $(part symbols) == "false left out by the linker"* ]]
	[[ $(jq -r .file "$report") == "$own"* ]]
	unharmed mix
}

@test "doctor: text for people" {
	fixture allocmix strip
	run -0 gobpf doctor "$fixture"
	[[ ${lines[0]} == "$fixture: $(go env GOVERSION), gobpf.test/fixtures/allocmix, x86-64" ]]
	[[ $output == *"IN THE FILE"*"TOOL"*"TO DO"* ]]
	grep -qE '^perf report +no +addresses +gobpf sym --debug-file$' <<<"$output"
}

@test "doctor: what is no Go program, no ELF file, not there" {
	fixture notgo
	run -3 --separate-stderr gobpf doctor "$fixture"
	[[ $stderr == "gobpf doctor: $fixture is not a Go program"* ]]
	[ -z "$output" ]
	run -3 --separate-stderr gobpf doctor "$TOP/README.md"
	[[ $stderr == *"README.md"*ELF* ]]
	run -1 --separate-stderr gobpf doctor /nonexistent/file
	[[ $stderr == *"/nonexistent/file"*"No such file"* ]]
	run -3 --separate-stderr gobpf doctor no-such-server
	[ "$stderr" = "gobpf doctor: no-such-server is no file here: no process is named 'no-such-server'" ]
	run -3 --separate-stderr gobpf doctor 4194304
	[ "$stderr" = "gobpf doctor: no process 4194304" ]
	run -2 gobpf doctor
	run -2 gobpf doctor one two
}

# attempt COMMAND PID - what somebody would run, with the rights of "${rights[@]}"
attempt() {
	local tmp=$BATS_TEST_TMPDIR
	case $1 in
	capture) set -- capture -q "$2" ;;
	heap-hotspots) set -- heap-hotspots -d 300ms --json "$2" ;;
	gc-signals) set -- gc-signals -d 300ms -i 100ms "$2" ;;
	perf-probes) set -- perf-probes --print "$2" ;;
	run) set -- run --print -e 'go:main.main { exit(); }' "$2" ;;
	script) set -- script heap-hotspots "$2" ;;
	spans) set -- spans -d 300ms "$2" ;;
	sym) set -- sym "$2" main.main ;;
	esac
	"${rights[@]}" "$GOBPF" "$@" >"$tmp/attempt" 2>"$tmp/attempt.err"
}

# keeps_its_word NAME WORD... - what doctor says of each command is so for process NAME, with those rights
keeps_its_word() {
	local rights=("${@:2}") pid=${PID[$1]} command state got
	report=$BATS_TEST_TMPDIR/report.json
	"${rights[@]}" "$GOBPF" doctor --json "$pid" >"$report"
	while read -r command state; do
		case $command in
		diff | doctor | flame | fold | help | list | new | pprof)
			[ "$state" = ok ] || fail "$command: $state" || return
			continue
			;;
		esac
		got=0
		attempt "$command" "$pid" || got=$?
		case $state in
		ok | degraded) ((got == 0)) ;;
		unavailable) ((got)) ;;
		*) false ;;
		esac || fail "$command: said to be $state, exit $got: $(head -3 "$BATS_TEST_TMPDIR/attempt.err")" || return
		case $command-$state in
		heap-hotspots-ok) [ "$(jq -r .engine "$BATS_TEST_TMPDIR/attempt")" = buckets ] ;;
		heap-hotspots-degraded) [ "$(jq -r .engine "$BATS_TEST_TMPDIR/attempt")" = refill ] ;;
		script-degraded) ! "${rights[@]}" timeout 60 "$GOBPF" script --run heap-hotspots "$pid" 1 >/dev/null 2>&1 ;;
		esac || fail "$command: $state is not so" || return
	done < <(jq -r '.commands[] | "\(.command) \(.state)"' "$report")
}

command_state() { jq -r --arg name "$1" '.commands[] | select(.command == $name) | .state' "$report"; }
feature_state() { jq -r --arg name "$1" '.features[] | select(.part == $name) | .state' "$report"; }

@test "doctor: of every command it is said whether it works on a process, and that is so" {
	requires root jq bpftrace setpriv
	local plain profiled
	fixture rss strip
	plain=$fixture
	fixture exposed strip pie cgo
	profiled=$fixture
	spawn p "$plain"
	spawn q "$profiled"
	await p '^READY'
	await q '^READY'
	keeps_its_word p env
	[ "$(jq -r '.commands[].command' "$report")" = "$(sed -n 's/^COMMAND(\(.*\))$/\1/p' "$TOP/helpers/commands.inc" | tr _ -)" ]
	[ "$(command_state heap-hotspots) $(command_state heap-profile)" = 'degraded unavailable' ]
	[ "$(feature_state uprobe)" = ok ]
	keeps_its_word q env
	[ "$(command_state heap-hotspots) $(command_state heap-profile)" = 'ok ok' ]
	# no bpftrace to be found
	keeps_its_word q env PATH=/nonexistent
	[ "$(command_state script)" = unavailable ]
	[ "$(feature_state bpftrace)" = no ]
	# a kernel without BPF
	fixture without
	keeps_its_word p "$fixture" bpf
	[ "$(command_state heap-hotspots) $(command_state script) $(feature_state BPF)" = 'unavailable degraded no' ]
	unharmed p
	unharmed q
	end q # it holds the other's stdin, too
	end p
}

@test "doctor: without rights it says which are missing, and what works without" {
	requires root jq bpftrace setpriv
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
	local dir=/tmp/gobpf-doctor-$$ gobpf=$GOBPF
	# where nobody may look
	mkdir -p "$dir/build" "$dir/helpers"
	: >"$dir/helpers/gobpf.c" # scripts are found as in a source tree
	fixture rss strip
	cp "$GOBPF" "$dir/build/gobpf"
	cp -r "$TOP/scripts" "$dir"
	cp "$fixture" "$dir/plain"
	fixture exposed strip
	cp "$fixture" "$dir/profiled"
	chmod -R a+rX "$dir" "$BATS_TEST_TMPDIR"
	chmod a+w "$BATS_TEST_TMPDIR"
	GOBPF=$dir/build/gobpf
	spawn p "${nobody[@]}" "$dir/plain"
	spawn q "${nobody[@]}" "$dir/profiled"
	spawn r "$dir/plain"
	await p '^READY'
	await q '^READY'
	await r '^READY'
	rm -r "$dir/plain" "$dir/profiled"
	keeps_its_word p "${nobody[@]}"
	[ "$(command_state goroutines | sed s/degraded/ok/) $(command_state heap-hotspots) $(feature_state BPF)" = 'ok unavailable denied' ]
	[[ $(jq -r '.features[] | select(.part == "BPF") | .says' "$report") == *'CAP_BPF and CAP_PERFMON missing'* ]]
	[[ $(jq -r '.features[] | select(.part == "capabilities") | .says' "$report") == 'user 65534; none of those that matter'* ]]
	keeps_its_word q "${nobody[@]}"
	[ "$(command_state heap-hotspots) $(command_state heap-profile)" = 'ok ok' ]
	# another user's: not even its executable can be known
	run -4 --separate-stderr "${nobody[@]}" "$GOBPF" doctor "${PID[r]}"
	[[ $stderr == *'not permitted to look into process'* ]]
	GOBPF=$gobpf
	end r
	end q
	end p
}

@test "doctor: what it says of a process's profiles and namespaces" {
	requires root jq unshare
	fixture allocmix
	spawn n unshare --net --mount "$fixture" 1
	await n '^READY'
	gobpf doctor --json "${PID[n]}" >"$BATS_TEST_TMPDIR/report"
	about() { jq -r --arg name "$1" '.process[] | select(.part == $name) | "\(.state) \(.says)"' "$BATS_TEST_TMPDIR/report"; }
	[ "$(about container)" = 'ok in other namespaces than this shell: mnt, net' ]
	[ "$(about memory)" = 'ok readable' ]
	[[ $(about 'memory profile') == 'ok one sample per 524288 bytes' ]]
	[[ $(about 'mutex profile') == 'no off: '* ]]
	[[ $(about 'memory cgroup') == "ok $(grep -E ':memory:|^0::' "/proc/${PID[n]}/cgroup" | head -1 | cut -d: -f3-) (v"* ]]
	unharmed n
	run -0 gobpf doctor "${PID[n]}"
	[[ $output == *'THIS MACHINE'*'THE PROCESS'*'IN THE FILE'*'TOOL'*'GOBPF'* ]]
}

@test "doctor: a file name that is no text" {
	fixture allocmix strip
	local odd=$BATS_TEST_TMPDIR/$'a\xffb'
	cp "$fixture" "$odd"
	doctor "$odd"
	[ "$(jq -r .file "$report")" = "$BATS_TEST_TMPDIR/a"$'\xef\xbf\xbd'b ]
}
