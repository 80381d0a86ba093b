/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_order.h - records of several CPUs, put in the order of their times */
#ifndef GOBPF_STACK_PERF_DATA_ORDER_H
#define GOBPF_STACK_PERF_DATA_ORDER_H

#include "base/buf.h"
#include "base/span.h"

/*
 * perf writes what is in each CPU's buffer, one CPU after the other, then
 * PERF_USER_FINISHED_ROUND.  Whatever comes after that is newer than all that was written
 * in the rounds before the last one (tools/perf/util/session.c, process_finished_round).
 * Samples among themselves need no order; only what changes the meaning of samples does, so
 * there is nothing to sort in a round without that.
 */
struct pdata_order {
	struct pdata_waiting {
		uint64_t time, offset;	/* offset: where in the file it stands */
		size_t at;		/* in bytes[] */
		uint16_t len;
		bool changes;
	} *waiting, *due;
	size_t n, cap, due_cap;
	struct buf bytes[2];		/* the records; [current] */
	unsigned current;
	uint64_t newest, round;		/* the newest time, and what it was at the last round */
	/* 0, or -errno to give up */
	int (*deliver)(void *ctx, struct span record, uint64_t offset);
	void *ctx;
};

void pdata_order_free(struct pdata_order *o);
/* Keeps a copy until its time comes.  changes: does it change what samples mean?  All: 0 or -errno. */
int pdata_order_add(struct pdata_order *o, uint64_t time, struct span record, uint64_t offset,
		    bool changes);
int pdata_order_round(struct pdata_order *o);
/* Delivers all that waits. */
int pdata_order_end(struct pdata_order *o);

#endif
