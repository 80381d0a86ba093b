#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A real program that nobody here wrote: Debian's etcd, stripped, under a bounded load of puts
# on loopback, against its own /debug/pprof.  `make check-real'.

load helpers
load real

WINDOW=10

setup() {
	requires root etcd etcdctl curl go jq
	export ETCDCTL_API=3
	fixture httpload
	load=$fixture
	start_etcd
	rate "${RATE-4096}"
}

# rate BYTES - sets etcd's MemProfileRate, so that its own profile has more samples than 512 KiB
# gives. Go 1.19 forgets GODEBUG=memprofilerate when it initialises the variable, so the test
# writes it into its etcd. Two collections later the profile has all that came before.
rate() {
	local addr file
	file=$(command -v etcd)
	readelf -h "$file" | grep -q 'Type: *EXEC'
	addr=$("$O/tests/golib" globals "$file" | awk '$2 == "runtime.MemProfileRate" { print $1 }')
	printf %b "$(printf '%016x\n' "$1" | fold -w2 | tac | sed 's/^/\\x/' | tr -d '\n')" |
		dd of="/proc/${PID[etcd]}/mem" bs=1 seek=$((0x$addr)) conv=notrunc status=none
	curl -fs "$url/debug/pprof/heap?gc=1&debug=1" -o "$BATS_TEST_TMPDIR/gc"
	curl -fs "$url/debug/pprof/heap?gc=1&debug=1" -o "$BATS_TEST_TMPDIR/gc"
	head -1 "$BATS_TEST_TMPDIR/gc" | grep -q "@ heap/$((2 * $1))\$"
}

# puts http - as many as go through in 60 s, on 4 connections; puts etcdctl - 2 times 3000,
# each by a client of its own, 60 s at the most; ends with etcd
puts() {
	case $1 in
	http) spawn load "$load" -for 60s -c 4 etcd "$url" ;;
	etcdctl)
		local i
		for i in 1 2; do
			# shellcheck disable=SC2016
			spawn "load$i" timeout 60 sh -c 'for n in $(seq 3000); do
				etcdctl --endpoints "$1" put "key$n" "value$n" || exit; done' sh "$url"
			await "load$i" '^OK'
		done
		;;
	esac
}

# profile ENGINE - a window by gobpf within one by etcd's own pprof:
# ours.json, and theirs as "SHARE FUNC FILE:LINE" lines by falling share.
# What pprof itself allocates, at both ends of its window, stays out of ours.
profile() {
	spawn pprof curl -fs -o "$BATS_TEST_TMPDIR/theirs.pb.gz" "$url/debug/pprof/heap?seconds=$((WINDOW + 4))"
	gobpf heap-hotspots -d 2s "${PID[etcd]}" >"$BATS_TEST_TMPDIR/beginning"
	gobpf heap-hotspots --engine "$1" -n 0 -d ${WINDOW}s -f json "${PID[etcd]}" >"$BATS_TEST_TMPDIR/ours.json"
	alive pprof
	reap pprof
	go tool pprof -sample_index=alloc_space -lines -top -nodefraction=0 -nodecount=1000 "$BATS_TEST_TMPDIR/theirs.pb.gz" |
		awk '/^ *flat /{ on = 1; next } on { print $2 + 0, $6, $7 }' >"$BATS_TEST_TMPDIR/theirs"
	jq -r '.sites[] | "\(.share) \(.func) \(.file):\(.line) \(.error // 0)"' "$BATS_TEST_TMPDIR/ours.json" >"$BATS_TEST_TMPDIR/ours"
	[ "$(awk '$1 > 0' "$BATS_TEST_TMPDIR/theirs" | wc -l)" -ge 10 ]
}

# agree - of our top 10 sites at least 8 are in their top 10, or as heavy there as their
# tenth within the tenth part, or as heavy as here within the error that we state: near the border the order is chance.
agree() {
	awk '
		NR == FNR { share[$2 " " $3] = $1; if (FNR == 10) tenth = $1; next }
		FNR <= 10 { theirs = share[$2 " " $3]; same = theirs >= 0.9 * tenth || theirs >= $1 - $4; n += same; print (same ? "same " : "ours ") $0, "theirs", theirs }
		END { print n " of 10"; exit n < 8 }
	' "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours" || {
		head -12 "$BATS_TEST_TMPDIR/theirs"
		fail "the top 10 differ from etcd's own profile"
	}
}

# named - at least 95 % of bytes end in a function that has a name.
named() {
	jq -e '[.sites[] | select(.func | test("^(0x|\\?|\\[)") | not) | .share] | add >= 95' "$BATS_TEST_TMPDIR/ours.json"
}

# well - etcd still takes and gives back what it is told, and its code is untouched.
well() {
	alive etcd
	curl -fs "$url/v3/kv/put" -d '{"key":"Zm9v","value":"YmFy"}' | jq -e .header.revision
	[ "$(curl -fs "$url/v3/kv/range" -d '{"key":"Zm9v"}' | jq -r '.kvs[0].value')" = YmFy ]
	same_code "${PID[etcd]}"
}

@test "etcd: it is stripped" {
	run nm "$(command -v etcd)"
	[[ $output == *"no symbols"* ]]
}

# right ASKED ENGINE LOAD - asked for an engine, that one tells what etcd's own profile tells
right() {
	# 2,000 samples in 10 s of those: eight of a site with 0.4 %
	[ "$2 $3" != "refill etcdctl" ] || WINDOW=$((3 * WINDOW))
	puts "$3"
	profile "$1"
	[ "$(jq -r .engine "$BATS_TEST_TMPDIR/ours.json")" = "$2" ]
	named
	agree
	well
}

# The names resolve and the top 10 are those of etcd's own pprof.  etcdctl makes a connection
# for each put: two sites have 85 % of the bytes then, and the third 1 %.

@test "etcd: auto takes buckets: etcdctl puts" { right auto buckets etcdctl; }
@test "etcd: auto takes buckets: puts as fast as they go" { right auto buckets http; }
@test "etcd: refill at the default budget: etcdctl puts" { right refill refill etcdctl; }
@test "etcd: refill at the default budget: puts as fast as they go" { right refill refill http; }

@test "etcd: pprof output is as go tool pprof wants it" {
	puts http
	gobpf heap-hotspots -d 3s -o "$BATS_TEST_TMPDIR/etcd.pb.gz" "${PID[etcd]}"
	run -0 go tool pprof -sample_index=alloc_space -top "$BATS_TEST_TMPDIR/etcd.pb.gz"
	[[ $output == *"Type: alloc_space"* ]]
	[[ $output == *"Unmarshal"* ]]
	well
}

# told URL - what a program says of itself to Prometheus, as an object
told() {
	curl -fs "$1/metrics" | awk '/^go_(memstats_[a-z_]+|goroutines|gc_duration_seconds_count) / {
		text = text (text ? ", " : "") "\"" $1 "\": " $2 + 0 } END { print "{" text "}" }' CONVFMT=%.17g OFMT=%.17g
}

# as_told NAME URL - gobpf stats between two such: counters are between (its client doesn't empty the caches of Ps, so its
# own may be what they hold too small), and what did not move meanwhile is equal; up to 10 times, since a busy program moves
as_told() {
	local i before after ours
	for ((i = 0; i < 10; i++)); do
		before=$(told "$2")
		ours=$(gobpf stats --json "${PID[$1]}")
		after=$(told "$2")
		wrong=$(jq -nr --argjson a "$before" --argjson b "$after" --argjson o "$ours" '
			def between($name; $v; $slack):
				if $v + 0 >= $a[$name] and $v <= $b[$name] + $slack then empty
				else "\($name) \($v) is not from \($a[$name]) to \($b[$name])" end;
			def around($name; $v):
				if $v >= ([$a[$name], $b[$name]] | min) and $v <= ([$a[$name], $b[$name]] | max) then empty
				else "\($name) \($v) is not \($a[$name]) or \($b[$name])" end;
			$o.memory as $m |
			between("go_memstats_alloc_bytes_total"; $m.total_alloc; 1048576),
			between("go_memstats_mallocs_total"; $m.mallocs; 50000),
			between("go_memstats_frees_total"; $m.frees; 50000),
			between("go_gc_duration_seconds_count"; $o.gc.cycles; 0),
			around("go_memstats_heap_released_bytes"; $m.heap_released),
			around("go_memstats_mspan_sys_bytes"; $m.mspan_sys),
			around("go_memstats_mcache_sys_bytes"; $m.mcache_sys),
			around("go_memstats_mcache_inuse_bytes"; $m.mcache_inuse),
			around("go_memstats_buck_hash_sys_bytes"; $m.buckhash_sys),
			around("go_memstats_gc_sys_bytes"; $m.gc_sys),
			around("go_memstats_other_sys_bytes"; $m.other_sys),
			around("go_memstats_sys_bytes"; $m.sys),
			around("go_memstats_next_gc_bytes"; $o.gc.next_gc),
			if ($o.goroutines.count - $b.go_goroutines | fabs) <= 5 then empty else "goroutines \($o.goroutines.count)" end')
		[ -n "$wrong" ] || return 0
	done
	fail "$wrong"
}

@test "etcd: gobpf stats is what it says to Prometheus" {
	as_told etcd "$url"
	well
}

@test "prometheus: gobpf stats is what it says of itself" {
	requires prometheus
	local port
	port=$(free_port)
	printf 'global:\n  scrape_interval: 1s\nscrape_configs:\n- job_name: self\n  static_configs:\n  - targets: ["127.0.0.1:%s"]\n' \
		"$port" >"$data/prometheus.yml"
	spawn prometheus prometheus --config.file="$data/prometheus.yml" --storage.tsdb.path="$data/tsdb" \
		--web.listen-address="127.0.0.1:$port"
	retry 60 curl -fs -o "$BATS_TEST_TMPDIR/ready" "http://127.0.0.1:$port/-/ready"
	as_told prometheus "http://127.0.0.1:$port"
	alive prometheus
	same_code "${PID[prometheus]}"
}
