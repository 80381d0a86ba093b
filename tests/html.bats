#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only

load helpers
load browser
load pictures

setup() {
	cd "$TOP" || return
	html=$BATS_TEST_TMPDIR/x.html
}

# data FILE.html - the JSON in it
data() { sed -n '/^<script type="application\/json" id="data">$/,/^<\/script>$/{//!p}' "$1"; }

# stacks FILE.html - folded stacks with their values, out of that JSON
stacks() {
	# shellcheck disable=SC2016 # jq's variables
	data "$1" | jq -r '. as $d | reduce range(.label | length) as $i ({ path: [], lines: [] };
		.path |= .[:length - $d.up[$i]] + [$d.names[$d.label[$i]]]
		| .lines += [[(.path | join(";")), $d.self[][$i]]])
		| .lines[] | select(any(.[1:][]; . != 0)) | map(tostring) | join(" ")'
}

# page - $html with names for what tests look at
page() {
	cat "$html"
	cat <<'END'
<script>
const input = document.querySelector("input"), canvas = document.querySelector("canvas");
const info = () => document.querySelector(".info").textContent;
const row = (name) => [...document.querySelectorAll("tbody tr")].find((r) => r.querySelector("button").textContent === name);
const cells = (name) => [...row(name).cells].map((c) => c.textContent).join(" ");
const order = () => [...document.querySelectorAll("tbody tr button")].map((b) => b.textContent).join(" ");
const head = (name) => [...document.querySelectorAll("th button")].find((b) => b.textContent === name);
// a place on the canvas: part (0 to 1) of the width, rows from the bottom
const place = (part, depth) => {
	const r = canvas.getBoundingClientRect();
	return { clientX: r.left + part * r.width, clientY: r.bottom - 18 * depth - 9 };
};
const colour = (part, depth) => {
	const at = place(part, depth), r = canvas.getBoundingClientRect();
	const p = canvas.getContext("2d").getImageData(at.clientX - r.left, at.clientY - r.top + 6, 1, 1).data;
	return [...p].slice(0, 3).join(",");
};
const point = (part, depth) => {
	canvas.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, ...place(part, depth) }));
	const tip = document.querySelector(".tip");
	return tip.hidden ? "nothing" : [...tip.children].map((e) => e.textContent).join(": ");
};
</script>
END
}

@test "html: every input gives a page with all its stacks" {
	requires jq xmllint
	local in
	for in in tests/golden/fold/*.in tests/golden/fuzz/fold/*; do
		gobpf fold -q "$in" >"$BATS_TEST_TMPDIR/folded" 2>"$BATS_TEST_TMPDIR/err" || continue
		# what is not clean UTF-8 is replaced in pages
		LC_ALL=C grep -qP '[\x80-\xff]|922337' "$BATS_TEST_TMPDIR/folded" && continue
		gobpf fold -q -o "$html" "$in" || continue
		data "$html" | jq -e '(.label | length) as $n | (.up | length) == $n and all(.self[]; length == $n)
			and (.names | length) == (.colour | length)' >/dev/null || fail "$in"
		diff <(stacks "$html" | awk '{ print $NF }' | sort -n) \
			<(gobpf fold -q --value "$(data "$html" | jq -r '.values[-1].name')" "$in" | awk '{ print $NF }' | sort -n) ||
			[ "$(data "$html" | jq '.values | length')" -gt 1 ] || fail "$in"
	done
	gobpf fold -o "$html" tests/golden/fold/simple.in
	stacks "$html" | diff - tests/golden/fold/simple.out
}

@test "html: nothing of hostile names and titles is markup" {
	requires xmllint
	local in
	for in in tests/golden/fold/hostile.in tests/golden/fuzz/fold/hostile; do
		gobpf flame -q --title '</title><script>alert(1)</script>' --subtitle '</script><img src=x onerror=alert(1)>' \
			-o "$html" "$in"
		[ "$(grep -c '<script' "$html")" -eq 2 ]
		[ "$(grep -c '</script>' "$html")" -eq 2 ]
		[ "$(grep -o '<img' "$html" | wc -l)" -eq 0 ]
		data "$html" | jq -e .names >/dev/null
		run -1 grep -nP '[\x00-\x08\x0b-\x1f\x7f]' "$html"
	done
}

@test "html: in a browser the table has flat and cumulative values, and can be sorted" {
	gobpf flame -o "$html" tests/golden/fold/simple.in
	page >"$BATS_TEST_TMPDIR/page"
	run -0 browse "$BATS_TEST_TMPDIR/page" <<'END'
	seen.push(order(), cells("main.a"), cells("main.main"));
	click(head("Cumulative"));
	seen.push(order(), location.hash, document.querySelector("th[aria-sort=descending]").textContent);
	click(head("Cumulative"));
	seen.push(order());
	click(head("Function"));
	seen.push(order());
	await back();
	await back();
	seen.push(location.hash);
	type("MAIN");
	seen.push(order());
	type("syscall_64");
	seen.push(order());
	type("SYSCALL_64");
	seen.push(order());
	type("main.");
	seen.push(order(), info());
END
	diff - <(echo "$output") <<'END'
main.b runtime.mallocgc main.a do_syscall_64_[k] main.main entry_SYSCALL_64_[k]
2 13.3 % 9 60.0 % main.a
0 0.0 % 14 93.3 % main.main
main.main main.a main.b runtime.mallocgc do_syscall_64_[k] entry_SYSCALL_64_[k]
#sort=cum
Cumulative
entry_SYSCALL_64_[k] do_syscall_64_[k] runtime.mallocgc main.b main.a main.main
do_syscall_64_[k] entry_SYSCALL_64_[k] main.a main.b main.main runtime.mallocgc
#sort=cum

do_syscall_64_[k] entry_SYSCALL_64_[k]
entry_SYSCALL_64_[k]
main.main main.a main.b
“main.”: 93.3 % of all, in 3 frames
END
}

@test "html: in a browser a click on a frame zooms, on a row marks, and the back button returns" {
	gobpf flame -o "$html" tests/golden/fold/simple.in
	page >"$BATS_TEST_TMPDIR/page"
	run -0 browse "$BATS_TEST_TMPDIR/page" <<'END'
	const plain = colour(0.3, 2);
	seen.push(point(0.3, 2), point(0.03, 1), point(0.99, 3));
	click(row("main.a"));
	seen.push(info(), colour(0.3, 2), plain === colour(0.3, 2), row("main.a").className,
		row("main.a").querySelector("button").getAttribute("aria-pressed"), location.hash);
	click(canvas, place(0.3, 2));
	seen.push(location.hash, info(), point(0.5, 3), point(0.99, 1), point(0.9, 3));
	await back();
	seen.push(location.hash, colour(0.3, 2) === plain);
	await back();
	seen.push(location.hash, colour(0.3, 2) === plain, info());
	key("f", { ctrlKey: true });
	seen.push(document.activeElement === input);
	click(canvas, place(0.3, 2));
	seen.push(document.querySelector(".controls button").hidden);
	key("Escape");
	seen.push(location.hash, document.querySelector(".controls button").hidden);
END
	diff - <(echo "$output") <<'END'
main.a: 9 samples, 60.00 %
entry_SYSCALL_64_[k]: 1 samples, 6.67 %
nothing
“main.a”: 60.0 % of all, in 1 frame
123,47,208
false
chosen
true
#function=main.a
#zoom=4&function=main.a
“main.a”: 100.0 % of main.a, in 1 frame
main.b: 7 samples, 46.67 %; 77.78 % of main.a
main.main: 14 samples, 93.33 %
nothing
#function=main.a
false

true

true
false

true
END
}

@test "html: in a browser the keyboard goes from frame to frame" {
	gobpf flame -o "$html" tests/golden/fold/simple.in
	page >"$BATS_TEST_TMPDIR/page"
	run -0 browse "$BATS_TEST_TMPDIR/page" <<'END'
	canvas.focus();
	for (const k of ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowDown"]) {
		key(k, {}, canvas);
		seen.push(info());
	}
	key("Enter", {}, canvas);
	seen.push(location.hash);
	seen.push(canvas.getAttribute("role"), document.getElementById(canvas.getAttribute("aria-describedby")).textContent.slice(0, 60));
END
	diff - <(echo "$output") <<'END'
all: 15 samples, 100.00 %
main.main: 14 samples, 93.33 %
main.a: 9 samples, 60.00 %
runtime.mallocgc: 5 samples, 33.33 %
main.a: 9 samples, 60.00 %
main.a: 9 samples, 60.00 %
main.b: 7 samples, 46.67 %
main.a: 9 samples, 60.00 %
#zoom=4
application
A flame graph and a table of functions: 15 samples in 4 stac
END
}

@test "html: in a browser values are switched, a link has the whole state" {
	pictures html >"$html" <<'END'
types | calls/count | -raw/count | time/nanoseconds | heap/bytes
main.main;main.work | 3 | 9 | 30000 | 0
main.main;main.work;main.work | 4 | 9 | 12345678 | 1048576
main.main | 5 | 9 | 50 | -7
END
	page >"$BATS_TEST_TMPDIR/page"
	BROWSER_HASH='#value=heap&zoom=2&search=work&sort=name' run -0 browse "$BATS_TEST_TMPDIR/page" <<'END'
	const select = document.querySelector("select");
	seen.push(select.value, [...select.options].map((o) => o.value).join(" "), input.value, info(), order(), cells("main.work"));
	select.value = "time";
	select.dispatchEvent(new Event("change"));
	type("");
	seen.push(location.hash, cells("main.main"), cells("main.work"));
	await back();
	seen.push(select.value);
END
	diff - <(echo "$output") <<'END'
heap
calls time heap
work
“work”: 100.0 % of main.work, in 2 frames
main.work
1.00 MiB 100.0 % 1.00 MiB 100.0 % main.work
#value=time&zoom=2&sort=name
50 ns 0.0 % 12.4 ms 100.0 % main.main
12.4 ms 100.0 % 12.4 ms 100.0 % main.work
heap
END
}

@test "html: in a browser hostile names are only text" {
	gobpf flame -q -o "$html" tests/golden/fold/hostile.in
	page >"$BATS_TEST_TMPDIR/page"
	run -0 browse "$BATS_TEST_TMPDIR/page" <<'END'
	const scripts = document.querySelectorAll("script").length;
	type("<script>");
	seen.push(info(), order());
	click(document.querySelector("tbody tr"));
	seen.push(document.querySelectorAll("script").length - scripts, document.querySelectorAll("tbody script").length, info());
	seen.push(decodeURIComponent(location.hash));
END
	diff - <(echo "$output") <<'END'
“<script>”: 18.0 % of all, in 1 frame
<script>alert("&1")</script>
0
0
“<script>alert("&1")</script>”: 18.0 % of all, in 1 frame
#search=<script>&function=<script>alert("&1")</script>
END
}

@test "html: in a browser a diff shows both sides" {
	printf '%s\n' 'main.main;main.a 6' 'main.main;main.old 4' >"$BATS_TEST_TMPDIR/before"
	printf '%s\n' 'main.main;main.a 9' 'main.main;main.new 1' >"$BATS_TEST_TMPDIR/after"
	gobpf diff -o "$html" "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	page >"$BATS_TEST_TMPDIR/page"
	run -0 browse "$BATS_TEST_TMPDIR/page" <<'END'
	const select = document.querySelector("select");
	seen.push(order(), cells("main.old"), cells("main.a"), point(0.5, 2), point(0.95, 2), select.value, colour(0.5, 0), colour(0.95, 2));
	select.value = "before";
	select.dispatchEvent(new Event("change"));
	seen.push(point(0.95, 2), colour(0.95, 2), order());
	click(head("Change, cum"));
	seen.push(order(), document.getElementById("description").textContent.split("\n").slice(1).join("|"));
END
	diff - <(echo "$output") <<'END'
main.old main.a main.new main.main
-4 4 0 -4 4 0 main.oldgone
+3 6 9 +3 6 9 main.a
main.a: 9 samples, 90.00 %; 6 samples before, 9 samples after: +3 (+50.0 %)
main.new: 1 samples, 10.00 %; 0 samples before, 1 samples after: new
after
231,231,228
235,92,144
main.old: 4 samples, 40.00 %; 4 samples before, 0 samples after: gone
178,148,230
main.old main.a main.new main.main
main.old main.a main.new main.main
New: main.new (1 samples).|Gone: main.old (4 samples).
END
}

@test "html: in a browser nothing differs from itself" {
	gobpf diff -o "$html" tests/golden/fold/simple.in tests/golden/fold/simple.in
	page >"$BATS_TEST_TMPDIR/page"
	run -0 browse "$BATS_TEST_TMPDIR/page" <<'END'
	const rows = order().split(" ");
	seen.push(rows.length, [...new Set(rows.map((name) => cells(name).split(" ")).map((c) => c[0] + " " + c[3]))].join("|"));
	seen.push(point(0.2, 0), point(0.2, 1), [...new Set([0.05, 0.2, 0.5, 0.9].map((x) => colour(x, 1)))].length);
	seen.push(document.getElementById("description").textContent.split("\n").length);
END
	# change and change with callees of each row; two frames; colours that occur; words of new or gone
	diff - <(echo "$output") <<'END'
6
0 0
all: 15 samples, 100.00 %; 15 samples before, 15 samples after: the same
main.main: 14 samples, 93.33 %; 14 samples before, 14 samples after: the same
1
1
END
}

@test "html: 100,000 stacks can be used" {
	awk 'BEGIN { srand(1); for (i = 0; i < 100000; i++) {
		printf "main.main"; for (k = i % 7919; k; k = int(k / 5)) printf ";pkg%d.F%d", k % 5, (k * 31) % 997
		print ";leaf" i, 1 + i % 13 } }' >"$BATS_TEST_TMPDIR/in"
	gobpf flame -o "$html" "$BATS_TEST_TMPDIR/in"
	[ "$(stat -c %s "$html")" -lt 8000000 ]
	page >"$BATS_TEST_TMPDIR/page"
	run -0 browse "$BATS_TEST_TMPDIR/page" <<'END'
	const begin = Date.now();
	seen.push(document.querySelectorAll("tbody tr").length, document.querySelector(".more").textContent, point(0.5, 1));
	type("leaf777");
	seen.push(info());
END
	diff - <(echo "$output") <<'END'
100
Show more: 100 of 104,986 functions are here
main.main: 699,982 samples, 100.00 %
“leaf777”: 0.1 % of all, in 111 frames
END
}
