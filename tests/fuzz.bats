#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Every target of helpers/fuzz, for a short while: its seeds, then inputs made of them by chance, the
# same ones each time.  `make fuzz' does this with libFuzzer, and for as long as one wants.
# bats file_tags=long

load helpers

# runs NAME N - the target takes its seeds and N inputs
runs() {
	local program n=$2 seeds=("$TOP/tests/golden/fuzz/$1"/*)
	program=$(dirname "$GOBPF")/tests/fuzz-$1
	[ -x "$program" ] || { fail "no $program: make it, or run by make check"; return; }
	# sanitizers make it slower
	! grep -q __asan_init "$GOBPF" || n=$((n / 20))
	# what one reader takes is rubbish to the others
	if [ "$1" != fold ] && grep -q fuzz/reading.h "$TOP/helpers/fuzz/$1.c"; then
		seeds+=("$TOP"/tests/golden/fuzz/fold/*)
	fi
	run timeout 60 "$program" "$n" "${seeds[@]}"
	[[ $status -eq 0 && ${lines[-1]} == *" seeds, $n inputs" ]] ||
		fail "$1: exit $status: ${output:0:400}"
}

@test "fuzz: every parser takes its seeds and what comes of them by chance" {
	local file name
	for file in "$TOP"/helpers/fuzz/*.c; do
		name=$(basename "$file" .c)
		case $name in
		gofile) ;;	# below
		gotable) runs gotable 500000 ;;
		dwarf | fold | script) runs "$name" 2000 ;;
		*) runs "$name" 20000 ;;
		esac || return
	done
}

@test "fuzz: a Go program with changes anywhere" {
	fixture frames
	GOBPF_FUZZ_GO=$fixture runs gofile 100
}
