#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# cgroup-memory against cgroups that the test makes, of whichever version this machine has the memory controller in:
# what was set there, what the kernel's files say, and what happens when a limit is met.

load helpers

setup() { requires root go jq; }

teardown() {
	end_all
	local dir
	for dir in "$BATS_TEST_TMPDIR"/cgroups/*; do
		[ -e "$dir" ] || continue
		retry 20 rmdir "$(<"$dir")/inner" || :
		retry 20 rmdir "$(<"$dir")" || :
	done
}

# make_cgroups - sets $outer and $inner in it, memory cgroups of this test; $version of the hierarchy, $above its path
make_cgroups() {
	local mount
	mount=$(awk '/ - cgroup / && $NF ~ /(^|,)memory(,|$)/ { print $5; exit }' /proc/self/mountinfo)
	version=1
	if [ -z "$mount" ]; then
		version=2
		mount=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	fi
	above=/gobpf-test-$$-$BATS_TEST_NUMBER
	outer=$mount$above inner=$mount$above/inner
	mkdir "$outer" 2>/dev/null || skip "machine: no memory cgroup (v$version) can be made in '$mount'"
	mkdir -p "$BATS_TEST_TMPDIR/cgroups"
	echo "$outer" >"$BATS_TEST_TMPDIR/cgroups/outer"
	[ $version = 1 ] || echo +memory >"$outer/cgroup.subtree_control" || skip 'machine: no memory controller'
	mkdir "$inner"
}

# limit DIR BYTES - and none of it can be swapped out
limit() {
	if [ $version = 1 ]; then
		echo "$2" >"$1/memory.limit_in_bytes"
		[ ! -e "$1/memory.memsw.limit_in_bytes" ] || echo "$2" >"$1/memory.memsw.limit_in_bytes"
	else
		echo "$2" >"$1/memory.max"
		[ ! -e "$1/memory.swap.max" ] || echo 0 >"$1/memory.swap.max"
	fi
}

# inside NAME DIR CMD... - spawn in that cgroup
inside() {
	local name=$1 dir=$2
	shift 2
	# shellcheck disable=SC2016
	spawn "$name" bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$dir" "$@"
}

look() { gobpf cgroup-memory --json "$@" >"$BATS_TEST_TMPDIR/json"; }
value() { jq -r "$1" "$BATS_TEST_TMPDIR/json"; }

# files - what the files say of the inner cgroup, as the program's JSON has it
files() {
	if [ $version = 1 ]; then
		awk '
			function put(key) { print key, $NF }
			FILENAME ~ /usage_in_bytes$/ && FILENAME !~ /max_|kmem/ { put("current") }
			FILENAME ~ /max_usage/ { put("peak") }
			FILENAME ~ /kmem.usage/ { put("kernel") }
			FILENAME ~ /failcnt/ { put("at_max") }
			$1 == "oom_kill" { put("oom_kills") }
			$1 == "total_rss" { put("anon") } $1 == "total_cache" { put("file") }
			$1 == "total_mapped_file" { put("mapped") } $1 == "total_shmem" { put("shmem") }
			$1 == "total_inactive_file" { put("inactive_file") } $1 == "total_swap" { put("swap") }
		' "$inner"/memory.{usage_in_bytes,max_usage_in_bytes,kmem.usage_in_bytes,failcnt,oom_control,stat}
	else
		awk '
			function put(key) { print key, $NF }
			FILENAME ~ /memory.current$/ { put("current") }
			FILENAME ~ /events$/ && $1 == "max" { put("at_max") } $1 == "oom_kill" { put("oom_kills") }
			FILENAME ~ /events$/ && $1 == "high" { put("at_high") } $1 == "oom" { put("ooms") }
			FILENAME !~ /stat$/ { next }
			$1 == "anon" || $1 == "file" || $1 == "shmem" || $1 == "inactive_file" || $1 == "kernel" { put($1) }
			$1 == "file_mapped" { put("mapped") } $1 == "slab_reclaimable" { put("kernel_reclaimable") }
		' "$inner"/memory.{current,events,stat}
	fi | sort
}

same_as_files() {
	local before
	before=$(files)
	look "$1"
	[ "$(files)" = "$before" ] &&
		[ "$(value '.cgroups[0] | to_entries[] | "\(.key) \(.value)"' | grep -wF "$(cut -d' ' -f1 <<<"$before")" | grep -E "^($(cut -d' ' -f1 <<<"$before" | paste -sd'|')) " | sort)" = "$before" ]
}

@test "cgroup-memory: limits that were set, use and events as the kernel's files have them" {
	make_cgroups
	limit "$outer" $((512 << 20))
	limit "$inner" $((128 << 20))
	[ $version = 1 ] || echo $((96 << 20)) >"$inner/memory.high"
	fixture rss
	inside r "$inner" "$fixture"
	await r '^READY'
	tell r heap 40
	await r '^DONE'
	retry 20 same_as_files "${PID[r]}" || fail "ours: $(value .cgroups[0]) theirs: $(files)"
	[ "$(value '"\(.version) \(.nearest) \(.cgroups[0].path) \(.cgroups[0].max) \(.cgroups[1].path) \(.cgroups[1].max)"')" = \
		"$version $above/inner $above/inner $((128 << 20)) $above $((512 << 20))" ]
	[ "$(value '.cgroups[0].high')" = "$([ $version = 1 ] && echo null || echo $((96 << 20)))" ]
	[ "$(value '.cgroups[0].anon >= 40 * 1048576 and .cgroups[0].current >= .cgroups[0].anon')" = true ]
	[ "$(value '.cgroups[0] | .left == .max - .current')" = true ]
	[ "$(value '.cgroups[0] | .working_set == .current - .inactive_file')" = true ]
	[ "$(value '.cgroups[0].pressure_some == null')" = "$([ -e "$inner/memory.pressure" ] && echo false || echo true)" ]
	run -0 gobpf cgroup-memory "${PID[r]}"
	[[ ${lines[0]} =~ ^'cgroup-memory: rss-go'.*" (pid ${PID[r]}), cgroup v$version: "[0-9.]+' MiB of 128 MiB, '[0-9.]+' % ('$above/inner')'$ ]]
	end r
}

machine_pressure() {
	local before
	before=$(awk '{ print $1, $2, $3, $4, $5 }' /proc/pressure/memory)
	look $$
	# shellcheck disable=SC2016 # of jq
	[ "$(value 'def two: . * 100 | round | "\(. / 100 | floor).\(. % 100 + 100 | tostring[1:])";
		("some", "full") as $w | .["machine_pressure_" + $w] |
		"\($w) avg10=\(.avg10 | two) avg60=\(.avg60 | two) avg300=\(.avg300 | two) total=\(.total_us)"')" = "$before" ]
}

@test "cgroup-memory: the machine's pressure is what the kernel says" {
	cat /proc/pressure/memory >/dev/null || skip 'machine: its kernel keeps no pressure'
	retry 20 machine_pressure || fail "$(value .machine_pressure_some) $(</proc/pressure/memory)"
}

@test "cgroup-memory: the suggested request is base, mapped files and headroom in whole MiB" {
	make_cgroups
	fixture rss
	inside r "$inner" "$fixture"
	await r '^READY'
	tell r heap 30
	await r '^DONE'
	tell r shared 5
	await r '^DONE' 60 2
	look --headroom 50 "${PID[r]}"
	[ "$(value '.cgroups[0].max')" = 'no limit' ]
	[ "$(value .nearest)" = null ]
	# shellcheck disable=SC2016 # of jq
	[ "$(value '(.cgroups[0]) as $c | .request | .base == $c.anon + $c.shmem + $c.kernel - ($c.kernel_reclaimable // 0)
		and .mapped == $c.mapped - $c.shmem and .headroom == ((.base + .mapped) / 2 | floor)
		and .bytes == ((.base + .mapped + .headroom) / 1048576 | ceil) * 1048576')" = true ] || fail "$(value .)"
	[ "$(value '.request.base >= 35 * 1048576')" = true ]
	end r
}

@test "cgroup-memory: a limit further up that is nearer is the one that counts" {
	make_cgroups
	limit "$inner" $((256 << 20))
	inside c "$inner" cat
	retry 20 grep -q "$above/inner" "/proc/${PID[c]}/cgroup"
	look "${PID[c]}"
	[ "$(value .nearest)" = "$above/inner" ]
	limit "$outer" $((64 << 20))
	look "${PID[c]}"
	[ "$(value '"\(.nearest) \(.cgroups[1].max)"')" = "$above $((64 << 20))" ]
	run -0 gobpf cgroup-memory "${PID[c]}"
	[[ ${lines[0]} == *" of 64.0 MiB, "*" ($above)" ]]
}

@test "cgroup-memory: OOM kills and hits of the limit are counted" {
	make_cgroups
	limit "$inner" $((32 << 20))
	inside c "$inner" cat
	retry 20 grep -q "$above/inner" "/proc/${PID[c]}/cgroup"
	look "${PID[c]}"
	[ "$(value .cgroups[0].oom_kills)" -eq 0 ]
	fixture rss
	# shellcheck disable=SC2016
	inside r "$inner" bash -c 'echo 1000 >/proc/self/oom_score_adj && exec "$0"' "$fixture"
	await r '^READY'
	tell r mmap 64
	reap r 137
	look "${PID[c]}"
	[ "$(value .cgroups[0].oom_kills)" -eq 1 ] || fail "$(value .)"
	# v1 of Linux 6.18 does not count them
	[ "$(value '.cgroups[0].at_max != 0')" = true ]
	run -0 gobpf cgroup-memory "${PID[c]}"
	grep -qE "inner .* 1$" <<<"$output"
}

@test "cgroup-memory: inside a container it is the container's own; another's can't be seen" {
	requires unshare
	make_cgroups
	limit "$inner" $((48 << 20))
	inside c "$inner" cat
	retry 20 grep -q "$above/inner" "/proc/${PID[c]}/cgroup"
	mkdir "$BATS_TEST_TMPDIR/own"
	local type=cgroup options='-o memory'
	[ $version = 1 ] || type=cgroup2 options=
	# shellcheck disable=SC2016
	bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec unshare --cgroup --mount bash -c "$0" "$@"' "
		umount -l -R /sys/fs/cgroup &&
		mount -t $type $options none '$BATS_TEST_TMPDIR/own' &&
		'$GOBPF' cgroup-memory --json ${PID[c]} >'$BATS_TEST_TMPDIR/json'
		'$GOBPF' cgroup-memory $$ >'$BATS_TEST_TMPDIR/other' 2>&1; echo \$? >>'$BATS_TEST_TMPDIR/other'" "$inner"
	[ "$(value '"\(.cgroups | length) \(.cgroups[0].path) \(.cgroups[0].max)"')" = "1 / $((48 << 20))" ]
	grep -q 'is mounted nowhere here (cgroup v' "$BATS_TEST_TMPDIR/other"
	[ "$(tail -1 "$BATS_TEST_TMPDIR/other")" -eq 1 ]
}
