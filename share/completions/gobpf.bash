# SPDX-License-Identifier: GPL-2.0-only
# bash completion for gobpf(1): asks the program itself, so there is no second list
# shellcheck shell=bash

# _gobpf_options COMMAND - of each option, from `gobpf help': names;argument;text
_gobpf_options() {
	ARGP_HELP_FMT=rmargin=1000 "${program[@]}" help "$1" 2>/dev/null | sed -nE '
		s/^ *(((-[^ ,-]|--[a-zA-Z0-9-]+)(, )?)+)(\[?=([A-Za-z]+)[^ ]*| ([A-Z]{2,}))? +(.*)/\1;\6\7;\8/
		T; :next; s/^([^;]*), /\1 /; t next; p'
}

# _gobpf_values TEXT - the words that an argument can be, where its description ends in a list of them
_gobpf_values() {
	sed -E 's/ \([^)]*\)//g' <<<" $1" |
		sed -nE 's/^(.*:)? ([a-z][a-z-]*(, [a-z][a-z-]*)+)(, …)?$/\2/; T; s/,//g; p'
}

# _gobpf_offer FLAG... - adds what compgen makes of the word that is completed
_gobpf_offer() {
	mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen "$@" -- "$word")
}

# _gobpf_files FLAG - files or folders; a folder gets its slash (compopt works in a completion only)
_gobpf_files() {
	compopt -o filenames 2>/dev/null
	_gobpf_offer "$1"
}

# _gobpf_processes - PIDs, or the names of which there is one once there is a letter; no threads of the kernel
_gobpf_processes() {
	local column='pid'
	[[ $word != [!0-9]* ]] || column='comm'
	_gobpf_offer -W "$(ps --ppid 2 -p 2 --deselect -o $column= 2>/dev/null | sort | uniq -u)"
}

# _gobpf_argument KIND TEXT - the word is the argument of an option
_gobpf_argument() {
	_gobpf_offer -W "$(_gobpf_values "$2")"
	case $1 in
	PID) _gobpf_processes ;;
	DIR) _gobpf_files -d ;;
	FILE | OUT | PATH) _gobpf_files -f ;;
	esac
}

# _gobpf_target COMMAND FIRST - by the command's usage; FIRST: no other argument before the word
_gobpf_target() {
	local usage
	usage=$("${program[@]}" help "$1" 2>/dev/null | sed -n '1s/^Usage: gobpf [^ ]* *//p')
	case $2${usage#'[OPTION...]'} in
	'yes [COMMAND]') _gobpf_offer -W "$("${program[@]}" list --names 2>/dev/null)" ;;
	'yes NAME [PID'*) _gobpf_offer -W "$("${program[@]}" list --scripts 2>/dev/null)" ;;
	*PID* | *TARGET*) _gobpf_processes ;;&
	*FILE* | *CORE* | *CAPTURE* | *BEFORE*) _gobpf_files -f ;;
	esac
}

_gobpf() {
	local program=("${COMP_WORDS[0]}") word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local at=1 first=yes option='' all='' i names argument text

	COMPREPLY=()
	if [[ ${COMP_WORDS[1]} == --script-path ]] && ((COMP_CWORD > 2)); then
		program+=(--script-path "${COMP_WORDS[2]}")
		at=3
	fi
	# --format=json comes as three words
	[[ $word != '=' ]] || word=''
	[[ $before != -* ]] || option=$before
	[[ $before != '=' ]] || option=${COMP_WORDS[COMP_CWORD - 2]}
	if [[ $option == --script-path ]]; then
		_gobpf_files -d
		return
	elif ((COMP_CWORD == at)); then
		_gobpf_offer -W "$("${program[@]}" list --names 2>/dev/null) --version --help --script-path"
		return
	fi
	while IFS=';' read -r names argument text; do
		if [[ -n $option && -n $argument && " $names " == *" $option "* ]]; then
			_gobpf_argument "$argument" "$text"
			return
		fi
		all+=" $names"
	done < <(_gobpf_options "${COMP_WORDS[at]}")
	if [[ $word == -* ]]; then
		_gobpf_offer -W "$all"
		return
	fi
	for ((i = at + 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] || first=no
	done
	_gobpf_target "${COMP_WORDS[at]}" $first
}
complete -F _gobpf gobpf
