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

# Scripts. They are what people copy, so what their headers say must hold.

# code SCRIPT - it without its comment lines
code() { sed '/^[[:space:]]*\/\//d' "$1"; }

# heading SCRIPT - its header, without the comment signs
heading() { sed -nE '2,/^$/s|^// ?||p' "$1"; }

# shape - the first line of a script's output on stdin, with N for every number
shape() { sed -E '/^Attach(ing|ed) [0-9]+ probe/d' | sed -nE '/./{s/[0-9]+/N/g; s/^ +//; p; q}'; }

@test "registry: every script is executable, says what it answers, and has a test" {
	local script name
	for script in scripts/*.bt; do
		name=${script##*/}
		[ "$(head -1 "$script")" = '#!/usr/bin/env bpftrace' ] || fail "$script: first line"
		[[ $(sed -n 2p "$script") == "// $name - "?* ]] || fail "$script: second line"
		[ "$(sed -n 3,5p "$script")" = $'//\n// SPDX-License-Identifier: GPL-2.0-only\n//' ] || fail "$script: licence"
		[ -x "$script" ] || fail "$script is not executable"
		[ -e "tests/${name%.bt}.bats" ] || [ -e "tests/script-${name%.bt}.bats" ] || fail "$script has no test"
	done
}

@test "registry: every script's header has these keys, in this order, and fits a terminal, as its comments do" {
	local script
	for script in scripts/*.bt; do
		diff <(printf '%s\n' ANSWERS USAGE PROBES FIELDS REQUIRES TESTED OVERHEAD CAVEATS 'SEE ALSO' EXAMPLE) \
			<(heading "$script" | sed -nE 's/^([A-Z][A-Z ]*):( .*|$)/\1/p') || fail "$script: keys"
		heading "$script" | grep -E '^[A-Z][A-Z ]*:' | grep -vqE '^.{9} [^ ]' && fail "$script: a key without text"
		run awk '/^[ \t]*\/\// { gsub(/\t/, "        "); if (length > 80) print FILENAME ":" FNR }' "$script"
		[ -z "$output" ] || fail "more than 80 columns: $output"
	done
}

@test "registry: no script returns from a Go function by uretprobe, which would crash it" {
	local script
	for script in scripts/*.bt; do
		run grep -nE '(^|[^a-z])(uretprobe|ur):' <(code "$script")
		[ "$status" -eq 1 ] || fail "$script: $output"
	done
}

# Also: every bpftrace accepts it, from the oldest that gobpf takes. A script with a fixture of
# its name runs on that, the others on one that allocates.
# bats test_tags=probe
@test "registry: the first line of EXAMPLE is what a script prints, within SECONDS, on every bpftrace" {
	requires root bpftrace
	local script name bt arguments
	for script in scripts/*.bt; do
		name=$(basename "$script" .bt)
		[ -d "tests/fixtures/$name" ] && fixture "$name" || fixture allocmix
		spawn "$name" "$fixture"
		await "$name" '^READY'
		arguments=$(heading "$script" | sed -nE "s,^USAGE: +bpftrace $name\.bt /proc/PID/exe PID (.*\[?SECONDS).*,\1,p")
		[ -n "$arguments" ] || fail "$script: USAGE without SECONDS: it is to end by itself"
		# what stands before SECONDS is left to its default
		read -ra arguments <<<"$(sed -E 's/\[//g; s/SECONDS/1/; s/[A-Z-]+/0/g' <<<"$arguments")"
		while read -r bt; do
			cp "$script" "$BATS_TEST_TMPDIR"
			run -0 --separate-stderr timeout 100 "$bt" "$BATS_TEST_TMPDIR/$name.bt" "/proc/${PID[$name]}/exe" "${PID[$name]}" "${arguments[@]}"
			[ "$(shape <<<"$output")" = "$(heading "$script" | sed '1,/^EXAMPLE:/d' | shape)" ] ||
				fail "$script: $bt prints '$(shape <<<"$output")'"
		done < <(bpftraces)
		unharmed "$name"
	done
}
