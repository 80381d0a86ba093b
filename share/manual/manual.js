/* SPDX-License-Identifier: GPL-2.0-only */
/* pages: [file, name, summary] of each page of the manual */
(function () {
	"use strict";
	const box = document.getElementById("search"), hits = document.getElementById("hits");

	function found(words) {
		const has = (text) => words.every((w) => text.toLowerCase().includes(w));
		const names = pages.filter((p) => has(p[1]));
		return names.concat(pages.filter((p) => !has(p[1]) && has(p[1] + " " + p[2])));
	}
	function show() {
		const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
		const list = words.length ? found(words) : [];
		hits.replaceChildren(...list.map((p) => {
			const item = document.createElement("li"), link = document.createElement("a");
			link.href = p[0];
			link.textContent = p[1];
			item.append(link, " " + p[2]);
			return item;
		}));
		if (words.length && !list.length)
			hits.textContent = "Nothing of that name.";
	}
	function move(by) {
		const links = [...hits.querySelectorAll("a")], at = links.indexOf(document.activeElement) + by;
		(links[at] || box).focus();
	}
	box.addEventListener("input", show);
	window.addEventListener("keydown", (e) => {
		if (e.key === "/" && document.activeElement !== box) {
			box.focus();
		} else if (e.key === "Escape") {
			box.value = "";
			show();
		} else if (e.key === "Enter" && document.activeElement === box) {
			const first = hits.querySelector("a");
			if (first)
				first.click();
		} else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && hits.firstElementChild) {
			move(e.key === "ArrowDown" ? 1 : -1);
		} else {
			return;
		}
		e.preventDefault();
	});
	box.parentNode.hidden = false;
	show();
})();
