/* SPDX-License-Identifier: GPL-2.0-only */
/* heapobject.h - the heap object that an address is in */
#ifndef GOBPF_GO_HEAPOBJECT_H
#define GOBPF_GO_HEAPOBJECT_H

#include "go/process.h"

/*
 * By mheap_.arenas: a table of arenas of 64 MiB, each with a span for each of its 8 KiB pages
 * (runtime/mheap.go, spanOf; runtime/malloc.go, arenaIndex; linux/amd64: one level).
 */
struct go_heap {
	struct go_process *p;
	uint64_t arenas;	/* the table, 0: not there yet */
	uint32_t spans, span_start, span_pages, span_elem, span_state, span_size;
};

/* 0, or -errno with words: ENOEXEC when this Go's structures are not known. */
int go_heap_open(struct go_heap *h, struct go_process *p);

/* Its first byte and the one behind it; false: it is in no object of the heap. */
bool go_heap_object(struct go_heap *h, uint64_t addr, uint64_t *ret_lo, uint64_t *ret_hi);

#endif
