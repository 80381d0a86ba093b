#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# bats file_tags=plain
# The manual: pages made from headers and tables, as pages of man and in a browser.

load helpers
load docs
load browser

setup_file() {
	! command -v mandoc cmark-gfm >/dev/null ||
		"$TOP/share/manual/html" "$BATS_FILE_TMPDIR/html" "$O/man" "$O/gen/manual.tsv"
}

setup() { cd "$TOP" || return; }

# words_of_page NAME - the words of a script's page, sorted; without its head and foot, titles, and what is ours
words_of_page() {
	groff -t -Tascii -man -rLL=200n -rHY=0 "$O/man/gobpf-$1.bt.1" | sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g' |
		sed "1d; \$d; /^[A-Z]/d; s/gobpf-$1\.bt - //; s/gobpf script --run $1 PID .ARG...]//" | bare_words
}

# words_of_header NAME - the same of its header
words_of_header() {
	sed -n '2,/^$/p' "scripts/$1.bt" | grep '^//' | grep -v SPDX |
		sed "s,^// \?,,; s/^$1\.bt - //; s/^[A-Z][A-Z ]*: //" | bare_words
}

bare_words() { tr -s ' \n' '\n' | sed 's/[:,]$//' | grep -vx 'o\|-\|' | sort; }

# calls - of shell lines, "NAME REST" of each call of gobpf, without what is in quotes
calls() {
	sed -E "s/'[^']*'/Q/g; s/\"[^\"]*\"/Q/g; s/(\||&&|;|\\$\(|\))/\n/g" | sed -nE 's/^ *([#$] )?gobpf +([a-z].*)/\2/p'
}

# options_in WORD... - the options in words: --name, or - and a letter; behind -- they are another's
options_in() {
	printf '%s\n' "$@" | sed -nE '/^--$/q; s/^(--[a-z][a-z-]*).*/\1/p; s/^(-[a-zA-Z]).*/\1/p'
}

@test "docs: each command and each script has a page of man" {
	local name
	for name in gobpf $(commands | sed 's/^/gobpf-/') $(scripts | sed 's/.*/gobpf-&.bt/'); do
		[ -s "$O/man/$name.1" ] || fail "no $name.1" || return
	done
}

@test "docs: groff and mandoc have nothing to say about the pages that are made" {
	requires groff mandoc
	local page
	for page in "$O/man/gobpf.1" "$O"/man/*.bt.1; do
		run groff -t -ww -z -man -Tutf8 "$page"
		[ -z "$output" ] || fail "$page: $output" || return
	done
	run mandoc -T lint -W warning "$O"/man/*.1
	[ -z "$output" ] || fail "$output"
}

@test "docs: every page has the version of the program" {
	run grep -L "^\.TH .* \"gobpf $("$GOBPF" --version | cut -d' ' -f 2)\" " "$O"/man/*.1
	[ -z "$output" ] || fail "another version: $output"
}

@test "docs: the page of a script says all that its header says" {
	local script
	for script in $(scripts); do
		diff <(words_of_header "$script") <(words_of_page "$script") ||
			fail "$script: left only in the header, right only on the page" || return
	done
}

@test "docs: columns, maps and arguments of a script are entries on its page" {
	local entries
	entries=$(sed -n '/^\.TP$/{n; s/^\.B //; s/\\-/-/g; p}' "$O/man/gobpf-spans.bt.1" | paste -sd' ')
	[ "$entries" = "GOID-OFFSET SECONDS KIND START DURATION GOID>GOID TID TRACE SPAN PARENT STATUS NAME @late[KIND]" ]
	[ "$(grep -c '^\.IP' "$O/man/gobpf-spans.bt.1")" -eq "$(grep -c '^// *\(CAVEATS: *\)\?- ' scripts/spans.bt)" ]
}

@test "docs: every page has EXAMPLES, with options that the commands have" {
	local page name words known new
	for page in docs/*.1; do
		sed -n '/^\.SH EXAMPLES/,/^\.SH [^E]/p' "$page" | grep -v '^\.' | sed 's/\\-/-/g; s/\\e/\\/g' |
			calls >"$BATS_TEST_TMPDIR/calls"
		[ -s "$BATS_TEST_TMPDIR/calls" ] || fail "$page: no EXAMPLES with gobpf in them" || return
		# what gobpf new makes is a command from there on
		new=$(sed -n 's/^new \([a-z0-9-]*\).*/\1/p' "$BATS_TEST_TMPDIR/calls" | head -1)
		while read -r name words; do
			[ "$name" != "$new" ] || continue
			commands | grep -qxe "$name" || fail "$page: no command $name" || return
			known=$(options_of_help "$name")$'\n--help'
			# shellcheck disable=SC2086
			run grep -vxFe "$known" <(options_in $words)
			[ -z "$output" ] || fail "$page: gobpf $name has no $output" || return
		done <"$BATS_TEST_TMPDIR/calls"
	done
}

# html - goes to the folder of the HTML manual
html() {
	requires mandoc cmark-gfm
	cd "$BATS_FILE_TMPDIR/html" || return
}

# attribute NAME FILE - its values there, one a line
attribute() { grep -oE "[ <]$1=\"[^\"]*\"" "$2" | sed 's/^[^"]*"//; s/"$//; s/&amp;/\&/g'; }

@test "docs: the HTML manual has a page for each command, script and guide, and the index their summaries" {
	html
	local name summary
	for name in $(commands); do
		summary=$("$GOBPF" list | sed -nE "s/^  $name +//p" | head -1)
		grep -qF "<dt><a href=\"gobpf-$name.1.html\">gobpf $name</a></dt><dd>$summary</dd>" index.html ||
			fail "index.html: $name: $summary" || return
		grep -q '>EXAMPLES<' "gobpf-$name.1.html" || fail "$name has no EXAMPLES" || return
	done
	for name in $(scripts); do
		summary=$(sed -n "2s/^.. $name.bt - //p" "$TOP/scripts/$name.bt")
		grep -qF "<dt><a href=\"gobpf-$name.bt.1.html\">$name.bt</a></dt><dd>$summary</dd>" index.html ||
			fail "index.html: $name.bt: $summary" || return
	done
	for name in "$TOP"/docs/*.md; do
		grep -qF "<dt><a href=\"$(basename "$name" .md).html\">$(sed -n '1s/^# //p' "$name")</a></dt><dd>" index.html ||
			fail "index.html: $name" || return
	done
	diff <(attribute href index.html | sort -u) <(printf '%s\n' *.html | sort)
}

@test "docs: every option has its place on a page of the HTML manual" {
	html
	local name
	for name in $(commands); do
		[ -n "$(options_of_help "$name")" ] || continue
		run grep -vxFf <(attribute id "gobpf-$name.1.html") <(options_of_help "$name")
		[ -z "$output" ] || fail "gobpf-$name.1.html has no $output" || return
	done
}

@test "docs: no link of the HTML manual is dead, no id is there twice, nothing is loaded from elsewhere" {
	html
	local page
	for page in *.html; do
		run ! grep -nE '<[^>]* (src|srcset|background|action)=|<link|@import|url\(' "$page"
		[ -z "$(attribute id "$page" | sort | uniq -d)" ] || fail "$page: twice $(attribute id "$page" | sort | uniq -d)" || return
		printf '%s\n' "$page"
		attribute id "$page" | sed "s/^/$page#/"
	done >"$BATS_TEST_TMPDIR/places"
	for page in *.html; do
		attribute href "$page" | sed "s/^#/$page#/" | grep -vE '^https?:' | grep -vxFf "$BATS_TEST_TMPDIR/places" |
			sed "s/^/$page: /"
	done >"$BATS_TEST_TMPDIR/dead"
	[ ! -s "$BATS_TEST_TMPDIR/dead" ] || fail "$(<"$BATS_TEST_TMPDIR/dead")"
	# and there are links between pages: what is mentioned, what is in SEE ALSO, an option, the script
	attribute href gobpf-heap-hotspots.1.html >"$BATS_TEST_TMPDIR/links"
	for page in gobpf-flame.1.html gobpf-script.1.html gobpf-heap-hotspots.bt.1.html gobpf.1.html '#--max-overhead' '#OPTIONS'; do
		grep -qxFe "$page" "$BATS_TEST_TMPDIR/links" || fail "no link to $page" || return
	done
}

@test "docs: in a browser, search finds pages by name and summary, keys move, nothing is refused or wrong" {
	html
	BROWSER_SIZE=500,900 run -0 browse gobpf-heap-hotspots.bt.1.html <<-'END'
		const box = document.getElementById("search"), found = () =>
			[...document.querySelectorAll("#hits a")].map((a) => a.getAttribute("href") + "=" + a.textContent);
		const look = (text) => {
			box.value = text;
			box.dispatchEvent(new Event("input"));
			seen.push(text + ": " + found().join(" "));
		};
		seen.push("fits " + (document.documentElement.scrollWidth <= window.innerWidth));
		seen.push("shown " + !box.parentNode.hidden + ", hits " + found().length);
		look("GC-signals");
		look("leak signals");
		look("no such thing");
		seen.push(document.getElementById("hits").textContent);
		look("heap-hotspots");
		box.blur();
		key("/");
		seen.push("focus " + (document.activeElement === box));
		key("ArrowDown");
		key("ArrowDown");
		seen.push("at " + document.activeElement.textContent);
		key("ArrowUp");
		key("ArrowUp");
		window.addEventListener("click", (e) => {
			seen.push("opens " + e.target.getAttribute("href"));
			e.preventDefault();
		});
		key("Enter");
		key("Escape");
		seen.push("then " + found().length + box.value);
	END
	diff - <(printf '%s\n' "$output") <<-'END'
		fits true
		shown true, hits 0
		GC-signals: gobpf-gc-signals.1.html=gobpf gc-signals
		leak signals: gobpf-gc-signals.1.html=gobpf gc-signals
		no such thing: 
		Nothing of that name.
		heap-hotspots: gobpf-heap-hotspots.1.html=gobpf heap-hotspots gobpf-heap-hotspots.bt.1.html=heap-hotspots.bt
		focus true
		at heap-hotspots.bt
		opens gobpf-heap-hotspots.1.html
		then 0
	END
}

@test "docs: in a browser, a page with wide tables fits a narrow window" {
	html
	BROWSER_SIZE=500,900 run -0 browse internals.html <<-'END'
		seen.push(document.documentElement.scrollWidth <= window.innerWidth);
	END
	[ "$output" = true ]
}
