/* SPDX-License-Identifier: GPL-2.0-only */
/* specials.h - what objects of the heap have attached to them, and the queue of finalizers */
#ifndef GOBPF_GO_SPECIALS_H
#define GOBPF_GO_SPECIALS_H

#include "go/process.h"

/*
 * Each span has a list of special records, by offset of the object (runtime/mheap.go, special, addspecial).
 * Finalizers whose objects were found dead are in blocks, of which each counts down as they are run
 * (runtime/mfinal.go, queuefinalizer, runFinalizers: cnt is stored when one has returned); in 1.24
 * cleanups, too.  Since 1.25 these have a queue of their own (runtime/mcleanup.go, readQueueStats), of which
 * only totals are read: how many were queued, by each P, and how many were run, by blocks.
 */
enum go_special_kind {
	SPECIAL_FINALIZER, SPECIAL_CLEANUP, SPECIAL_WEAK_HANDLE, SPECIAL_PROFILE, SPECIAL_REACHABLE,
	SPECIAL_PIN_COUNTER, SPECIAL_TINY_BLOCK, SPECIAL_CHECK_FINALIZER, SPECIAL_BUBBLE, SPECIAL_SECRET,
	SPECIAL_KINDS,
};

struct go_specials {
	bool has[SPECIAL_KINDS];	/* this version knows that kind */
	uint64_t n[SPECIAL_KINDS];
	uint64_t torn;			/* spans whose lists changed each time they were read: counted nowhere */
	uint64_t queued;		/* finalizers to be run, the one that runs included */
	bool cleanups_known;		/* since 1.25 */
	uint64_t cleanups;		/* to be run, and those before them in blocks that are being run */
};

/* "finalizer", "weak handle" */
const char *go_special_name(enum go_special_kind kind);

/* 0, or -errno with words: ENOEXEC when this Go's structures are not known; ESRCH, EPERM, EIO. */
int go_specials_read(struct go_process *p, struct go_specials *ret);

#endif
