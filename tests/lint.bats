#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The code itself: layers, headers, shell, man pages.
# bats file_tags=long

load helpers

setup() {
	cd "$TOP" || return
	# make's own variables must not reach the make that a test runs
	unset MAKEFLAGS MAKELEVEL MFLAGS
	mapfile -t sources < <(ours | grep -E '^helpers/.*\.[ch]$')
}

# ours - the files of the repository, also where git is not there (a tarball)
ours() {
	git ls-files -co --exclude-standard 2>/dev/null && return
	find . -path './build*' -prune -o -type f -print | sed 's,^\./,,'
}

@test "lint: no include climbs or crosses the layers" {
	run awk -f tests/layers.awk "${sources[@]}"
	[ "$status" -eq 0 ]
	[ -z "$output" ] || fail "$output"
}

@test "lint: the layers check sees a climb, a crossing and a stray libelf" {
	mkdir -p "$BATS_TEST_TMPDIR/base" "$BATS_TEST_TMPDIR/go"
	echo '#include "go/gofile.h"' >"$BATS_TEST_TMPDIR/base/a.c"
	echo '#include <libelf.h>' >"$BATS_TEST_TMPDIR/go/b.c"
	run awk -f tests/layers.awk "$BATS_TEST_TMPDIR"/*/*.c
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == *"base/ may not include go/" ]]
	[[ ${lines[1]} == *"only input/elf may see libelf"* ]]
}

@test "lint: every header compiles alone" {
	# O as the caller gave it: it is in the compiler's flags, and new flags rebuild everything
	make -s check-headers O="$(realpath --relative-to=. "$O")"
}

@test "lint: every file names its licence" {
	local file bad=()
	while read -r file; do
		case $file in
		LICENSE | *.md | *.json | *.svg | *.snap | *.mod | *.sum | .gitignore | tests/golden/* | *.pb.gz) continue ;;
		esac
		head -5 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' || bad+=("$file")
	done < <(ours)
	[ ${#bad[@]} -eq 0 ] || fail "no SPDX line: ${bad[*]}"
}

# shells - our shell code, whatever its name
shells() {
	local file
	while read -r file; do
		case $file in
		*.bats | *.bash | *.sh) echo "$file" ;;
		*) ! head -c 64 "$file" | head -1 | grep -qaE '^#!.*\b(ba)?sh$' || echo "$file" ;;
		esac
	done < <(ours)
}

@test "lint: shellcheck has nothing to say about our shell code" {
	requires shellcheck
	local files
	mapfile -t files < <(shells)
	[ ${#files[@]} -gt 0 ]
	shellcheck "${files[@]}"
}

@test "lint: no shell code runs text as code" {
	local files
	mapfile -t files < <(shells; ours | grep '^share/completions/')
	run grep -nw '[e]val' "${files[@]}"
	[ "$status" -eq 1 ] || fail "$output"
}

@test "lint: cppcheck has nothing to say about our C code" {
	requires cppcheck
	local c
	mapfile -t c < <(printf '%s\n' "${sources[@]}" | grep '\.c$' | grep -v '\.bpf\.c$')
	timeout 240 cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability \
		--inline-suppr --suppress=missingIncludeSystem --suppress=unknownMacro \
		--suppress=internalAstError --suppress=normalCheckLevelMaxBranches --max-configs=2 -j 2 \
		-D_GNU_SOURCE -D__x86_64__ -DGOBPF_VERSION='""' -DGOBPF_LIBEXECDIR='""' -DGOBPF_DATADIR='""' \
		-Ihelpers "${c[@]}"
}

@test "lint: casts have no blank behind them" {
	run grep -nE '[^a-z_]\((const )?(double|float|int|long|char|void|unsigned|size_t|pid_t|u?int[0-9]+_t|uintptr_t|struct [a-z_]+|enum [a-z_]+)( \*+)?\) [A-Za-z0-9_({&*]' \
		"${sources[@]}" tests/unit/*.c tests/fixtures/*.c
	[ -z "$output" ] || fail "$output"
}

@test "lint: man pages have no errors" {
	requires groff
	local page
	compgen -G 'docs/*.1' >/dev/null || skip "requires docs/*.1"
	for page in docs/*.1; do
		run groff -t -ww -z -man -Tutf8 "$page"
		[ -z "$output" ] || fail "$page: $output"
	done
}

@test "lint: no function is longer than 100 lines, no file than 500" {
	run awk '
		FNR == 1 { inside = 0; if (FILENAME ~ /\.inc$/) nextfile }
		FNR == 501 { print FILENAME ": more than 500 lines" }
		/^\{/ { inside = 1; from = FNR }
		/^\}/ { if (inside && FNR - from > 101) print FILENAME ":" from ": function of " FNR - from " lines"; inside = 0 }
	' "${sources[@]}"
	[ -z "$output" ] || fail "$output"
}
