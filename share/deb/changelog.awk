# SPDX-License-Identifier: GPL-2.0-only
# NEWS.md as a Debian changelog.  who: the maintainer; now: the date of what is not released yet,
# as `date -R' prints it.  An entry begins with `## VERSION (YYYY-MM-DD)' or `## VERSION (unreleased)'.
function finish(   command) {
	if (version == "")
		return
	if (date != "unreleased") {
		command = "date -u -R -d " date
		command | getline when
		close(command)
	} else {
		when = now
	}
	printf "\n -- %s  %s\n", who, when
}

# A line of at most 80 columns, as words allow
function put(text, first,   words, n, i, line) {
	n = split(text, words, " ")
	line = first
	for (i = 1; i <= n; i++) {
		if (length(line) + 1 + length(words[i]) > 80) {
			print line
			line = "   "
		}
		line = line " " words[i]
	}
	print line
}

function item() {
	if (text != "")
		put(text, "  *")
	text = ""
}

/^## / {
	item()
	finish()
	if (version != "")
		print ""
	version = $2
	date = substr($3, 2, length($3) - 2)
	printf "gobpf (%s) %s; urgency=medium\n\n", version, date == "unreleased" ? "UNRELEASED" : "unstable"
	next
}
version == "" { next }
{ gsub(/`/, "") }
/^- / { item(); text = substr($0, 3); next }
NF { text = text " " $0 }
END { item(); finish() }
