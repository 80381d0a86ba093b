# SPDX-License-Identifier: GPL-2.0-only
# real.bash - starts real servers that nobody here wrote; their data is in $data, they answer at $url
# shellcheck shell=bash

# start_etcd - Debian's, as "etcd"
start_etcd() {
	# memory, not the disk, is to be busy
	data=$(mktemp -d /dev/shm/gobpf-real.XXXXXX)
	local port peer
	port=$(free_port)
	peer=$(free_port)
	url=http://127.0.0.1:$port
	spawn etcd etcd --data-dir "$data" --enable-pprof \
		--logger zap --log-level error --listen-client-urls "$url" --advertise-client-urls "$url" \
		--listen-peer-urls "http://127.0.0.1:$peer" \
		--initial-advertise-peer-urls "http://127.0.0.1:$peer" \
		--initial-cluster "default=http://127.0.0.1:$peer"
	retry 60 curl -fs -o "$BATS_TEST_TMPDIR/health" "$url/health"
}

# start_prometheus - Debian's, as "prometheus"; it watches itself, so that it has something to do
start_prometheus() {
	data=$(mktemp -d /dev/shm/gobpf-real.XXXXXX)
	local port
	port=$(free_port)
	url=http://127.0.0.1:$port
	printf '%s\n' 'global: { scrape_interval: 1s }' 'scrape_configs:' '- job_name: self' \
		'  static_configs:' "  - targets: ['127.0.0.1:$port']" >"$data/prometheus.yml"
	spawn prometheus prometheus --config.file "$data/prometheus.yml" --storage.tsdb.path "$data/tsdb" \
		--web.listen-address "127.0.0.1:$port"
	retry 60 curl -fs -o "$BATS_TEST_TMPDIR/health" "$url/-/ready"
}

teardown() {
	end_all
	[ -z "${data-}" ] || rm -rf "$data"
}


free_port() {
	local port
	for port in $(shuf -i 20000-30000 -n 50); do
		(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
}
