/* SPDX-License-Identifier: GPL-2.0-only */
/* alloc.h - where a Go program allocates: what to probe, and how many bytes an object takes */
#ifndef GOBPF_GO_ALLOC_H
#define GOBPF_GO_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"
#include "go/layout.h"
#include "go/probe.h"

/*
 * Sampling: every small object comes from a span of its P's cache, and every
 * span comes by (*mcache).refill -> (*mcentral).cacheSpan; every object above 32 KiB
 * comes by (*mcache).allocLarge (runtime/mcache.go).  Both are called from one place each
 * (nextFree; mallocgc or mallocgcLarge) in Go 1.19 and 1.21 to 1.27 (disassembly).
 *
 * `span' is behind the call of cacheSpan, in all of those versions, static, PIE
 * and cgo, on the jump that tests its result: rax = the new *mspan, or 0 when out
 * of memory.  It hands out nelems - allocCount objects of elemsize bytes; size
 * class and noscan are spanclass >> 1 and & 1.  refill's frame is complete, so a walk by
 * frame pointers gives refill, nextFree, mallocgc.., and misses nobody.
 *
 * Bias to know: the rest of a cached span goes back at each GC (releaseAll)
 * and is handed out, and counted, again: at most one span per P, class and GC.
 *
 * When has_span is false (e.g. a profile-guided build inlined cacheSpan), `refill'
 * is what is left: rax = *mcache, bl = spanclass of a new span of unknown fill.
 *
 * `large': rax = *mcache, rbx = size wanted, cl = noscan; the span has whole
 * pages: alloc_large_bytes(size).
 *
 * Objects that programs free early (runtime.freegc, Go >= 1.26 with
 * GOEXPERIMENT=runtimefreegc) and user arenas (GOEXPERIMENT=arenas) are not seen.
 */
struct alloc_sampling {
	struct go_func refill_func, large_func;
	bool has_span;
	struct probe_place span;	/* when has_span */
	struct probe_place refill, large;
	struct layout_field nelems;	/* size 8 before Go 1.22, then 2 */
	struct layout_field alloc_count, elemsize, spanclass;
};

/* 0, or -errno with words: -ENOEXEC when this program cannot be sampled. */
int alloc_sampling(const struct go_file *g, struct alloc_sampling *ret);

/*
 * Exact: functions of which each allocation passes one, once.  Through 1.25 that
 * is mallocgc alone.  From 1.27 (1.26 with GOEXPERIMENT=sizespecializedmalloc)
 * the compiler also calls size-specialised ones directly (runtime/malloc_generated.go),
 * and mallocgc calls them, too: of an `inner' function leave out the hits whose
 * return address lies in a range of skip[].  The slow paths behind them and
 * mallocgc's own parts of 1.24 and later are not in the list.
 *
 * At each place: rax = size wanted (0: no allocation, leave out), rbx = *_type or
 * 0, cl = needzero; an object is noscan when rbx is 0 or the type's PtrBytes
 * (internal/abi.Type) is 0.  Stacks, persistentalloc and the memory of spans
 * themselves are not heap and do not come by.
 */
#define ALLOC_FUNCS 80
struct alloc_func {
	struct go_func func;
	struct probe_place place;
	bool inner;
};
struct alloc_exact {
	struct alloc_func v[ALLOC_FUNCS];
	unsigned n;
	struct { uint64_t from, to; } skip[2];	/* [from, to), the file's own addresses */
	unsigned nskip;
};
int alloc_exact(const struct go_file *g, struct alloc_exact *ret);

/* Bytes that an object takes in the heap, as the runtime's memory profile counts them. */
struct alloc_sizes {
	struct layout_class classes[LAYOUT_CLASSES];
	bool headers;	/* Go >= 1.22: 8 bytes before objects with pointers above 512 bytes */
};
int alloc_sizes_init(unsigned go_minor, struct alloc_sizes *ret);

/*
 * mallocgc's rule.  *tiny (may be NULL): the object shares a block of 16 bytes
 * with others: the size wanted is returned, on average somewhat less than it takes.
 */
uint64_t alloc_bytes(const struct alloc_sizes *s, uint64_t size, bool noscan, bool *tiny);
/* Whole pages of 8 KiB; saturates. */
uint64_t alloc_large_bytes(uint64_t size);

#endif
