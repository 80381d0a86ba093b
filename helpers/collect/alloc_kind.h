/* SPDX-License-Identifier: GPL-2.0-only */
/* alloc_kind.h - the kinds of places where the allocation collector can sit */
#ifndef GOBPF_COLLECT_ALLOC_KIND_H
#define GOBPF_COLLECT_ALLOC_KIND_H

enum alloc_kind {
	/*
	 * In (*mcache).refill, on the conditional jump after
	 * `call (*mcentral).cacheSpan; test %rax,%rax': rax is the new span.
	 */
	ALLOC_REFILL_SPAN = 1,
	/* The cheap place of (*mcache).refill, where the above is not found: whole spans. */
	ALLOC_REFILL_ENTRY,
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

#endif
