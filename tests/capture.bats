#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What gobpf says of a running program it says of its core file and of a capture, too, to the letter.  Core
# files are made by the kernel where it writes them to the program's folder, else by gdb.
# $GOBPF_TOOLCHAINS adds toolchains.

# shellcheck disable=SC2030,SC2031
load helpers
load golib

setup() {
	requires go
	cd "$BATS_TEST_TMPDIR" || return
}

# settled NAME - every goroutine of that fixture holds still: two readings are the same
settled() {
	same_twice() {
		gobpf goroutines --full "${PID[$1]}" >"$1.before" && gobpf goroutines --full "${PID[$1]}" | cmp -s - "$1.before"
	}
	retry 60 same_twice "$1"
}

# held WORD... - starts the fixture built so; it holds still
held() {
	fixture goroutines "$@"
	spawn g "$fixture"
	await g '^READY'
	tell g dump # a GC, and then it says what there is
	await g '^END$'
	settled g
}

# still FILE [OPTION...] - what there was before it is what FILE says.  Times are by the second.
still() {
	gobpf goroutines --full "$@" | minutes >after
	minutes <g.before | diff - after
}

# minutes - without what depends on when it was read
minutes() { sed -E '/^goroutine /s/, [0-9]+ minutes//'; }

# rows FILE-OR-PID - all but times, which go on
rows() {
	gobpf goroutines -f json "$@" | jq 'del(.time, .groups[].wait_min_ns, .groups[].wait_max_ns)'
}

# core_of NAME - $core is a core file of it; it is gone then, or not
core_of() {
	local name=$1 pid=${PID[$1]}
	core=$BATS_TEST_TMPDIR/core.$pid
	requires gdb
	gcore -o "$BATS_TEST_TMPDIR/core" "$pid" >gcore.log 2>&1 || fail "$(cat gcore.log)"
}

@test "capture: what the commands read of it is what they read of the process" {
	requires jq
	local root name
	while read -r root; do
		GOBPF_GOROOT=$root held strip pie cgo
		rows "${PID[g]}" >live
		gobpf capture -q -o g.gz "${PID[g]}"
		gobpf capture -q -o g.core "${PID[g]}"
		gobpf capture -q --no-exe "${PID[g]}" >g.stdout
		for name in g.gz g.core g.stdout; do
			still ./$name
			rows ./$name | diff live -
		done
		[ "$(rows ./g.gz | jq .goroutines)" -eq 124 ]
		unharmed g
		end g
	done < <(roots)
}

# said FILE CMD... - what CMD says into FILE, but of its cgroup, in which there are others
said() { gobpf "${@:2}" | sed '/^cgroup /d' >"$1"; }

# steady CMD... - with a PID before it, a capture, and with the PID after it: the capture says what both say, if
# they say the same
steady() {
	said live.before "$@" "${PID[g]}" && gobpf capture -q -o g.gz "${PID[g]}" && said live.after "$@" "${PID[g]}" || return 2
	cmp -s live.before live.after || return 1
	said kept "$@" ./g.gz && diff live.after kept >differ || return 2
}

@test "capture: every command that it runs says the same of it" {
	requires jq
	local name
	fixture heaplive strip
	spawn g "$fixture"
	await g '^READY'
	for name in heap-profile rss-gap vma-gaps span-stats finalizers deadlock; do
		settles() {
			local got=0
			steady "$name" || got=$?
			((got != 1))
		}
		retry 60 settles || fail "$name never holds still" || return
		[ ! -s differ ] || fail "$name: $(cat differ)" || return
		[ -s kept ] || fail "$name says nothing" || return
	done
	end g
}

@test "capture: every command that reads a process is run, or says why it needs a running one" {
	local file
	for file in "$TOP"/helpers/cmd/*.c; do
		! grep -q '&live_argp' "$file" || grep -qE '^	\.capture = "|\.running = "' "$file" ||
			fail "$file has neither .capture nor .running" || return
	done
}

@test "capture: each command sees what it saw, whatever those behind it found" {
	"$(dirname "$GOBPF")/tests/capturelib" hand.core >views
	diff views - <<-'EOT'
		first at 11: aaaaaaaa acrosses samesame gonelate newnewne uno
		second at 22: BBBBbbbb acrosses samesame - newnewne two
		third at 0: BBBBCCCC ac--sses samesame - newnew two
		other at 0: BBBBCCCC ac--sses samesame - newnew two
		by?hand, 4 blocks as they were
	EOT
}

@test "capture: of goroutines that never hold still no stack is another's" {
	local i seen
	fixture switching strip
	spawn s "$fixture" 500
	await s '^READY'
	for i in {1..5}; do
		gobpf capture -q -o s.gz "${PID[s]}"
		gobpf goroutines --full ./s.gz >kept
		grep -q main.walk kept
		bits <kept >>seen
		echo >>seen
	done
	run -1 grep WRONG seen
	seen=$(grep -c . seen)
	((seen > 2400)) || fail "$seen seen" || return
	unharmed s
	end s
}

@test "capture: is gzipped unless it is to be a .core, and nobody else may read it" {
	held strip
	gobpf capture -q -o g.gz "${PID[g]}"
	gobpf capture -q -o g.core "${PID[g]}"
	gzip -t g.gz
	[ "$(head -c 4 g.core)" = $'\x7fELF' ]
	[ "$(stat -c %a g.gz g.core | sort -u)" = 600 ]
	run -2 --separate-stderr gobpf capture -o '' "${PID[g]}"
	run -2 --separate-stderr gobpf capture
	end g
}

@test "capture: shows the waits of its time, however long ago it was made" {
	requires jq
	local age
	held strip
	gobpf capture -q -o g.gz "${PID[g]}"
	age=$(gobpf goroutines -f json ./g.gz | jq -c '[.time, .groups[].wait_max_ns]')
	end g
	[ "$(gobpf goroutines -f json ./g.gz | jq -c '[.time, .groups[].wait_max_ns]')" = "$age" ]
	[[ $age =~ ^\[1[0-9]{18}, ]] || fail "$age"
	[[ $age == *[1-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]* ]]
}

@test "capture: a file that breaks off is no target" {
	held strip
	gobpf capture -q -o g.gz "${PID[g]}"
	end g
	head -c 5000 g.gz >cut.gz
	run -3 gobpf goroutines ./cut.gz
	[[ $output == *'./cut.gz: its gzipped data is damaged or breaks off' ]]
}

@test "capture: the executable is in it, without it --exe names the same build only" {
	fixture burst strip
	local other=$fixture
	fixture goroutines strip
	cp "$fixture" prog
	spawn g ./prog
	await g '^READY'
	settled g
	gobpf capture -q -o g.gz "${PID[g]}"
	gobpf capture -q --no-exe -o noexe.gz "${PID[g]}"
	end g
	still ./noexe.gz
	mv prog moved
	still ./g.gz
	run -3 --separate-stderr gobpf goroutines ./noexe.gz
	[[ $stderr == *"/prog, the program that ./noexe.gz is of, can't be read here: name it by --exe FILE" ]] || fail "$stderr"
	still --exe moved ./noexe.gz
	run -3 --separate-stderr gobpf goroutines --exe "$other" ./noexe.gz
	[[ $stderr == *"$other is another build than the program that ./noexe.gz is of"* ]] || fail "$stderr"
	cp "$other" prog
	run -3 --separate-stderr gobpf goroutines ./noexe.gz
	[[ $stderr == *"/prog is another build than"* ]] || fail "$stderr"
	# its twin with symbols has the code at the same places, but is another build
	fixture goroutines nodwarf
	run -3 --separate-stderr gobpf goroutines --exe "$fixture" ./noexe.gz
}

@test "capture: gdb reads it, too" {
	requires gdb
	local addr want
	held
	gobpf capture -q -o g.core "${PID[g]}"
	addr=0x$(go tool nm "$fixture" | awk '$3 == "runtime.allglen" { print $1 }')
	gdb -batch -nx -ex 'info proc mappings' -ex "x/1xg $addr" "$fixture" g.core >gdb.log 2>&1
	grep -qF "$fixture" gdb.log
	want=$(piece "/proc/${PID[g]}/mem" $((addr)) 8 | od -An -tx8 | tr -d ' ')
	grep -qE "^0x[0-9a-f]+.*:[[:space:]]0x$want$" gdb.log || fail "$(cat gdb.log)"
	end g
}

@test "capture: says what is not in it" {
	held strip
	gobpf capture -q -o g.gz "${PID[g]}"
	for word in heap-hotspots script; do
		run --separate-stderr gobpf $word ./g.gz
		((status == 3 || status == 2)) || fail "$word: $status $stderr" || return
		[[ $stderr == *'needs a running process'* || $word == script ]] || fail "$stderr" || return
	done
	run -2 --separate-stderr gobpf stats -i 1s ./g.gz
	[[ $stderr == 'gobpf stats: ./g.gz never changes: this needs a running process, as it looks again' ]] || fail "$stderr"
	run -2 --separate-stderr gobpf capture -o again.gz ./g.gz
	[[ $stderr == *'running'* ]] || fail "$stderr"
	[ ! -e again.gz ]
	end g
}

@test "capture: what a command could not read then it says later, too" {
	fixture allocmix noprof
	spawn mix "$fixture" 1
	await mix '^READY'
	run --separate-stderr gobpf heap-profile "${PID[mix]}"
	((status == 3)) || skip "requires a Go that keeps no profile where nothing asks for it"
	run -0 --separate-stderr gobpf capture -o noprof.gz "${PID[mix]}"
	end mix
	[[ ${stderr_lines[0]} == 'gobpf capture: not in it: heap-profile: process '*' keeps no memory profile'* ]] || fail "$stderr"
	[[ ${stderr_lines[1]} == 'gobpf capture: noprof.gz: '*' in '* ]]
	run -3 --separate-stderr gobpf heap-profile ./noprof.gz
	[[ $stderr == "gobpf heap-profile: ./noprof.gz doesn't have that: when it was made, process "*' keeps no memory profile'* ]] || fail "$stderr"
}

@test "capture: to a full disk, of nothing, of what is not Go" {
	held strip
	run -1 --separate-stderr gobpf capture -o /dev/full "${PID[g]}"
	[[ $stderr == *'No space left on device'* ]] || fail "$stderr"
	run -1 --separate-stderr gobpf capture -o /no/such/folder/x "${PID[g]}"
	run -3 --separate-stderr gobpf capture -o x.gz 4194303
	[ ! -e x.gz ]
	fixture notgo
	spawn c "$fixture"
	await c '^READY'
	run -3 --separate-stderr gobpf capture -o x.gz "${PID[c]}"
	[[ $stderr == *Go* ]]
	[ ! -e x.gz ]
	end c # it has hold of the other's stdin, too
	end g
}

@test "core: what gdb wrote says what the process said" {
	requires jq
	local root
	while read -r root; do
		for words in strip 'strip pie cgo'; do
			# shellcheck disable=SC2086
			GOBPF_GOROOT=$root held $words
			rows "${PID[g]}" >live
			core_of g
			still "$core"
			rows "$core" | jq 'del(.groups[].wait_unknown)' | diff <(jq 'del(.groups[].wait_unknown)' live) -
			unharmed g
			end g
			rm "$core"
		done
	done < <(roots)
}

@test "core: what the kernel wrote says what the process said" {
	[ "$(cat /proc/sys/kernel/core_pattern)" = core ] && [ "$(cat /proc/sys/kernel/core_uses_pid)" = 0 ] ||
		skip "machine: core files are not written to the program's folder"
	local root
	while read -r root; do
		GOBPF_GOROOT=$root fixture goroutines strip pie
		# shellcheck disable=SC2016
		spawn g sh -c 'ulimit -c unlimited; GOTRACEBACK=crash exec "$1"' sh "$fixture"
		await g '^READY'
		settled g
		kill -ABRT "${PID[g]}"
		reap g 134
		still ./core
		rm core
	done < <(roots)
}

@test "core: waits are counted up to the newest moment that the runtime noted" {
	requires jq
	held strip
	core_of g
	# all of them were seen by the last GC, or an earlier one
	gobpf goroutines -f json "$core" | jq -e '.time == 0 and ([.groups[].wait_max_ns // 0] | max < 6e10)'
	end g
}

# corrupt ARG... - the core file bad.core, changed so
corrupt() { "$(dirname "$GOBPF")/tests/corrupt" "$@"; }

# bounded CMD... - CMD ends by itself, soon and in little memory, with or without words
bounded() {
	local limit=4000000
	! grep -q __asan_init "$GOBPF" || limit=unlimited
	# shellcheck disable=SC2016 # of that bash
	run --separate-stderr bash -c 'ulimit -v "$1"; shift; timeout 20 "$@"' sh $limit "$GOBPF" "$@"
	case $status in
	0) [ -n "$output$stderr" ] ;;
	1 | 3) [[ $stderr == "gobpf $1: "* && ${#stderr_lines[@]} -le 3 ]] ;;
	*) false ;;
	esac || fail "$*: exit $status: $output $stderr"
}

@test "hostile: lengths of 2^60, pointers into nowhere and to themselves" {
	requires gdb
	local name value addr
	declare -A at
	fixture heaplive
	spawn g "$fixture"
	await g '^READY'
	settled g
	gobpf capture -q -o good.core "${PID[g]}"
	end g
	while read -r value _ name; do at[$name]=0x$value; done < <(go tool nm "$fixture" |
		awk '$3 ~ /^runtime\.(allglen|allgptr|mbuckets|MemProfileRate|waitReasonStrings)$/')
	[ ${#at[@]} -eq 5 ] || skip "requires another list of variables for this Go"
	for name in allglen allgptr mbuckets; do
		for value in 0 1 0x1000000000000000 0xffffffffffffffff 0x3ffffff "${at[runtime.$name]}"; do
			cp good.core bad.core
			corrupt bad.core set "${at[runtime.$name]}" "$value"
			bounded goroutines bad.core || return
			bounded heap-profile bad.core || return
		done
	done
	# the first bucket is the one behind itself, or a g
	addr=0x$(gdb -batch -nx -ex "x/1xg ${at[runtime.mbuckets]}" "$fixture" good.core 2>/dev/null | sed -n 's/.*0x//p')
	cp good.core bad.core
	corrupt bad.core set $((addr + 8)) "$addr"
	bounded heap-profile bad.core
	[[ $status -eq 3 && $stderr == *'does not end' ]] || fail "$status $stderr"
	cp good.core bad.core
	corrupt bad.core set "${at[runtime.allglen]}" 0x1000000000000000
	bounded goroutines bad.core
	[[ $status -eq 1 && $stderr == *'runtime.allglen says 1152921504606846976 goroutines' ]] || fail "$stderr"
}

@test "hostile: any words in what the readers touch" {
	local seed words
	fixture heaplive
	spawn g "$fixture"
	await g '^READY'
	gobpf capture -q -o good.core "${PID[g]}"
	end g
	for seed in {1..5}; do
		for words in 3 100 3000; do
			cp good.core bad.core
			corrupt bad.core random $((1000 * seed + words)) $words
			bounded goroutines -v bad.core || return
			bounded goroutines --full --system bad.core || return
			bounded heap-profile bad.core || return
		done
	done
}

@test "hostile: a core file that ends anywhere" {
	local size
	held strip
	gobpf capture -q --no-exe -o good.core "${PID[g]}"
	gzip -k good.core
	end g
	for size in 0 1 4 63 64 120 1000 5000 20000 60000; do
		head -c $size good.core >bad.core
		bounded goroutines ./bad.core || return
		((size >= 60000 || status != 0)) || fail "$size bytes will do" || return
		head -c $((size / 4)) good.core.gz >bad.core
		bounded goroutines ./bad.core || return
		((status != 0)) || fail "$((size / 4)) packed bytes will do" || return
	done
}
