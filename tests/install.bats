#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# make install, and the installed program.

load helpers

# copy_build TO - there what $O holds, but what the tests made
copy_build() {
	mkdir "$1"
	tar -C "$O" --exclude=./fixtures --exclude=./tests --exclude=./fuzz -c . | tar -C "$1" -x
}

setup_file() {
	unset MAKEFLAGS MAKELEVEL MFLAGS
	export dest=$BATS_FILE_TMPDIR/dest
	# Installed under another prefix it is another build: in a folder of its own, of what is built already
	copy_build "$BATS_FILE_TMPDIR/build"
	make -s -C "$TOP" O="$BATS_FILE_TMPDIR/build" PREFIX="$dest/usr" install
}

@test "install: program, scripts, manual pages, completion, nothing of the build" {
	[ -x "$dest/usr/bin/gobpf" ]
	[ -d "$dest/usr/libexec/gobpf" ]
	[ -f "$dest/usr/share/bash-completion/completions/gobpf" ]
	[ -f "$dest/usr/share/zsh/site-functions/_gobpf" ]
	[ -f "$dest/usr/share/fish/vendor_completions.d/gobpf.fish" ]
	local file
	for file in "$TOP"/scripts/*.bt; do
		[ ! -e "$file" ] || [ -x "$dest/usr/share/gobpf/scripts/${file##*/}" ]
	done
	for file in "$TOP"/docs/*.1; do
		[ -f "$dest/usr/share/man/man1/${file##*/}" ]
	done
	[ -f "$dest/usr/share/man/man1/gobpf-heap-hotspots.bt.1" ]
	[ -f "$dest/usr/share/doc/gobpf/html/index.html" ]
	[ "$(find "$dest" -type f ! -path '*/share/doc/gobpf/html/*.html' ! -name '*.1' ! -name '*.bt' \
		! -name gobpf ! -name _gobpf ! -name gobpf.fish ! -path '*/gobpf/usdt/*' \
		! -name 'libgosym.*' ! -name plugin_gobpf.so ! -name gosym.h ! -name gosym.pc ! -path '*/examples/gosym.c')" = '' ]
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
	copy_build "$BATS_FILE_TMPDIR/build2"
	make -s -C "$TOP" O="$BATS_FILE_TMPDIR/build2" DESTDIR="$BATS_TEST_TMPDIR/stage" PREFIX=/opt/gobpf install
	[ -x "$BATS_TEST_TMPDIR/stage/opt/gobpf/bin/gobpf" ]
	grep -q '/opt/gobpf/share/gobpf' "$BATS_TEST_TMPDIR/stage/opt/gobpf/bin/gobpf"
	grep -qx 'prefix=/opt/gobpf' "$BATS_TEST_TMPDIR/stage/opt/gobpf/lib/pkgconfig/gosym.pc"
}

@test "install: uninstall leaves nothing of its own, and all of others" {
	local others=(bin/other include/other.h lib/libother.so lib/pkgconfig/other.pc share/man/man1/other.1 share/other/gobpf)
	mkdir -p "$dest/usr/share/other"
	touch "${others[@]/#/$dest/usr/}"
	make -s -C "$TOP" O="$BATS_FILE_TMPDIR/build" PREFIX="$dest/usr" uninstall
	run find "$dest" ! -type d -printf '%P\n'
	[ "$(sort <<<"$output")" = "$(printf 'usr/%s\n' "${others[@]}")" ] || fail "$output"
	run find "$dest" -type d \( -name '*gobpf*' -o -name '*gosym*' \)
	[ -z "$output" ] || fail "$output"
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
