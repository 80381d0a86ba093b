# SPDX-License-Identifier: GPL-2.0-only
# commands.awk - fills COMMANDS and SCRIPTS of gobpf.1 in, from the command table and the scripts:
#   gobpf list | awk -f commands.awk helpers/commands.inc - scripts/*.bt docs/gobpf.1

function escape(s) {
	gsub(/-/, "\\-", s)
	return s
}

function entry(page, words) { return ".TP\n.BR gobpf\\-" escape(page) " (1)\n" escape(words) "\n" }

FILENAME ~ /\.inc$/ {
	if (match($0, /^COMMAND\([a-z0-9_]+\)$/)) {
		name = substr($0, 9, RLENGTH - 9)
		gsub(/_/, "-", name)
		is_command[name] = 1
	}
	next
}
FILENAME == "-" {
	if (/^[A-Z]/)
		group = $0
	else if ($1 in is_command) {
		name = $1
		sub(/^ *[^ ]+ +/, "")
		commands = commands (group == "" ? "" : ".SS " group "\n") entry(name, $0)
		group = ""
	}
	next
}
FILENAME ~ /\.bt$/ {
	if (FNR == 2) {
		name = $2
		sub(/^\/\/ [^ ]* - /, "")
		scripts = scripts entry(name, $0)
	}
	next
}
/^\.\\" COMMANDS$/ { printf ".SH COMMANDS\n.PD 0\n%s.PD\n", commands; next }
/^\.\\" SCRIPTS$/ { printf "%s", scripts; next }
{ print }
