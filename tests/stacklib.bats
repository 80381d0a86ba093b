#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# helpers/stack and the table, called by a program of ours with stacks that no input file can hold.

load helpers

setup() {
	S=$(dirname "$GOBPF")/tests/stacklib
	[ -x "$S" ] || fail "no $S: make test-programs, or run by make check"
}

@test "stacks of addresses: inlined frames come in, hidden ones go" {
	run -0 "$S" demo folded
	diff - <(echo "$output") <<'END'
main.main 70
main.main;main.work;main.mid;main.leaf 300
runtime.mallocgc 23
END
}

@test "an address is symbolised once" {
	run -0 "$S" demo asked
	[ "$output" = 5 ]
}

@test "sums saturate, deep stacks are cut at the root, no stack is a stack" {
	run -0 "$S" edges
	diff - <(echo "$output") <<'END'
1 frames, f0 to f0: 9223372036854775807
1024 frames, f0 to f1023: 5
1 frames, [no stack] to [no stack]: 3
cut 1, total 9223372036854775807
END
}

@test "pprof: a location has its inlined lines, innermost first" {
	requires go
	"$S" demo pprof >"$BATS_TEST_TMPDIR/x.pb.gz"
	run -0 --separate-stderr go tool pprof -raw "$BATS_TEST_TMPDIR/x.pb.gz"
	# newer ones print a column, too
	diff - <(sed -E 's/(\.go:[0-9]+):0 /\1 /' <<<"$output") <<'END'
Comment: engine: test
PeriodType: space bytes
Period: 524288
Time: 2023-11-14 22:13:20.123456789 +0000 UTC
Duration: 10s
Samples:
alloc_objects/count alloc_space/bytes[dflt]
          3        300: 1 2 
          7         70: 2 
          2         23: 3 
Locations
     1: 0x1000 M=1 main.leaf /src/main.go:12 s=10
             main.mid /src/main.go:22 s=20
             main.work /src/main.go:32 s=30
     2: 0x2000 M=1 main.main /src/main.go:5 s=3
     3: 0x4000 M=1 runtime.mallocgc /go/malloc.go:900 s=880
Mappings
1: 0x1000/0x9000/0x0 /usr/bin/demo abc123 [FN][FL][LN][IN]
END
}

@test "pprof: -top and -lines agree with our table" {
	requires go
	"$S" demo pprof >"$BATS_TEST_TMPDIR/x.pb.gz"
	run -0 --separate-stderr go tool pprof -top "$BATS_TEST_TMPDIR/x.pb.gz"
	[[ $output == *"300B 76.34% 76.34%       300B 76.34%  main.leaf (inline)"* ]]
	[[ $output == *" 70B 17.81% 94.15%       370B 94.15%  main.main"* ]]
	run -0 --separate-stderr go tool pprof -top -lines -sample_index=alloc_objects "$BATS_TEST_TMPDIR/x.pb.gz"
	[[ $output == *"7 58.33% "*" main.main /src/main.go:5"* ]]
	run -0 "$S" demo table
	[[ $output == *"300 B  76.3 %      300 B  76.3 %              3  main.leaf src/main.go:12"* ]]
	[[ $output == *" 70 B  17.8 %      370 B  94.1 %              7  main.main src/main.go:5"* && $output != *goexit* ]]
}

@test "pprof: the same stacks give the same bytes" {
	"$S" demo pprof >"$BATS_TEST_TMPDIR/1"
	"$S" demo pprof >"$BATS_TEST_TMPDIR/2"
	cmp "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/2"
}

@test "JSON has what is known and leaves out what is not" {
	requires jq
	"$S" demo json >"$BATS_TEST_TMPDIR/x"
	[ "$(jq -c '.meta.duration, .meta.mapping.start, .meta.default' "$BATS_TEST_TMPDIR/x" | tr '\n' ' ')" = '10000000000 "0x1000" "alloc_space" ' ]
	[ "$(jq -c '.values | map(.name)' "$BATS_TEST_TMPDIR/x")" = '["alloc_objects","alloc_space"]' ]
	[ "$(jq -c '.stacks[0]' "$BATS_TEST_TMPDIR/x")" = '{"frames":[1,2,3,4],"values":[3,300]}' ]
	[ "$(jq '.frames[0] | has("inlined")' "$BATS_TEST_TMPDIR/x")" = false ]
}

@test "table: columns of wide and of no width, lines under rows" {
	run -0 env COLUMNS=80 "$S" table 12 '5.0 %' 'github.com/very/long/module/path/with/many/elements.(*Type).Method file.go:123' \
		- "$(printf 'under%.0s' {1..30})" 1 2 $'a\033[31m日本\xff'
	diff - <(echo "$output") <<'END'
bytes/s  share  site
     12  5.0 %  github.com/very/long/…h/many/elements.(*Type).Method file.go:123
    underunderunderunderunderunderunderunderunderunderunderunderunderunderunder…
      1      2  a�[31m日本�
END
}

@test "UTF-8: what is none is replaced, byte for byte" {
	run -0 "$S" clean $'é日\xc0\x01x\xed\xa0\x80\xf4\x90\x80\x80\xe6\x97\xe0\x80\xaf'
	[ "$output" = 'é日��x������������ 18' ]
}
