#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Our pprof files as go tool pprof reads them: the installed Go's, and that of every GOROOT in $GOBPF_TOOLCHAINS.

load helpers
load pictures

setup() {
	cd "$TOP" || return
	requires go
	pb=$BATS_TEST_TMPDIR/x.pb.gz
}

# plain - shares out, which are of the total of a key or of everything; "7.0" is 7
plain() { sed -E 's/ \([0-9.]+%\)//; s/ of [0-9.]+$//; s/(^|[ :])([0-9]+)\.0\b/\1\2/'; }

# pprof ARG... - by each Go at hand; what they print must be the same
pprof() {
	local root first=$BATS_TEST_TMPDIR/first
	go tool pprof "$@" 2>/dev/null | tee "$first"
	while IFS= read -rd : root; do
		[ -z "$root" ] || diff <(plain <"$first") \
			<(GOROOT=$root GOTOOLCHAIN=local "$root/bin/go" tool pprof "$@" 2>/dev/null | plain)
	done <<<"${GOBPF_TOOLCHAINS-}:"
}

@test "pprof: labels of words and of numbers with their units" {
	pictures pprof >"$pb" <<'END'
types | samples/count | time/nanoseconds
main.main@/m.go:5#1000;main.work@/m.go:22#2000 | 3 | 30 | comm=server | goid:17 | size:4096:bytes
main.main@/m.go:5#1000;main.work@/m.go:22#2000 | 4 | 40 | comm=server | goid:18 | size:8192:bytes
main.main@/m.go:5#1000 | 5 | 50 | comm=<script>"&
main.main@/m.go:5#1000;main.outer@/m.go:9#3000;~main.inner@/m.go:12#3000 | -6 | -60
END
	run -0 pprof -tags "$pb"
	diff - <(plain <<<"$output" | sed '/^$/d; s/  */ /g') <<'END'
 comm: Total 12
 7: server
 5: <script>"&
 goid: Total 7
 4: 18
 3: 17
 size: Total 7
 4: 8kB
 3: 4kB
END
	run -0 go tool pprof -raw "$pb"
	diff - <(sed -nE '/^Samples/,/^Mappings/{s/(\.go:[0-9]+):0 /\1 /; s/ +$//; p}' <<<"$output") <<'END'
Samples:
samples/count[dflt] time/nanoseconds
          3         30: 1 2
                comm:[server]
                goid:[17] size:[4096 bytes]
          4         40: 1 2
                comm:[server]
                goid:[18] size:[8192 bytes]
          5         50: 2
                comm:[<script>"&]
         -6        -60: 3 2
Locations
     1: 0x2000 M=1 main.work /m.go:22 s=0
     2: 0x1000 M=1 main.main /m.go:5 s=0
     3: 0x3000 M=1 main.inner /m.go:12 s=0
             main.outer /m.go:9 s=0
Mappings
END
}

@test "pprof: a focus on a label finds its samples" {
	pictures pprof >"$pb" <<'END'
types | samples/count
main.main;main.a | 3 | comm=server
main.main;main.b | 4 | comm=client
END
	run -0 pprof -top -tagfocus comm=client "$pb"
	[[ $output == *" 4 57.14% 57.14% "*main.b* && $output != *main.a* ]]
}

@test "pprof: the command writes a profile, of any stacks" {
	gobpf pprof -o "$pb" tests/golden/fold/simple.in
	gobpf pprof <tests/golden/fold/simple.in | cmp - "$pb"
	gobpf fold -o "$BATS_TEST_TMPDIR/fold.pb.gz" tests/golden/fold/simple.in
	cmp "$pb" "$BATS_TEST_TMPDIR/fold.pb.gz"
	run -0 pprof -top "$pb"
	[[ $output == *"  7 46.67% 46.67%          7 46.67%  main.b"* ]]
}

@test "pprof: every value is one of the profile" {
	pictures pprof >"$pb" <<'END'
types | inuse/bytes | objects/count | -inner/count
main.main | 4096 | 2 | 1
END
	run -0 pprof -top -sample_index=objects "$pb"
	[[ $output == *" 2   100% "*main.main* ]]
	run -0 pprof -top "$pb"
	[[ $output == *" 4kB   100% "*main.main* ]]
	run -0 go tool pprof -raw "$pb"
	[[ $output == *$'\ninuse/bytes[dflt] objects/count\n'* ]]
}

@test "pprof: not to a terminal" {
	requires script
	run -2 script -qec "$GOBPF pprof tests/golden/fold/simple.in" /dev/null
	[[ $output == *"pprof output is binary: name a file with -o FILE.pb.gz or redirect stdout"* ]]
}

@test "pprof: no stacks, no profile" {
	run -1 gobpf pprof -o "$pb" /dev/null
	[ ! -e "$pb" ]
}
