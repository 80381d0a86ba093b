#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# heap-profile on real programs, stripped, under load: as their own /debug/pprof/heap, byte for byte. `make check-real'.

load helpers
load real

setup() { requires go curl jq; }

# raw FILE - all that a profile says of stacks that have something.  A package's initialiser has code of
# several files; runtime/pprof knows it by its name, with the file that came first.
raw() {
	go tool pprof -raw "$1" | awk -f "$TOP/tests/samples.awk" | grep -v '| 0 0 0 0$' |
		sed -E 's/\.init ([^ ]*\/)?[^ /]+\.go:/.init FILE:/g' | sort
}

# collected FILE - their profile, right after a collection
collected() { curl -fs -o "$1" "$url/debug/pprof/heap?gc=1"; }

# alike NAME - ours is theirs; false when there was another collection in between
alike() {
	collected "$BATS_TEST_TMPDIR/theirs.pb.gz"
	gobpf heap-profile -o "$BATS_TEST_TMPDIR/ours.pb.gz" "${PID[$1]}"
	raw "$BATS_TEST_TMPDIR/theirs.pb.gz" >"$BATS_TEST_TMPDIR/theirs"
	raw "$BATS_TEST_TMPDIR/ours.pb.gz" >"$BATS_TEST_TMPDIR/ours"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/theirs")" -gt 25 ]
	cmp -s "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
}

# equal NAME - at some of 20 tries
equal() {
	for ((i = 0; i < 20; i++)); do
		! alike "$1" || return 0
	done
	fail "$(diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs" | head -4)"
}

@test "etcd: the heap profile is what its own endpoint says" {
	start_etcd
	fixture httpload
	spawn load "$fixture" -for 5s -c 4 etcd "$url"
	await load ' requests, 0 failed'
	equal etcd
	same_code "${PID[etcd]}"
}

@test "prometheus: the heap profile is what its own endpoint says" {
	requires prometheus
	start_prometheus
	equal prometheus
	same_code "${PID[prometheus]}"
}
