/* SPDX-License-Identifier: GPL-2.0-only */
/* readers.h - stacks out of other tools' output */
#ifndef GOBPF_STACK_READERS_H
#define GOBPF_STACK_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "stack/lines.h"
#include "stack/profile.h"

struct perf_classic;

/* A user's stack as it was recorded: registers, and the bytes from the stack pointer on (x86-64). */
struct unwind_input {
	uint64_t pc, sp, bp;
	const uint8_t *stack;
	size_t len;
	/* What is mapped at addr, NULL: not known.  Valid until the next call. */
	const struct profile_mapping *(*mapping)(const struct unwind_input *in, uint64_t addr);
	void *priv;		/* the reader's */
};

/*
 * One input being read.  Input that makes no sense is left out and counted,
 * so that the rest can be used; `first_bad' says where the first of it was and
 * what was wrong.  With `strict' it is an error instead.
 */
struct reading {
	struct lines *lines;
	struct profile *profile;
	const char *unit;	/* of counts whose unit the format does not say; NULL: "count" */
	bool strict;
	const char *from;	/* name of the format; NULL: as the content shows */
	/*
	 * What the reader shall keep of what its format can say; all of it makes for more
	 * distinct samples.  labels: blank-separated keys, "*" among them: all but "time"; NULL: none.
	 *   comm pid tid cpu event	of the sample (the event's name, without modifiers)
	 *   goid state wait		of a goroutine: number, "chan receive", nanoseconds
	 *   time			nanoseconds, rounded down to tick_ns
	 *   value			lower bound of a histogram's bucket
	 * and whatever a pprof file has.
	 */
	const char *labels;
	uint64_t tick_ns;
	/*
	 * bpftrace: which key of a map, from 1 and stacks counted, is the return address of the
	 * probed function, to be the second frame of the stack before it; 0: none.  Other formats are
	 * refused with it.
	 */
	unsigned caller;
	/* Frames keep addr, FRAME_RETURN and mapping; otherwise only those without a name do. */
	bool addresses;
	/* perf script text only: as the classic collapser reads it (perf_classic.h); NULL: as this project does */
	const struct perf_classic *classic;
	/*
	 * Makes a stack of what was recorded of it: pc itself, then return addresses, at most max; gives
	 * how many, or -errno.  *ret_cut: its callers were not all found.  NULL: stacks that come so have
	 * pc alone.
	 */
	int (*unwind)(void *ctx, const struct unwind_input *in, uint64_t *pcs, size_t max, bool *ret_cut);
	void *unwind_ctx;
	uint64_t samples;	/* read */
	uint64_t lost;		/* events that the recording says it lost */
	uint64_t bad;		/* pieces left out */
	char first_bad[256];	/* "FILE: line 3: …", "FILE: byte 4096: …" */
	struct buf notes;	/* what the user shall know besides, a line each; buf_free() it */
};

/* How to add a format: a file read_NAME.c, its row in readers.c, its test and its fuzz seeds. */
struct reader {
	const char *name;
	const char *what;	/* for people: "folded stacks" */
	/* keys of the labels that stand at the root of stacks when nothing else is asked for; NULL: none */
	const char *by;
	bool binary;		/* may hold NUL bytes */
	/* Do these first bytes of an input look like it?  The first row that says yes reads it. */
	bool (*match)(const char *head, size_t len);
	/* 0 or -errno with words */
	int (*read)(struct reading *r);
};

/* Ends in a row without name. */
extern const struct reader readers[];

/*
 * Adds all samples of the input to r->profile, in the format that its content
 * shows.  Value types are added to the profile as they are met.  0, or -errno
 * with words: EBADMSG for input without stacks or in no known format.
 */
int readers_read(struct reading *r);

/* The row that reads this input: by r->from, else by content.  NULL with words: none. */
const struct reader *readers_find(struct reading *r);

/* For readers: shall the label of this key be kept? */
bool reading_wants(const struct reading *r, const char *key);

/* For readers: something on the current line, or at this byte, is wrong.  0, or -EBADMSG with words if strict. */
int reading_bad(struct reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same for binary formats: something at that offset is wrong. */
int reading_bad_at(struct reading *r, uint64_t offset, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* For readers: what is no mistake but shall be known ("Lost 5 events"), a line of notes. */
void reading_note(struct reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * For readers of lines that end in a number: was the end of the last one there?  A number that is cut off is another
 * number.  Noted, or -EBADMSG with words if strict.
 */
int reading_last_line(struct reading *r);

/*
 * For readers: the number of the profile's value of that name, added if there
 * is none yet; false when the profile has no room for another.
 */
bool reading_value(struct reading *r, const char *name, const char *unit, unsigned *ret);

/*
 * The same where the format says the unit, whatever r->unit is: 1, 0 when there is no room, or -EBADMSG
 * with words when the value is there already in another unit.
 */
int reading_typed_value(struct reading *r, const char *name, const char *unit, unsigned *ret);

#endif
