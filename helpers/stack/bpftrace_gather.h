/* SPDX-License-Identifier: GPL-2.0-only */
/* bpftrace_gather.h - entries of bpftrace's maps, from its text or its JSON into the profile */
#ifndef GOBPF_STACK_BPFTRACE_GATHER_H
#define GOBPF_STACK_BPFTRACE_GATHER_H

#include "base/buf.h"
#include "stack/readers.h"

/* The entry being gathered; texts are kept as offsets into `text' until it is whole. */
struct gather {
	struct reading *r;
	bool open;		/* an entry is being gathered, and none of it makes no sense */
	bool callers;		/* a stack has begun: its next frames are return addresses */
	unsigned parts;		/* stacks and keys so far */
	size_t leaf;		/* of the newest stack */
	bool stack;		/* there is one */
	bool caller_known;	/* in some entry */
	struct buf text;
	size_t map;
	struct frame *frames;
	size_t nframes, frames_cap;
	const char **keys;
	size_t nkeys, keys_cap;
	bool whole;			/* texts are strings now, and these known: */
	unsigned value;
	uint32_t *ids;			/* frame numbers */
	size_t nids, ids_cap;
	struct profile keyed;		/* entries without a stack */
	struct profile printed;		/* stacks that are no map's */
	bool printing;			/* this entry is one */
	uint64_t nprinted;
	uint64_t lost;			/* events, says bpftrace */
};

/*
 * Zero-initialise but for r.  Of each entry: gather_begin(), its keys in order (gather_next() before each
 * run of keys or of frames), then one gather_value() or any number of gather_bucket().  All return 0 or
 * -errno with words; what makes no sense is counted and closes the entry.
 */
int gather_begin(struct gather *g, const char *map, size_t len);
/* Instead: of a stack that stands by itself.  Such ones are of use where no map has any. */
int gather_begin_printed(struct gather *g);
void gather_next(struct gather *g);
int gather_key(struct gather *g, const char *s, size_t len);
/* A line of a stack; a tab before it says that it is of the mode perf. */
int gather_frame(struct gather *g, const char *line, size_t len);
int gather_value(struct gather *g, int64_t v);
/* lower: the bucket's bound, of the one below all others its upper one */
int gather_bucket(struct gather *g, int64_t lower, int64_t count);

/* The input has ended. */
int gather_end(struct gather *g);

/* Is this line of a stack the outermost one of the kernel's? */
bool gather_kernel_root(const char *line);
void gather_free(struct gather *g);

/* bpftrace -f json: an object a line */
struct printed;
bool bpftrace_json_match(const char *head, size_t len);
int bpftrace_json_read(struct gather *g, struct printed *printed);

#endif
