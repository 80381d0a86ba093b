/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_maps.h - what the addresses of perf script text lie in */
#ifndef GOBPF_STACK_PERF_MAPS_H
#define GOBPF_STACK_PERF_MAPS_H

#include "stack/idmap.h"
#include "stack/perf_text.h"
#include "stack/profile.h"

/*
 * From Linux 5.5 on perf prints where in its file user code lies, before that (and in
 * the kernel always) its address (evsel_fprintf.c).  The text does not say which; but an
 * address below the lowest that anything is linked to or mapped at must be the former.
 * So a mapping is one of
 *	addresses of a PID that a line PERF_RECORD_MMAP has told of
 *	places in a file: start 0, limit UINT64_MAX, offset 0 - decided at the end
 *	a file alone, with an anchor when a symbol with its offset was met.
 */
struct perf_maps {
	struct perf_known {
		int64_t pid;
		uint64_t start, limit;
		uint32_t mapping;	/* its number in the profile */
	} *known;
	size_t nknown, known_cap;
	struct perf_file {
		const char *path;	/* interned */
		int64_t pid;		/* -1: the same in all */
		uint32_t mapping;
		bool kernel;
	} *files;
	size_t nfiles, files_cap;
	struct idmap by_path;
	struct perf_space {
		int64_t pid;
		uint32_t changes;	/* lines PERF_RECORD_MMAP of it */
	} *spaces;
	size_t nspaces, spaces_cap;
	struct idmap by_pid;
	bool in_files;		/* seen: an address that can only be a place in a file */
	bool per_process;	/* seen: one that means nothing without its process */
};

void perf_maps_free(struct perf_maps *m);

/* A line PERF_RECORD_MMAP. 0 or -ENOMEM. */
int perf_maps_add(struct perf_maps *m, struct profile *p, const struct perf_mmap *mm);

/*
 * The number of the mapping that a frame's address lies in; 0: unknown.  pid -1: unknown;
 * a thread's will do.  0 or -ENOMEM.
 */
int perf_maps_of(struct perf_maps *m, struct profile *p, const struct perf_frame *f, int64_t pid,
		 bool kernel, uint32_t *ret);

/*
 * A number for what PID's addresses mean now: while it is the same, the same line of
 * text is the same frame. 0 as long as they mean the same in all processes.
 */
uint64_t perf_maps_space(const struct perf_maps *m, int64_t pid);

/* At the end: the mappings get what only the whole input says. */
void perf_maps_settle(struct perf_maps *m, struct profile *p);

#endif
