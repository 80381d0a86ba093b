/* SPDX-License-Identifier: GPL-2.0-only */
/* stats_run.h - what the files of gobpf stats share */
#ifndef GOBPF_CMD_STATS_RUN_H
#define GOBPF_CMD_STATS_RUN_H

#include "go/gcstats.h"
#include "go/goroutines.h"
#include "go/memstats.h"
#include "go/sched.h"
#include "live.h"

/* One look. */
struct stats {
	struct go_memstats mem;
	struct go_gcstats gc;
	struct go_sched sched;
	uint64_t unix_ns, now_ns;	/* when: Unix time; CLOCK_MONOTONIC */
	uint64_t kernel_threads;	/* 0: not known */
};

struct stats_run {
	struct live live;
	struct go_memstats_reader mem;
	struct go_gc_reader gc;
	struct go_sched_reader sched;
	struct go_g_reader reasons;	/* for their names */
	bool cgo;
	struct stats now, before;	/* before: of the last look, if rounds > 0 */
};

/* What happened between two looks, per second. */
struct stats_rates {
	double seconds;
	double alloc_bytes, mallocs, frees;
	double gcs;			/* per minute */
	uint64_t gcs_n, pause_ns;	/* in between */
};
struct stats_rates stats_rates(const struct stats_run *run);

/* The first page; then a line for each look more.  0 or -errno with words. */
int stats_print_page(struct stats_run *run, FILE *f);
void stats_print_line(struct stats_run *run, FILE *f);

/* An object; on one line when there may be more.  0 or -errno with words. */
int stats_print_json(struct stats_run *run, FILE *f);

#endif
