/* SPDX-License-Identifier: GPL-2.0-only */
/* read_folded.h - folded stacks: "root;caller;leaf 12", one a line */
#ifndef GOBPF_STACK_READ_FOLDED_H
#define GOBPF_STACK_READ_FOLDED_H

#include "stack/readers.h"

/*
 * A line is a stack, a blank and a count; empty lines are skipped.  An empty
 * frame is "[unknown]".  A frame that ends in "_[k]" is a kernel frame; one
 * that is only an address is unknown.
 */
bool folded_match(const char *head, size_t len);
int folded_read(struct reading *r);

#endif
