/* SPDX-License-Identifier: GPL-2.0-only */
/* alloc_tables.c - the constants of the allocation program */
#include "collect/alloc_tables.h"

#include <errno.h>

#include "base/err.h"

#define HEADER	    8
#define HEADER_OVER 512	/* goarch.PtrSize * 64 bits */
#define HEAP_BITS   64	/* bytes of a span that one byte of its heap bits describes */

static int check_field(const struct alloc_field *f, const char *name)
{
	bool ok = f->width == 1 || f->width == 2 || f->width == 4 || f->width == 8;

	if (!ok || f->offset > 4096)
		return err_set(EINVAL, "field %s: offset %u, width %u", name, f->offset, f->width);
	return 0;
}

static uint32_t lowest(const struct alloc_config *c)
{
	uint32_t a = c->nelems.offset, b = c->alloc_count.offset;

	a = a < b ? a : b;
	b = c->elem_size.offset < c->span_class.offset ? c->elem_size.offset : c->span_class.offset;
	return a < b ? a : b;
}

static int check_span(const struct alloc_config *c)
{
	const struct alloc_field *f[] = { &c->nelems, &c->alloc_count, &c->elem_size,
					       &c->span_class };
	static const char *const names[] = { "nelems", "allocCount", "elemsize", "spanclass" };
	int err = 0;

	for (unsigned i = 0; i < 4 && !err; i++) {
		err = check_field(f[i], names[i]);
		if (!err && f[i]->offset - lowest(c) >= ALLOC_SPAN_BLOCK / 2)
			err = err_set(EINVAL, "field %s is far from the others", names[i]);
	}
	return err;
}

static int check(const struct alloc_config *c)
{
	bool spans = false, types = false;
	int err = 0;

	for (unsigned i = 0; i < c->nplaces; i++) {
		enum alloc_kind kind = c->places[i].kind;

		spans |= kind == ALLOC_REFILL_SPAN || kind == ALLOC_RETURN;
		types |= kind == ALLOC_EXACT;
		if (kind == ALLOC_EXACT && c->nskip && !c->places[i].caller_at_rsp)
			return err_set(EINVAL, "place 0x%lx: its caller is not known",
				       (unsigned long)c->places[i].offset);
	}
	if (spans)
		err = check_span(c);
	if (types && !err)
		err = check_field(&c->ptr_bytes, "PtrBytes");
	if (err)
		return err;
	if (c->nskip > ALLOC_SKIPS || c->nclasses > ALLOC_CLASSES || c->nclasses < 2)
		return err_set(EINVAL, "%u size classes, %u skipped ranges", c->nclasses, c->nskip);
	for (unsigned i = 1; i < c->nclasses && !err; i++)
		if (c->class_size[i] <= c->class_size[i - 1] || c->class_size[i] > ALLOC_SMALL_MAX ||
		    c->class_pages[i] == 0 || c->class_pages[i] > 64)
			err = err_set(EINVAL, "size class %u: %u bytes, %u pages", i,
				      c->class_size[i], c->class_pages[i]);
	if (!err && c->class_size[c->nclasses - 1] != ALLOC_SMALL_MAX)
		err = err_set(EINVAL, "the largest size class is %u bytes",
			      c->class_size[c->nclasses - 1]);
	return err;
}

/* Objects in a fresh span; bit 0 of the span class says noscan. */
static unsigned objects_in(const struct alloc_config *c, unsigned span_class)
{
	unsigned size = c->class_size[span_class / 2];
	unsigned bytes = c->class_pages[span_class / 2] * ALLOC_PAGE;

	if (c->malloc_header && !(span_class & 1) && size <= HEADER_OVER)
		bytes -= bytes / HEAP_BITS;
	return bytes / size;
}

static uint16_t class_for(const struct alloc_config *c, unsigned size)
{
	unsigned i = 1;

	while (i < c->nclasses - 1 && c->class_size[i] < size)
		i++;
	return (uint16_t)c->class_size[i];
}

int alloc_tables(const struct alloc_config *c, struct alloc_consts *ret)
{
	int err = check(c);

	if (err)
		return err;
	ret->span_from = lowest(c);
	ret->nelems = c->nelems;
	ret->alloc_count = c->alloc_count;
	ret->elem_size = c->elem_size;
	ret->span_class = c->span_class;
	ret->ptr_bytes = c->ptr_bytes;
	ret->header = c->malloc_header ? HEADER : 0;
	ret->header_over = HEADER_OVER;
	ret->small_max = ALLOC_SMALL_MAX - ret->header;
	ret->nskip = c->nskip;
	for (unsigned i = 0; i < c->nskip; i++)
		ret->skip[i] = c->skip[i];
	for (unsigned i = 1; i < c->nclasses; i++) {
		ret->class_size[i] = (uint16_t)c->class_size[i];
		ret->span_objects[2 * i] = (uint16_t)objects_in(c, 2 * i);
		ret->span_objects[2 * i + 1] = (uint16_t)objects_in(c, 2 * i + 1);
	}
	for (unsigned i = 0; i < sizeof(ret->round8) / sizeof(*ret->round8); i++)
		ret->round8[i] = class_for(c, 8 * i);
	for (unsigned i = 0; i < sizeof(ret->round128) / sizeof(*ret->round128); i++)
		ret->round128[i] = class_for(c, 1024 + 128 * i);
	return 0;
}
