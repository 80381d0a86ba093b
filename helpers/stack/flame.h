/* SPDX-License-Identifier: GPL-2.0-only */
/* flame.h - a profile as a flame graph: one SVG file that needs nothing else */
#ifndef GOBPF_STACK_FLAME_H
#define GOBPF_STACK_FLAME_H

#include <stdbool.h>
#include <stdio.h>

#include "stack/profile.h"

struct flame_options {
	const char *title;	/* NULL: "Flame graph" */
	const char *subtitle;	/* engine, target, window; NULL: none */
	const char *module;	/* path of the main module, for its colour; NULL: package main only */
	unsigned value;
	bool icicle;		/* root at the top */
	/*
	 * The profile is a diff (stack/diff.h) of the value of this name: colours are the
	 * change, tooltips have both sides, the description names what is new and gone.
	 */
	const char *diff_of;
};

/*
 * A frame is as wide as the value of all stacks through it; neighbours stand
 * in the order of their names.  In a browser (file or network): tooltips,
 * click zooms, search (Ctrl-F) marks and sums, the state is in the URL's
 * fragment.  Without scripts it is a plain picture.  Samples of 0 or less are
 * left out.  0 or -ENOMEM; write errors stay in f for its owner.
 */
int flame_write(FILE *f, const struct profile *p, const struct flame_options *o);

/* share/flame/flame.js and flame.css, put into the program by share/make/stack.mk */
extern const char flame_js[], flame_css[];

#endif
