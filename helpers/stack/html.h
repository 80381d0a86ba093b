/* SPDX-License-Identifier: GPL-2.0-only */
/* html.h - a profile as one HTML file: a flame graph and a table of functions that work together */
#ifndef GOBPF_STACK_HTML_H
#define GOBPF_STACK_HTML_H

#include "stack/flame.h"

/*
 * The file needs nothing else, by file or network: its policy (CSP) forbids to load anything.
 * It holds all values that are not internal; o->value is the one shown first.  Names stand
 * in it once, stacks as a tree in a few arrays, which the browser draws as far as they can be
 * seen.  The data, as JSON in <script type="application/json" id="data">:
 *
 *	title, icicle		as in o
 *	diff			name of the value compared (o->diff_of), or null
 *	values, main		[{ name, unit }], and which is shown first
 *	names, colour		of each function its name, and the number of its colour
 *	colours, legend		CSS colours; [[name, number of a colour]]
 *	label, up		of each node, parents first, its name's number; and how far up
 *				from the node before its parent is, 0: that node itself
 *	self			[value][node]: what ends there, also negative
 *
 * 0 or -ENOMEM; write errors stay in f for its owner.
 */
int html_write(FILE *f, const struct profile *p, const struct flame_options *o);

/* share/flame/page.js and page.css, put into the program by share/make/stack.mk */
extern const char page_js[], page_css[];

#endif
