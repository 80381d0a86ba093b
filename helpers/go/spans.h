/* SPDX-License-Identifier: GPL-2.0-only */
/* spans.h - the heap's spans, read from outside: what each size class holds */
#ifndef GOBPF_GO_SPANS_H
#define GOBPF_GO_SPANS_H

#include "go/process.h"
#include "go/values.h"

/*
 * The heap is made of spans, runs of pages for objects of one size (runtime/mheap.go: mspan).
 * mheap.allspans has each that ever was; a span is dead (free), in use, or manual (stacks, the collector's own
 * buffers).  A span's class is its size class << 1, and 1 if its objects have no pointers; size
 * class 0 is one large object a span.
 *
 * allocCount is how many objects a span holds.  Allocation counts one up, also while a P has the span
 * in its cache; sweeping sets it to what the last marking found alive.  So in a span that is
 * not swept yet, garbage still counts, as it does in runtime.MemStats (HeapAlloc, Mallocs - Frees).
 * Objects of less than 16 bytes without pointers share a block, which counts as one.
 *
 * sweepgen, against the heap's S, tells (runtime/mheap.go): S - 2 not swept, S - 1 being swept, S
 * swept, S + 1 in a cache since before sweeping began, S + 3 swept and in a cache.
 */
#define GO_PAGE 8192u			/* _PageShift = 13, runtime/malloc.go */
#define GO_SPAN_CLASSES 256		/* what a spanClass, a uint8, can be; 136 there are */

struct go_span_class {
	uint64_t size;			/* of an object; of large ones 0 */
	uint64_t spans, pages, objects, slots; /* slots: objects that there is room for */
	uint64_t used;			/* bytes of the objects */
	uint64_t largest;		/* large ones: bytes of the largest */
	uint64_t cached, unswept;	/* spans */
};

enum go_heap_value { HEAP_IN_USE, HEAP_FREE, HEAP_RELEASED, HEAP_VALUES };

struct go_spans {
	struct go_span_class classes[GO_SPAN_CLASSES];
	uint64_t all, dead, manual, manual_pages; /* spans */
	uint64_t torn;			/* spans that changed each time they were read: not counted elsewhere */
	/* the runtime's own counts, bytes, before and after; UINT64_MAX: this version has none */
	uint64_t before[HEAP_VALUES], after[HEAP_VALUES];
};

/* What of the runtime is needed, found once. */
struct go_span_layout {
	uint64_t allspans, sweepgen;	/* run-time addresses: the slice; the heap's S, uint32 */
	uint32_t start, npages, nelems, count, elemsize, class, state, gen; /* offsets in mspan */
	uint32_t nelems_size, size;	/* bytes of nelems; bytes to read of an mspan */
	struct go_value values[HEAP_VALUES];
};

/* 0, or -errno with words: ENOEXEC when this Go's layout or the variables are not known. */
int go_span_layout(const struct go_process *p, struct go_span_layout *ret);

/* 0, or -errno with words: ESRCH, EPERM, ENOEXEC (what stands there can't be spans), EFAULT. */
int go_spans_read(struct go_process *p, const struct go_span_layout *l, struct go_spans *ret);

#endif
