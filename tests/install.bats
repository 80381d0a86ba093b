#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# make install, and the installed program.

load helpers

setup_file() {
	unset MAKEFLAGS MAKELEVEL MFLAGS
	export dest=$BATS_FILE_TMPDIR/dest
	# Installed under another prefix it is another build: in a folder of its own
	make -s -C "$TOP" O="$BATS_FILE_TMPDIR/build" PREFIX="$dest/usr" install
}

@test "install: program, scripts, manual pages, completion, nothing of the build" {
	[ -x "$dest/usr/bin/gobpf" ]
	[ -d "$dest/usr/libexec/gobpf" ]
	[ -f "$dest/usr/share/bash-completion/completions/gobpf" ]
	local file
	for file in "$TOP"/scripts/*.bt; do
		[ ! -e "$file" ] || [ -x "$dest/usr/share/gobpf/scripts/${file##*/}" ]
	done
	for file in "$TOP"/docs/*.1; do
		[ ! -e "$file" ] || [ -f "$dest/usr/share/man/man1/${file##*/}" ]
	done
	[ "$(find "$dest" -type f ! -path '*/bin/gobpf' ! -name '*.1' ! -name '*.bt' ! -path '*/completions/gobpf' \
		! -path '*/gobpf/usdt/*' \
		! -name 'libgosym.*' ! -name gosym.h ! -name gosym.pc ! -path '*/examples/gosym.c')" = '' ]
}

@test "install: the probes for applications, as they are" {
	diff -r "$TOP/usdt" "$dest/usr/share/gobpf/usdt"
}

@test "install: the installed program lists the same commands and scripts" {
	run -0 env -C / "$dest/usr/bin/gobpf" list --names
	[ "$output" = "$("$GOBPF" list --names)" ]
}

@test "install: the installed program reads its scripts from where they were installed" {
	compgen -G "$TOP/scripts/*.bt" >/dev/null
	run -0 env -C / "$dest/usr/bin/gobpf" list
	[[ $output == *"$dest/usr/share/gobpf/scripts/"* ]] ||
		run -0 env -C / "$dest/usr/bin/gobpf" script heap-hotspots
}

@test "install: DESTDIR goes before PREFIX, which the program keeps" {
	make -s -C "$TOP" O="$BATS_FILE_TMPDIR/build2" DESTDIR="$BATS_TEST_TMPDIR/stage" PREFIX=/opt/gobpf install
	[ -x "$BATS_TEST_TMPDIR/stage/opt/gobpf/bin/gobpf" ]
	grep -q '/opt/gobpf/share/gobpf' "$BATS_TEST_TMPDIR/stage/opt/gobpf/bin/gobpf"
}

@test "install: uninstall leaves nothing" {
	make -s -C "$TOP" O="$BATS_FILE_TMPDIR/build" PREFIX="$dest/usr" uninstall
	run find "$dest" ! -type d
	[ -z "$output" ]
}

@test "install: a source tree in a path with blanks" {
	local tree="$BATS_TEST_TMPDIR/a source tree" goal
	mkdir "$tree"
	tar -C "$TOP" --exclude='./build*' --exclude=./.git -c . | tar -C "$tree" -x
	for goal in demo-run check-run check-real-run bench-run; do
		run -0 env -u O make -s -C "$tree" -n $goal
		[[ $output == *"O='$tree/build' "* ]]
	done
	run -0 env O="$tree/build" "$tree/tests/fixtures/build" notgo
	[ -x "$output" ]
}
