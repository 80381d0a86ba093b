# SPDX-License-Identifier: GPL-2.0-only
# commands.awk - writes all commands and scripts into gobpf.1: awk -f commands.awk TABLE docs/gobpf.1, TABLE by table.awk
BEGIN { FS = "\t" }

function escape(s) {
	gsub(/-/, "\\-", s)
	return s
}

FNR == NR {
	sub(/\.1$/, "", $2)
	lists[$2 ~ /\.bt$/] = lists[$2 ~ /\.bt$/] ($1 == group || $2 ~ /\.bt$/ ? "" : ".SS " $1 "\n") \
		".TP\n.BR " escape($2) " (1)\n" escape($4) "\n"
	group = $1
	next
}
/^\.\\" COMMANDS$/ { printf ".SH COMMANDS\n.PD 0\n%s.PD\n", lists[0]; next }
/^\.\\" SCRIPTS$/ { printf "%s", lists[1]; next }
{ print }
