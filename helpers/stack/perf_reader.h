/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_reader.h - perf script text being read; private to read_perf_script.c and the ways to understand it */
#ifndef GOBPF_STACK_PERF_READER_H
#define GOBPF_STACK_PERF_READER_H

#include "base/buf.h"
#include "stack/perf_cache.h"
#include "stack/perf_text.h"
#include "stack/readers.h"

struct perf_reader;

/* What a line was; or -errno. */
enum perf_line {
	PERF_OTHER,		/* none of these; nothing was done */
	PERF_SAMPLE,		/* a sample begins with it: value, amount, root, context are set */
	PERF_LEFT_OUT,		/* the stack that follows is not wanted */
	PERF_FRAME,		/* of a stack: its frames were pushed */
};

/*
 * A way to understand the text: this project's, or the classic collapser's.  A usual
 * sample, a line of its own with a stack of indented lines under it and an empty line
 * behind, is given to header(), and to frame() only what the caches don't know; all
 * other text to line().
 */
struct perf_way {
	int (*begin)(struct perf_reader *x);
	/* What an unindented line before indented ones is.  Asked again for the same one it says the same. */
	int (*header)(struct perf_reader *x, struct text line);
	/* An indented line.  The same one in the same context gives the same frames. */
	int (*frame)(struct perf_reader *x, struct text line);
	/* Pushes the frames that the sample's root stands for. NULL: none. */
	int (*push_root)(struct perf_reader *x);
	/* Any line, one after another. 0 or -errno. */
	int (*line)(struct perf_reader *x, struct text line);
	/* The end of the input, or of the reading because of an error. */
	int (*end)(struct perf_reader *x, int err);
};
extern const struct perf_way perf_own_way, perf_classic_way;

struct perf_reader {
	struct reading *r;
	const struct perf_way *way;
	struct perf_cache blocks;	/* lines of a stack in a context: the sample */
	struct perf_cache frames;	/* a line of a stack in a context: the frame, or none */
	uint32_t *ends;			/* of the lines of the stack at hand, from its beginning */
	size_t nends, ends_cap;
	uint64_t scanned;		/* up to this byte of the input no empty line is */

	/* the sample under way */
	bool open;
	uint32_t *ids;			/* its frames, leaf first */
	size_t nids, ids_cap;
	unsigned value;			/* which of the profile's, and how much */
	int64_t amount;
	int samples_value;		/* one more value that counts 1; -1: none */
	uint32_t root;			/* what it differs by besides its stack: labels, or root frames */
	uint64_t context;		/* what the frames depend on besides their lines */

	uint64_t left_out;		/* samples that were not wanted */
	void *state;			/* the way's own */
};

/* For the ways: one more frame of the sample under way. 0 or -ENOMEM. */
int perf_push(struct perf_reader *x, uint32_t id);

/* For the ways: the sample under way is complete. 0 or -ENOMEM. */
int perf_sample_end(struct perf_reader *x);

/* For the ways: a line of a stack, by the cache if it knows it. As frame(). */
int perf_frame_line(struct perf_reader *x, struct text line);

/* For the ways: is the address of the frame that comes next one that a call returns to? */
bool perf_is_return(const struct perf_reader *x, bool kernel);

#endif
