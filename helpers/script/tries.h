/* SPDX-License-Identifier: GPL-2.0-only */
/* tries.h - what a bpftrace can do, found out by trying */
#ifndef GOBPF_SCRIPT_TRIES_H
#define GOBPF_SCRIPT_TRIES_H

#include "script/bpftrace.h"

/*
 * Runs it on a program that uses everything.  It names the lines that it does not
 * understand; those are taken out, and it is run again, until it has nothing to say: one
 * start for the newest version, seven for 0.17, 0.1 to 0.5 s each.  Nobody's process
 * is touched: BEGIN is its own, and the two probes go to a file that nobody runs.
 *
 * Changes b->can where something was learnt; the rest (own_pids: would need a namespace)
 * stays as it was.  0 or -errno with words, b unchanged then.
 */
int bpftrace_try(struct bpftrace *b);

#endif
