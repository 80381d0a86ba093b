// SPDX-License-Identifier: GPL-2.0-only
// common.js - what the flame graph as SVG and the HTML page both need; put into each at "@include".

// As much of a function's name as fits into room characters: without its path, then cut.
function shorten(name, room) {
	if (name.length > room)
		name = name.slice(name.slice(0, name.search(/[([ ]|$/)).lastIndexOf("/") + 1);
	return name.length > room ? name.slice(0, room - 1) + "…" : name;
}

// Does a name contain the term?  The case of letters counts if the term has capitals.
function matcher(term) {
	const fold = term === term.toLowerCase();

	return (name) => term !== "" && (fold ? name.toLowerCase() : name).includes(term);
}

function found(term, share, of, n) {
	return "“" + term + "”: " + (100 * share).toFixed(1) + " % of " + of + ", in " + n +
		(n === 1 ? " frame" : " frames");
}

// The state is words in the URL's fragment: the back button works, and a link shows what its sender saw.
function readState() {
	return new URLSearchParams(location.hash.slice(1));
}

// With step, what was before stays in the history.
function writeState(words, step) {
	const hash = "#" + words;

	if (hash === (location.hash || "#"))
		return;
	if (step)
		location.hash = hash;
	else
		location.replace(hash);
}

// Ctrl-F and / go to the search, Escape to whoever wants it.
function onKeys(input, escape) {
	window.addEventListener("keydown", function (event) {
		const find = (event.ctrlKey || event.metaKey) && event.key === "f";

		if ((find || event.key === "/") && document.activeElement !== input) {
			event.preventDefault();
			input.focus();
			input.select();
		} else if (event.key === "Escape") {
			escape();
		}
	});
}
