/* SPDX-License-Identifier: GPL-2.0-only */
/* sched.h - what a Go process's scheduler is doing: processors, threads, queues, goroutines by state */
#ifndef GOBPF_GO_SCHED_H
#define GOBPF_GO_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "go/goroutines.h"
#include "go/process.h"

/* runtime/runtime2.go: _MaxGomaxprocs was 1024; since 1.10 there is no limit but that of int32. */
#define GO_P_MAX 4096

/* The Ps: allp, whose length is GOMAXPROCS. */
struct go_ps {
	uint64_t addr[GO_P_MAX];
	unsigned n;
};

/* allp: run-time address of runtime.allp.  0, or -errno with words. */
int go_ps_read(struct go_process *p, uint64_t allp, struct go_ps *ret);

/*
 * Each number is true of its own moment, all of these within some microseconds (goroutines: 100,000
 * in 10 ms).  Sources: runtime/proc.go (gcount, schedtrace, mcount), runtime/runtime2.go
 * (p, schedt), runtime/metrics.go (schedStatsAggregate), runtime/time.go (timers), runtime/mfinal.go (finq).
 */
struct go_sched {
	/* processors, by what they do; their sum is gomaxprocs */
	unsigned gomaxprocs, p_idle, p_running, p_syscall, p_gcstop;
	/* goroutines that wait to run */
	uint64_t runq_global, runq_local, runq_longest;	/* longest: of one P */
	/* threads that the runtime made; those that C code brought and that call Go are among them */
	uint64_t threads, threads_idle, threads_idle_locked, threads_spinning;
	bool gc_waiting;		/* the world is being stopped */
	bool sysmon_sleeps;		/* nothing to watch: all Ps are idle */

	uint64_t goroutines;		/* as runtime.NumGoroutine() */
	uint64_t system_goroutines;	/* of the runtime itself, not among these */
	uint64_t by_status[G_STATUSES];	/* both kinds; G_DEAD: g's that wait to be used again */
#define GO_REASONS 64
	uint64_t by_reason[GO_REASONS];	/* of those waiting; see go_wait_reason() */

	uint64_t timers;		/* in the Ps' heaps, stopped ones that are still there among them */
	uint64_t finalizers;		/* to be run, but for the batch that is being run */
	bool finalizers_known;
	int64_t init_ns;		/* CLOCK_MONOTONIC, when the runtime was ready to run main.init */
	uint64_t mem_profile_rate;	/* bytes; 0: off */
	uint64_t block_profile_rate;	/* CPU ticks; 0: off */
	uint64_t mutex_profile_rate;	/* 1 of so many; 0: off */
};

struct go_sched_reader {
	struct go_process *p;
	struct go_sched_layout *layout;
};

/* 0, or -errno with words: ENOEXEC when this Go's structures are not known. */
int go_sched_open(struct go_sched_reader *r, struct go_process *p);
void go_sched_close(struct go_sched_reader *r);

/* 0, or -errno with words: ESRCH, EPERM, EIO. */
int go_sched_read(struct go_sched_reader *r, struct go_sched *ret);

#endif
