/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_profile_run.h - what the files of gobpf heap-profile share */
#ifndef GOBPF_CMD_HEAP_PROFILE_RUN_H
#define GOBPF_CMD_HEAP_PROFILE_RUN_H

#include "base/buf.h"
#include "go/heap_profile.h"
#include "live.h"

/* A stack over time; its number is that of the sample in the profile. */
struct hp_stack {
	int64_t first, last, now;	/* the chosen value in the first and the newest readings */
	uint32_t grew;			/* in how many of the readings that had news */
};

struct hp_run {
	struct live live;
	unsigned value;			/* --sort: enum MEM_… */
	const char *diff;		/* --diff: FILE; NULL: none */

	struct go_bucket_layout layout;
	struct go_heap_symbols symbols;
	struct symboliser symboliser;
	struct go_buckets buckets;	/* the newest reading */
	uint64_t unix_ns;		/* when that was */
	uint64_t published_ns;		/* what it is as of, Unix time; 0: not known */
	struct buf notes;		/* remarks for people, a line each */

	/* of one reading: go_heap_types; of growth: DIFF_BEFORE and DIFF_AFTER (stack/diff.h) */
	struct profile profile;

	/* growth */
	uint64_t first_ns;		/* Unix time of what it is compared with; 0: not known */
	uint64_t edition;		/* which published profile was read last; 0: none was published */
	bool began_unpublished;		/* the first reading found none */
	uint32_t readings, news;	/* how many; of how many the runtime had published another profile before */
	struct hp_stack *stacks;
	size_t nstacks, stacks_cap;
	uint32_t *samples;		/* of each bucket, counted from the list's end: it grows at its head */
	uint64_t *addrs;		/* .. and its address */
	size_t nsamples, samples_cap, addrs_cap;
};

/* Growth instead of what is there? */
static inline bool hp_grows(const struct hp_run *run)
{
	return run->diff || run->live.interval_ns;
}

/* The target and the reading in words. */
void hp_describe(const struct hp_run *run, struct buf *b);

/* One reading as the profile; how it is written.  0 or -errno with words. */
int hp_print(struct hp_run *run, FILE *f);

/* --every: adds the newest reading to run->stacks.  0 or -errno with words. */
int hp_grow(struct hp_run *run);
/* What grew, as run->profile: of --every, of --diff. */
int hp_growth_finish(struct hp_run *run);
int hp_growth_of_file(struct hp_run *run);
int hp_print_growth(struct hp_run *run, FILE *f);

/* Grew in each of at least two readings with news. */
bool hp_is_suspect(const struct hp_run *run, uint32_t sample);

#endif
