/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup_memory_run.h - what the files of gobpf cgroup-memory share */
#ifndef GOBPF_CMD_CGROUP_MEMORY_RUN_H
#define GOBPF_CMD_CGROUP_MEMORY_RUN_H

#include "input/cgroup_memory.h"
#include "live.h"

/* The process's cgroup first, then those above it. */
struct cgmem_level {
	char *path;
	struct cgroup_memory memory;
};

/*
 * What a container of this size should ask for: what can't be given up without swap (base), the
 * files that are mapped, since code that isn't in memory is read again and again, and headroom.
 */
struct cgmem_request {
	uint64_t base, mapped, headroom, bytes;	/* bytes: their sum in whole MiB; CGROUP_UNKNOWN */
};

struct cgmem_run {
	struct live live;
	double headroom;	/* percent */
	struct cgroup cgroup;
	struct cgmem_level *levels;
	size_t nlevels;
	size_t nearest;		/* the level whose limit leaves least; nlevels: none has a limit */
	struct cgmem_request request;
	struct cgroup_pressure some, full;	/* of the whole machine */
};

/* Bytes left below the limit; CGROUP_NO_LIMIT, CGROUP_UNKNOWN. */
uint64_t cgmem_left(const struct cgroup_memory *m);

/* What the kernel can't simply drop: current less inactive file pages; CGROUP_UNKNOWN. */
uint64_t cgmem_working_set(const struct cgroup_memory *m);

/* 0 or -errno with words. */
int cgmem_write(void *run, FILE *f);

#endif
