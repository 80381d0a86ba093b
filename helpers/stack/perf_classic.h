/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_classic.h - perf script text as stackcollapse-perf.pl of the FlameGraph project understands it */
#ifndef GOBPF_STACK_PERF_CLASSIC_H
#define GOBPF_STACK_PERF_CLASSIC_H

#include "base/buf.h"
#include "stack/perf_text.h"

/*
 * Its options, by their names there.  Its rules, learned from what it does
 * (github.com/brendangregg/FlameGraph as of 2024):
 *
 *  - A sample begins with a line "comm pid ..." or "comm pid/tid ...": the comm ends before the
 *    first number that blanks enclose, and has two characters or more.  Its value is the period
 *    before the event, else 1.  Samples of other events than the first one met, or than
 *    event_filter, are left out, unless the line has more behind the event.
 *  - A frame is a line "address name (dso)", the last " (" begins the dso; +0x12 at the end of
 *    the name goes.  Frames whose name begins with "(" go.
 *  - "a->b" are two frames, all but the first marked _[i].
 *  - [unknown] becomes [name of the dso's file], or [unknown].
 *  - ';' becomes ':'; quotes go; from the first "(" on, unless that is an "(anonymous namespace)",
 *    the name goes, too, unless it has ".(" and then ")." as Go's methods have; L before a name
 *    with slashes goes in processes called java...
 *  - Blanks in a comm become '_'.
 *  - An empty line ends a sample; one that the input ends within is lost.
 */
struct perf_classic {
	bool pid, tid;		/* with the comm: comm-pid, comm-pid/tid; '?' where the text has one number */
	bool kernel, jit;	/* marks _[k] and _[j] */
	bool addrs;		/* [unknown <address>] */
	bool srcline;		/* -F +srcline: the line under a frame is added to its name */
	const char *event_filter;	/* NULL: the first one met */
	/* --inline: the frames at pc of dso, root first, ';' between them, into ret.  False: none. NULL: not asked for */
	bool (*inlined)(void *arg, struct text pc, struct text name, struct text dso, struct buf *ret);
	void *arg;
};

/* What a line begins a sample with. */
struct perf_classic_header {
	struct text comm;
	struct text pid, tid;		/* pid.p NULL: '?' */
	bool has_event, has_period;
	struct text event;
	uint64_t period;
};
bool perf_classic_header(struct text line, struct perf_classic_header *ret);

/* A frame's line. */
struct perf_classic_frame {
	struct text pc, name, dso;
};
bool perf_classic_frame(struct text line, struct perf_classic_frame *ret);

/* Adds the sample's root as it is shown: "comm-12/13". */
void perf_classic_root(const struct perf_classic *o, const struct perf_classic_header *h, struct buf *ret);

/*
 * Adds the names of a frame, root first, each with a NUL behind it; how many there are.
 * java: is it in a process called java...?  srcline: what to add, or empty.
 */
size_t perf_classic_names(const struct perf_classic *o, const struct perf_classic_frame *f, bool java,
			  struct text srcline, struct buf *ret);

/* Is it a frame that no line of source is known of? Then none stands under it. */
bool perf_classic_unknown(const struct perf_classic_frame *f);

/* The text under a frame as it is added to its name. */
void perf_classic_srcline(struct text line, struct buf *ret);

#endif
