#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Go's own words in a bpftrace program and what they become, for a made-up process: tests/unit/translatelib.c.
# tests/golden/run/NAME.bt is before, NAME.MINOR[+WORD] after, for bpftrace 0.MINOR.
# shellcheck disable=SC2016 # $1 is for bpftrace

load helpers

GOLDEN=$TOP/tests/golden/run

translate() {
	local program
	program=$(dirname "$GOBPF")/tests/translatelib
	[ -x "$program" ] || { fail "no $program: make test-programs, or run by make check"; return; }
	"$program" "$@"
}

# becomes MINOR BEFORE AFTER - the text BEFORE, and no other words on stderr
becomes() {
	run -0 --separate-stderr translate "$1" <<<"$2"
	[ "$output" = "$3" ]
}

# refused STATUS WORDS BEFORE [MINOR [WORD]] - with these words
refused() {
	run -"$1" --separate-stderr translate "${4:-17}" "${@:5}" <<<"$3"
	[[ $stderr == *"$2"* ]] || fail "$stderr"
}

@test "translate: the golden pairs" {
	local after name words
	for after in "$GOLDEN"/*.[0-9]*; do
		name=$(basename "$after")
		IFS=+ read -ra words <<<"${name#*.}"
		translate "${words[@]}" <"$GOLDEN/${name%%.*}.bt" 2>/dev/null | diff "$after" - || fail "$name"
	done
}

@test "translate: every line keeps its number" {
	local after name
	for after in "$GOLDEN"/*.[0-9]*; do
		name=$(basename "$after")
		[ "$(wc -l <"$after")" = "$(wc -l <"$GOLDEN/${name%%.*}.bt")" ] || fail "$name"
		# what stands at a line's beginning stays there
		diff <(grep -nE '^(BEGIN|END|\}|	@[a-z])' "$GOLDEN/${name%%.*}.bt" | grep -oE '^[0-9]+:(B|E|\}|.@[a-z])') \
			<(grep -nE '^(BEGIN|END|\}|	@[a-z])' "$after" | grep -oE '^[0-9]+:(B|E|\}|.@[a-z])') || fail "$name"
	done
}

@test "translate: what is plain bpftrace stays byte for byte" {
	cmp "$GOLDEN/plain.bt" "$GOLDEN/plain.17"
	cmp "$GOLDEN/plain.bt" "$GOLDEN/plain.23"
}

@test "translate: which maps have stacks to be read, and remarks" {
	run -0 --separate-stderr translate 23 <"$GOLDEN/stacks.bt"
	[ "$stderr" = "map @: stack 1, 127 frames
map @a: stack 2, 8 frames
map @b: stack 1, 1 frames
map @c: stack 1, 127 frames" ]
	run -0 --separate-stderr translate 17 <<<'go:main.pair { }'
	[ "$stderr" = "a remark" ]
}

@test "translate: by name where bpftrace can't have a number" {
	run -0 --separate-stderr translate 17 names <<<'go:main.work { }'
	[ "$output" = 'uprobe:/proc/4242/exe:"main.work" /pid == 4242/ { }' ]
	refused 4 "can't probe the returns of main.work in this program" 'goreturn:main.work { }' 17 names
}

@test "translate: functions that are not there" {
	refused 3 '-e line 2: the program has no function main.absent' $'\ngo:main.absent { }'
	refused 3 'no function main.work/pid/' 'go:main.work/pid/ { }'
}

@test "translate: names that are none" {
	refused 2 "line 1: a function's name belongs behind the colon" 'go: { }'
	refused 2 "line 1: a function's name belongs behind the colon" 'go:"" { }'
	refused 2 'quotes go around the whole name' 'go:main."work" { }'
	refused 2 "function's name is too long" "go:main.$(printf 'x%.0s' {1..2000}) { }"
	refused 2 'a probe without a block' 'go:"main.work { }'
}

@test "translate: go: and other probes have blocks of their own" {
	refused 2 'line 2: go: probes are of one process' $'go:main.work,\ntracepoint:a:b { }'
	refused 2 'line 1: go: probes are of one process' 'BEGIN, goreturn:main.work { }'
}

@test "translate: goarg where there are no arguments" {
	refused 2 'line 1: goarg needs a go: probe' 'BEGIN { @ = goarg0; }'
	refused 2 'goarg needs a go: probe' 'goreturn:main.work { @ = goarg0; }'
	refused 2 'goarg needs a go: probe' 'go:main.work, goreturn:main.work { @ = goarg0; }'
	refused 2 'by different conventions' 'go:main.work, go:main.stack { @ = goarg0; }'
	refused 2 'by different conventions' 'go:main.* { @ = goarg0; }'
	refused 2 'is assembly' 'go:main.asm { @ = goarg0; }'
	refused 2 'only goarg0 to goarg8' 'go:main.work { @ = goarg3; }'
	becomes 17 'go:main.work { @ = goarg0x + goarg + goargs1; }' \
		'uprobe:/proc/4242/exe:0x700019a6 /pid == 4242/ { @ = goarg0x + goarg + goargs1; }'
}

@test "translate: gostack in other places than a map's key" {
	refused 2 "gostack is for a map's key" 'go:main.work { printf("%s", gostack); }'
	refused 2 "gostack is for a map's key" 'go:main.work { @[(1, gostack)] = 1; }'
	refused 2 "gostack is for a map's key" 'go:main.work { $x[gostack] = 1; }'
	refused 2 "gostack(N): N is a number from 1 to 127" 'go:main.work { @[gostack(0)] = 1; }'
	refused 2 "gostack(N): N is a number from 1 to 127" 'go:main.work { @[gostack(128)] = 1; }'
	refused 2 "gostack is another key of this map elsewhere" \
		'go:main.work { @[gostack] = 1; @[kstack, gostack] = 1; }'
	refused 2 "gostack needs probes of one kind" 'uprobe:$1:"main.work", uprobe:/x:y { @[gostack] = 1; }'
	refused 2 "map's name is too long" "go:main.work { @$(printf 'x%.0s' {1..80})[gostack] = 1; }"
}

@test "translate: label, gostr and goslice that make no sense" {
	refused 2 'no loops in a predicate' 'go:main.work /label("x") == "y"/ { }'
	refused 2 'the key between quotes' 'go:main.work { @ = label(goarg0); }'
	refused 2 'the key between quotes' 'go:main.work { @ = label("a", "b"); }'
	refused 2 'label(): the key has 1 to 64 bytes' 'go:main.work { @ = label("a\n"); }'
	refused 2 'at most four keys' \
		'go:main.work { @a = label("a"); @b = label("b"); @c = label("c"); @d = label("d"); @e = label("e"); }'
	refused 4 'where this Go version keeps labels is not known' 'go:main.work { @ = label("a"); }' 17 nolabels
	refused 2 'gostr(POINTER, LENGTH)' 'go:main.work { @ = gostr(); }'
	refused 2 'gostr(POINTER, LENGTH)' 'go:main.work { @ = gostr(1, 2, 3); }'
	refused 2 'gostr(POINTER, LENGTH)' 'go:main.work { @ = gostr; }'
	refused 2 'belongs on one line' $'go:main.work { @ = gostr(goarg0\n); }'
	refused 2 'goslice(POINTER, LENGTH)' 'go:main.work { @ = goslice(1); }'
	refused 2 'zeros behind them' 'go:main.work { @[goslice(1, 2)] = 1; }'
	run -0 translate 23 <<<'go:main.work { @[goslice(1, 2)] = 1; }'
}

@test "translate: the goroutine where it can't be found" {
	refused 4 'can be found at go: probes only' 'BEGIN { @ = goid; }' 17 notls
	run -0 translate 17 notls <<<'go:main.work { @ = goid; }'
}

@test "translate: a uretprobe on a Go function" {
	refused 4 'line 2: a uretprobe on a Go function' $'BEGIN { }\nuretprobe:/bin/x:main.work { }'
	refused 4 'line 1: a uretprobe on a Go function' 'ur:/bin/x:"main.work" { }'
	refused 4 'line 1: a uretprobe on a Go function' 'uretprobe:$1:"main.work" { }'
}
