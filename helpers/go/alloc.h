/* SPDX-License-Identifier: GPL-2.0-only */
/* alloc.h - where a Go program allocates: what to probe, and the sizes of objects */
#ifndef GOBPF_GO_ALLOC_H
#define GOBPF_GO_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"
#include "go/layout.h"
#include "go/probe.h"

/*
 * Sampling: every small object comes from a span of its P's cache, and every
 * span comes by (*mcentral).cacheSpan, called by (*mcache).refill, which
 * nextFree calls; every object above 32 KiB comes by (*mcache).allocLarge
 * (runtime/mcache.go).  Profile-guided builds, the Go compiler itself for one,
 * inline refill into nextFree and still have it, or not; so what counts is who calls cacheSpan.
 *
 * `spans' are behind those calls, in Go 1.19 and 1.21 to 1.27, static, PIE and
 * cgo, on the jump that tests the result: rax = the new *mspan, or 0 when out of
 * memory.  It hands out nelems - allocCount objects of elemsize bytes; size
 * class and noscan are spanclass >> 1 and & 1.  The function's frame is complete,
 * so a walk by frame pointers gives (refill,) nextFree, mallocgc.. and misses nobody.
 *
 * At each GC the rest of a cached span goes back (releaseAll), to be handed out
 * and counted again: `returns' are on those calls of (*mcentral).uncacheSpan, rbx =
 * the *mspan, whose nelems - allocCount objects were counted and not allocated.
 * None when uncacheSpan was inlined: then at most one span per P, class and GC is too much.
 *
 * `large': rax = *mcache, rbx = size wanted, cl = noscan; the span has whole
 * pages.
 *
 * Objects that programs free early (runtime.freegc, Go >= 1.26 with
 * GOEXPERIMENT=runtimefreegc) and user arenas (GOEXPERIMENT=arenas) are not seen.
 */
#define ALLOC_SPANS 8
struct alloc_sampling {
	struct probe_place spans[ALLOC_SPANS];
	unsigned nspans;		/* at least 1; one but in profile-guided builds */
	struct probe_place returns[ALLOC_SPANS];
	unsigned nreturns;
	struct probe_place large;
	struct layout_field nelems;	/* size 8 before Go 1.22, then 2 */
	struct layout_field alloc_count, elemsize, spanclass;
};

/*
 * 0, or -errno with words: -ENOEXEC when there is not a place for every span, or
 * when large objects are allocated elsewhere, too: then nothing less is returned.
 */
int alloc_sampling(const struct go_file *g, struct alloc_sampling *ret);

/*
 * Exact: functions of which each allocation passes one, once.  Through Go 1.23
 * that is mallocgc alone; from 1.24 it consists of parts (mallocgcTiny, ..SmallNoscan,
 * ..SmallScanNoHeader, ..SmallScanHeader, ..Large).  From 1.27 (1.26 with
 * GOEXPERIMENT=sizespecializedmalloc) the compiler also calls size-specialised ones
 * directly (runtime/malloc_generated.go), and mallocgc calls them, too.  So the set is
 * mallocgc, or its parts; with the specialised ones, which are `inner': leave out hits
 * whose return address lies in a range of skip[].  That nothing else reaches what the set
 * leads to is checked by looking up its callers: profile-guided builds inline mallocgc.
 *
 * At each place: rax = size wanted (0: no allocation, leave out), rbx = *_type or
 * 0; an object is noscan when rbx is 0 or the type's PtrBytes (internal/abi.Type)
 * is 0.  Stacks, persistentalloc and the memory of spans themselves are not heap
 * and do not come by.
 *
 * Hits were equal to MemStats.Mallocs in Go 1.19 and 1.21 to 1.27 (tests/golib.bats).
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
/* 0, or -ENOEXEC with words when there is no such set in this program. */
int alloc_exact(const struct go_file *g, struct alloc_exact *ret);

/* What decides how many bytes an object takes: collect/alloc_bpf.h has the rule. */
struct alloc_sizes {
	struct layout_class classes[LAYOUT_CLASSES];
	bool headers;	/* Go >= 1.22: 8 bytes before objects with pointers above 512 bytes */
};
/* 0, or -ENOEXEC with words for an unknown version. */
int alloc_sizes_init(unsigned go_minor, struct alloc_sizes *ret);

#endif
