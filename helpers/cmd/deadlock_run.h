/* SPDX-License-Identifier: GPL-2.0-only */
/* deadlock_run.h - what the files of gobpf deadlock share */
#ifndef GOBPF_CMD_DEADLOCK_RUN_H
#define GOBPF_CMD_DEADLOCK_RUN_H

#include "base/buf.h"
#include "go/goroutines.h"
#include "go/waitfor.h"
#include "live.h"

struct d_run {
	struct live live;
	struct go_g_reader reader;
	struct symboliser symboliser;
	struct go_goroutines gs;
	struct go_wait_graph graph;
	size_t waiting, stuck, for_ever;	/* goroutines */
};

/* The innermost function that is the program's own: "main.(*T).f main.go:7"; "?" when there is none. */
void d_add_site(struct d_run *run, struct buf *b, const struct goroutine *g);

const char *d_kind(const struct go_wait_object *o);
/* "locked, 3 wait", "unbuffered", "counter 2" */
void d_add_state(struct buf *b, const struct go_wait_object *o);

/* Objects with the most waiters first; NULL: out of memory.  Caller frees. */
uint32_t *d_order(const struct go_wait_graph *w);

/* 0 or -errno with words. */
int d_print_table(struct d_run *run, FILE *f);
int d_print_json(struct d_run *run, FILE *f);

#endif
