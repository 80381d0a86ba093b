/* SPDX-License-Identifier: GPL-2.0-only */
/* duty.h - runs a collector in bursts within its overhead budget */
#ifndef GOBPF_COLLECT_DUTY_H
#define GOBPF_COLLECT_DUTY_H

#include <stdint.h>

#include "collect/attach.h"
#include "collect/budget.h"

/* What the caller of a collector gives: time and the target's CPU clock. */
struct duty_clock {
	/*
	 * Sleeps until the time (CLOCK_MONOTONIC ns; 0: for ever). Non-zero ends
	 * the window: Ctrl-C, the target exited or is another program by now.
	 */
	int (*wait)(void *arg, uint64_t until_ns);
	/* CPU time of the whole process, ns; 0 when unknown. */
	uint64_t (*cpu_ns)(void *arg);
	void *arg;
};

enum duty_gate { DUTY_SHUT, DUTY_BURST, DUTY_STAY };

/* Totals since the program was loaded. */
struct duty_counts {
	uint64_t hits;		/* all, those too that found the gate shut */
	uint64_t closed;	/* those */
	uint64_t run_ns;	/* time spent in the programs */
};

/* What a collector gives. */
struct duty_ops {
	/* Programs return at once while it is shut, else they note which it was. */
	void (*gate)(void *ctx, enum duty_gate gate);
	void (*counts)(void *ctx, struct duty_counts *ret);
	/* After the gate was shut: does no program count any more? */
	bool (*quiet)(void *ctx);
	/*
	 * No program counts: take what was counted, that of the burst times
	 * weight, that of the stay as it is. 0 or -errno with words.
	 */
	int (*drain)(void *ctx, double weight);
};

struct duty {
	/* the caller's */
	struct attach *attach;
	const struct duty_ops *ops;
	void *ctx;
	const struct duty_clock *clock;
	double max_overhead;		/* 0.01; 0: always on */

	/* results */
	struct budget budget;
	double trap_ns;			/* measured: a hit without our program; 0: not yet */
	struct duty_counts counts;
	uint64_t start_ns;		/* CLOCK_MONOTONIC: the window began, we were attached */
	uint64_t window_ns, on_ns;	/* on_ns: the gate was open */
	uint64_t bursts;
	int stopped;			/* what wait() returned, 0 when the time was over */

	/* private */
	uint64_t on_hits, on_since, booked_ns, cpu_start_ns;
	uint64_t closed;		/* hits outside a burst, not booked yet */
	double weight;			/* of a burst that became a stay */
	bool staying;
};

/*
 * Runs for window_ns (0: until wait() says so).  The caller takes the
 * breakpoints out, which can take the kernel longer than people want to wait for results:
 * attach_off().  A target that goes away in mid-window ends the window, which
 * is no error unless nothing was begun.  0 or -errno with words.
 */
int duty_run(struct duty *d, uint64_t window_ns);

/*
 * Instead of a run: 50 ms of the target's CPU time (200 ms when it uses less),
 * to say what being on all the time would cost: 0.25 means that its work takes
 * 1.25 times the CPU time.  At most 99.
 */
int duty_measure(struct duty *d, double *ret_slowdown);

#endif
