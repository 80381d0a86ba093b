#compdef gobpf
# SPDX-License-Identifier: GPL-2.0-only
# zsh completion for gobpf(1): asks the program itself, so there is no second list.  Installed as _gobpf.

_gobpf_commands() {
	local -a commands
	commands=(${(f)"$($program list 2>/dev/null | sed -nE '/^Not used$/q; s/^  ([^ ]+) +(.*)/\1:\2/p')"})
	_describe -t commands command commands
}

_gobpf_scripts() {
	local -a scripts
	scripts=(${(f)"$($program list --scripts 2>/dev/null)"})
	_describe -t scripts script scripts
}

# PIDs with the names of their processes, or names of which there is one; no threads of the kernel
_gobpf_processes() {
	local -a pids names
	pids=(${(f)"$(ps --ppid 2 -p 2 --deselect -o pid=,comm= 2>/dev/null | sed -nE 's/^ *([0-9]+) /\1:/p')"})
	names=(${(f)"$(ps --ppid 2 -p 2 --deselect -o comm= 2>/dev/null | sort | uniq -u | sed 's/:/\\:/g')"})
	_describe -t processes process pids
	_describe -t names 'process name' names
}

_gobpf_targets() {
	[[ $usage != *(PID|TARGET)* ]] || _gobpf_processes
	[[ $usage != *(FILE|CORE|CAPTURE|BEFORE)* ]] || _files
}

# Sets specs to those of a command's options, from `gobpf help', and usage to what its target can be
_gobpf_help() {
	local line names argument text values action name
	local -a match mbegin mend
	setopt localoptions extendedglob
	for line in ${(f)"$(ARGP_HELP_FMT=rmargin=1000 $program help $1 2>/dev/null)"}; do
		if [[ $line == 'Usage: '* ]]; then
			usage=${${line#Usage: gobpf * }#\[OPTION...\]}
			usage=${usage# }
		fi
		[[ $line =~ '^ *(((-[^ ,-]|--[a-zA-Z0-9-]+)(, )?)+)(\[?=([A-Za-z]+)[^ ]*| ([A-Z]{2,}))? +(.*)$' ]] ||
			continue
		names=${match[1]//,/} argument=$match[6]$match[7] text=$match[8] values= action=
		# a description that ends in a list of words says what the argument can be
		[[ " ${text// \([^\)]#\)/}" =~ '^(.*:)? ([a-z][a-z-]*(, [a-z][a-z-]*)+)(, …)?$' ]] &&
			values=${match[2]//,/}
		case $argument in
		?*)
			action=":$argument: "
			[[ -z $values ]] || action=":$argument:($values)" ;|
		PID) action=':process:_gobpf_processes' ;;
		DIR) action=':folder:_files -/' ;;
		FILE|OUT|PATH) action=':file:_files' ;;
		esac
		text=${${${text//\\/\\\\}//\[/\\[}//\]/\\]}
		for name in ${=names}; do
			specs+=("($names)$name${argument:+${${name:#--*}:++}${${(M)name:#--*}:+=}}[$text]$action")
		done
	done
}

_gobpf() {
	local curcontext=$curcontext state line usage
	local -a program specs
	program=($words[1])
	[[ $words[2] != --script-path || $CURRENT -lt 4 ]] || program+=($words[2,3])

	_arguments -C '(- *)--version[Print the version]' '(- *)--help[Explain gobpf]' \
		'--script-path[Look for scripts there first]:folder:_files -/' \
		'1: :_gobpf_commands' '*:: :->rest' && [[ $state != rest ]] && return
	[[ $state == rest ]] || return

	_gobpf_help $words[1]
	case $usage in
	'[COMMAND]') specs+=('1: :_gobpf_commands') ;;
	'NAME [PID'*) specs+=('1: :_gobpf_scripts' '*: :_gobpf_targets') ;;
	?*) specs+=('*: :_gobpf_targets') ;;
	esac
	_arguments -s -S : $specs
}

_gobpf "$@"
