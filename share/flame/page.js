// SPDX-License-Identifier: GPL-2.0-only
// page.js - the HTML page: a flame graph on a canvas, and a table of functions.
//
// The whole state (value, zoomed frame, search, function, order of the table) is in
// the URL's fragment.  Names are only ever put into text nodes and onto the canvas.
"use strict";
(function () {
	// @include common.js
	// @include page_data.js
	const ROW = 18, ROWS = 100;
	const data = JSON.parse(document.getElementById("data").textContent);
	const tree = decode(data), names = data.names, main = document.querySelector("main");
	const dark = window.matchMedia("(prefers-color-scheme: dark)");
	const cache = [];
	let value = -1, zoomed = 0, focused = -1, shown = "", rows = ROWS, lastRows = "", hits = null;
	let state = {}, depths = 1, colours = {};

	function element(name, parent, text, attributes) {
		const e = document.createElement(name);

		if (text !== undefined && text !== null)
			e.textContent = text;
		for (const key in attributes)
			e.setAttribute(key, attributes[key]);
		parent.appendChild(e);
		return e;
	}

	function valueOf(i) {
		if (!cache[i]) {
			cache[i] = sum(tree, data.self[i]);
			Object.assign(cache[i], functions(tree, cache[i], names.length));
		}
		return cache[i];
	}

	const nameOf = (node) => node ? names[tree.label[node]] : "all";
	const typeName = (i) => data.diff || data.values[i].name;
	const percent = (part, of, digits) => (of ? 100 * part / of : 0).toFixed(digits) + " %";

	// The page
	const controls = element("div", main, null, { class: "controls" });
	const choice = element("label", controls, data.diff ? "Frames are as wide as " : "Value ");
	const select = element("select", choice);
	data.values.forEach((v) => element("option", select, v.name, { value: v.name }));
	choice.hidden = data.values.length < 2;
	const input = element("input", controls, null, { type: "search", placeholder: "Search (Ctrl-F)",
							 "aria-label": "Search for functions" });
	const reset = element("button", controls, "Reset zoom", { type: "button" });
	const info = element("p", main, null, { class: "info", role: "status" });
	const graph = element("div", main, null, { class: "graph" });
	const spacer = element("div", graph, null, { class: "spacer" });
	const canvas = element("canvas", spacer, null, { tabindex: "0", role: "application",
		"aria-label": "Flame graph: arrow keys go from frame to frame, Enter zooms, Escape goes back",
		"aria-describedby": "description" });
	const legend = element("p", main, null, { class: "legend" });
	const table = element("table", main);
	const more = element("button", main, "", { type: "button", class: "more" });
	const tip = element("div", document.body, null, { class: "tip", role: "tooltip" });
	const context = canvas.getContext("2d");

	element("caption", table, "Functions");
	const head = element("tr", element("thead", table));
	const body = element("tbody", table);

	function key(name, colour) {
		const e = element("span", legend, name);

		e.insertBefore(document.createElement("i"), e.firstChild).style.background = colour;
	}

	// Colours: whose code it is; of a diff, what became of it.
	function changeColour(before, after) {
		if (before <= 0 || after <= 0)
			return after > 0 ? "hsl(338,78%,64%)" : before > 0 ? "hsl(262,62%,74%)" : "hsl(60,6%,90%)";
		const share = (after - before) / Math.max(after, before), s = Math.abs(share);

		if (s < 0.005)
			return "hsl(60,6%,90%)";
		return share > 0 ? "hsl(" + (18 - 12 * s) + ",82%," + (93 - 27 * s) + "%)" :
			"hsl(" + (206 + 9 * s) + ",76%," + (93 - 28 * s) + "%)";
	}

	function colourOf(node) {
		if (data.diff)
			return changeColour(valueOf(0).total[node], valueOf(1).total[node]);
		return node ? data.colours[data.colour[tree.label[node]]] : "hsl(220,8%,84%)";
	}

	if (data.diff)
		[["new", 0, 1], ["grew much", 1, 8], ["grew", 6, 7], ["the same", 1, 1], ["shrank", 7, 6],
		 ["shrank much", 8, 1], ["gone", 1, 0]].forEach((k) => key(k[0], changeColour(k[1], k[2])));
	else
		data.legend.forEach((k) => key(k[0], data.colours[k[1]]));

	function describe(node) {
		const v = valueOf(value);
		let words = valueWords(data.values[value], v.total[node], typeName(value)) + ", " +
			percent(v.total[node], v.total[0], 2);

		if (data.diff) {
			const before = valueOf(0).total[node], after = valueOf(1).total[node];
			const by = after - before, type = data.values[value];

			words += "; " + valueWords(type, before, data.diff) + " before, " +
				valueWords(type, after, data.diff) + " after: " +
				(before <= 0 && after > 0 ? "new" : before > 0 && after <= 0 ? "gone" : !by ? "the same" :
				 (by > 0 ? "+" : "") + valueText(type, by) + " (" + (by > 0 ? "+" : "") + percent(by, before, 1) + ")");
		}
		if (zoomed && node > zoomed && node < tree.end[zoomed])
			words += "; " + percent(v.width[node], v.width[zoomed], 2) + " of " + nameOf(zoomed);
		return words;
	}

	// What is searched for, and the function chosen in the table
	function mark() {
		const match = matcher(state.search), v = valueOf(value);
		let n = 0, share = 0;

		hits = null;
		if (state.function !== "" || state.search !== "")
			hits = Uint8Array.from(names, (name) => +(state.function !== "" ? name === state.function : match(name)));
		for (let i = Math.max(zoomed, 1), counted = 0; hits && i < tree.end[zoomed]; i++) {
			if (!hits[tree.label[i]] || !v.width[i])
				continue;
			n++;
			if (i >= counted) {
				share += v.width[i];
				counted = tree.end[i];
			}
		}
		info.textContent = hits ? found(state.function || state.search, v.width[zoomed] ? share / v.width[zoomed] : 0,
						nameOf(zoomed), n) : "";
	}

	// The graph: only what can be seen is drawn
	const yOf = (depth) => (data.icicle ? depth : depths - 1 - depth) * ROW - graph.scrollTop;
	const scale = () => graph.clientWidth / (valueOf(value).width[zoomed] || 1);

	function box(node, x, w) {
		const y = yOf(tree.depth[node]), hit = hits && node && hits[tree.label[node]];
		const room = Math.floor((w - 6) / colours.char), above = tree.depth[node] < tree.depth[zoomed];

		if (y < -ROW || y > canvas.clientHeight)
			return;
		context.globalAlpha = above ? 0.5 : 1;
		context.fillStyle = hit ? colours.mark : colourOf(node);
		context.fillRect(x, y, Math.max(w - 0.5, 0.5), ROW - 1);
		context.globalAlpha = 1;
		if (node === focused && document.activeElement === canvas) {
			context.strokeStyle = colours.ink;
			context.lineWidth = 2;
			context.strokeRect(x + 1, y + 1, Math.max(w - 2.5, 0.5), ROW - 3);
		}
		if (room >= 3) {
			context.fillStyle = above ? colours.ink : hit ? "#fff" : "#16181d";
			context.fillText(shorten(nameOf(node), room), x + 3, y + 13);
		}
	}

	// Neighbours too narrow to see are one grey frame.
	function narrow(strip, depth, x, w) {
		if (strip.depth === depth && x - strip.end < 0.01) {
			strip.end = x + w;
			return;
		}
		const y = yOf(strip.depth);

		if (strip.depth >= 0 && y >= -ROW && y <= canvas.clientHeight) {
			context.fillStyle = colours.more;
			context.fillRect(strip.x, y, strip.end - strip.x, ROW - 1);
		}
		strip.depth = depth;
		strip.x = x;
		strip.end = x + w;
	}

	function draw() {
		const v = valueOf(value), s = scale(), from = v.start[zoomed], strip = { depth: -1, x: 0, end: 0 };

		context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
		for (let i = tree.parent[zoomed]; i >= 0; i = tree.parent[i])
			box(i, 0, graph.clientWidth);
		for (let i = zoomed; i < tree.end[zoomed];) {
			const x = (v.start[i] - from) * s, w = v.width[i] * s;

			if (w >= 0.5) {
				box(i, x, w);
				i++;
			} else {
				if (w > 0)
					narrow(strip, tree.depth[i], x, w);
				i = tree.end[i];
			}
		}
		narrow(strip, -2, 0, 0);
	}

	// The canvas is as large as the window onto it, whatever the depth of the graph.
	function layout() {
		const v = valueOf(value), smallest = 0.5 / scale(), style = getComputedStyle(document.documentElement);
		const pixels = window.devicePixelRatio || 1;

		depths = tree.depth[zoomed] + 1;
		for (let i = zoomed; i < tree.end[zoomed];) {
			if (v.width[i] < smallest) {
				i = tree.end[i];
				continue;
			}
			depths = Math.max(depths, tree.depth[i] + 1);
			i++;
		}
		spacer.style.height = depths * ROW + "px";
		const height = Math.min(graph.clientHeight, depths * ROW);

		canvas.style.height = height + "px";
		canvas.width = graph.clientWidth * pixels;
		canvas.height = height * pixels;
		context.setTransform(pixels, 0, 0, pixels, 0, 0);
		context.font = "11px ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', monospace";
		colours = { char: context.measureText("mmmmmmmmmm").width / 10, ink: style.getPropertyValue("--ink"),
			    mark: style.getPropertyValue("--mark"), more: style.getPropertyValue("--more") };
	}

	function at(event) {
		const r = canvas.getBoundingClientRect(), v = valueOf(value);
		const row = Math.floor((event.clientY - r.top + graph.scrollTop) / ROW);
		const depth = data.icicle ? row : depths - 1 - row;
		const where = v.start[zoomed] + (event.clientX - r.left) / scale();
		let node = zoomed;

		if (depth < 0)
			return -1;
		while (tree.depth[node] > depth)
			node = tree.parent[node];
		while (tree.depth[node] < depth) {
			let c = node + 1;

			while (c < tree.end[node] && !(where < v.start[c] + v.width[c]))
				c = tree.end[c];
			if (c >= tree.end[node] || where < v.start[c])
				return -1;
			node = c;
		}
		return node;
	}

	// The table
	const columns = data.diff ? [
		["change", "Change", (f, b, a) => a.flat[f] - b.flat[f]], ["before", "Before", (f, b) => b.flat[f]],
		["after", "After", (f, b, a) => a.flat[f]],
		["cumchange", "Change, cum", (f, b, a) => a.cum[f] - b.cum[f]], ["cumbefore", "Before, cum", (f, b) => b.cum[f]],
		["cumafter", "After, cum", (f, b, a) => a.cum[f]],
	] : [
		["flat", "Flat", (f, v) => v.flat[f]], ["", "share", (f, v) => v.flat[f]],
		["cum", "Cumulative", (f, v) => v.cum[f]], ["", "share", (f, v) => v.cum[f]],
	];
	const sides = () => data.diff ? [valueOf(0), valueOf(1)] : [valueOf(value)];

	columns.concat([["name", "Function"]]).forEach(function (c) {
		const th = element("th", head, c[0] ? null : c[1], { scope: "col" });

		if (c[0])
			element("button", th, c[1], { type: "button" }).addEventListener("click", () =>
				change({ sort: state.sort === c[0] ? "-" + c[0] : c[0] }, true));
	});

	// Largest first, changes by their size; names from a on; "-" before it is the other way round.
	function order() {
		const by = columns.find((c) => c[0] !== "" && c[0] === state.sort.replace("-", "")), v = sides();
		const sign = state.sort[0] === "-" ? -1 : 1, match = matcher(state.search), list = [];
		const size = (f) => state.sort.endsWith("change") ? Math.abs(by[2](f, ...v)) : by[2](f, ...v);

		const through = (f) => data.diff ? Math.abs(v[1].cum[f] - v[0].cum[f]) : v[0].cum[f];

		for (let f = 0; f < names.length; f++)
			if (v.some((x) => x.cum[f] || x.flat[f]) && (state.search === "" || match(names[f])))
				list.push(f);
		return list.sort((a, b) => sign * (by ? size(b) - size(a) || through(b) - through(a) : 0) ||
			sign * (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : 0));
	}

	function signed(c, type, n) {
		return (c[0].endsWith("change") && n > 0 ? "+" : "") + valueText(type, n);
	}

	function row(f, v) {
		const tr = element("tr", body), chosen = names[f] === state.function;
		const cell = [];

		columns.forEach(function (c) {
			const n = c[2](f, ...v);

			cell.push(element("td", tr, c[0] ? signed(c, data.values[value], n) : percent(n, v[0].total[0], 1)));
		});
		if (data.diff)
			cell[0].className = cell[3].className = "change";
		const name = element("td", tr, null, { class: "name" });

		element("button", name, names[f], { type: "button", "aria-pressed": chosen ? "true" : "false" });
		if (data.diff && (!v[0].cum[f] || !v[1].cum[f]))
			element("span", name, v[0].cum[f] ? "gone" : "new", { class: "badge" });
		tr.classList.toggle("chosen", chosen);
		tr.addEventListener("click", () => change({ function: chosen ? "" : names[f] }, true));
	}

	function fill() {
		const wanted = [value, state.sort, state.search, state.function, rows].join("\n");
		const active = document.activeElement;
		const kept = active && active.closest("tbody") ? active.textContent : null;

		if (wanted === lastRows)
			return;
		lastRows = wanted;
		const list = order(), v = sides();

		body.textContent = "";
		list.slice(0, rows).forEach((f) => row(f, v));
		more.hidden = list.length <= rows;
		more.textContent = "Show more: " + rows + " of " + list.length.toLocaleString("en-US") + " functions are here";
		head.querySelectorAll("th").forEach(function (th, i) {
			const name = i < columns.length ? columns[i][0] : "name", down = state.sort[0] === "-" || name === "name";

			if (name !== "" && name === state.sort.replace("-", ""))
				th.setAttribute("aria-sort", down && state.sort[0] !== "-" ? "ascending" :
					state.sort[0] !== "-" || name === "name" ? "descending" : "ascending");
			else
				th.removeAttribute("aria-sort");
		});
		if (kept !== null)
			[...body.querySelectorAll("button")].filter((b) => b.textContent === kept).forEach((b) => b.focus());
	}

	// The state
	const defaults = { value: data.values[data.main].name, zoom: "0", search: "", function: "",
			   sort: data.diff ? "change" : "flat" };

	function change(what, step) {
		const words = new URLSearchParams(), next = Object.assign({}, state, what);

		for (const k in defaults)
			if (next[k] !== defaults[k])
				words.set(k, next[k]);
		writeState(words, step);
		apply();
	}

	function apply() {
		const words = readState();

		state = {};
		for (const k in defaults)
			state[k] = words.has(k) ? words.get(k) : defaults[k];
		value = Math.max(0, data.values.findIndex((v) => v.name === state.value));
		zoomed = /^\d+$/.test(state.zoom) && +state.zoom < tree.n && valueOf(value).width[+state.zoom] ? +state.zoom : 0;
		select.value = data.values[value].name;
		reset.hidden = !zoomed;
		if (input.value !== state.search)
			input.value = state.search;
		if (shown !== value + " " + zoomed) {
			focused = -1;
			layout();
			graph.scrollTop = data.icicle ? 0 : depths * ROW;
		}
		shown = value + " " + zoomed;
		mark();
		draw();
		fill();
	}

	function redraw() {
		layout();
		draw();
	}

	// Parent and children as they stand in the picture; left and right to the neighbours.
	function move(name) {
		const v = valueOf(value), up = data.icicle ? "ArrowDown" : "ArrowUp";
		let to = focused;

		if (focused < 0)
			to = zoomed;
		else if (name === "ArrowUp" || name === "ArrowDown")
			to = name !== up ? tree.parent[focused] :
				widest(focused);
		else
			to = neighbour(focused, name === "ArrowRight" ? 1 : -1);
		if (to >= 0 && v.width[to])
			focused = to;
		info.textContent = nameOf(focused) + ": " + describe(focused);
		const y = yOf(tree.depth[focused]);

		if (y < 0)
			graph.scrollTop += y;
		else if (y + ROW > graph.clientHeight)
			graph.scrollTop += y + ROW - graph.clientHeight;
		draw();
	}

	function widest(node) {
		const v = valueOf(value);
		let best = -1;

		for (let c = node + 1; c < tree.end[node]; c = tree.end[c])
			if (best < 0 || v.width[c] > v.width[best])
				best = c;
		return best;
	}

	function neighbour(node, step) {
		const parent = tree.parent[node], siblings = [];

		if (parent < 0)
			return node;
		for (let c = parent + 1; c < tree.end[parent]; c = tree.end[c])
			if (valueOf(value).width[c])
				siblings.push(c);
		return siblings[siblings.indexOf(node) + step] || node;
	}

	function point(event) {
		const node = at(event);

		canvas.style.cursor = node >= 0 ? "pointer" : "default";
		tip.hidden = node < 0;
		if (node < 0)
			return;
		tip.textContent = "";
		element("b", tip, nameOf(node));
		element("span", tip, describe(node));
		tip.style.left = Math.max(4, Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8)) + "px";
		tip.style.top = (event.clientY + 20 + tip.offsetHeight < window.innerHeight ? event.clientY + 16 :
			event.clientY - tip.offsetHeight - 10) + "px";
	}

	tip.hidden = true;
	canvas.addEventListener("mousemove", point);
	canvas.addEventListener("mouseleave", () => { tip.hidden = true; });
	canvas.addEventListener("click", function (event) {
		const node = at(event);

		if (node >= 0)
			change({ zoom: String(node) }, true);
	});
	canvas.addEventListener("keydown", function (event) {
		if (event.key.startsWith("Arrow")) {
			event.preventDefault();
			move(event.key);
		} else if (event.key === "Enter" && focused >= 0) {
			change({ zoom: String(focused) }, true);
		}
	});
	canvas.addEventListener("focus", draw);
	canvas.addEventListener("blur", draw);
	graph.addEventListener("scroll", draw);
	select.addEventListener("change", () => change({ value: select.value }, true));
	reset.addEventListener("click", () => change({ zoom: "0" }, true));
	input.addEventListener("input", () => change({ search: input.value, function: "" }, false));
	more.addEventListener("click", function () {
		rows += 5 * ROWS;
		fill();
	});
	onKeys(input, function () {
		if (state.function !== "" || state.search !== "")
			change({ function: "", search: "" }, false);
		else
			change({ zoom: "0" }, true);
	});
	window.addEventListener("hashchange", apply);
	window.addEventListener("resize", redraw);
	dark.addEventListener("change", redraw);
	apply();
})();
