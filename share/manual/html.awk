# SPDX-License-Identifier: GPL-2.0-only
# html.awk - a page of the HTML manual round what mandoc or cmark-gfm made:
#   awk -v self=PAGE -v dir=share/manual -f html.awk TABLE [BODY]
# TABLE has group, page, name, summary of every page, as table.awk writes it; without BODY it is the index.
# Mentions of commands and scripts become links, options in a list of them get anchors, headings a list on top.

function escape(s) {
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	gsub(/"/, "\\&quot;", s)
	return s
}

function json(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	gsub(/</, "\\u003c", s)
	return "\"" s "\""
}

function file(page) { return page ".html" }

function include(name,   line) {
	while ((getline line < (dir "/" name)) > 0)
		if (line !~ /^\/\* SPDX/)
			print line
	close(dir "/" name)
}

# The page that words in running text mean; "" for none
function page_of(s) {
	sub(/^gobpf /, "gobpf-", s)
	if (s !~ /^gobpf-/)
		s = "gobpf-" s
	s = s ".1"
	return s in is_page && s != self ? s : ""
}

# mentions TEXT - with links, between two tags
function mentions(s,   out, word, page) {
	while (match(s, /gobpf[ -][a-z][a-z0-9-]*[a-z0-9](\.bt)?|[a-z][a-z0-9-]*\.bt/)) {
		word = substr(s, RSTART, RLENGTH)
		page = page_of(word)
		out = out substr(s, 1, RSTART - 1) (page ? "<a href=\"" file(page) "\">" word "</a>" : word)
		s = substr(s, RSTART + RLENGTH)
	}
	return out s
}

# Where a link of a guide leads here; "" to nothing that the manual has
function target(href,   anchor, n) {
	n = index(href, "#")
	anchor = n ? substr(href, n) : ""
	href = n ? substr(href, 1, n - 1) : href
	if (href == "" || href ~ /^https?:/)
		return href anchor
	sub(/^(\.\.\/)?(docs\/)?/, "", href)
	if (sub(/^scripts\//, "gobpf-", href))
		return (href ".1") in is_page ? file(href ".1") : ""
	return sub(/\.md$/, "", href) && href in is_page ? file(href) anchor : ""
}

# What GitHub makes of a heading as an anchor
function slug(s) {
	gsub(/<[^>]*>|&[a-z]+;/, "", s)
	s = tolower(s)
	gsub(/[^a-z0-9 _-]/, "", s)
	gsub(/ /, "-", s)
	return s
}

# A tag as it has to be here: a link that leads out of the manual is dropped, its text stays
function tag(s,   name, at) {
	if (s == "</a>") {
		inside = 0
		s = dropped ? "" : s
		dropped = 0
	} else if (s ~ /^<a /) {
		inside = 1
		if (match(s, /href="[^"]*"/)) {
			at = RSTART
			name = target(substr(s, at + 6, RLENGTH - 7))
			dropped = name == ""
			s = dropped ? "" : substr(s, 1, at + 5) name substr(s, at + RLENGTH - 1)
		}
	}
	return s
}

# link BODY - with links and anchors
function link(s,   out, n, text) {
	while (n = index(s, "<")) {
		text = substr(s, 1, n - 1)
		s = substr(s, n)
		n = index(s, ">")
		out = out (inside || heading ? text : mentions(text))
		text = substr(s, 1, n)
		heading = text ~ /^<h[1-6]/ ? 1 : text ~ /^<\/h/ ? 0 : heading
		out = out tag(text)
		s = substr(s, n + 1)
	}
	return out mentions(s)
}

# options BODY - each option in a list gets an anchor, and is linked to it elsewhere
function options(s,   out, name, at, listed, id) {
	listed = s
	while (match(listed, /<dt[^>]*>/)) {
		listed = substr(listed, RSTART)
		at = index(listed, "</dt>")
		name = substr(listed, 1, at)
		listed = substr(listed, at)
		while (match(name, /<b>-[^<]+<\/b>/)) {
			has[substr(name, RSTART + 3, RLENGTH - 7)] = 1
			name = substr(name, RSTART + RLENGTH)
		}
	}
	at = ""
	while (match(s, /<dt[^>]*>|<\/dt>|<a [^>]*>|<\/a>|<b>-[^<=]+(=[^<]*)?<\/b>/)) {
		name = substr(s, RSTART, RLENGTH)
		out = out substr(s, 1, RSTART - 1)
		s = substr(s, RSTART + RLENGTH)
		if (name ~ /^<dt/)
			at = "dt"
		else if (name == "</dt>")
			at = ""
		else if (name ~ /^<b>/) {
			id = substr(name, 4, length(name) - 7)
			sub(/=.*/, "", id)
			if (at == "dt" && !done[id]++)
				sub(/^<b>/, "<b id=\"" id "\">", name)
			else if (at == "" && has[id])
				name = "<a href=\"#" id "\">" name "</a>"
		}
		out = out name
	}
	return out s
}

function head(title) {
	print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
	print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	print "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; " \
		"script-src 'unsafe-inline'\">"
	print "<title>" title "</title>\n<style>"
	include("manual.css")
	print "</style>\n</head>\n<body>\n<header><a href=\"index.html\">gobpf manual</a>" \
		"<search hidden><input id=\"search\" type=\"search\" placeholder=\"Search (/)\" aria-label=\"Search\">" \
		"<ul id=\"hits\"></ul></search></header>\n<main>"
}

function foot(   i) {
	print "</main>\n<script>\nconst pages = ["
	for (i = 1; i <= n; i++)
		printf "\t[%s, %s, %s],\n", json(file(pages[i])), json(names[i]), json(summaries[i])
	print "];"
	include("manual.js")
	print "</script>\n</body>\n</html>"
}

function contents(s,   out, title, id) {
	while (match(s, /<h2[^>]* id="[^"]*">/)) {
		title = substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
		match(title, /id="[^"]*"/)
		id = substr(title, RSTART + 4, RLENGTH - 5)
		title = substr(s, 1, index(s, "</h2>") - 1)
		gsub(/<[^>]*>/, "", title)
		out = out "<a href=\"#" id "\">" title "</a>\n"
	}
	return out ? "<nav>\n" out "</nav>\n" : ""
}

function index_page(   i) {
	head("gobpf manual")
	print "<h1>gobpf manual</h1>"
	for (i = 1; i <= n; i++) {
		if (groups[i] != groups[i - 1])
			print (i > 1 ? "</dl>\n" : "") "<h2 id=\"" slug(groups[i]) "\">" escape(groups[i]) "</h2>\n<dl class=\"index\">"
		print "<dt><a href=\"" file(pages[i]) "\">" escape(names[i]) "</a></dt><dd>" escape(summaries[i]) "</dd>"
	}
	print "</dl>"
	foot()
}

NR == FNR {
	split($0, field, "\t")
	n++
	groups[n] = field[1]
	pages[n] = field[2]
	names[n] = field[3]
	summaries[n] = field[4]
	is_page[field[2]] = 1
	if (field[2] == self)
		me = n
	next
}
# mandoc's headings of sections are below the page's own; those of guides get anchors
/<h[12] class="S[hs]"/ {
	sub(/<h2 class="Ss"/, "<h3 class=\"Ss\"")
	sub(/<h1 class="Sh"/, "<h2 class=\"Sh\"")
	closes = /<h3/ ? "</h3>" : "</h2>"
}
closes && sub(/<\/h[12]>/, closes) { closes = "" }
match($0, /^<h[2-6]>.*<\/h[2-6]>$/) {
	id = slug($0)
	sub(/>/, " id=\"" id (used[id]++ ? "-" used[id] - 1 : "") "\">")
}
{ body = body $0 "\n" }

END {
	if (self == "") {
		index_page()
		exit
	}
	head(escape(names[me]) " - gobpf manual")
	if (self ~ /\.1$/)
		body = "<h1>" escape(names[me]) "</h1>\n" options(body)
	body = link(body)
	if (self != "gobpf.1")
		gsub(/<b>gobpf<\/b>\(1\)/, "<a href=\"" file("gobpf.1") "\"><b>gobpf</b></a>(1)", body)
	at = index(body, "</h1>")
	printf "%s\n%s%s", substr(body, 1, at + 4), contents(body), substr(body, at + 5)
	foot()
}
