/* SPDX-License-Identifier: GPL-2.0-only */
/* vma_gaps_run.h - what the files of gobpf vma-gaps share */
#ifndef GOBPF_CMD_VMA_GAPS_RUN_H
#define GOBPF_CMD_VMA_GAPS_RUN_H

#include "live.h"

struct gap {
	uint64_t start, end;
};

/* Holes larger than those of the bin before, of at most so many bytes. */
struct gap_bin {
	uint64_t most;
	uint64_t count, bytes;
};

/* What a new mapping must fit into. */
enum gaps_limit {
	LIMIT_HOLE,	/* a hole of the address space */
	LIMIT_AS,	/* RLIMIT_AS */
	LIMIT_COUNT,	/* vm.max_map_count: all or nothing */
	LIMIT_RESERVE,	/* of these above: address space without memory (PROT_NONE) */
	LIMIT_DATA = LIMIT_RESERVE,	/* RLIMIT_DATA */
	LIMIT_COMMIT,	/* vm.overcommit_memory */
	LIMITS,
};

/*
 * A hole below the stack is smaller by the guard that the kernel keeps there
 * (mm/mmap.c, stack_guard_gap: 256 pages).
 */
#define GAPS_STACK_GUARD (256 * 4096ull)

struct gaps_run {
	struct live live;
	uint64_t fine, tight, critical;

	struct maps maps;
	uint64_t lowest;	/* vm.mmap_min_addr: the first address that can be mapped */
	uint64_t mappings, anonymous, most_mappings;
	uint64_t holes;
	struct gap largest, largest_anonymous;
	struct gap_bin bins[7];
	struct {
		uint64_t bytes;		/* UINT64_MAX: no limit */
		const char *unknown;	/* why it is not known; NULL: it is */
		char about[96];		/* the numbers it comes from */
	} limits[LIMITS];
	/* the smallest of the limits; LIMITS: not known, as one of them isn't */
	enum gaps_limit reserve, usable;
};

/* Reads all limits but the hole's: 0 or -errno with words. */
int gaps_limits_read(struct gaps_run *run);
/* Finds the smallest. */
void gaps_limits_apply(struct gaps_run *run);

/* "fine", "fair", "tight", "critical", "unknown" */
const char *gaps_verdict(const struct gaps_run *run);

/* 0 or -errno with words. */
int gaps_write(void *run, FILE *f);

#endif
