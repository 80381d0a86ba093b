#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# This program's own JSON, read back.

load helpers

setup() {
	cd "$TOP" || return
	tmp=$BATS_TEST_TMPDIR
}

# twice FILE [OPTION...] - FILE as JSON is $tmp/1; read and written again it is the same
twice() {
	gobpf fold -q --as-is -f json "$@" >"$tmp/1"
	gobpf fold --strict --as-is -f json "$tmp/1" >"$tmp/2"
	cmp "$tmp/1" "$tmp/2"
}

@test "json: read, written again it is the same, of every input" {
	requires jq
	local in
	for in in tests/golden/fold/*.in; do
		twice "$in"
		# in any order and layout
		jq -S . "$tmp/1" >"$tmp/sorted"
		gobpf fold --strict --as-is --from json -f json "$tmp/sorted" | cmp - "$tmp/1"
		jq -c . "$tmp/1" | gobpf fold --strict --as-is -f json | cmp - "$tmp/1"
		# and it is what was read, but for names that are no UTF-8
		[[ $in != *hostile* ]] || continue
		gobpf fold -q --as-is "$in" >"$tmp/want"
		gobpf fold --strict --as-is "$tmp/1" | cmp - "$tmp/want"
	done
}

@test "json: labels, mappings, addresses, several values: all of a Go profile" {
	requires go
	requires jq
	fixture profiles
	local f
	mkdir "$tmp/profiles"
	"$fixture" "$tmp/profiles"
	for f in "$tmp"/profiles/*; do
		twice "$f"
		[[ $f == *.pb.gz ]] || continue
		gobpf fold --as-is -f pprof "$f" | gobpf fold --strict --as-is -f json | cmp - "$tmp/1"
	done
	twice "$tmp/profiles/cpu.pb.gz"
	[ "$(jq -c '[.stacks[].labels[]?] | unique' "$tmp/1")" = '[{"key":"job","str":"spin"}]' ]
	[ "$(jq -r '.mappings[0].path' "$tmp/1")" = "$fixture" ]
	[ "$(jq '[.frames[].mapping] | unique == [0]' "$tmp/1")" = true ]
	twice "$tmp/profiles/heap.pb.gz"
	jq -e '.stacks[].labels[]? | select(.key == "bytes" and .num > 0)' "$tmp/1" >/dev/null
	run -0 jq -c '[.values[] | [.name, .unit]]' "$tmp/1"
	[ "$output" = '[["alloc_objects","count"],["alloc_space","bytes"],["inuse_objects","count"],["inuse_space","bytes"]]' ]
}

@test "json: labels become frames when asked for" {
	run -0 gobpf fold -q -f json tests/golden/fold/goroutines.in
	printf '%s\n' "$output" >"$tmp/x"
	run -0 gobpf fold --strict --by state,wait,created "$tmp/x"
	grep -qx 'chan receive;12m0s;main.main 1' <<<"$output" || grep -qE '^chan receive;[^;]*;main.main 1$' <<<"$output"
	grep -qE '^running;net/http.\(\*Server\).Serve;.*serve.func1 1$' <<<"$output"
}

@test "json: what heap-hotspots wrote: its sites" {
	cat >"$tmp/heap" <<-'END'
		{
		 "schema": "gobpf-heap-hotspots-1",
		 "engine": "buckets",
		 "total": { "alloc_space": 1000, "alloc_objects": 10 },
		 "sites": [
		  { "func": "main.f", "file": "/x.go", "line": 7, "alloc_space": 600, "alloc_objects": 6, "stacks": 2,
		    "stack": [ { "func": "main.f", "file": "/x.go", "line": 7, "inlined": true },
		               { "func": "main.main", "file": null, "line": 0, "inlined": false } ] },
		  { "func": "main.g", "file": "/x.go", "line": 9, "alloc_space": 300, "alloc_objects": 3, "stacks": 1,
		    "stack": [ { "func": "main.g", "file": "/x.go", "line": 9, "inlined": false } ] }
		 ]
		}
	END
	run -0 --separate-stderr gobpf fold --strict "$tmp/heap"
	[ "$output" = $'main.g 300\nmain.main;main.f 600' ]
	[ "$stderr" = "gobpf fold: $tmp/heap: a site of several stacks is shown as the heaviest of them
gobpf fold: $tmp/heap: 100 of 1000 bytes are of sites that it leaves out" ]
	run -0 gobpf fold -q --value alloc_objects "$tmp/heap"
	[ "$output" = $'main.g 3\nmain.main;main.f 6' ]
}

# json [FRAMES [STACKS [VALUES]]] - a small one in $tmp/j
json() {
	printf '{"schema": "gobpf-profile-1", "values": [%s], "frames": [%s], "stacks": [%s]}' \
		"${3-{\"name\":\"n\",\"unit\":\"count\"\}}" "${1-{\"func\":\"f\"\},{\"func\":\"g\"\}}" \
		"${2-{\"frames\":[0,1],\"values\":[5]\}}" >"$tmp/j"
}

@test "json: bad input: what makes no sense is left out" {
	local stack good='{"frames":[0,1],"values":[5]}'
	json
	run -0 gobpf fold --strict "$tmp/j"
	[ "$output" = 'g;f 5' ]
	for stack in '{"frames":[0,2],"values":[1]}' '{"frames":[-1],"values":[1]}' '{"frames":[0],"values":[1,2]}' \
		'{"frames":[0],"values":[1.5]}' '{"frames":[0],"values":[9223372036854775808]}' '{"frames":7}' 7 'x' \
		'{"frames":[0],"values":[1],"labels":[{"num":1}]}' '{"frames":[0],"values":[1],}' '"'; do
		json '{"func":"f"},{"func":"g"}' "$good,$stack"
		run -0 --separate-stderr gobpf fold "$tmp/j"
		[ "$output" = 'g;f 5' ] || fail "$stack: $output"
		[[ $stderr == *": offset "*" (1 left out of 2; --strict refuses)" ]] || fail "$stack: $stderr"
		run -1 gobpf fold --strict "$tmp/j"
	done
	json '{"func":"f"},{"line":1}'
	run -0 gobpf fold "$tmp/j"
	[[ $output == *"a frame without a function (1 left out of 2; --strict refuses)"*'[unknown];f 5' ]]
	json '{"func":"f"}' '{"frames":[0],"values":[1]}' ''
	run -1 gobpf fold "$tmp/j"
	[[ $output == *": JSON without values" ]]
}

@test "json: cut anywhere what came is used, or it is refused" {
	local size i
	gobpf fold -q -f json tests/golden/fold/goroutines.in >"$tmp/whole"
	size=$(stat -c %s "$tmp/whole")
	for ((i = 20; i < size - 3; i += 41)); do
		head -c "$i" "$tmp/whole" >"$tmp/cut"
		run gobpf fold "$tmp/cut"
		((status <= 1)) || fail "$i: exit $status"
		[[ $output == *": offset "*": the JSON breaks off"* || $output == *": JSON without values" ||
			$output == *"not a format read here"* ]] || fail "$i: $output"
	done
	# within the last of five stacks
	head -c $(($(grep -abo '"sites"' "$tmp/whole" | cut -d: -f1) - 20)) "$tmp/whole" >"$tmp/cut"
	run -0 --separate-stderr gobpf fold "$tmp/cut"
	[ "${#lines[@]}" -eq 4 ]
}

@test "json: stacks whose values have no name are none" {
	run -1 gobpf fold tests/golden/fuzz/fold/json-no-value
	[[ $output == *'json-no-value: offset 96: a value without a name' ]]
}
