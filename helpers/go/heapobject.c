/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/heapobject.h"

#include <errno.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals.h"
#include "go/values.h"

enum { PAGE = 8192, ARENA = 64 << 20, IN_USE = 1, SPAN_MAX = 512 };
static const uint64_t base_offset = 0xffff800000000000, arenas_max = 1 << 22;

int go_heap_open(struct go_heap *h, struct go_process *p)
{
	uint32_t arenas = 0;
	const struct go_offset_want wants[] = {
		{ "runtime.mheap", "arenas", &arenas, NULL, false },
		{ "runtime.heapArena", "spans", &h->spans, NULL, false },
		{ "runtime.mspan", "sizeof", NULL, &h->span_size, false },
		{ "runtime.mspan", "startAddr", &h->span_start, NULL, false },
		{ "runtime.mspan", "npages", &h->span_pages, NULL, false },
		{ "runtime.mspan", "elemsize", &h->span_elem, NULL, false },
		{ "runtime.mspan", "state", &h->span_state, NULL, false },
	};
	uint64_t mheap;
	int err;

	*h = (struct go_heap){ .p = p };
	err = go_offsets_find(p, wants, ARRAY_SIZE(wants));
	if (!err)
		err = global_find(&p->go, GLOBAL_MHEAP, &mheap, NULL);
	if (err)
		return err;
	if (h->span_size > SPAN_MAX)
		return err_set(ENOEXEC, "unexpected layout of runtime.mspan");
	h->arenas = mem_u64(&p->mem, mheap + p->bias + arenas);
	return 0;
}

bool go_heap_object(struct go_heap *h, uint64_t addr, uint64_t *ret_lo, uint64_t *ret_hi)
{
	uint64_t index = (addr - base_offset) / ARENA, arena, span, start, size, elem;
	struct mem *m = &h->p->mem;
	uint8_t bytes[SPAN_MAX];
	struct span b = { bytes, h->span_size, false };

	if (!h->arenas || index >= arenas_max ||
	    mem_read(m, h->arenas + 8 * index, &arena, sizeof(arena)) || !arena ||
	    mem_read(m, arena + h->spans + addr % ARENA / PAGE * 8, &span, sizeof(span)) || !span ||
	    mem_read(m, span, bytes, h->span_size))
		return false;
	start = span_u64(&b, h->span_start);
	size = span_u64(&b, h->span_pages) * PAGE;
	elem = span_u64(&b, h->span_elem);
	if (span_u8(&b, h->span_state) != IN_USE || addr < start || addr - start >= size || !elem || elem > size)
		return false;
	*ret_lo = start + (addr - start) / elem * elem;
	*ret_hi = *ret_lo + elem;
	return true;
}
