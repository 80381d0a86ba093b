#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# bats file_tags=plain
# What bash, zsh and fish offer, each by its own completion of the same lines.

load helpers
load docs

# Each shell is asked once, for all lines.
setup_file() {
	local here=$BATS_FILE_TMPDIR file=$TOP/share/completions/gobpf
	export asked=$$ HOME=$here/home XDG_CONFIG_HOME=$here/config
	mkdir -p "$HOME" "$here"/{config/gobpf/scripts,functions,folder/inner}
	sed 's/heap-hotspots\.bt - .*/mine.bt - what is mine/' "$TOP/scripts/heap-hotspots.bt" >"$here/config/gobpf/scripts/mine.bt"
	printf '%s\n' '#!/bin/sh' '# gobpf: greets' '# --loudly  in capitals' "touch '$here/ran'" >"$here/config/gobpf/scripts/gobpf-greet"
	chmod +x "$here/config/gobpf/scripts/gobpf-greet"
	: >"$here/config/gobpf/scripts/Not-a-name.bt"
	cp "$file.zsh" "$here/functions/_gobpf"
	: >"$here/folder/qzx.folded"
	cp "$(command -v sleep)" "$here/only$asked"
	"$here/only$asked" 300 3>&- &
	all_lines >"$here/lines"
	cd "$here/folder" || return
	PATH=${GOBPF%/*}:$PATH
	bash "$TOP/tests/completion.bash" "$file.bash" <"$here/lines" >"$here/bash"
	timeout 200 zsh -f "$TOP/tests/completion.zsh" "$here/functions" <"$here/lines" >"$here/zsh"
	fish --no-config -c "source '$file.fish'
		while read -l line; echo \"== \$line\"; complete -C \"\$line\"; end" <"$here/lines" >"$here/fish"
	kill -KILL $!
	wait $! 2>/dev/null || :
}

setup() { requires zsh fish; }

all_lines() {
	local name
	printf 'gobpf %s\n' '' lis mi 'help lis' 'script heap-hot' 'script mi' 'script audi' gree 'greet --' 'stats -f ' 'fold --format=s' \
		'heap-hotspots --engine b' 'goroutines --state r' 'diff --width ' "script heap-hotspots $asked" "stats $asked" \
		"fold -p $asked" "run $asked" "stats only$asked" 'fold qz' 'fold -o qz' 'fold --output=qz' 'fold --title qz' 'run 1 -e qz' 'capture qz' \
		'list qz' 'fold --debug-dir in' '--script-path in' '--script-path inner heap-hot' 'fold --f' 'stats -'
	for name in $(commands); do
		printf 'gobpf %s --\n' "$name"
	done
}

# offered SHELL LINE - what the shell offers for it: words, sorted, with tab and description where it shows one
offered() {
	grep -qxF "== $2" "$BATS_FILE_TMPDIR/$1" || fail "$1 was not asked for '$2'" || return
	awk -v line="== $2" '/^== / { on = $0 == line; next } on' "$BATS_FILE_TMPDIR/$1" | sed 's,/\(	\|$\),\1,' | sort -u
}

# words_of SHELL LINE - the words alone; of --option=WORD the last part
words_of() { offered "$@" | cut -f 1 | sed 's/^-.*=//' | sort -u | paste -sd' '; }

# all_offer LINE WORD... - each shell offers these, and nothing else
all_offer() {
	local shell line=$1
	shift
	for shell in bash zsh fish; do
		[ "$(words_of $shell "$line")" = "$*" ] ||
			fail "$shell, '$line': '$(words_of $shell "$line")', not '$*'" || return
	done
}

@test "completion: every command, and nothing else but --version, --help and --script-path" {
	local shell
	for shell in bash zsh fish; do
		diff <(offered $shell 'gobpf ' | cut -f 1 | grep -v '^--') <("$GOBPF" list --names | sort) || fail "$shell" || return
	done
	all_offer 'gobpf lis' list
	all_offer 'gobpf --script-path inner heap-hot' heap-hotspots
}

@test "completion: zsh and fish show each command's summary" {
	local shell
	for shell in zsh fish; do
		diff <(offered $shell 'gobpf ' | grep -v '^--' | tr -s ' ') \
			<("$GOBPF" list | sed -nE '/^Not used$/q; s/^  ([^ ]+) +(.*)/\1\t\2/p' | sort -u) || fail "$shell" || return
	done
}

@test "completion: all options of every command, as its --help has them" {
	local shell name
	for name in $(commands); do
		for shell in bash zsh fish; do
			diff <( (options_of_help "$name" | grep '^--'; printf -- '--%s\n' help usage) | sort) \
				<(offered $shell "gobpf $name --" | cut -f 1 | sed 's/=$//') || fail "$shell: $name" || return
		done
	done
}

@test "completion: short options, and the text of each option" {
	local shell
	for shell in bash zsh fish; do
		for name in -c -i -f -n -o -q -v; do
			offered $shell 'gobpf stats -' | cut -f 1 | grep -qxe "$name" || fail "$shell: $name" || return
		done
	done
	for shell in zsh fish; do
		diff <(offered $shell 'gobpf fold --f' | sed 's/=	/	/') - <<-'END' || fail "$shell" || return
		--focus	Only stacks with a frame that matches
		--format	Write FORMAT: folded (default), table, svg, html, pprof, json, speedscope, histogram, heatmap
		--from	The format of the input, where its content doesn't show it
		END
	done
}

@test "completion: the words that an option's argument can be" {
	all_offer 'gobpf stats -f ' json table
	all_offer 'gobpf fold --format=s' speedscope svg
	all_offer 'gobpf heap-hotspots --engine b' bpftrace buckets
	all_offer 'gobpf goroutines --state r' runnable running
	all_offer 'gobpf diff --width ' after before
	all_offer 'gobpf fold --title qz'
}

@test "completion: names of commands for help, of scripts for script, and what the user has, which is not run" {
	all_offer 'gobpf help lis' list
	all_offer 'gobpf script heap-hot' heap-hotspots
	all_offer 'gobpf script mi' mine
	all_offer 'gobpf script audi'
	all_offer 'gobpf mi' mine
	all_offer 'gobpf gree' greet
	all_offer 'gobpf greet --' --loudly
	[ ! -e "$BATS_FILE_TMPDIR/ran" ]
}

@test "completion: processes by PID or name, where a command takes one" {
	local shell line
	for line in "script heap-hotspots $asked" "stats $asked" "fold -p $asked" "run $asked"; do
		for shell in bash zsh fish; do
			# 1234 is the beginning of 12345, which may run, too
			offered $shell "gobpf $line" | cut -f 1 | grep -qx "$asked" || fail "$shell: $line" || return
			run ! grep -v "^$asked" < <(offered $shell "gobpf $line")
		done
	done
	all_offer "gobpf stats only$asked" "only$asked"
}

@test "completion: files and folders, where a command or an option takes them" {
	all_offer 'gobpf fold qz' qzx.folded
	all_offer 'gobpf fold -o qz' qzx.folded
	all_offer 'gobpf fold --output=qz' qzx.folded
	all_offer 'gobpf fold --debug-dir in' inner
	all_offer 'gobpf --script-path in' inner
	all_offer 'gobpf run 1 -e qz'
	all_offer 'gobpf capture qz'
	all_offer 'gobpf list qz'
}
