/* SPDX-License-Identifier: GPL-2.0-only */
/* fold.h - stacks as folded text: "root;caller;leaf 12", one a line */
#ifndef GOBPF_STACK_FOLD_H
#define GOBPF_STACK_FOLD_H

#include <stdio.h>

#include "base/buf.h"
#include "stack/profile.h"

/*
 * Writes one value of the profile, stacks sorted by frame from the root on,
 * equal ones as one line, those with the value 0 left out.  Kernel frames end
 * in "_[k]", inlined ones are not marked.  What the format cannot hold is
 * replaced: ';' by ':', control characters by blanks (dropped at a name's end),
 * a name of nothing by "[unknown]".
 * 0 or -ENOMEM; write errors stay in f for its owner.
 */
int fold_write(FILE *f, const struct profile *p, unsigned value);

/*
 * The same as the classic collapsers write it: names as they are, lines sorted as a whole
 * by bytes, so that ';' is between '9' and 'A'.
 */
int fold_write_classic(FILE *f, const struct profile *p, unsigned value);

/* The same with these names in this order. */
struct labels;
int fold_write_by(FILE *f, const struct profile *p, unsigned value, const struct labels *labels);

/* A frame's name as folded text has it, added to b. */
void fold_name(struct buf *b, const struct frame *f);

/* The frame that a name from folded text stands for; func points into name, which loses its mark. */
void fold_frame(char *name, struct frame *ret);

/* Is name an address in words ("0x47a3b1", "[unknown]")? */
bool fold_is_address(const char *name, uint64_t *ret_addr);

#endif
