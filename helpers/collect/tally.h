/* SPDX-License-Identifier: GPL-2.0-only */
/* tally.h - stacks by their 64-bit hash, summed over bursts */
#ifndef GOBPF_COLLECT_TALLY_H
#define GOBPF_COLLECT_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct tally_stack {
	uint64_t key;
	uint64_t *frames;	/* leaf first */
	unsigned nframes;
	unsigned tag;		/* the collector's, part of what the key stands for */
	uint64_t hits;
	double values[2];
};

/* Zero-initialise. */
struct tally {
	struct tally_stack *v;	/* in order of arrival */
	size_t n, cap;
	uint32_t *slots;	/* index into v plus one */
	size_t nslots;		/* a power of two */
};

/* The stack of that key, new ones with a copy of the frames; NULL when out of memory. */
struct tally_stack *tally_at(struct tally *t, uint64_t key, const uint64_t *frames,
			     unsigned nframes);
void tally_free(struct tally *t);

#endif
