/* SPDX-License-Identifier: GPL-2.0-only */
/* alloc_tables.h - the constants of the allocation program, from its config */
#ifndef GOBPF_COLLECT_ALLOC_TABLES_H
#define GOBPF_COLLECT_ALLOC_TABLES_H

#include "collect/alloc.h"
#include "collect/alloc_bpf.h"

/*
 * Fills ret; 0, or -EINVAL with words when the config contradicts itself.
 * Sources: runtime/sizeclasses.go, mheap.go (mspan.init), mbitmap.go
 * (heapBitsInSpan: pointerful objects up to 512 bytes have their heap bits at
 * the end of their span, one bit per word), malloc.go (mallocHeaderSize).
 */
int alloc_tables(const struct alloc_config *c, struct alloc_consts *ret);

#endif
