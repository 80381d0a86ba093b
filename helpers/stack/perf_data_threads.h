/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_threads.h - the processes and threads of a recording: mappings, names */
#ifndef GOBPF_STACK_PERF_DATA_THREADS_H
#define GOBPF_STACK_PERF_DATA_THREADS_H

#include "stack/perf_data_maps.h"

struct pdata_thread {
	int32_t id;
	uint32_t comm;			/* pdata_maps_text(), 0: not known */
	struct pdata_space *space; /* of the process of that id, NULL: none of that id was seen */
};

struct pdata_threads {
	struct pdata_maps maps;
	struct pdata_thread *v;
	size_t n, cap;
	struct idmap by_id;
};

/* All return 0, -ENOMEM, or as perf_data_maps.h has it. */
int pdata_threads_init(struct pdata_threads *t);
void pdata_threads_free(struct pdata_threads *t);

/* A record about mappings, names, new threads; ignores others.  -EBADMSG: it makes no sense. */
int pdata_threads_record(struct pdata_threads *t, struct span record);

/* The address space of process pid, NULL: nothing is known of it. */
const struct pdata_space *pdata_threads_space(const struct pdata_threads *t, int32_t pid);
/* What thread tid is called, 0: not known. */
uint32_t pdata_threads_comm(const struct pdata_threads *t, int32_t tid);

#endif
