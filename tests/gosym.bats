#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# libgosym: installed as its users get it, and what it says.

load helpers

setup_file() {
	unset MAKEFLAGS MAKELEVEL MFLAGS
	export dest=$BATS_FILE_TMPDIR/dest
	# O as the caller gave it: it is in the compiler's flags, and new flags rebuild everything
	make -s -C "$TOP" O="$(realpath --relative-to="$TOP" "$O")" DESTDIR="$dest" install
}

setup() {
	export PKG_CONFIG_PATH=$dest/usr/local/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dest
	export LD_LIBRARY_PATH=$dest/usr/local/lib
	lib=$dest/usr/local/lib
}

gosymlib() { "$O/tests/gosymlib" "$@" </dev/null; }

# whereis CFLAG... - builds the installed example: $whereis
whereis() {
	whereis=$BATS_TEST_TMPDIR/whereis
	gcc -std=c99 -Wall -Wextra -Werror -pedantic -o "$whereis" \
		"$dest/usr/local/share/gobpf/examples/gosym.c" "$@"
}

@test "gosym: the example, built with pkg-config, names functions of a stripped program" {
	requires pkg-config
	fixture frames strip
	local at
	at=$(gobpf sym "$fixture" main.main | sed -n '$s/ .*//p')
	# shellcheck disable=SC2046
	whereis $(pkg-config --cflags --libs gosym)
	run -0 "$whereis" "$fixture" "$at" 1
	[[ ${lines[0]} == "$(go env GOVERSION), "*" functions" ]]
	[[ $output == *"  main.main $TOP/tests/fixtures/frames/main.go:"* ]]
	[[ ${lines[-1]} == "0x1 is in no Go function" ]]
	readelf -d "$whereis" | grep -q 'NEEDED.*libgosym\.so\.0'
	run -1 "$whereis" /bin/ls 1
	[[ $output == *"/bin/ls is not a Go program"* ]]
}

@test "gosym: the example, linked statically, needs no shared libgosym" {
	requires pkg-config
	fixture frames strip
	local libs
	libs=$(pkg-config --static --cflags --libs gosym)
	# shellcheck disable=SC2086
	whereis ${libs/-lgosym/-Wl,-Bstatic -lgosym -Wl,-Bdynamic}
	unset LD_LIBRARY_PATH
	run -0 "$whereis" "$fixture"
	if readelf -d "$whereis" | grep -q gosym; then fail "linked to the shared library"; fi
}

@test "gosym: soname, version and links agree with the header's and pkg-config's" {
	requires pkg-config readelf
	local version
	version=$(sed -n 's/^#define GOSYM_VERSION "\(.*\)".*/\1/p' "$dest/usr/local/include/gosym.h")
	[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
	[ "$(pkg-config --modversion gosym)" = "$version" ]
	[ "$(readlink -f "$lib/libgosym.so")" = "$(readlink -f "$lib/libgosym.so.$version")" ]
	[ "$(readlink -f "$lib/libgosym.so.${version%%.*}")" = "$(readlink -f "$lib/libgosym.so.$version")" ]
	readelf -d "$lib/libgosym.so" | grep -qF "[libgosym.so.${version%%.*}]"
}

@test "gosym: exports what the header declares and nothing else, shared and static" {
	requires nm
	sed -nE 's/^GOSYM_API .*(gosym_[a-z_]+)\(.*/\1/p' "$dest/usr/local/include/gosym.h" | sort >"$BATS_TEST_TMPDIR/declared"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/declared")" -gt 10 ]
	nm -D --defined-only "$lib/libgosym.so" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort |
		diff "$BATS_TEST_TMPDIR/declared" -
	nm -D --defined-only "$lib/libgosym.so" | awk '$2 != "T" && $2 != "A"' | diff /dev/null -
	nm --defined-only -g "$lib/libgosym.a" | awk 'NF == 3 { print $3 }' | sort | diff "$BATS_TEST_TMPDIR/declared" -
}

@test "gosym: the header is C99 and C++11" {
	local header=$dest/usr/local/include/gosym.h
	gcc -std=c99 -Wall -Wextra -Werror -pedantic -fsyntax-only -x c "$header"
	requires g++
	g++ -std=c++11 -Wall -Wextra -Werror -pedantic -fsyntax-only -x c++ "$header"
}

@test "gosym: frames and functions are those of gobpf sym" {
	local words
	for words in strip "strip pie"; do
		# shellcheck disable=SC2086
		fixture frames $words
		gobpf sym --list "$fixture" | grep -P '\t' >"$BATS_TEST_TMPDIR/list"
		gosymlib list "$fixture" | diff "$BATS_TEST_TMPDIR/list" -
		while read -r at size _; do
			printf '0x%x\n' $((0x$at + 0x$size / 3))
		done <"$BATS_TEST_TMPDIR/list" >"$BATS_TEST_TMPDIR/addresses"
		gobpf sym "$fixture" <"$BATS_TEST_TMPDIR/addresses" >"$BATS_TEST_TMPDIR/truth"
		grep -q inlined "$BATS_TEST_TMPDIR/truth"
		"$O/tests/gosymlib" frames "$fixture" <"$BATS_TEST_TMPDIR/addresses" | diff "$BATS_TEST_TMPDIR/truth" -
		"$O/tests/gosymlib" prepared "$fixture" <"$BATS_TEST_TMPDIR/addresses" | diff "$BATS_TEST_TMPDIR/truth" -
	done
}

@test "gosym: a place in the file has the address that its segment gives it, or none" {
	local words offset addr size
	for words in strip "strip pie cgo"; do
		# shellcheck disable=SC2086
		fixture frames $words
		readelf -lW "$fixture" | awk '/^  LOAD/ { print $2, $3, $5 }' >"$BATS_TEST_TMPDIR/segments"
		while read -r offset addr size; do
			printf '%x %x\n' $((offset)) $((addr)) $((offset + size - 1)) $((addr + size - 1))
		done <"$BATS_TEST_TMPDIR/segments" >"$BATS_TEST_TMPDIR/places"
		# behind the last nothing is mapped
		read -r offset _ size < <(tail -1 "$BATS_TEST_TMPDIR/segments")
		printf '%x ffffffffffffffff\n' $((offset + size)) >>"$BATS_TEST_TMPDIR/places"
		cut -d' ' -f1 "$BATS_TEST_TMPDIR/places" | "$O/tests/gosymlib" offsets "$fixture" |
			diff <(cut -d' ' -f2 "$BATS_TEST_TMPDIR/places") -
	done
}

@test "gosym: what it says of the file, and the ways to a function agree" {
	fixture frames strip
	run -0 gosymlib about "$fixture"
	[[ ${lines[0]} == "0.1.0 $(go env GOVERSION) gobpf.test/fixtures/frames "?* ]] || fail "$output"
	[ "${lines[1]}" = "$(gobpf sym "$fixture" main.main | sed -n '$s/ main\.main .*//p') main.main" ]
}

@test "gosym: four threads get what one gets" {
	fixture frames strip
	gobpf sym --list "$fixture" | sed 's/ .*//' >"$BATS_TEST_TMPDIR/addresses"
	run -0 "$O/tests/gosymlib" threads "$fixture" <"$BATS_TEST_TMPDIR/addresses"
	[ "$output" = "0 wrong" ]
}

@test "gosym: errors have words and an errno, and leave nothing open" {
	run -1 gosymlib about /no/such/file
	[[ $output == "No such file or directory: can't open /no/such/file"* ]]
	run -1 gosymlib about /bin/ls
	[[ $output == "Exec format error: /"*"is not a Go program"* ]]
	run -1 gosymlib about /etc/passwd
	[[ $output == "Exec format error: /"*" is not an ELF executable" ]]
	run -1 gosymlib about /
	[[ $output == "Exec format error: "*" is not a regular file" ]]
}

@test "gosym: no leak" {
	requires valgrind
	fixture frames strip
	run -0 valgrind -q --leak-check=full --error-exitcode=99 "$O/tests/gosymlib" list "$fixture" </dev/null
	run -1 valgrind -q --leak-check=full --error-exitcode=99 "$O/tests/gosymlib" list /bin/ls </dev/null
}
