/* SPDX-License-Identifier: GPL-2.0-only */
/* text.h - the parts of a bpftrace program, as far as moving its probes needs them */
#ifndef GOBPF_SCRIPT_TEXT_H
#define GOBPF_SCRIPT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Source: bpftrace's src/lexer.l and src/parser.yy, 0.17 to 0.27.  Nothing is
 * interpreted that is not named here; comments and strings are never looked
 * into.  A part is a run of the text, in place.
 */
struct part {
	const char *p;
	size_t len;
};

/* One "uprobe:$1:name" of a probe's head. */
struct text_spec {
	struct part all;	/* as written */
	struct part provider;	/* "uprobe"; all of it when there is no colon: "BEGIN" */
	struct part path;	/* "$1" */
	struct part name;	/* without quotes, with a "+8" behind it if there is one */
	bool quoted;
	bool offset;		/* name ends in "+N" */
};

struct text_item {
	enum {
		TEXT_OTHER,	/* blanks, comments, #include, struct, config, macro */
		TEXT_PROBE,
	} kind;
	struct part all;
	struct part specs;	/* probe: what stands before the predicate */
	struct part predicate;	/* between its slashes; empty: none */
	struct part body;	/* with its braces */
};

/*
 * The item at *pos, which moves behind it. 1: there is one; 0: the end; or
 * -EINVAL with words (a string, comment, predicate or block that never ends).
 */
int text_next(struct part text, size_t *pos, struct text_item *ret);

/* The same for the specs of a probe. */
int text_next_spec(struct part specs, size_t *pos, struct text_spec *ret);

/*
 * The length of the token at p[i], i < len: a string, a comment, a word (with
 * the @ or $ before it), else 1 byte.
 */
size_t text_token(struct part text, size_t i);

bool part_is(struct part p, const char *word);

unsigned text_line_ends(struct part text);

/* Which line p points into, from 1. */
unsigned text_line(struct part text, const char *p);

#endif
