/* SPDX-License-Identifier: GPL-2.0-only */
/* waits.h - between what times goroutines began to wait, from repeated readings */
#ifndef GOBPF_GO_WAITS_H
#define GOBPF_GO_WAITS_H

#include "go/goroutines.h"

/*
 * A goroutine that was not waiting at one reading and waits at the next began in between: from then on
 * its age has two bounds, as long as it is certain that it has not run again.  That is certain when
 * - a garbage collection has stamped it, and the stamp is the same (runtime/proc.go, execute() takes it
 *   away when the goroutine runs), or
 * - it has left `running' as often as before, modulo 256 (g.trackingSeq), and too few goroutines ran for
 *   one of them to have done so 256 times: one in eight of these ends in sched.timeToRun
 *   (runtime/proc.go, casgstatus(); so not for coroutines and system calls, which are not counted).
 * Times are CLOCK_MONOTONIC, as the runtime's.
 */
struct go_wait {
	uint64_t after_ns;	/* it began later than this; 0: not known */
	uint64_t before_ns;	/* and before this */
};

struct go_waits {
	struct go_wait *v;	/* as go_goroutines.v of the last reading */
	struct go_wait_seen {	/* what was seen of each at the last reading */
		uint64_t goid;
		int64_t waitsince_ns;
		uint8_t status, reason, seq;
	} *seen;
	size_t n;
	uint64_t begin_ns, ran_begin;	/* of the last reading; begin_ns 0: there was none */
	bool ran_known;
};

/* Zero-initialise; call after each reading.  0 or -ENOMEM. */
int go_waits_update(struct go_waits *w, struct go_g_reader *r, const struct go_goroutines *gs);
void go_waits_free(struct go_waits *w);

#endif
