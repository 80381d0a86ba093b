/* SPDX-License-Identifier: GPL-2.0-only */
/* alloc_bpf.h - what alloc.bpf.c and alloc.c share */
#ifndef GOBPF_COLLECT_ALLOC_BPF_H
#define GOBPF_COLLECT_ALLOC_BPF_H

#include <linux/types.h>

#define ALLOC_FRAMES	  127	/* what the kernel walks: kernel.perf_event_max_stack */
#define ALLOC_CLASSES	  68	/* size classes, class 0 (large) included */
#define ALLOC_SPANCLASSES (2 * ALLOC_CLASSES)
#define ALLOC_NO_CLASS	  255	/* large and exact: not from a counted span */
#define ALLOC_SKIPS	  4
#define ALLOC_PAGE	  8192	/* the runtime's page, on every platform */
#define ALLOC_SMALL_MAX	  32768
#define ALLOC_TINY	  16
#define ALLOC_RUN_MAX	  20000	/* ns; a longer run was preempted, which is nobody's cost */
#define ALLOC_SPAN_BLOCK  128	/* what is read of an mspan; fields begin in the first half */

/* The kinds of places. */
enum alloc_kind {
	/*
	 * In (*mcache).refill, on the conditional jump after
	 * `call (*mcentral).cacheSpan; test %rax,%rax': rax is the new span.
	 */
	ALLOC_REFILL_SPAN = 1,
	/* The cheap place of (*mcache).allocLarge. */
	ALLOC_LARGE,
	/* The cheap place of a function mallocgc(size, typ, …). */
	ALLOC_EXACT,
	/*
	 * In (*mcache).releaseAll, on `call (*mcentral).uncacheSpan': rbx is a
	 * span that a collection takes from the cache before it was used up.
	 */
	ALLOC_RETURN,
};

/* A place's cookie: its kind and these. */
#define ALLOC_COOKIE_KIND   0xff
#define ALLOC_COOKIE_JBE    0x100	/* nothing happens when CF or ZF is set */
#define ALLOC_COOKIE_CALLER 0x200	/* *(rsp) is the return address, the frame is not set up */

/* A field of a Go struct: width 1, 2, 4 or 8 bytes. */
struct alloc_field {
	__u32 offset, width;
};

/* Run-time addresses [start, end). */
struct alloc_range {
	__u64 start, end;
};

/* .rodata: fixed before the program is loaded */
struct alloc_consts {
	__u32 span_from;		/* the lowest offset of these */
	struct alloc_field nelems, alloc_count, elem_size, span_class;
	struct alloc_field ptr_bytes;
	__u32 header_over;		/* a pointerful object above this has the header */
	__u32 header;			/* bytes of it, 0: this Go has none */
	__u32 small_max;		/* the largest object that a size class serves */
	__u32 nskip;
	struct alloc_range skip[ALLOC_SKIPS];
	__u16 class_size[ALLOC_CLASSES];
	__u16 span_objects[ALLOC_SPANCLASSES];
	/* class size for an object of 8i, and of 1024 + 128i bytes; as long as an 8-bit index */
	__u16 round8[256], round128[256];
};

/*
 * Bytes that an object takes, as the runtime's memory profile counts them
 * (malloc.go, mallocgc()); pointers: its type has some.  -1: of no size class.
 * Objects below ALLOC_TINY without pointers share a block: they count as asked for.
 */
static inline __attribute__((always_inline)) __s64
alloc_object_bytes(const volatile struct alloc_consts *c, __u64 size, int pointers)
{
	if (size > c->small_max)
		return (size + ALLOC_PAGE - 1) & ~(__u64)(ALLOC_PAGE - 1);
	if (size < ALLOC_TINY && !pointers)
		return size;
	if (pointers && size > c->header_over)
		size += c->header;
	if (size <= 1024)
		return c->round8[((size + 7) >> 3) & 0xff];
	if (size > ALLOC_SMALL_MAX)
		return -1;
	return c->round128[((size - 1024 + 127) >> 7) & 0xff];
}

/*
 * Value of the map `stacks`; the key is a 64-bit hash of the frames and the
 * span class, xor the gate.  The stack is frames[first .. first+nframes), leaf first: the
 * kernel's walk begins at [1], [0] makes room for a caller put back.
 */
struct alloc_entry {
	__u64 objects, bytes, hits;
	__u16 first, nframes;
	__u16 span_class;		/* or ALLOC_NO_CLASS */
	__u16 gate;			/* as it stood: enum duty_gate */
	__u64 frames[1 + ALLOC_FRAMES];
};

/* Objects that cached spans did not hand out, of one span class on one CPU. */
struct alloc_returned {
	__u64 burst, stay;		/* by the gate */
};

/* Counters of a CPU; each hit raises exactly one of those before ALLOC_OUTCOMES. */
enum alloc_stat {
	ALLOC_COUNTED,
	ALLOC_CLOSED,		/* while the gate was shut: not in the window */
	ALLOC_SKIPPED,		/* by a rule: the stack grows, an inner call, size 0 */
	ALLOC_RETURNED,		/* a span given back by a cache */
	ALLOC_TORN,		/* memory unreadable or implausible */
	ALLOC_FULL,		/* no room in the map */
	ALLOC_BUSY,		/* the CPU's scratch was in use by a preempted thread */
	ALLOC_NO_STACK,		/* the kernel gave no frame at all */
	ALLOC_OUTCOMES,
	ALLOC_RUN_NS = ALLOC_OUTCOMES, /* time spent in the program */
	ALLOC_NSTATS
};

struct alloc_stats {
	__u64 v[ALLOC_NSTATS];
	__u64 inside;			/* programs that may be counting right now */
};

#endif
