// SPDX-License-Identifier: GPL-2.0-only
// page_data.js - the data of the HTML page: the tree, sums over it, values in words.

// Nodes come parents first; end is behind the last node below.
function decode(data) {
	const n = data.label.length + 1;
	const tree = { n: n, label: new Int32Array(n), parent: new Int32Array(n), depth: new Int32Array(n),
		       end: new Int32Array(n) };

	tree.label[0] = tree.parent[0] = -1;
	for (let i = 1; i < n; i++) {
		let parent = i - 1;

		for (let k = data.up[i - 1]; k > 0; k--)
			parent = tree.parent[parent];
		tree.label[i] = data.label[i - 1];
		tree.parent[i] = parent;
		tree.depth[i] = tree.depth[parent] + 1;
	}
	for (let i = n - 1; i >= 0; i--) {
		tree.end[i] = Math.max(tree.end[i], i + 1);
		if (i)
			tree.end[tree.parent[i]] = Math.max(tree.end[tree.parent[i]], tree.end[i]);
	}
	return tree;
}

// total is of all values; width is of those above 0, as drawn, beginning at start.
function sum(tree, self) {
	const n = tree.n, total = new Float64Array(n), width = new Float64Array(n);
	const start = new Float64Array(n), next = new Float64Array(n);

	for (let i = n - 1; i > 0; i--) {
		total[i] += self[i - 1];
		width[i] += Math.max(self[i - 1], 0);
		total[tree.parent[i]] += total[i];
		width[tree.parent[i]] += width[i];
	}
	for (let i = 1; i < n; i++) {
		start[i] = next[i] = next[tree.parent[i]];
		next[tree.parent[i]] += width[i];
	}
	return { self: self, total: total, width: width, start: start };
}

// Flat and cumulative per name; a function that calls itself counts once per stack.
function functions(tree, sums, names) {
	const flat = new Float64Array(names), cum = new Float64Array(names);
	const above = new Int32Array(names), path = [];

	for (let i = 1; i < tree.n; i++) {
		const label = tree.label[i];

		while (path.length >= tree.depth[i])
			above[path.pop()]--;
		flat[label] += sums.self[i - 1];
		if (!above[label])
			cum[label] += sums.total[i];
		above[label]++;
		path.push(label);
	}
	return { flat: flat, cum: cum };
}

function scaled(v, step, units) {
	let i = 0;

	while (i < units.length - 1 && Math.abs(v) >= step * 0.9995) {
		v /= step;
		i++;
	}
	const size = Math.abs(v);

	return v.toFixed(i === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2) + " " + units[i];
}

// As the tables of gobpf have it: "1.50 KiB", "23.4 ms", "1,572,864".
function valueText(type, v) {
	if (type.unit === "bytes")
		return scaled(v, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
	if (type.unit === "nanoseconds")
		return scaled(v, 1000, ["ns", "µs", "ms", "s"]);
	return v.toLocaleString("en-US");
}

function valueWords(type, v, name) {
	return valueText(type, v) + (type.unit === "bytes" || type.unit === "nanoseconds" ? "" : " " + name);
}
