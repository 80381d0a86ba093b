# SPDX-License-Identifier: GPL-2.0-only
# table.awk - what the manual is about, from the command table and the headers of scripts:
#   gobpf list | awk -f table.awk helpers/commands.inc - scripts/*.bt
# Lines of group, page, name, summary, with tabs between.

FILENAME ~ /\.inc$/ {
	if (match($0, /^COMMAND\([a-z0-9_]+\)$/)) {
		name = substr($0, 9, RLENGTH - 9)
		gsub(/_/, "-", name)
		is_command[name] = 1
	}
	next
}
FILENAME == "-" && /^[^ ]/ { group = $0 }
FILENAME == "-" && $1 in is_command {
	name = $1
	sub(/^ *[^ ]+ +/, "")
	print group "\tgobpf-" name ".1\tgobpf " name "\t" $0
}
FILENAME ~ /\.bt$/ && FNR == 2 {
	name = $2
	sub(/^\/\/ [^ ]* - /, "")
	print "bpftrace scripts\tgobpf-" name ".1\t" name "\t" $0
}
