/* SPDX-License-Identifier: GPL-2.0-only */
/* profile_queue.h - very many stacks into a profile, one after the other */
#ifndef GOBPF_STACK_PROFILE_QUEUE_H
#define GOBPF_STACK_PROFILE_QUEUE_H

#include "stack/profile.h"

/*
 * Where a profile is larger than the caches, each part of finding a stack waits for memory.  So a
 * stack is found in steps some stacks apart, each of which only asks for the memory that the
 * next one needs.  They are added in the order in which they came.
 */
struct profile_queue;

/* NULL: out of memory. */
struct profile_queue *profile_queue_new(struct profile *p);
void profile_queue_free(struct profile_queue *q);	/* forgets what still waits; NULL is fine */

/* As profile_add_labelled(), by and by; values: PROFILE_VALUES of them.  Both return 0 or -ENOMEM. */
int profile_queue_add(struct profile_queue *q, const uint32_t *ids, size_t n, uint32_t labels,
		      const int64_t *values);
/* Adds all that waits. */
int profile_queue_end(struct profile_queue *q);

#endif
