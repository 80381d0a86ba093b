/* SPDX-License-Identifier: GPL-2.0-only */
/* bt_golang.h - what Go's words in a bpftrace text mean for one process */
#ifndef GOBPF_BT_GOLANG_H
#define GOBPF_BT_GOLANG_H

#include "go/process.h"
#include "script/golang.h"

/* Fills ret for the process, which outlives it. */
void bt_golang(struct go_process *p, struct golang *ret);

/* Does a function's name match a go: pattern (script/golang.h)? */
bool bt_name_matches(const char *pattern, const char *name);

/* The functions whose names are nearest to one that isn't there, ", " between them; "" when none is near. */
#define BT_NEAR_WORDS 1024
void bt_near(const struct go_file *g, const char *name, char ret[BT_NEAR_WORDS]);

#endif
