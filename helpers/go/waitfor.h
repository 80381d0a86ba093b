/* SPDX-License-Identifier: GPL-2.0-only */
/* waitfor.h - which goroutines wait for which channels and locks, and who has these on its stack */
#ifndef GOBPF_GO_WAITFOR_H
#define GOBPF_GO_WAITFOR_H

#include "go/goroutines.h"

/*
 * A goroutine that waits for channels has a list of sudogs, one for each (g.waiting, runtime/runtime2.go); one that
 * waits for a lock or a WaitGroup is in a tree of sudogs by address (runtime/sema.go, semtable).  The runtime
 * records nobody who holds a lock or could send: what is known is in whose stacks the address stands.
 * That is no proof of holding, and not standing there no proof that nobody could.
 */
enum go_wait_kind {
	GO_WAIT_CHAN, GO_WAIT_MUTEX, GO_WAIT_RWMUTEX, GO_WAIT_WAITGROUP, GO_WAIT_SEMAPHORE,
};

struct go_wait_object {
	uint64_t addr;		/* of the hchan, Mutex, RWMutex, WaitGroup; of the semaphore when it is none of these */
	uint64_t lo, hi;	/* pointers into this range refer to it: the heap object that it is in */
	enum go_wait_kind kind;
	/* of a channel: filled, room, closed, fed by a timer; the rest: its words of state */
	uint64_t len, cap, state;
	bool closed, timer;
	uint32_t readers;	/* of an RWMutex */
	uint32_t first, n;	/* waiters: go_wait_graph.waiters[first .. first + n) */
	uint32_t first_ref, nrefs;	/* refs[first_ref .. first_ref + nrefs): others with it on their stack */
};

struct go_wait_graph {
	struct go_wait_object *objects;
	size_t nobjects, objects_cap;
	/* all by object; numbers are of go_goroutines.v */
	struct go_waiter {
		uint32_t object, g;
	} *waiters, *refs;
	size_t nwaiters, waiters_cap, nrefs, refs_cap;
	/* of each goroutine */
	struct go_waiting {
		bool waits;	/* for objects, all of which are known, and did so while they were looked at */
		bool stuck;	/* all that have these on their stacks are stuck, too, and there is one for each */
		uint32_t cycle;	/* those with the same number, not 0, wait for each other */
	} *v;
	size_t n;
	uint32_t ncycles;
	size_t changed;		/* goroutines that went on while they were looked at */
};

/* 0, or -errno with words: ENOEXEC when this Go's structures are not known.  Free it also after a failure. */
int go_wait_graph_read(struct go_g_reader *r, struct go_goroutines *gs, struct go_wait_graph *ret);
void go_wait_graph_free(struct go_wait_graph *w);

/* struct go_waiter by object, then by goroutine, for qsort(). */
int go_waiter_order(const void *a, const void *b);

/* For go_wait_graph_read(): fills in refs, stuck and cycle.  0 or -errno without words. */
int go_wait_refs(struct go_g_reader *r, struct go_goroutines *gs, struct go_wait_graph *w);

/* For ever, by the language: a nil channel, a select without cases. */
bool go_waits_for_ever(struct go_g_reader *r, const struct goroutine *g);

#endif
