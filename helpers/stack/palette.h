/* SPDX-License-Identifier: GPL-2.0-only */
/* palette.h - whose code a frame is, and its colour */
#ifndef GOBPF_STACK_PALETTE_H
#define GOBPF_STACK_PALETTE_H

#include "base/buf.h"
#include "stack/profile.h"

enum palette {
	PALETTE_MAIN,		/* package main, or the main module when it is known */
	PALETTE_MODULE,		/* other modules */
	PALETTE_STD,		/* Go's standard library */
	PALETTE_RUNTIME,	/* the Go runtime */
	PALETTE_NATIVE,		/* C, C++, libraries, and keys that are no code */
	PALETTE_KERNEL,
	PALETTE_UNKNOWN,	/* addresses */
	PALETTE_N,
};

enum { PALETTE_TINTS = 6 };	/* of each; one package has one tint */

/* module: path of the main module or NULL */
enum palette palette_of(const struct frame *f, const char *module);
unsigned palette_tint(const char *func);
const char *palette_name(enum palette p);

/* Adds its colour as CSS writes it. */
void palette_colour(struct buf *b, enum palette p, unsigned tint);

/* Adds the CSS rules .cPT { fill } of all of them. */
void palette_css(struct buf *b);

#endif
