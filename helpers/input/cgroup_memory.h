/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup_memory.h - what a memory cgroup uses, may use and has had to do without */
#ifndef GOBPF_INPUT_CGROUP_MEMORY_H
#define GOBPF_INPUT_CGROUP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "input/cgroup.h"

#define CGROUP_UNKNOWN UINT64_MAX		/* this kernel or version does not say */
#define CGROUP_NO_LIMIT (UINT64_MAX - 1)

/* "some avg10=0.12 …": shares of time in percent, the sum of all in us (Documentation/accounting/psi.rst). */
struct cgroup_pressure {
	bool known;
	double avg10, avg60, avg300;
	uint64_t total_us;
};

/*
 * Bytes and counts, of the cgroup with those below it; CGROUP_UNKNOWN where not known.
 * Files of v2: Documentation/admin-guide/cgroup-v2.rst; of v1: cgroup-v1/memory.rst, which has no
 * high, counts hits of the limit in failcnt (and that of memory with swap in memsw.failcnt), its own
 * OOM kills only, and has no pressure.
 */
struct cgroup_memory {
	uint64_t current, peak, high, max;
	uint64_t swap, swap_max;
	/* parts of current */
	uint64_t anon, file, shmem, mapped, inactive_file, kernel, reclaimable;
	/* how often: slowed at high, stopped at max, found nothing to free there, killed for it */
	uint64_t at_high, at_max, ooms, oom_kills;
	struct cgroup_pressure some, full;
};

/* Text of one file, to be free()d, and 0; or -errno. */
typedef int cgroup_reader(void *ctx, const char *file, char **ret);

/* Everything that read() gives, of a cgroup of that version; false: it has no memory files at all (a root of v2). */
bool cgroup_memory_read(int version, cgroup_reader *read, void *ctx, struct cgroup_memory *ret);

/* Two lines as in memory.pressure. */
void cgroup_pressure_parse(const char *text, struct cgroup_pressure *some, struct cgroup_pressure *full);

#endif
