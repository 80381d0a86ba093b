/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines.h - all goroutines of a live process with their stacks, read from its memory while it runs */
#ifndef GOBPF_GO_GOROUTINES_H
#define GOBPF_GO_GOROUTINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "go/labels.h"
#include "go/process.h"
#include "go/unwind.h"

/*
 * runtime.allgs lists every g that ever was; a g is read, then its stack, then the g again.  Only
 * when nothing of it changed in between, and the frame pointers in the stack form a chain, the
 * stack is believed; else both are read again, a bounded number of times.  Sources:
 * runtime/runtime2.go (g, status), runtime/proc.go (allgs, newproc1, goschedIfBusy),
 * runtime/traceback.go (which pc and sp count, goroutineheader).
 */
enum go_status {
	G_IDLE = 0, G_RUNNABLE = 1, G_RUNNING = 2, G_SYSCALL = 3, G_WAITING = 4, G_DEAD = 6,
	G_COPYSTACK = 8, G_PREEMPTED = 9,
	G_LEAKED = 10, G_DEADEXTRA = 11,	/* since 1.26 */
	G_STATUSES = 12,
};

enum go_stack_state {
	GO_STACK_WHOLE,
	GO_STACK_CUT,		/* deeper than what was read: the outer frames are missing */
	GO_STACK_PARTIAL,	/* up to where it came from another stack, or to foreign code */
	GO_STACK_RUNNING,	/* the goroutine runs: its frames are in registers */
	GO_STACK_TORN,		/* changed each time it was read */
	GO_STACK_UNREADABLE,
};

/* Where a stack's innermost frame was found. */
enum go_stack_from {
	GO_FROM_MEMORY,		/* the runtime put it down when the goroutine left its thread */
	GO_FROM_SAMPLE,		/* its thread was interrupted by a perf event (go/running.h) */
	GO_FROM_KERNEL,		/* its thread sleeps in a system call that the runtime doesn't know of */
};

struct goroutine {
	uint64_t addr;			/* of its g */
	uint64_t goid, parent;		/* parent: 0 unknown (before 1.21, or none) */
	uint64_t gopc, startpc;		/* run-time addresses: behind its go statement; its function */
	uint64_t m;			/* address of its m, 0: none */
	uint64_t labels;		/* address of its pprof labels, 0: none */
	uint64_t bubble;		/* address of its synctest bubble, 0: none */
	int64_t waitsince_ns;		/* CLOCK_MONOTONIC; 0: not known; set by a GC that found it waiting */
	uint64_t pc, sp, lo, hi;	/* where its stack begins, and between what it lies */
	uint32_t label_set;		/* go_goroutines.labels.sets[label_set], or GO_LABELS_UNKNOWN */
	uint32_t stack;			/* go_goroutines.stacks[stack]; none when npcs there is 0 */
	uint8_t status, reason;		/* enum go_status; number of the wait reason */
	uint8_t stack_state;		/* enum go_stack_state */
	uint8_t from;			/* enum go_stack_from */
	uint8_t seq;			/* how often it left `running', modulo 256 (g.trackingSeq) */
	bool locked;			/* to its thread */
};

struct go_goroutines {
	struct goroutine *v;		/* by goid; dead ones are left out */
	size_t n;
	/* different stacks, each once: all return addresses, see go_unwind() */
	struct go_stack_pcs {
		uint64_t first;
		uint32_t n;
	} *stacks;
	size_t nstacks, stacks_cap;
	uint64_t *pcs;
	size_t npcs, pcs_cap;
	struct go_label_table labels;
	size_t dead;			/* g's that wait to be used again */
	size_t torn, rereads;		/* stacks given up, stacks read more than once */
	uint64_t time_ns, end_ns;	/* CLOCK_MONOTONIC, when reading began and ended */
	/* sum of the runtime's histogram sched.timeToRun then; not in all versions */
	uint64_t ran_begin, ran_end;
	bool ran_known;
};

/* What reading needs to know of a process: found once, used for each reading. */
struct go_g_reader {
	struct go_process *p;
	struct go_unwinder unwinder;
	struct go_g_layout *layout;
};

/* 0, or -errno with words: ENOEXEC when this Go's structures are not known. */
int go_g_reader_open(struct go_g_reader *r, struct go_process *p);
void go_g_reader_close(struct go_g_reader *r);

/* All goroutines now; 0, or -errno with words.  Free what was read also after a failure. */
int go_goroutines_read(struct go_g_reader *r, struct go_goroutines *ret);
void go_goroutines_free(struct go_goroutines *gs);

/* "waiting", "running", …; "???" for numbers that no version has. */
const char *go_status_name(unsigned status);

/*
 * The wait reason's name as the target itself has it ("chan receive"), "" for none, "???"
 * for a number that it doesn't know.  Valid until the reader is closed.
 */
const char *go_wait_reason(struct go_g_reader *r, unsigned reason);

/*
 * The number by which Go names a goroutine's synctest bubble (its own since 1.25, in 1.24 its root
 * goroutine's); 0: it is in none, or that is not known.
 */
uint64_t go_bubble(struct go_g_reader *r, const struct goroutine *g);

/* The thread that an m is: its ID in the target's PID namespace, 0 when unknown; *ret_id is the m's number. */
uint64_t go_m_thread(struct go_g_reader *r, uint64_t m, int64_t *ret_id);

#endif
