#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What fold and flame do to stacks between reading and writing: choosing, cutting, naming, labels.

load helpers

setup() {
	cd "$TOP" || return
	IN=$BATS_TEST_TMPDIR/in
	# frames as bpftrace and perf print them
	cat >"$IN" <<'END'
runtime.goexit.abi0;main.(*pool).run.gowrap1;main.worker;net/http.(*conn).serve;main.(*h).ServeHTTP.func1.2 23
runtime.goexit+0x1;main.worker;net/http.(*conn).serve;main.(*h).ServeHTTP.func3 19
main.worker;main.worker;main.Map[go.shape.int,go.shape.string].func1;example.com/y/v2.F;gopkg.in/yaml%2ev3.G 17
main.worker;runtime.morestack.abi0;runtime.newstack;do_fault_[k] 13
goid 17;main.loop;main.loop-range1;main.T.Run-fm 11
goroutine 4;main.loop;main.loop-range2 7
runtime.goexit 5
swapper;[unknown];kworker/0:1-mm_percpu 3
END
}

transformlib() { "$(dirname "$GOBPF")/tests/transformlib" "$@"; }

# total - the sum of the counts on stdin
total() { awk '{ n += $NF } END { print n + 0 }'; }


@test "transform: what Go's profiles never show is hidden, with endings of other tools, too" {
	diff <(gobpf fold "$IN") - <<'END'
goid 17;main.loop;main.loop-range1 11
goroutine 4;main.loop;main.loop-range2 7
main.worker;main.worker;main.Map[go.shape.int,go.shape.string].func1;example.com/y/v2.F;gopkg.in/yaml%2ev3.G 17
main.worker;net/http.(*conn).serve;main.(*h).ServeHTTP.func1.2 23
main.worker;net/http.(*conn).serve;main.(*h).ServeHTTP.func3 19
main.worker;runtime.newstack;do_fault_[k] 13
runtime.goexit 5
swapper;[unknown];kworker/0:1-mm_percpu 3
END
	printf '%s\n' 'runtime.goexit0;a 1' 'main.f·dwrap·12;a 2' 'main.f.deferwrap3;b 3' 'my-fm;a 4' \
		'main.gowrap;a 5' 'x;runtime.goexit_[k] 6' 'runtime.morestack_noctxt;c 7' >"$IN"
	diff <(gobpf fold "$IN") - <<'END'
a 2
b 3
c 7
main.gowrap;a 5
my-fm;a 4
runtime.goexit0;a 1
x;runtime.goexit_[k] 6
END
}

@test "transform: --as-is changes nothing" {
	diff <(gobpf fold --as-is "$IN") <(sort "$IN")
}

@test "transform: --short" {
	diff <(gobpf fold --short "$IN" | grep -v main.worker) <(gobpf fold "$IN" | grep -v main.worker)
	diff <(gobpf fold --short "$IN" | grep main.worker) - <<'END'
main.worker;http.(*conn).serve;main.(*h).ServeHTTP.func1.2 23
main.worker;http.(*conn).serve;main.(*h).ServeHTTP.func3 19
main.worker;main.worker;main.Map[...].func1;y.F;yaml.v3.G 17
main.worker;runtime.newstack;do_fault_[k] 13
END
	# names of no Go function stay; v1 is no part of an import path's version
	printf '%s\n' 'type:.eq.net/http.T 1' 'std::a[1] 2' '[vdso] 3' 'a/v1.F 4' '/usr/lib/x.so 5' 'v2.F 6' \
		'a/b/v10.(*T[a/b.C,map[string][]int]).F.func1 7' 'operator[] 8' 'v2/v3.F 9' \
		'runtime.systemstack.abi0 10' |
		gobpf fold --short >"$BATS_TEST_TMPDIR/out"
	diff "$BATS_TEST_TMPDIR/out" - <<'END'
/usr/lib/x.so 5
[vdso] 3
b.(*T[...]).F.func1 7
operator[] 8
runtime.systemstack 10
std::a[1] 2
type:.eq.net/http.T 1
v1.F 4
v2.F 15
END
}

@test "transform: --merge-goroutines" {
	diff <(gobpf fold --merge-goroutines "$IN") - <<'END'
main.loop;main.loop-range 18
main.worker;main.worker;main.Map[go.shape.int,go.shape.string].func;example.com/y/v2.F;gopkg.in/yaml%2ev3.G 17
main.worker;net/http.(*conn).serve;main.(*h).ServeHTTP.func 42
main.worker;runtime.newstack;do_fault_[k] 13
runtime.goexit 5
swapper;[unknown];kworker/0:1-mm_percpu 3
END
	printf '%s\n' 'main.func1 1' 'main.(*T).func2 2' 'main.f.func2.1.3 3' 'main.glob..func7 4' 'f.part.0 5' \
		'main.f.func1.gowrap2;x 6' 'goid 17 7' 'a.b/c.f.func1.func2 8' 'x.1 9' |
		gobpf fold --merge-goroutines --as-is >"$BATS_TEST_TMPDIR/out"
	diff "$BATS_TEST_TMPDIR/out" - <<'END'
a.b/c.f.func 8
f.part.0 5
goid 17 7
main.(*T).func2 2
main.f.func 3
main.f.func;x 6
main.func1 1
main.glob..func 4
x.1 9
END
	diff <(gobpf fold --merge-goroutines --short "$IN" | grep Map) - <<'END'
main.worker;main.worker;main.Map[...].func;y.F;yaml.v3.G 17
END
}

@test "transform: --root, --leaf, --depth" {
	local f
	for f in 'net/http.(*conn).serve' 'http.(*conn).serve'; do
		diff <(gobpf fold --root "$f" "$IN") - <<'END'
net/http.(*conn).serve;main.(*h).ServeHTTP.func1.2 23
net/http.(*conn).serve;main.(*h).ServeHTTP.func3 19
END
	done
	# the outermost, the innermost
	run -0 gobpf fold --root main.worker --leaf main.worker "$IN"
	[ "$output" = $'main.worker 55\nmain.worker;main.worker 17' ]
	for f in 'main.Map[go.shape.int,go.shape.string].func1' main.Map.func1; do
		run -0 gobpf fold --leaf "$f" --root main.worker "$IN"
		[ "$output" = 'main.worker;main.worker;main.Map[go.shape.int,go.shape.string].func1 17' ]
	done
	run -0 gobpf fold --depth 1 "$IN"
	diff - <(echo "$output") <<'END'
goid 17 11
goroutine 4 7
main.worker 72
runtime.goexit 5
swapper 3
END
}

@test "transform: --focus and --ignore are extended expressions on the input's names" {
	run -0 gobpf fold --short --focus '^net/http\.|yaml(%2e|x)v3' --ignore 'func3$' "$IN"
	diff - <(echo "$output") <<'END'
main.worker;http.(*conn).serve;main.(*h).ServeHTTP.func1.2 23
main.worker;main.worker;main.Map[...].func1;y.F;yaml.v3.G 17
END
	# a hidden frame can't be seen, so it doesn't match
	run -1 gobpf fold --focus gowrap "$IN"
	run -0 gobpf fold --focus gowrap --as-is "$IN"
	[ "$(total <<<"$output")" -eq 23 ]
}

@test "transform: nothing left is said, and is a failure" {
	run -1 --separate-stderr gobpf fold --root main.nobody "$IN"
	[ "$stderr" = 'gobpf fold: --root main.nobody: no stack has it' ]
	run -1 --separate-stderr gobpf fold --leaf conn.serve "$IN"
	[ "$stderr" = 'gobpf fold: --leaf conn.serve: no stack has it' ]
	run -1 --separate-stderr gobpf fold --focus nobody "$IN"
	[ "$stderr" = "gobpf fold: --focus 'nobody': no stack has a frame that matches" ]
	run -1 --separate-stderr gobpf fold --ignore . "$IN"
	[ "$stderr" = "gobpf fold: --ignore '.': every stack has a frame that matches" ]
	run -1 --separate-stderr gobpf fold --root main.worker --leaf main.loop "$IN"
	[ "$stderr" = 'gobpf fold: no stack is left of 8 (--root, --leaf, --focus, --ignore)' ]
	[ -z "$output" ]
}

@test "transform: mistakes in options are said before anything is read" {
	run -2 --separate-stderr gobpf fold --focus '*(' /nonexistent
	[[ ${stderr_lines[0]} == "gobpf fold: --focus: '*(' is no regular expression: "* ]]
	run -2 --separate-stderr gobpf fold --ignore '[a' /nonexistent
	[[ ${stderr_lines[0]} == "gobpf fold: --ignore: '[a' is no regular expression: "* ]]
	local n
	for n in 0 -1 1025 x ''; do
		run -2 --separate-stderr gobpf fold --depth "$n" /nonexistent
		[ "${stderr_lines[0]}" = "gobpf fold: --depth: '$n' is no number from 1 to 1024" ]
	done
	for n in '' ','; do
		run -2 --separate-stderr gobpf fold --by "$n" /nonexistent
		[[ ${stderr_lines[0]} == "gobpf fold: --by: no key of a label "* ]]
	done
}

@test "transform: what doesn't filter conserves the counts, and folding again changes nothing" {
	local in options out=$BATS_TEST_TMPDIR/out want
	for in in "$IN" tests/golden/fold/*.in; do
		want=$(gobpf fold -q --as-is "$in" | total)
		while read -r options; do
			# shellcheck disable=SC2086
			gobpf fold -q $options "$in" >"$out"
			[ "$(total <"$out")" = "$want" ] || fail "$options $in" || return
			# shellcheck disable=SC2086
			gobpf fold -q $options "$out" | cmp - "$out" || fail "again: $options $in" || return
		done <<<$'\n--as-is\n--short\n--merge-goroutines\n--short --merge-goroutines\n--depth 2 --by none\n--by comm\n--by none'
		# a stack goes or stays
		want=$((want - $(gobpf fold -q --focus main "$in" 2>/dev/null | total)))
		[ "$(gobpf fold -q --ignore main "$in" 2>/dev/null | total)" = "$want" ] || fail "$in" || return
	done
}

@test "transform: flame graphs are of the same stacks" {
	gobpf flame --root http.serve "$IN" 2>/dev/null && return 1
	gobpf flame --root 'http.(*conn).serve' -o "$BATS_TEST_TMPDIR/x.svg" "$IN"
	grep -qF 'data-f="0,42,0"' "$BATS_TEST_TMPDIR/x.svg"
}

@test "transform: labels at the root, kept, forgotten" {
	run -0 transformlib by=comm
	diff - <(echo "$output") <<'END'
needed
web;main.main;gate;main.bridge*;main.work;main.mid*;main.leaf* 120 2
main.main;gate;main.bridge*;main.work;main.mid* 3 1
gate 7000 1
END
	run -0 transformlib by='wait goid comm' keep forget='goid wait'
	diff - <(echo "$output") <<'END'
needed
goid 17;web;main.main;gate;main.bridge*;main.work;main.mid*;main.leaf* comm=web 100 1
goid 18;web;main.main;gate;main.bridge*;main.work;main.mid*;main.leaf* comm=web 20 1
main.main;gate;main.bridge*;main.work;main.mid* 3 1
wait 5 ns;gate 7000 1
END
	run -0 transformlib keep
	[ "${lines[0]}" = 'not needed' ]
	[ "${lines[2]}" = 'main.main;gate;main.bridge*;main.work;main.mid*;main.leaf* comm=web goid=18 20 1' ]
	run -0 transformlib deep
	[ "$output" = '1024 frames, f0 to web, cut 1' ]
}

@test "transform: the outermost frame is never marked as inlined" {
	# what the others are inlined into is hidden
	run -0 transformlib hide=gate
	[ "${lines[1]}" = 'main.main;main.bridge;main.work;main.mid*;main.leaf* 120 2' ]
	[ "${lines[3]}" = 'gate 7000 1' ]
	# cut off from it
	run -0 transformlib root=main.mid rename
	diff - <(echo "$output") <<'END'
needed
<main.mid>;<main.leaf>* 120 2
<main.mid> 3 1
END
	# inlined ones below the cut go without a trace
	run -0 transformlib leaf=main.work
	[ "${lines[1]}" = 'main.main;gate;main.bridge*;main.work 123 3' ]
}
