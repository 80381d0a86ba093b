/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines_priv.h - what the files that read goroutines share: where things are in g and m */
#ifndef GOBPF_GO_GOROUTINES_PRIV_H
#define GOBPF_GO_GOROUTINES_PRIV_H

#include "go/goroutines.h"

enum { G_SIZE_MAX = 1024, REASONS = 64, REASON_LEN = 64, TO_RUN_MAX = 16384 };

/* Offsets in g and m; those in the second group are NOT_THERE where this version doesn't have them. */
struct go_g_layout {
	uint32_t lo, hi, status, goid, gopc, startpc, m, labels, waitsince, reason, locked;
	uint32_t sp, pc, syscallsp, syscallpc, size;
	uint32_t m_procid, m_id, m_g0;
	uint32_t parent, seq, bubble, bubble_id, bubble_root;
	uint64_t allglen, allgptr, reasons;	/* run-time addresses */
	uint64_t to_run;		/* sched.timeToRun, 0: not there */
	uint32_t to_run_size;
	char reason_names[REASONS][REASON_LEN];	/* "" not read yet */
};
#define NOT_THERE UINT32_MAX

/* What a g's bytes say, l->size of them; addr, label_set, stack, stack_state and from stay as they are. */
void go_g_decode(const struct go_g_layout *l, const uint8_t *bytes, struct goroutine *g);

/* The sum of sched.timeToRun now; false: not known. */
bool go_g_ran(const struct go_g_reader *r, uint64_t *ret);

/* The words for what mem_each() and its like returned while `what' was read. */
int go_g_read_failed(const struct go_g_reader *r, int err, const char *what);

#endif
