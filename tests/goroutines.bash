# SPDX-License-Identifier: GPL-2.0-only
# goroutines.bash - what the runtime prints of its goroutines, and what gobpf goroutines does
# shellcheck shell=bash

# told - what the runtime of g says, in $BATS_TEST_TMPDIR/theirs
told() {
	tell g dump
	await g '^END$'
	sed -n '/^DUMP$/,/^END$/p' "$BATS_TEST_TMPDIR/g.log" | sed '1d;$d' | alike >"$BATS_TEST_TMPDIR/theirs"
}

# dump WORD... - starts the fixture $what (goroutines) built so, with the environment ENV; then as told
dump() {
	fixture "${what-goroutines}" "$@"
	spawn g env ${ENV+"$ENV"} "$fixture"
	await g '^READY'
	told
	[ "$(grep -c ^goroutine "$BATS_TEST_TMPDIR/theirs")" -ge "${least-119}" ]
}

# alike - a crash dump on stdin without the values of arguments, a line a goroutine, by number
alike() {
	awk -v RS= '{
		n = split($0, line, "\n")
		for (i = 2; i <= n; i++)
			if (line[i] !~ /^(\t|created by )/)
				sub(/\([^()]*\)$/, "(...)", line[i])
		out = line[1]
		for (i = 2; i <= n; i++)
			out = out "|" line[i]
		print out
	}' | sort -t' ' -k2n
}

# same - every goroutine of theirs is one of ours; ours has one more: the one that said theirs
same() {
	gobpf goroutines --full "${PID[g]}" | alike >"$BATS_TEST_TMPDIR/ours"
	comm -3 <(sort "$BATS_TEST_TMPDIR/theirs") <(sort "$BATS_TEST_TMPDIR/ours") >"$BATS_TEST_TMPDIR/differ"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/differ")" -eq 1 ] || fail "$(cat "$BATS_TEST_TMPDIR/differ")" || return
	grep -q 'obey.Ready' "$BATS_TEST_TMPDIR/differ"
}
