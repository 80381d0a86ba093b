# SPDX-License-Identifier: GPL-2.0-only
# script.awk - the manual page of a script, made from its header:
#   awk -v version=V -v date=D -f script.awk scripts/NAME.bt
#
# Keys are sections; ANSWERS is DESCRIPTION, USAGE's first line SYNOPSIS.  Behind that and in FIELDS a line that begins
# with "@...: ", "CAPITALS: " or, as in a table, "CAPITALS  " begins an entry, elsewhere one with "- "; an empty line
# ends a paragraph.  In EXAMPLE what is indented is shown as it is.

function escape(s) {
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	sub(/^[.']/, "\\\\\\&&", s)
	return s
}

# out TEXT - a line of the section that the page is in
function out(s) { body[key] = body[key] s "\n" }

function prose(s,   name) {
	if (s == "")
		out(".PP")
	else if (has_entries && match(s, /^(@[^:]*: |[A-Z][A-Z0-9 \/%-]*: |[A-Z][A-Z0-9\/%]*  +|[A-Z]+>[A-Z]+ +)/)) {
		name = substr(s, 1, RLENGTH)
		sub(/:? +$/, "", name)
		out(".TP\n.B " escape(name) "\n" escape(substr(s, RLENGTH + 1)))
	} else if (sub(/^- /, "", s))
		out(".IP \\(bu 2\n" escape(s))
	else
		out((new_paragraph ? ".PP\n" : "") escape(s))
	new_paragraph = 0
}

# Others' pages: name(1), name(8).  More on the next line.
function see(s,   n, names, i) {
	n = split(s, names, /, */)
	for (i = 1; i <= n; i++)
		if (match(names[i], /\([0-9]\)$/)) {
			body[key] = body[key] (body[key] ? ",\n" : "") ".BR " escape(substr(names[i], 1, RSTART - 1)) \
				" " substr(names[i], RSTART)
		}
}

function transcript(on) {
	if (on != is_transcript)
		out(on ? ".nf" : ".fi\n.PP")
	is_transcript = on
}

function show(title, k) {
	if (body[k])
		printf ".SH %s\n%s%s", title, body[k], body[k] ~ /\n$/ ? "" : "\n"
}

NR == 2 {
	script = $2
	sub(/^\/\/ [^ ]* - /, "")
	summary = $0
}
NR < 3 || /SPDX-License-Identifier/ { next }
!/^\/\// { exit }
{
	sub(/^\/\/ ?/, "")
	first = match($0, /^(ANSWERS|USAGE|PROBES|FIELDS|REQUIRES|TESTED|OVERHEAD|CAVEATS|SEE ALSO|EXAMPLE): */)
	if (first) {
		key = substr($0, 1, index($0, ":") - 1)
		$0 = substr($0, RLENGTH + 1)
		has_entries = key == "FIELDS" || key == "USAGE"
	} else if (key != "EXAMPLE")
		sub(/^ +/, "")
}
key == "" || (key == "SEE ALSO" && /^$/) { next }
key == "SEE ALSO" { see($0); next }
key == "USAGE" && first {
	synopsis = $0
	key = "ANSWERS"
	new_paragraph = 1
	next
}
key == "EXAMPLE" && (first || /^ / || (/^$/ && is_transcript)) {
	transcript(1)
	sub(/^ ? ? ?/, "")
	out(escape($0))
	next
}
{
	if (key == "EXAMPLE")
		transcript(0)
	prose($0)
}
END {
	if (is_transcript)
		out(".fi")
	name = script
	sub(/\.bt$/, "", name)
	printf "'\\\" t\n.\\\" Made from the header of %s\n.\\\" SPDX-License-Identifier: GPL-2.0-only\n", script
	printf ".TH GOBPF\\-%s 1 \"%s\" \"gobpf %s\" \"gobpf\"\n", escape(toupper(script)), date, version
	printf ".SH NAME\ngobpf\\-%s \\- %s\n", escape(script), escape(summary)
	printf ".SH SYNOPSIS\n.B %s\n.br\n.B gobpf script \\-\\-run %s\nPID [ARG...]\n", escape(synopsis), escape(name)
	show("DESCRIPTION", "ANSWERS")
	n = split("PROBES FIELDS REQUIRES TESTED OVERHEAD CAVEATS EXAMPLE", keys, " ")
	for (i = 1; i <= n; i++)
		show(keys[i], keys[i])
	show("SEE ALSO", "SEE ALSO")
}
