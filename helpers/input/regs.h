/* SPDX-License-Identifier: GPL-2.0-only */
/* regs.h - where threads are, without stopping them: registers and stack of one moment */
#ifndef GOBPF_INPUT_REGS_H
#define GOBPF_INPUT_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "input/target.h"

enum { REGS_STACK = 32 << 10, REGS_THREADS = 64 };

/* What one interrupt of the thread saw, in user mode: all of the same moment.  x86-64. */
struct regs_sample {
	pid_t tid;
	uint64_t pc, sp, r14;
	const uint8_t *stack;	/* from sp on; valid until the next call */
	size_t len;		/* at most REGS_STACK */
};

/*
 * One sample of each of n threads (at most REGS_THREADS) that run within wait_ns, by a perf event each
 * (perf_event_open(2): cpu-clock, user mode only, disabled by its first overflow); got() is called for those
 * that did.  Threads that sleep, are in the kernel or have ended give none.  0; -EPERM without words
 * when perf events are not permitted (kernel.perf_event_paranoid, CAP_PERFMON), -EOPNOTSUPP on
 * machines other than x86-64 and kernels without them; or -errno.
 */
int regs_sample(const pid_t *tids, size_t n, uint64_t wait_ns,
		void (*got)(void *ctx, size_t i, const struct regs_sample *s), void *ctx);

/*
 * A thread that sleeps in a system call (/proc/PID/task/TID/syscall), and how often it was
 * switched out: if a second look gives the same, it has not run in between.
 */
struct regs_blocked {
	uint64_t sp, pc;
	uint64_t switches;
};

/* False when it doesn't sleep, or that can't be read. */
bool regs_blocked(const struct target *t, pid_t tid, struct regs_blocked *ret);

/* The thread that the target itself calls ns_tid, by our numbers; 0: there is none. */
pid_t regs_thread(const struct target *t, uint64_t ns_tid);

#endif
