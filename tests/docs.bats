#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The manual: pages made from headers and tables, as pages of man and in a browser.

load helpers
load docs

setup() { cd "$TOP" || return; }

# words_of_page NAME - the words of a script's page, sorted; without its head and foot, titles, and what is ours
words_of_page() {
	groff -t -Tascii -man -rLL=200n -rHY=0 "$O/man/gobpf-$1.bt.1" | sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g' |
		sed "1d; \$d; /^[A-Z]/d; s/gobpf-$1\.bt - //; s/gobpf script --run $1 PID .ARG...]//" | bare_words
}

# words_of_header NAME - the same of its header
words_of_header() {
	sed -n '2,/^$/p' "scripts/$1.bt" | grep '^//' | grep -v SPDX |
		sed "s,^// \?,,; s/^$1\.bt - //; s/^[A-Z][A-Z ]*: //" | bare_words
}

bare_words() { tr -s ' \n' '\n' | sed 's/[:,]$//' | grep -vx 'o\|-\|' | sort; }

# calls - of shell lines, "NAME REST" of each call of gobpf, without what is in quotes
calls() {
	sed -E "s/'[^']*'/Q/g; s/\"[^\"]*\"/Q/g; s/(\||&&|;|\\$\(|\))/\n/g" | sed -nE 's/^ *gobpf +([a-z].*)/\1/p'
}

# options_in WORD... - the options in words: --name, or - and a letter
options_in() {
	printf '%s\n' "$@" | sed -nE 's/^(--[a-z][a-z-]*).*/\1/p; s/^(-[a-zA-Z]).*/\1/p'
}

@test "docs: each command and each script has a page of man" {
	local name
	for name in gobpf $(commands | sed 's/^/gobpf-/') $(scripts | sed 's/.*/gobpf-&.bt/'); do
		[ -s "$O/man/$name.1" ] || fail "no $name.1" || return
	done
}

@test "docs: groff and mandoc have nothing to say about the pages that are made" {
	requires groff mandoc
	local page
	for page in "$O/man/gobpf.1" "$O"/man/*.bt.1; do
		run groff -t -ww -z -man -Tutf8 "$page"
		[ -z "$output" ] || fail "$page: $output" || return
	done
	run mandoc -T lint -W warning "$O"/man/*.1
	[ -z "$output" ] || fail "$output"
}

@test "docs: every page has the version of the program" {
	run grep -L "^\.TH .* \"gobpf $("$GOBPF" --version | cut -d' ' -f 2)\" " "$O"/man/*.1
	[ -z "$output" ] || fail "another version: $output"
}

@test "docs: the page of a script says all that its header says" {
	local script
	for script in $(scripts); do
		diff <(words_of_header "$script") <(words_of_page "$script") ||
			fail "$script: left only in the header, right only on the page" || return
	done
}

@test "docs: every page has EXAMPLES, with options that the commands have" {
	local page name words known
	for page in docs/*.1; do
		sed -n '/^\.SH EXAMPLES/,/^\.SH [^E]/p' "$page" | grep -v '^\.' | sed 's/\\-/-/g; s/\\e/\\/g' |
			calls >"$BATS_TEST_TMPDIR/calls"
		[ -s "$BATS_TEST_TMPDIR/calls" ] || fail "$page: no EXAMPLES with gobpf in them" || return
		while read -r name words; do
			known=$(options_of_help "$name")$'\n--help' || fail "$page: no command $name" || return
			# shellcheck disable=SC2086
			run grep -vxFe "$known" <(options_in $words)
			[ -z "$output" ] || fail "$page: gobpf $name has no $output" || return
		done <"$BATS_TEST_TMPDIR/calls"
	done
}
