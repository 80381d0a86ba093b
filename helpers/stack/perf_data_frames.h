/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_frames.h - recorded addresses to frames of the profile */
#ifndef GOBPF_STACK_PERF_DATA_FRAMES_H
#define GOBPF_STACK_PERF_DATA_FRAMES_H

#include "stack/perf_data_maps.h"

/*
 * Each address of a mapping is one frame.  A recording asks for a frame millions of times, so what is
 * compared stands in the table itself, and the area of the address before is tried first.
 */
struct pdata_frames {
	struct profile *profile;
	struct pdata_maps *maps;
	struct pdata_frame {
		uint64_t addr;
		uint32_t mapping;	/* the profile's number, 0: none */
		uint32_t frame;		/* (number + 1) << 2 | kernel << 1 | exact; 0: free */
	} *v;
	size_t n;
	unsigned bits;			/* log2 of how many there is room for */
	struct pdata_near {
		uint64_t generation, start, end;
		uint32_t mapping;	/* the profile's number */
	} near[2];			/* of addresses of users and of the kernel */
};

void pdata_frames_free(struct pdata_frames *f);

/* The rest of pdata_frames_at(). */
int pdata_frames_find(struct pdata_frames *f, const struct pdata_space *space, uint64_t addr,
		      uint32_t kind, uint32_t *ret);

static inline size_t pdata_frames_place(const struct pdata_frames *f, uint64_t addr, uint32_t mapping)
{
	return ((addr ^ (uint64_t)mapping << 40) * 0x9e3779b97f4a7c15) >> (64 - f->bits);
}

/*
 * The number of the frame of addr in that space, which is NULL when it isn't known.  exact: addr is
 * what was to run next; else the call is before it.  0 or -ENOMEM.
 */
static inline int pdata_frames_at(struct pdata_frames *f, const struct pdata_space *space,
				  uint64_t addr, bool kernel, bool exact, uint32_t *ret)
{
	const struct pdata_near *near = &f->near[kernel];
	uint32_t kind = kernel << 1 | exact;

	if (space && near->generation == space->generation && addr - near->start < near->end - near->start) {
		const struct pdata_frame *v = &f->v[pdata_frames_place(f, addr, near->mapping)];

		if (v->addr == addr && v->mapping == near->mapping && v->frame && (v->frame & 3) == kind) {
			*ret = (v->frame >> 2) - 1;
			return 0;
		}
	}
	return pdata_frames_find(f, space, addr, kind, ret);
}

/* Addresses that will be asked for, 8 bytes each: their memory may come meanwhile. */
void pdata_frames_soon(const struct pdata_frames *f, struct span addrs);

#endif
