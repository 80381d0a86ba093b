/* SPDX-License-Identifier: GPL-2.0-only */
/* rewrite.h - a run of bpftrace text with the arguments filled in */
#ifndef GOBPF_SCRIPT_REWRITE_H
#define GOBPF_SCRIPT_REWRITE_H

#include "script/golang.h"
#include "script/resolve.h"

/* What is known of a run. */
struct rewriting {
	const struct script_request *rq;
	struct script *script;
	/* Go's words are understood here, and what they mean; NULL: they aren't. */
	const struct golang_site *site;
	/* The block: what it has to begin with. NULL: the run is a predicate. */
	struct buf *begin;
	/* the keys of label() that are in begin */
	struct part labels[4];
	unsigned nlabels;
};

/* Brackets that are open where a word stands. */
enum { BRACKETS_MAX = 32 };
struct brackets {
	struct bracket {
		struct part map;	/* "@name" before it; empty: it is none of a map's */
		unsigned stacks;	/* among the keys so far */
	} v[BRACKETS_MAX];
	unsigned depth;
	struct part last;		/* the token before */
};

/*
 * Adds `run' to out: $N, $# and str($N) become literals; with rq->raw_stacks
 * ustack and usym() become their forms that print addresses; Go's words become plain ones.  Comments
 * and strings stay as they are.  0, or -EINVAL and others with words.
 */
int rewrite(struct rewriting *rw, struct part run, struct buf *out);

/* The same of a probe's spec, which is no expression: $N and $# only. */
int rewrite_spec(const struct script_request *rq, struct part spec, struct buf *out);

/* The N of the last $N that the text uses; UINT_MAX when it counts them by $#. */
unsigned rewrite_last(struct part text);

/* "(8)" or "(perf, 8)" at i: its length, and the number in it; 0: something else. */
size_t rewrite_depth(struct part run, size_t i, struct part *ret);

/* Does the word at i belong to the program: a field of something, or a name of its own? */
bool rewrite_own_word(struct part run, size_t i);

/*
 * One of Go's words at i: its length, 0: there is none, or -errno with words.  begin of rw gets
 * what label() needs.
 */
int golang_word(struct rewriting *rw, struct part run, size_t i, struct brackets *b, struct buf *out);

/* As golang_word() for label(KEY) behind its word; key without quotes. */
int golang_label(struct rewriting *rw, struct part key, struct buf *out);

/* The goroutine's *g, or one of its words at an offset; 0 or -errno with words. */
int golang_curg(struct rewriting *rw, const struct golang_facts *f, struct buf *out);

/* "*(uint64 *)(", or what that is where addresses are the kernel's unless told otherwise. */
const char *golang_load(const struct rewriting *rw);

#endif
