/* SPDX-License-Identifier: GPL-2.0-only */
/* bt_stacks.h - stacks of gostack, named and written as gobpf fold would */
#ifndef GOBPF_BT_STACKS_H
#define GOBPF_BT_STACKS_H

#include "bt.h"
#include "script/resolve.h"

/* Before the program runs, since the target may end: 0 or -errno with words. */
int bt_stacks_open(struct bt *b, struct resolving *ret);

/*
 * Maps with gostack to where the output goes, in its format; everything else that bpftrace printed
 * to stdout, or to stderr when stdout gets the stacks.  0 or -errno with words.
 */
int bt_stacks_write(struct bt *b, struct resolving *r, const struct script *s, const struct buf *out);

#endif
