#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Files for speedscope: the rules of its schema.  tests/real-speedscope.bats has the program itself.

load helpers
load pictures

setup() {
	cd "$TOP" || return
	requires jq
	json=$BATS_TEST_TMPDIR/x.speedscope.json
}

# valid FILE - the rules of https://www.speedscope.app/file-format-schema.json, and those that it can't say
valid() {
	jq -e '
		def number: type == "number";
		def rule(words; test): if test then . else error(words) end;
		rule("schema"; .["$schema"] == "https://www.speedscope.app/file-format-schema.json")
		| rule("exporter, name"; (.exporter | type) == "string" and (.name | type) == "string")
		| (.shared.frames | length) as $n
		| rule("frames"; all(.shared.frames[];
			(.name | type) == "string" and ((has("file") | not) or (.file | type) == "string")
			and ((has("line") | not) or (.line | number))))
		| rule("frames: each once"; (.shared.frames | unique | length) == $n)
		| rule("active"; .activeProfileIndex < (.profiles | length))
		| rule("profiles"; all(.profiles[];
			.type == "sampled" and (.name | type) == "string" and (.startValue == 0) and (.endValue | number)
			and (.unit | IN("none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"))
			and (.samples | length) == (.weights | length) and all(.weights[]; . > 0)
			and ((.weights | add) // 0) == .endValue
			and all(.samples[][]; . >= 0 and . < $n and floor == .)
			and (keys - ["type", "name", "unit", "startValue", "endValue", "samples", "weights"]) == []))
		| rule("nothing else"; (keys - ["$schema", "exporter", "name", "shared", "profiles", "activeProfileIndex"]) == [])
		| true' "$1" >/dev/null
}

# positive FILE.folded - the sum of its counts above 0, as jq has numbers
positive() {
	jq -nR '[[inputs | capture(" (?<n>-?[0-9]+)$").n | tonumber | select(. > 0)] | add // 0, 9223372036854775807] | min' "$1"
}

@test "speedscope: stacks root first, by falling weight" {
	gobpf fold -o "$json" tests/golden/fold/simple.in
	valid "$json"
	# shellcheck disable=SC2016 # jq's variables
	run -0 jq -r '.shared.frames as $f | .profiles[0] | range(.samples | length) as $i |
		"\(.samples[$i] | map($f[.].name) | join(";")) \(.weights[$i])"' "$json"
	diff - <(echo "$output") <<'END'
main.main;main.a;main.b 7
main.main;runtime.mallocgc 5
main.main;main.a 2
entry_SYSCALL_64_[k];do_syscall_64_[k] 1
END
}

@test "speedscope: every input gives a valid file that has its counts" {
	local in
	for in in tests/golden/fold/*.in tests/golden/fuzz/fold/*; do
		gobpf fold -q "$in" >"$BATS_TEST_TMPDIR/folded" || continue
		gobpf fold -q --title '</script>"' -o "$json" "$in"
		valid "$json" || fail "$in" || return
		[ "$(jq '.profiles[.activeProfileIndex].endValue' "$json")" = "$(positive "$BATS_TEST_TMPDIR/folded")" ] ||
			fail "$in" || return
	done
}

@test "speedscope: a profile per value with its unit, the wanted one shown; a function is one frame" {
	pictures speedscope >"$json" <<'END'
types | calls/count | -raw/count | time/nanoseconds | heap/bytes
main.main@/m.go:5#1000;main.work@/m.go:22#2000 | 3 | 9 | 30 | 0
main.main@/m.go:6#1008 | 5 | 9 | 50 | -7
END
	valid "$json"
	run -0 jq -c '.profiles[] | [.name, .unit, .endValue], .samples' "$json"
	diff - <(echo "$output") <<'END'
["calls","none",8]
[[0],[0,1]]
["time","nanoseconds",80]
[[0],[0,1]]
["heap","bytes",0]
[]
END
	gobpf fold -q --value bytes -o "$json" tests/golden/fold/bpftrace.in
	[ "$(jq -r '.profiles[.activeProfileIndex].name' "$json")" = bytes ]
}
