/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_threads.h - which processes and threads a recording has seen, and what they were called */
#ifndef GOBPF_STACK_PERF_DATA_THREADS_H
#define GOBPF_STACK_PERF_DATA_THREADS_H

#include "stack/perf_data_maps.h"

struct perf_thread {
	int32_t id;
	uint32_t comm;			/* perf_data_maps_text(), 0: not known */
	struct perf_space *space;	/* of the process of that id, NULL: none of that id was seen */
};

struct perf_threads {
	struct perf_data_maps maps;
	struct perf_thread *v;
	size_t n, cap;
	struct idmap by_id;
};

/* All return 0, -ENOMEM, or as perf_data_maps.h has it. */
int perf_threads_init(struct perf_threads *t);
void perf_threads_free(struct perf_threads *t);

/* A record of the kernel's about mappings, names, new threads; others are ignored.  -EBADMSG: it makes no sense. */
int perf_threads_record(struct perf_threads *t, struct span record);

/* The address space of process pid, NULL: nothing is known of it. */
const struct perf_space *perf_threads_space(const struct perf_threads *t, int32_t pid);
/* What thread tid is called, 0: not known. */
uint32_t perf_threads_comm(const struct perf_threads *t, int32_t tid);

#endif
