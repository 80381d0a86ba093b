#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# audit against a program that serves debug endpoints in every way, or doesn't.

load helpers
load golib

setup() { requires go jq; }

start() {
	fixture exposed "$@"
	spawn e "$fixture"
	await e '^READY'
}

# serve ADDR HOW - the fixture serves there; sets $at to the address with its port
serve() {
	local n
	n=$(grep -c '^SERVING' "$BATS_TEST_TMPDIR/e.log" || :)
	tell e serve "$@"
	await e '^SERVING' 60 $((n + 1))
	at=$(sed -n 's/^SERVING //p' "$BATS_TEST_TMPDIR/e.log" | tail -1)
}

# until a server's goroutine waits for connections, nobody knows what accepts
look() {
	accepting() {
		gobpf audit --json "$@" "${PID[e]}" >"$BATS_TEST_TMPDIR/json"
		jq -e 'all(.sockets[]; .accepted_by != null)' "$BATS_TEST_TMPDIR/json" >/dev/null
	}
	retry 20 accepting "$@" || fail "$(cat "$BATS_TEST_TMPDIR/json")"
}
value() { jq -r "$1" "$BATS_TEST_TMPDIR/json"; }
# row ADDR - certainty, severity, loopback and acceptor
row() { value ".sockets[] | select(.address == \"$1\") | \"\\(.certainty) \\(.severity) \\(.loopback) \\(.accepted_by)\""; }

@test "audit: not linked in is proven by the function table" {
	start noprof strip
	serve 127.0.0.1:0 default
	look
	[ "$(value '[.endpoints[].linked] | any')" = false ]
	[ "$(row "$at")" = 'no none true net/http.(*Server).Serve' ]
	[ "$(value .severity)" = none ]
	run -0 gobpf audit --fail-on low "${PID[e]}"
	[[ $output != *'to do:'* ]]
	end e
}

@test "audit: linked in but nowhere served" {
	start strip
	run -0 gobpf audit --fail-on low "${PID[e]}"
	[[ ${lines[0]} == *': 0 listening sockets, severity none' ]]
	[[ $output == *'net/http/pprof '*'yes '*'/debug/pprof/'* ]]
	[[ $output == *'it listens on no TCP socket'* ]]
	end e
}

@test "audit: which server accepts at which socket is known without a connection" {
	local root words default own raw wrapped v6
	while read -r root words; do
		# shellcheck disable=SC2086
		GOBPF_GOROOT=$root start $words
		serve 127.0.0.1:0 default
		default=$at
		serve '[::1]:0' default
		v6=$at
		serve 127.0.0.2:0 own
		own=$at
		serve 127.0.0.1:0 wrapped
		wrapped=$at
		serve 127.0.0.1:0 raw
		raw=$at
		look
		[ "$(value '.sockets | length')" -eq 5 ]
		[ "$(row "$default")" = 'possible low true net/http.(*Server).Serve' ] || fail "$(cat "$BATS_TEST_TMPDIR/json")" || return
		[ "$(row "$v6")" = 'possible low true net/http.(*Server).Serve' ]
		[ "$(row "$own")" = 'possible low true net/http.(*Server).Serve' ]
		[ "$(row "$wrapped")" = 'possible low true net/http.(*Server).Serve' ]
		[ "$(row "$raw")" = 'no none true main.raw' ]
		[ "$(value .severity)" = low ]
		tell e requests
		await e '^REQUESTS 0$'
		unharmed e
		end e
	done < <(roots | sed 's/$/ strip/'; echo "$(go env GOROOT) pie cgo strip")
}

@test "audit: connections that are passed on to net/http's server from other code are not overlooked" {
	start
	serve 127.0.0.1:0 passed
	look
	[ "$(row "$at")" = 'possible low true main.pass' ]
	[[ $(value '.sockets[0].why') == *'passes connections on'* ]]
	look --connect
	[ "$(row "$at")" = 'proven low true main.pass' ]
	end e
}

@test "audit: --connect proves it, by asking" {
	local default own
	start strip
	serve 127.0.0.1:0 default
	default=$at
	serve '[::1]:0' own
	own=$at
	look --connect
	[ "$(row "$default")" = 'proven low true net/http.(*Server).Serve' ]
	[ "$(row "$own")" = 'no none true net/http.(*Server).Serve' ]
	[[ $(value '.sockets[] | select(.address == "'"$own"'") | .why') == *'was answered with 404' ]]
	tell e requests
	await e '^REQUESTS 2$' # pprof and expvar, of the own one: the other isn't counted
	run -5 gobpf audit --connect --fail-on low "${PID[e]}"
	run -0 gobpf audit --connect --fail-on medium "${PID[e]}"
	end e
}

@test "audit: sockets for others, in a network namespace of the program's own" {
	requires root unshare ip
	fixture exposed strip pie
	# shellcheck disable=SC2016
	spawn e unshare --net bash -c 'ip link set lo up && exec "$0"' "$fixture"
	await e '^READY'
	serve 0.0.0.0:8080 default
	serve '[::]:8081' own
	serve 127.0.0.1:8082 default
	look
	[ "$(row 0.0.0.0:8080)" = 'possible medium false net/http.(*Server).Serve' ]
	[ "$(row '[::]:8081')" = 'possible medium false net/http.(*Server).Serve' ]
	[ "$(row 127.0.0.1:8082)" = 'possible low true net/http.(*Server).Serve' ]
	run -5 gobpf audit --fail-on medium "${PID[e]}"
	[[ ${lines[0]} == *': 3 listening sockets, severity medium' ]]
	[[ $output == *'0.0.0.0:8080 '*'all addresses '*'possible '*'medium'* ]]
	[[ $output == *'to do:'*'listen on loopback only'* ]]
	run -0 gobpf audit --fail-on high "${PID[e]}"
	look --connect
	[ "$(row 0.0.0.0:8080)" = 'proven high false net/http.(*Server).Serve' ]
	[ "$(row '[::]:8081')" = 'no none false net/http.(*Server).Serve' ]
	run -5 gobpf audit --connect --fail-on high "${PID[e]}"
	end e
}

@test "audit: what is no Go program, and bad options, are refused" {
	spawn c cat
	run -3 gobpf audit "${PID[c]}"
	run -2 gobpf audit --fail-on terrible "${PID[c]}"
	[[ $output == *"no severity 'terrible' (one of: low medium high)"* ]]
}
