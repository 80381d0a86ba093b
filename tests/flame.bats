#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers
load browser

setup() {
	cd "$TOP" || return
	svg=$BATS_TEST_TMPDIR/x.svg
}

# frames FILE.svg - "start,width,depth name" of each frame drawn
frames() {
	xmllint --xpath '//*[@data-f]' "$1" | awk -F '"' '/<g data-f=/ { f = $2; sub(/.*<title>/, ""); print f, $0 }'
}

@test "flame: frames are as wide as their stacks, in order of names" {
	requires xmllint
	gobpf flame -o "$svg" tests/golden/fold/simple.in
	xmllint --noout "$svg"
	diff - <(frames "$svg") <<'END'
0,15,0 all
0,1,1 entry_SYSCALL_64_[k]
0,1,2 do_syscall_64_[k]
1,14,1 main.main
1,9,2 main.a
1,7,3 main.b
10,5,2 runtime.mallocgc
END
	# 7 of 15 of the 1168 pixels between the margins
	grep -A1 '<title>main.b$' "$svg" | grep -q '^7 samples, 46.67 %</title>.* x="93.87" y="-72" width="545.07"/><text x="96.87" y="-59">main.b</text></g>$'
}

@test "flame: the root is at the bottom, with --icicle at the top" {
	gobpf flame -o "$svg" tests/golden/fold/simple.in
	grep -qE '^15 samples, 100 %</title><rect class="all" x="16" y="-18" width="1168"/>' "$svg"
	gobpf flame --icicle -o "$svg" tests/golden/fold/simple.in
	grep -qE '^15 samples, 100 %</title><rect class="all" x="16" y="0" width="1168"/>' "$svg"
}

@test "flame: values have their unit" {
	printf 'main.main 1572864\n' >"$BATS_TEST_TMPDIR/in"
	run -0 gobpf flame --unit bytes "$BATS_TEST_TMPDIR/in"
	[[ $output == *$'<title>main.main\n1.50 MiB, 100 %</title>'* ]]
	run -0 gobpf flame --unit nanoseconds "$BATS_TEST_TMPDIR/in"
	[[ $output == *$'<title>main.main\n1.57 ms, 100 %</title>'* ]]
	run -0 gobpf flame "$BATS_TEST_TMPDIR/in"
	[[ $output == *$'<title>main.main\n1,572,864 samples, 100 %</title>'* ]]
}

@test "flame: hostile names give a well-formed picture with nothing of theirs alive" {
	requires xmllint
	local in drawn=0
	for in in tests/golden/fold/hostile.in tests/golden/fuzz/fold/*; do
		# some seeds have no stack that can be used
		run gobpf flame -q --title '<b>"&]]>'$'\001\xff' --subtitle '</svg><script>' -o "$svg" "$in"
		[ "$status" -le 1 ] || fail "$in: status $status"
		[ "$status" -eq 0 ] || continue
		drawn=$((drawn + 1))
		xmllint --noout "$svg" || fail "$in"
		# the only script is ours
		[ "$(xmllint --xpath 'count(//*[local-name()="script"])' "$svg")" -eq 1 ]
	done
	((drawn > 10))
	gobpf flame -q -o "$svg" tests/golden/fold/hostile.in
	grep -qF '&lt;script&gt;alert(&quot;&amp;1&quot;)&lt;/script&gt;' "$svg"
	grep -qF '<title>�(bad' "$svg"
	run -1 grep -nP '[\x00-\x08\x0b-\x1f\x7f]' "$svg"
}

@test "flame: what is too narrow to see is one frame that says so" {
	requires xmllint
	{
		echo 'main.main;main.big 1000000'
		for ((i = 0; i < 500; i++)); do echo "main.main;main.small$i 1"; done
	} >"$BATS_TEST_TMPDIR/in"
	gobpf flame -o "$svg" "$BATS_TEST_TMPDIR/in"
	diff - <(frames "$svg") <<'END'
0,1000500,0 all
0,1000500,1 main.main
0,1000000,2 main.big
1000000,500,2 (500 more, too narrow to draw)
END
}

@test "flame: title, subtitle and a description in words" {
	requires xmllint
	gobpf flame --title 'Where it goes' --subtitle 'pid 1, 10 s' -o "$svg" tests/golden/fold/simple.in
	[ "$(xmllint --xpath 'string(/*[local-name()="svg"]/*[local-name()="title"])' "$svg")" = 'Where it goes' ]
	[[ $(xmllint --xpath 'string(/*[local-name()="svg"]/*[local-name()="desc"])' "$svg") == \
		'A flame graph of 15 samples in 4 stacks. Most of it ends in: main.b (46.7 %), runtime.mallocgc (33.3 %), main.a (13.3 %), do_syscall_64_[k] (6.7 %)' ]]
	grep -qF '>pid 1, 10 s</text>' "$svg"
}

@test "flame: what is longer than the picture is wide is shortened, and whole in a tooltip" {
	requires xmllint
	local long fit
	long=$(printf 'é%.0s' {1..300})
	gobpf flame --title "$long" --subtitle "x$long" -o "$svg" tests/golden/fold/simple.in
	xmllint --noout "$svg"
	# in the file's own words it is whole
	[ "$(xmllint --xpath 'string(/*[local-name()="svg"]/*[local-name()="title"])' "$svg")" = "$long" ]
	fit=$(printf 'é%.0s' {1..77})
	grep -qF "<text class=\"title\" x=\"16\" y=\"32\">$fit…<title>$long</title></text>" "$svg"
	fit=x$(printf 'é%.0s' {1..163})
	grep -qF "<text class=\"subtitle\" x=\"16\" y=\"53\">$fit…<title>x$long</title></text>" "$svg"
	# what just fits stays, and one more does not
	gobpf flame --title "${long:0:156}" --subtitle "<${long:0:328}" -o "$svg" tests/golden/fold/simple.in
	grep -qF ">${long:0:156}</text>" "$svg"
	grep -qF ">&lt;${long:0:328}</text>" "$svg"
	gobpf flame --title "<${long:0:156}" -o "$svg" tests/golden/fold/simple.in
	grep -qF ">&lt;${long:0:152}…<title>&lt;${long:0:156}</title></text>" "$svg"
}

@test "flame: whose code it is decides the colour" {
	printf '%s 1\n' main.main 'net/http.(*conn).serve' runtime.mallocgc github.com/a/b.F malloc 0x47a3b1 \
		do_syscall_64_[k] example.org/me/x.G internal/runtime/maps.H >"$BATS_TEST_TMPDIR/in"
	gobpf flame --module example.org/me -o "$svg" "$BATS_TEST_TMPDIR/in"
	colour() { grep -A1 -F "<title>$1" "$svg" | grep -oE 'class="c[0-9]' | tail -c 2; }
	run -0 echo "$(colour main.main)" "$(colour net/http)" "$(colour runtime.mallocgc)" "$(colour github.com)" \
		"$(colour malloc)" "$(colour 0x47)" "$(colour do_sys)" "$(colour example.org)" "$(colour internal/)"
	[ "$output" = "0 2 3 1 4 6 5 0 3" ]
}

@test "flame: the same stacks give the same picture" {
	gobpf flame -q tests/golden/fold/hostile.in >"$BATS_TEST_TMPDIR/1"
	tac tests/golden/fold/simple.in | gobpf flame >"$BATS_TEST_TMPDIR/2"
	gobpf flame -q tests/golden/fold/hostile.in | cmp - "$BATS_TEST_TMPDIR/1"
	gobpf flame tests/golden/fold/simple.in | sed 's/class="c..//' | cmp - <(sed 's/class="c..//' "$BATS_TEST_TMPDIR/2")
}

@test "flame: nothing to draw is no picture" {
	printf 'a;b 0\n' >"$BATS_TEST_TMPDIR/in"
	run -1 gobpf flame -o "$svg" "$BATS_TEST_TMPDIR/in"
	[[ $output == *": nothing to draw: all its values are 0" ]]
	[ ! -e "$svg" ]
	run -1 gobpf flame -o "$svg" /dev/null
	[ ! -e "$svg" ]
}

# picture - the SVG within a page, with names for what tests look at
picture() {
	echo '<!doctype html><meta charset="utf-8"><body>'
	sed 1d "$svg"
	cat <<'END'
<script>
const g = (name) => [...document.querySelectorAll(".frames > g")]
	.find((e) => e.querySelector("title").textContent.startsWith(name + "\n"));
const width = (name) => g(name).classList.contains("hide") ? "hidden" :
	(100 * g(name).querySelector("rect").getAttribute("width") /
		(document.querySelector("svg").getBoundingClientRect().width - 32)).toFixed(1);
const info = () => document.querySelector(".info").textContent;
const input = document.querySelector("svg input");
</script>
END
}

@test "flame: in a browser a search shows the right share, a click zooms, the back button returns" {
	requires chromium
	gobpf flame -o "$svg" tests/golden/fold/simple.in
	picture >"$BATS_TEST_TMPDIR/page.html"
	run -0 browse "$BATS_TEST_TMPDIR/page.html" <<'END'
	seen.push(width("main.main"), width("main.b"));
	const steps = history.length;
	key("f", { ctrlKey: true });
	seen.push(document.activeElement.tagName.toLowerCase());
	type("main.");
	seen.push(info());
	type("MALLOC");
	seen.push(info());
	type("malloc");
	seen.push(info(), g("runtime.mallocgc").classList.contains("match"), g("main.a").classList.contains("match"));
	click(g("main.a").querySelector("rect"));
	seen.push(width("main.a"), width("main.b"), width("main.main"), width("runtime.mallocgc"), info());
	type("main.b");
	seen.push(info(), location.hash, history.length - steps);
	await back();
	seen.push(width("main.b"), width("runtime.mallocgc"), info());
	key("Escape");
	click(g("main.main"));
	click(document.querySelector(".reset"));
	seen.push(width("main.main"), "hash: " + location.hash);
END
	diff - <(echo "$output") <<'END'
93.3
46.7
input
“main.”: 93.3 % of all, in 3 frames
“MALLOC”: 0.0 % of all, in 0 frames
“malloc”: 33.3 % of all, in 1 frame
true
false
100.0
77.8
100.0
hidden
“malloc”: 0.0 % of main.a, in 0 frames
“main.b”: 77.8 % of main.a, in 1 frame
#zoom=4&search=main.b
1
46.7
33.3
“malloc”: 33.3 % of all, in 1 frame
93.3
hash: 
END
}

@test "flame: in a browser hostile names are only text" {
	requires chromium
	gobpf flame -q -o "$svg" tests/golden/fold/hostile.in
	picture >"$BATS_TEST_TMPDIR/page.html"
	run -0 browse "$BATS_TEST_TMPDIR/page.html" <<'END'
	seen.push(document.querySelectorAll("svg script").length);
	click([...document.querySelectorAll(".frames > g")].find((e) => e.textContent.includes("alert")));
	type("<script>");
	seen.push(document.querySelectorAll("svg script").length, document.querySelector(".info").textContent);
END
	[ "$output" = $'1\n1\n“<script>”: 100.0 % of <script>alert("&1")</script>, in 1 frame' ] || fail "$output"
}
