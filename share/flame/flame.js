// SPDX-License-Identifier: GPL-2.0-only
// flame.js - zoom, search and the line of details of a flame graph.
//
// The state (zoomed frame, search) lives in the URL's fragment.  Names are only
// ever read from and put into text nodes.
"use strict";
(function () {
	// @include common.js
	const SVG = "http://www.w3.org/2000/svg", XHTML = "http://www.w3.org/1999/xhtml";
	const svg = document.currentScript ? document.currentScript.closest("svg") :
		document.documentElement;
	const pad = +svg.dataset.pad, char = +svg.dataset.char;
	const head = svg.querySelector(".head"), info = svg.querySelector(".info");
	const whole = svg.ownerDocument.documentElement === svg;
	let width = 1200, shown = null, zoomed = null, status = "";

	const frames = Array.from(svg.querySelectorAll(".frames > g"), function (g, id) {
		const at = g.dataset.f.split(",").map(Number);
		const words = g.querySelector("title").textContent.split("\n");
		const frame = { id: id, g: g, rect: g.querySelector("rect"), text: g.querySelector("text"),
				start: at[0], width: at[1], depth: at[2], name: words[0], value: words.slice(1).join("; ") };
		g.frame = frame;
		return frame;
	});
	const all = frames[0];

	function element(name, attributes, parent) {
		const e = document.createElementNS(SVG, name);
		for (const key in attributes)
			e.setAttribute(key, attributes[key]);
		parent.appendChild(e);
		return e;
	}

	function label(frame, x, w) {
		const room = Math.floor((w - 6) / char);

		if (room < 3) {
			if (frame.text)
				frame.text.textContent = "";
			return;
		}
		if (!frame.text)
			frame.text = element("text", { y: +frame.rect.getAttribute("y") + 13 }, frame.g);
		frame.text.setAttribute("x", x + 3);
		frame.text.textContent = shorten(frame.name, room);
	}

	// Frames above the zoomed one keep its full width, all others outside of it go.
	function layout() {
		const from = zoomed.start, to = from + zoomed.width;
		const scale = (width - 2 * pad) / zoomed.width;

		for (const f of frames) {
			const start = Math.max(f.start, from), end = Math.min(f.start + f.width, to);
			const x = pad + (start - from) * scale, w = (end - start) * scale;

			f.inside = end > start;
			f.g.classList.toggle("hide", !(w >= 0.1));
			if (!(w >= 0.1))
				continue;
			f.g.classList.toggle("above", f.depth < zoomed.depth);
			f.rect.setAttribute("x", x);
			f.rect.setAttribute("width", w);
			label(f, x, w);
		}
	}

	// Frames come parents first, so a match inside a match is not counted again.
	function search(term) {
		const match = matcher(term);
		const from = zoomed.start, to = from + zoomed.width;
		let sum = 0, counted = from, n = 0;

		for (const f of frames) {
			const hit = f !== all && match(f.name);

			f.g.classList.toggle("match", hit);
			if (!hit || !f.inside)
				continue;
			n++;
			const start = Math.max(f.start, counted), end = Math.min(f.start + f.width, to);
			if (end > start) {
				sum += end - start;
				counted = end;
			}
		}
		status = term === "" ? "" : found(term, sum / zoomed.width, zoomed.name, n);
		tell(null);
	}

	function tell(frame) {
		if (!frame)
			info.textContent = status;
		else
			info.textContent = frame.name + "  (" + frame.value + (zoomed === all ? "" : "; " +
				(100 * frame.width / zoomed.width).toFixed(2) + " % of " + zoomed.name) + ")";
	}

	function state() {
		const words = readState();

		return { zoom: words.get("zoom") || "0", search: words.get("search") || "" };
	}

	function apply() {
		const s = state(), wanted = frames[s.zoom] || all;

		if (wanted !== shown) {
			zoomed = shown = wanted;
			layout();
		}
		reset.classList.toggle("hide", zoomed === all);
		if (input.value !== s.search)
			input.value = s.search;
		search(s.search);
	}

	// Zooming is a step in the history, typing is not.
	function change(zoom, term, step) {
		const words = new URLSearchParams();

		if (zoom !== 0)
			words.set("zoom", zoom);
		if (term !== "")
			words.set("search", term);
		writeState(words, step);
		apply();
	}

	const reset = element("text", { class: "reset hide", y: 32, "text-anchor": "end" }, head);
	reset.textContent = "Reset zoom";
	const box = element("foreignObject", { y: 14, width: 240, height: 28 }, head);
	const input = document.createElementNS(XHTML, "input");
	input.type = "search";
	input.placeholder = "Search (Ctrl-F)";
	input.setAttribute("aria-label", "Search for functions");
	box.appendChild(input);

	function resize() {
		svg.removeAttribute("viewBox");
		svg.setAttribute("width", "100%");
		width = Math.max(640, svg.getBoundingClientRect().width);
		box.setAttribute("x", width - pad - 240);
		reset.setAttribute("x", width - pad - 256);
		shown = null;
		apply();
	}

	// In a picture taller than the window the head stays in sight.
	function follow() {
		head.setAttribute("transform", "translate(0," + window.scrollY + ")");
	}

	svg.addEventListener("click", function (event) {
		const g = event.target.closest(".frames > g");

		if (g)
			change(g.frame.id, state().search, true);
		else if (event.target === reset)
			change(0, state().search, true);
	});
	svg.addEventListener("mouseover", function (event) {
		const g = event.target.closest(".frames > g");

		tell(g ? g.frame : null);
	});
	input.addEventListener("input", function () {
		change(zoomed.id, input.value, false);
	});
	onKeys(input, function () {
		if (state().search !== "")
			change(zoomed.id, "", false);
		else
			change(0, "", true);
	});
	window.addEventListener("hashchange", apply);
	window.addEventListener("resize", resize);
	resize();
	if (whole) {
		window.addEventListener("scroll", follow);
		follow();
	}
})();
