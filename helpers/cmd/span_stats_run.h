/* SPDX-License-Identifier: GPL-2.0-only */
/* span_stats_run.h - what the files of gobpf span-stats share */
#ifndef GOBPF_CMD_SPAN_STATS_RUN_H
#define GOBPF_CMD_SPAN_STATS_RUN_H

#include "go/spans.h"
#include "live.h"

struct ss_row {
	const struct go_span_class *c;
	bool noscan;
};

/* A column that rows can be sorted by, the largest first; NULL: by size, the smallest first. */
struct ss_sort {
	const char *name;
	uint64_t (*value)(const struct go_span_class *c);
};

struct ss_run {
	struct live live;
	const struct ss_sort *sort;
	struct go_spans spans;
	uint64_t unix_ns;
	struct ss_row rows[GO_SPAN_CLASSES];
	size_t nrows;
	struct go_span_class sum;
	uint64_t free_slots;	/* bytes */
};

/* NULL: none of that name. */
const struct ss_sort *ss_sort_find(const char *name);

/* 0 or -errno with words. */
int ss_print_table(struct ss_run *run, FILE *f);
int ss_print_json(struct ss_run *run, FILE *f);

#endif
