/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_labels.h - what perf script text says of a sample besides its stack, as a set of labels */
#ifndef GOBPF_STACK_PERF_LABELS_H
#define GOBPF_STACK_PERF_LABELS_H

#include "base/buf.h"
#include "stack/perf_cache.h"
#include "stack/perf_text.h"
#include "stack/readers.h"

/* What makes two sets differ; all of its bytes are compared. */
struct perf_labels_key {
	struct perf_key comm;
	int64_t pid, tid, cpu;
	const char *event;
	uint64_t time;
};

struct perf_labels {
	bool any, comm, pid, tid, cpu, event, time;	/* wanted */
	struct perf_cache sets;
	struct buf last_comm;
	struct perf_key comm_key;
	struct perf_labels_key last;
	uint32_t last_set;
	bool has_last;
};

/* False when out of memory. */
bool perf_labels_begin(struct perf_labels *l, const struct reading *r);
void perf_labels_free(struct perf_labels *l);

/* The number of the set for a header; event: its name without modifiers, interned. 0 or -ENOMEM. */
int perf_labels_of(struct perf_labels *l, const struct reading *r, const struct perf_header *h,
		   const char *event, uint32_t *ret);

#endif
