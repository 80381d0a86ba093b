#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A command or a script is whole: table, list, help, manual and test agree.

load helpers
load docs

setup() { cd "$TOP" || return; }

# synopsis_of_man NAME - the words of SYNOPSIS
synopsis_of_man() {
	sed -n '/^\.SH SYNOPSIS/,/^\.SH DESC/{/^\.SH/d; s/^\.B //; s/\\-/-/g; p}' "docs/gobpf-$1.1" | paste -sd' '
}

@test "registry: every command of the table is listed, and nothing else" {
	[ "$("$GOBPF" list --names | sort)" = "$( (commands; find libexec -name 'gobpf-*' -printf '%f\n' 2>/dev/null |
		sed 's/^gobpf-//'; find scripts -name '*.bt' -printf '%f\n' 2>/dev/null | sed 's/\.bt$//') | sort -u)" ]
	local name
	for name in $(commands); do
		"$GOBPF" list | grep -qE "^  $name +[a-z]" || fail "$name is not in 'gobpf list'" || return
	done
}

@test "registry: the table is sorted, and each command has its source file" {
	commands | sort -c
	local name
	for name in $(commands); do
		[ -e "helpers/cmd/$name.c" ] || [ -e "helpers/cmd/${name//-/_}.c" ] ||
			[ -e "helpers/collect/$name.c" ] || fail "$name has no source file" || return
	done
}

@test "registry: every command has a manual page whose NAME and SYNOPSIS are its own" {
	local name summary page
	for name in $(commands); do
		page=docs/gobpf-$name.1
		[ -e "$page" ] || fail "no $page" || return
		summary=$("$GOBPF" list | sed -nE "s/^  $name +//p" | head -1)
		grep -qF -- "- $summary" <(sed 's/\\-/-/g' "$page") || fail "$page: NAME is not '$summary'" || return
		[ "$(synopsis_of_man "$name")" = "$("$GOBPF" "$name" --help | sed -n '1s/^Usage: //p')" ] ||
			fail "$page: SYNOPSIS is '$(synopsis_of_man "$name")'" || return
	done
}

@test "registry: every command has a test" {
	local name
	for name in $(commands); do
		[ -e "tests/$name.bats" ] || fail "no tests/$name.bats" || return
	done
}

@test "registry: every command answers --help and --usage, with exit status 0" {
	local name
	for name in $(commands); do
		run -0 gobpf "$name" --help
		[[ $output == *"gobpf $name"* ]] || fail "$name --help: $output" || return
		run -0 gobpf "$name" --usage
		run -0 gobpf help "$name"
		[[ $output == *"gobpf $name"* ]]
	done
}

@test "registry: --help and the manual page have the same options" {
	local name
	for name in $(commands); do
		diff <(options_of_help "$name") <(options_of_man "$name") ||
			fail "$name: left only in --help, right only in docs/gobpf-$name.1" || return
	done
}

@test "registry: gobpf.1 names every command and documents the exit statuses" {
	local name status
	for name in $(commands) $(scripts | sed 's/$/.bt/'); do
		sed 's/\\-/-/g' "$O/man/gobpf.1" | grep -qx "\.BR gobpf-$name (1)" ||
			fail "gobpf.1 does not name $name" || return
	done
	for status in 0 1 2 3 4; do
		sed -n '/^\.SH "*EXIT STATUS/,/^\.SH [^"E]/p' docs/gobpf.1 | grep -qE "^(\.B |\.B[IR] )?$status\b" ||
			fail "docs/gobpf.1: exit status $status" || return
	done
}

@test "registry: every script has the header that a reader needs, and a test" {
	local script key
	for script in scripts/*.bt; do
		[ -e "$script" ] || continue
		[ "$(head -1 "$script")" = '#!/usr/bin/env bpftrace' ] || fail "$script: first line" || return
		[[ $(sed -n 2p "$script") == "// ${script##*/} - "* ]] || fail "$script: second line" || return
		[ -x "$script" ] || fail "$script is not executable" || return
		for key in ANSWERS USAGE PROBES FIELDS REQUIRES TESTED OVERHEAD CAVEATS 'SEE ALSO' EXAMPLE; do
			grep -q "^// $key: " "$script" || fail "$script: no $key" || return
		done
		key=${script##*/}
		[ -e "tests/${key%.bt}.bats" ] || [ -e "tests/script-${key%.bt}.bats" ] ||
			fail "$script has no test" || return
	done
}
