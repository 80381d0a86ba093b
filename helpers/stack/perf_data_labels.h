/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_labels.h - what is known of a recording's samples besides their stacks, as labels */
#ifndef GOBPF_STACK_PERF_DATA_LABELS_H
#define GOBPF_STACK_PERF_DATA_LABELS_H

#include "stack/perf_data_threads.h"
#include "stack/perf_data_trace.h"
#include "stack/readers.h"

struct pdata_labels {
	struct reading *r;
	struct pdata_threads *threads;
	struct pdata_trace *trace;
	bool asked, comm, pid, tid, cpu, event, time;	/* which are wanted */
	struct pdata_label_key {
		uint64_t time;
		uint32_t comm, pid, tid, cpu, event, set;
	} *keys;
	size_t nkeys, keys_cap;
	struct idmap by_key;
	struct label *v;		/* the set being made */
	size_t n, cap;
	struct buf texts;		/* of fields */
};

void pdata_labels_free(struct pdata_labels *l);

/* The number of the sample's set of labels, those that are wanted. 0 or -ENOMEM. */
int pdata_labels_of(struct pdata_labels *l, const struct pdata_sample *s, uint32_t *ret);

#endif
