/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/spans.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals.h"
#include "go/layout.h"

enum {
	SPANS_MAX = 1 << 26,	/* half a terabyte of one-page spans */
	TORN_MAX = 10000,	/* that many at once do not change */
	BATCH = 16384,
	MSPAN_MAX = 512,	/* bytes of an mspan; 168 is the most so far */
	TRIES_MAX = 8,
	DEAD = 0, IN_USE = 1, MANUAL = 2, /* mSpanState, runtime/mheap.go */
	CLASSES = 136,		/* numSpanClasses */
};

static int find_values(const struct go_process *p, struct go_span_layout *l)
{
	static const struct go_value_want want[] = {
		[HEAP_IN_USE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapInUse", 0, true },
		[HEAP_FREE] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapFree", 0, true },
		[HEAP_RELEASED] = { GLOBAL_GCCONTROLLER, "runtime.gcControllerState", "heapReleased", 0, true },
	};

	return go_values_find(p, want, HEAP_VALUES, l->values);
}

static uint32_t end_of(const struct layout_field *f)
{
	return f->offset + f->size;
}

/* The fields must be of the sizes that are read, in a structure that is read whole. */
static int check_fields(const struct go_process *p, const struct layout_field *fields,
			const uint32_t *sizes, size_t n, uint32_t *ret_end)
{
	*ret_end = 0;
	for (size_t i = 0; i < n; i++) {
		if (fields[i].size < sizes[i] || fields[i].size > 8 || end_of(&fields[i]) > MSPAN_MAX)
			return err_set(ENOEXEC, "%s: unexpected layout of runtime.mspan", p->go.elf->path);
		if (end_of(&fields[i]) > *ret_end)
			*ret_end = end_of(&fields[i]);
	}
	return 0;
}

int go_span_layout(const struct go_process *p, struct go_span_layout *ret)
{
	enum { START, NPAGES, NELEMS, COUNT, ELEMSIZE, CLASS, STATE, GEN, FIELDS };
	static const char *const names[FIELDS] = { "startAddr", "npages", "nelems", "allocCount",
						   "elemsize", "spanclass", "state", "sweepgen" };
	static const uint32_t sizes[FIELDS] = { 8, 8, 2, 2, 8, 1, 1, 4 };
	struct layout_field f[FIELDS], allspans, sweepgen;
	struct layout_want want[FIELDS + 2];
	struct go_span_layout l = { 0 };
	uint64_t mheap;
	int err = global_find(&p->go, GLOBAL_MHEAP, &mheap, NULL);

	for (int i = 0; i < FIELDS; i++)
		want[i] = (struct layout_want){ "runtime.mspan", names[i], &f[i] };
	want[FIELDS] = (struct layout_want){ "runtime.mheap", "allspans", &allspans };
	want[FIELDS + 1] = (struct layout_want){ "runtime.mheap", "sweepgen", &sweepgen };
	if (!err)
		err = layout_fields(&p->go, want, ARRAY_SIZE(want));
	if (!err)
		err = check_fields(p, f, sizes, FIELDS, &l.size);
	if (!err)
		err = find_values(p, &l);
	if (err)
		return err;
	l.allspans = mheap + p->bias + allspans.offset;
	l.sweepgen = mheap + p->bias + sweepgen.offset;
	l.start = f[START].offset;
	l.npages = f[NPAGES].offset;
	l.nelems = f[NELEMS].offset;
	l.nelems_size = f[NELEMS].size;
	l.count = f[COUNT].offset;
	l.elemsize = f[ELEMSIZE].offset;
	l.class = f[CLASS].offset;
	l.state = f[STATE].offset;
	l.gen = f[GEN].offset;
	*ret = l;
	return 0;
}

struct reading {
	struct go_process *p;
	const struct go_span_layout *l;
	struct go_spans *all;
	uint32_t sweepgen;
	struct mem_piece *pieces;
	uint64_t *again;	/* spans that made no sense */
	size_t nagain, again_cap;
};

static int read_failed(const struct reading *r, int err)
{
	const struct target *t = r->p->target;

	if (err == -ESRCH)
		return err_set(ESRCH, "process %d (%s) has exited", t->pid, t->comm);
	if (err == -EPERM)
		return target_denied(t->pid, t->comm, "read the memory of");
	if (err == -ENOEXEC)
		return err_set(ENOEXEC, "process %d (%s): what stands where its spans are listed are none",
			       t->pid, t->comm);
	return err_set(-err, "process %d (%s): its spans can't be read: %s", t->pid, t->comm, strerror(-err));
}

/* A number of at most 8 bytes. */
static uint64_t field(const uint8_t *span, uint32_t offset, uint32_t size)
{
	uint64_t v = 0;

	memcpy(&v, span + offset, size);
	return v;
}

/* Whether an mspan in use says what one can say. */
static bool makes_sense(const struct go_span_class *c, uint64_t class, uint64_t npages, uint64_t nelems,
			uint64_t count, uint64_t elemsize)
{
	uint64_t bytes = npages * GO_PAGE;

	if (class >= CLASSES || !npages || npages > UINT64_MAX / GO_PAGE || !nelems || count > nelems || !elemsize)
		return false;
	if (class < 2)
		return nelems == 1 && elemsize <= bytes;
	return elemsize <= bytes / nelems && (!c->spans || c->size == elemsize);
}

/* false: it was changing. */
static bool add_in_use(struct reading *r, const uint8_t *span)
{
	const struct go_span_layout *l = r->l;
	uint64_t class = field(span, l->class, 1), npages = field(span, l->npages, 8);
	uint64_t nelems = field(span, l->nelems, l->nelems_size), count = field(span, l->count, 2);
	uint64_t elemsize = field(span, l->elemsize, 8);
	uint32_t gen = (uint32_t)field(span, l->gen, 4) - r->sweepgen;
	struct go_span_class *c = &r->all->classes[class];

	if (!makes_sense(c, class, npages, nelems, count, elemsize))
		return false;
	c->size = class < 2 ? 0 : elemsize;
	c->spans++;
	c->pages += npages;
	c->objects += count;
	c->slots += nelems;
	c->used += count * elemsize;
	c->cached += gen == 1 || gen == 3;
	c->unswept += gen == (uint32_t)-2 || gen == (uint32_t)-1 || gen == 1;
	if (class < 2 && count && elemsize > c->largest)
		c->largest = elemsize;
	return true;
}

static bool add_span(struct reading *r, const uint8_t *span)
{
	struct go_spans *all = r->all;

	switch (field(span, r->l->state, 1)) {
	case DEAD:
		all->dead++;
		return true;
	case IN_USE:
		return add_in_use(r, span);
	case MANUAL:
		all->manual++;
		all->manual_pages += field(span, r->l->npages, 8);
		return true;
	}
	return false;
}

static int got_span(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct reading *r = ctx;

	if (bytes && add_span(r, bytes))
		return 0;
	if (!ARRAY_ROOM(r->again, r->nagain, r->again_cap))
		return -ENOMEM;
	r->again[r->nagain++] = piece->addr;
	return 0;
}

/* What made no sense is read again, one by one; what never does is counted.  -ENOEXEC: too many. */
static int read_again(struct reading *r)
{
	size_t left = r->nagain;
	int err = left > TORN_MAX ? -ENOEXEC : 0;

	for (int n = 0; !err && left && n < TRIES_MAX; n++) {
		size_t todo = left;

		r->nagain = 0;
		for (size_t i = 0; !err && i < todo; i++) {
			r->pieces[0] = (struct mem_piece){ r->again[i], r->l->size, 0 };
			err = mem_each(&r->p->mem, r->pieces, 1, got_span, r);
		}
		left = r->nagain;
	}
	r->all->torn += left;
	r->nagain = 0;
	return err || r->all->torn <= TORN_MAX ? err : -ENOEXEC;
}

/* The spans at addrs[0 .. n). */
static int read_batch(struct reading *r, const uint64_t *addrs, size_t n)
{
	int err;

	for (size_t i = 0; i < n; i++)
		r->pieces[i] = (struct mem_piece){ addrs[i], r->l->size, i };
	err = mem_each(&r->p->mem, r->pieces, n, got_span, r);
	return err ? err : read_again(r);
}

/*
 * The array moves when it grows, and the old one is unmapped; but what was in it stays there, in
 * the same order.
 */
static int read_addrs(struct reading *r, uint64_t from, size_t n, uint64_t *ret)
{
	uint64_t slice[3];
	int err = -EFAULT;

	for (int i = 0; err == -EFAULT && i < TRIES_MAX; i++) {
		err = mem_read_now(&r->p->mem, r->l->allspans, slice, sizeof(slice));
		if (!err)
			err = mem_read_now(&r->p->mem, slice[0] + 8 * from, ret, 8 * n);
	}
	return err;
}

static int read_all(struct reading *r)
{
	uint64_t slice[3], *addrs = malloc(BATCH * sizeof(*addrs));
	int err = addrs ? mem_read_now(&r->p->mem, r->l->allspans, slice, sizeof(slice)) : -ENOMEM;

	if (!err && (slice[1] > slice[2] || slice[1] > SPANS_MAX)) {
		free(addrs);
		return err_set(ENOEXEC, "process %d (%s): what stands where its spans are listed is no list: "
			       "length %" PRIu64 " of %" PRIu64, r->p->target->pid, r->p->target->comm,
			       slice[1], slice[2]);
	}
	for (uint64_t i = 0; !err && i < slice[1]; i += BATCH) {
		size_t n = slice[1] - i < BATCH ? slice[1] - i : BATCH;

		err = read_addrs(r, i, n, addrs);
		if (!err)
			err = read_batch(r, addrs, n);
	}
	if (!err)
		r->all->all = slice[1];
	free(addrs);
	return err ? read_failed(r, err) : 0;
}

static int read_values(struct reading *r, uint64_t *ret)
{
	int err = go_values_read(r->p, r->l->values, HEAP_VALUES, ret);

	for (int i = 0; i < HEAP_VALUES; i++)
		if (!r->l->values[i].addr)
			ret[i] = UINT64_MAX;
	return err;
}

int go_spans_read(struct go_process *p, const struct go_span_layout *l, struct go_spans *ret)
{
	struct reading r = { .p = p, .l = l, .all = ret };
	int err;

	*ret = (struct go_spans){ 0 };
	r.pieces = malloc(BATCH * sizeof(*r.pieces));
	if (!r.pieces)
		return err_sys(ENOMEM, "reading the spans");
	err = read_values(&r, ret->before);
	if (!err) {
		err = mem_read_now(&p->mem, l->sweepgen, &r.sweepgen, sizeof(r.sweepgen));
		err = err ? read_failed(&r, err) : read_all(&r);
	}
	if (!err)
		err = read_values(&r, ret->after);
	free(r.pieces);
	free(r.again);
	return err;
}
