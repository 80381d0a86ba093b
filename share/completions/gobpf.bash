# SPDX-License-Identifier: GPL-2.0-only
# bash completion for gobpf(1): asks the program itself, so there is no second list
# shellcheck shell=bash

# The long and short options of a command, from its own --help.
_gobpf_options() {
	"$1" help "$2" 2>/dev/null | grep -oE '(^|[ ,])--?[a-zA-Z?][a-zA-Z0-9-]*' | tr -d ' ,' | sort -u
}

_gobpf() {
	local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]-} words

	if ((COMP_CWORD == 1)); then
		words=$("$program" list --names 2>/dev/null)$'\n--version\n--help'
	elif [[ $previous == -o || $previous == --output ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	elif [[ $current == -* ]]; then
		words=$(_gobpf_options "$program" "$command")
	elif ((COMP_CWORD == 2)) && [[ $command == help || $command == script ]]; then
		words=$("$program" list --names 2>/dev/null)
	else
		mapfile -t COMPREPLY < <(
			compgen -W "$(ps -eo pid=,comm= 2>/dev/null | awk '$1 != 1 { print $1 }')" -- "$current"
			compgen -f -- "$current"
		)
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _gobpf gobpf
