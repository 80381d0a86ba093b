#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# vma-gaps against /proc/PID/maps, against holes that a program made, and against what the kernel grants it.

load helpers

setup() { requires go jq; }

start() {
	fixture gaps "$@"
	spawn g "$fixture"
	await g '^READY'
}

# ask WORD ANSWER - tells the fixture and waits until it has answered once more
ask() {
	local n
	n=$(grep -c "^$2" "$BATS_TEST_TMPDIR/g.log" || :)
	tell g "$1"
	await g "^$2" 60 $((n + 1))
}

look() { gobpf vma-gaps --json "$@" "${PID[g]}" >"$BATS_TEST_TMPDIR/json"; }
value() { jq -r "$1" "$BATS_TEST_TMPDIR/json"; }

# oracle - count and sum of holes below the vsyscall page, the largest, count of mappings, from /proc/PID/maps
oracle() {
	local range path count=0 sum=0 largest=0 n=0 end start hole
	end=$(cat /proc/sys/vm/mmap_min_addr)
	while read -r range _ _ _ _ path; do
		[[ $path != '[vsyscall]' ]] || continue
		start=$((0x${range%-*}))
		hole=$((start - end))
		((hole == 0)) || count=$((count + 1)) sum=$((sum + hole))
		((hole <= largest)) || largest=$hole
		end=$((0x${range#*-})) n=$((n + 1))
	done <"/proc/${PID[g]}/maps"
	echo "$count $sum $largest $n"
}

# same_as_maps - what is said of holes is what the maps say, before and after
same_as_maps() {
	local before
	before=$(oracle)
	look
	[ "$(value '"\(.holes) \([.histogram[].bytes] | add) \(.largest.bytes) \(.mappings)"')" = "$before" ] &&
		[ "$(value '[.histogram[].count] | add')" = "${before%% *}" ]
}

@test "vma-gaps: holes are those between the lines of /proc/PID/maps" {
	start
	retry 20 same_as_maps
	end g
}

@test "vma-gaps: holes that a program makes are counted by their sizes" {
	local before want
	start strip
	look
	before=$(value '[.histogram[].count] | @sh')
	ask holes HOLES
	look
	read -ra before <<<"$before"
	want="$((before[0] + 7)) $((before[1] + 5)) $((before[2] + 3)) ${before[3]} $((before[4] + 1)) ${before[5]} ${before[6]}"
	[ "$(value '[.histogram[].count] | @sh')" = "$want" ] || fail "$(value '[.histogram[].count] | @sh'), not $want"
	end g
}

# fits - what the program could map in one piece is what was said, before and after it was tried
fits() {
	local said
	look
	said=$(value '"\(.fits.bytes) \(.fits_reserved.bytes)"')
	ask largest LARGEST
	look
	[ "$(tail -1 "$BATS_TEST_TMPDIR/g.log")" = "LARGEST $said" ] && [ "$(value '"\(.fits.bytes) \(.fits_reserved.bytes)"')" = "$said" ]
}

@test "vma-gaps: the largest mmap that fits is the largest that the kernel grants, to the byte" {
	((2 != $(cat /proc/sys/vm/overcommit_memory))) || skip "machine: with vm.overcommit_memory=2 what is left changes all the time"
	start pie
	retry 20 fits || fail "said $(value '.fits, .fits_reserved'), the kernel: $(tail -1 "$BATS_TEST_TMPDIR/g.log")"
	end g
}

# used KEY - bytes that the status file says
used() { echo $(($(awk -v key="$1:" '$1 == key { print $2 }' "/proc/${PID[g]}/status") * 1024)); }

@test "vma-gaps: RLIMIT_AS and RLIMIT_DATA bound what fits, and make it tight" {
	requires prlimit
	start
	prlimit --pid "${PID[g]}" --data=$(($(used VmData) + (20 << 20) + 5)):
	retry 20 fits
	[ "$(value '"\(.fits.by) \(.fits_reserved.by) \(.verdict)"')" = 'RLIMIT_DATA largest hole tight' ]
	prlimit --pid "${PID[g]}" --data=unlimited: --as=$(($(used VmSize) + (100 << 20))):
	retry 20 fits
	[ "$(value '"\(.fits.by) \(.fits_reserved.by) \(.verdict)"')" = 'RLIMIT_AS RLIMIT_AS fair' ]
	look --fine 90MiB
	[ "$(value .verdict)" = fine ]
	look --tight 110MiB
	[ "$(value .verdict)" = tight ]
	look --critical 120m --tight 120m --fine 1GiB
	[ "$(value .verdict)" = critical ]
	end g
}

@test "vma-gaps: at vm.max_map_count nothing fits" {
	start
	ask fill FILLED
	retry 20 fits
	[ "$(value '"\(.fits.bytes) \(.fits.by) \(.verdict)"')" = '0 vm.max_map_count critical' ]
	[ "$(value .mappings)" -eq $(($(cat /proc/sys/vm/max_map_count) + 1)) ]
	run -0 gobpf vma-gaps "${PID[g]}"
	[[ $output == *'holes: critical'* ]]
	end g
}

@test "vma-gaps: in the old layout it is not said what fits" {
	fixture gaps
	spawn g bash -c "ulimit -s unlimited && exec '$fixture'"
	await g '^READY'
	look
	[ "$(value '"\(.fits) \(.fits_reserved) \(.verdict)"')" = 'null null unknown' ]
	run -0 gobpf vma-gaps "${PID[g]}"
	[[ $output == *'largest hole '*'?  with the old layout'* ]]
	[[ $output == *'memory to be used: not known'* ]]
	end g
}

@test "vma-gaps: any program, also none of Go's; bad options are refused" {
	spawn c cat
	run -0 gobpf vma-gaps "${PID[c]}"
	[[ ${lines[0]} == "vma-gaps: "*" (pid ${PID[c]}): "*' mappings, '*' of them anonymous; '*' holes: '* ]]
	run -2 gobpf vma-gaps --fine 3parsecs "${PID[c]}"
	[[ $output == *"--fine: '3parsecs' is not a size"* ]]
	run -2 gobpf vma-gaps --tight 1g "${PID[c]}"
	[[ $output == *'must not be above'* ]]
	run -3 gobpf vma-gaps 4194304
}
