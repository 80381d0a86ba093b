#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The test house's own tools.

load helpers

@test "helpers: a process that dies is reported at once, not after the timeout" {
	spawn gone sh -c 'echo boom; exit 3'
	local from=$SECONDS
	run await gone READY 120
	[ "$status" -eq 1 ]
	[[ $output == *"gone died before 'READY'"* ]]
	((SECONDS - from < 60))
}

@test "helpers: reap checks the exit status" {
	fixture allocmix
	spawn mix "$fixture" 1
	await mix '^READY'
	tell mix exit 7
	reap mix 7
	spawn false false
	if reap false; then fail "false ended well"; fi
}

@test "helpers: unharmed sees a program that is well, and one whose code was written to" {
	requires root
	fixture notgo
	spawn notgo "$fixture"
	await notgo '^READY'
	unharmed notgo
	local text
	text=$(awk -v file="$fixture" '$2 == "r-xp" && $6 == file { split($1, a, "-"); print a[1] }' \
		"/proc/${PID[notgo]}/maps")
	# the last byte of the mapping is in the file but is no code
	printf '\xcc' | dd of="/proc/${PID[notgo]}/mem" bs=1 seek=$((0x$text + 4095)) conv=notrunc status=none
	run unharmed notgo
	[ "$status" -eq 1 ]
	[[ $output == *"was changed"* ]]
}

@test "helpers: allocmix states its truth: four sites, one of them inlined" {
	fixture allocmix noprof
	spawn mix "$fixture" 1
	await mix '^READY'
	[ "$(grep -c '^SITE ' "$BATS_TEST_TMPDIR/mix.log")" -eq 4 ]
	local source=$TOP/tests/fixtures/allocmix/main.go site caller
	site=$(grep -n 'mediums = make' "$source" | cut -d: -f1)
	caller=$(grep -n '^	fill()' "$source" | cut -d: -f1)
	grep -qx "SITE 25 main.fill $source $site < main.handle $source $caller inlined" \
		"$BATS_TEST_TMPDIR/mix.log"
}

@test "helpers: the runtime agrees with what allocmix says of itself" {
	requires go
	fixture allocmix
	spawn mix "$fixture"
	await mix '^READY'
	spawn clock sleep 2
	reap clock
	tell mix heap "$BATS_TEST_TMPDIR/heap.pb.gz"
	await mix '^HEAP <nil>'
	run -0 go tool pprof -sample_index=alloc_space -top "$fixture" "$BATS_TEST_TMPDIR/heap.pb.gz"
	local percent func
	while read -r _ percent func _; do
		awk -v func="$func" -v want="$percent" '
			$6 == func { d = $2 - want; ok = d > -3 && d < 3 }
			END { exit !ok }' <<<"$output" || fail "$func is not $percent %: $output"
	done < <(grep '^SITE' "$BATS_TEST_TMPDIR/mix.log")
}

@test "helpers: the Debian mirror is that of apt's sources, in both of their forms" {
	local apt=$BATS_TEST_TMPDIR/apt
	found() {
		# as the programs that use it
		bash -euo pipefail -c '. "$1/tests/apt.bash"; mirror' sh "$TOP"
	}
	export GOBPF_APT=$apt
	unset GOBPF_DEBIAN_MIRROR
	mkdir -p "$apt/sources.list.d"
	run -1 found
	echo 'deb http://packages.test/apt x main' >"$apt/sources.list.d/a.list"
	run -1 found
	echo 'deb [arch=amd64 signed-by=/k] http://one.test/some/debian/ bookworm main' >"$apt/sources.list.d/b.list"
	[ "$(found)" = http://one.test/some/debian ]
	printf 'Types: deb\nURIs: http://two.test/debian\nSuites: trixie\n' >"$apt/sources.list.d/debian.sources"
	[ "$(found)" = http://one.test/some/debian ]
	rm "$apt"/sources.list.d/*.list
	[ "$(found)" = http://two.test/debian ]
	echo 'deb http://three.test/debian bookworm main' >"$apt/sources.list"
	[ "$(found)" = http://three.test/debian ]
	[ "$(GOBPF_DEBIAN_MIRROR=http://four.test/x found)" = http://four.test/x ]
}
