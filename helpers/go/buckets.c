/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/buckets.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals.h"
#include "go/layout.h"

enum {
	MEM_PROFILE = 1,	/* bucketType memProfile, runtime/mprof.go */
	STACK_MAX = 2048,	/* profstackdepth can be 1024 at most (GODEBUG), plus 2 */
	BUCKETS_MAX = 1 << 22,
	PCS_MAX = 1 << 25,	/* of all stacks: 256 MiB, no program is near that */
	RECORD_MAX = 256,
	TRIES_MAX = 1000,	/* a record changes its cycle once per GC */
	ROUNDS_MAX = 10,	/* of all records, to see them at one moment */
};

static bool in_cycle(const struct go_bucket_layout *l, uint32_t offset)
{
	return offset <= l->cycle - sizeof(uint64_t) && l->cycle >= sizeof(uint64_t);
}

/* Until 1.26 a memRecordCycle has bytes, too. */
static int own_bytes(const struct go_process *p, struct go_bucket_layout *l, uint32_t cycle)
{
	struct layout_field alloc, freed;
	const struct layout_want want[] = {
		{ "runtime.memRecordCycle", "alloc_bytes", &alloc },
		{ "runtime.memRecordCycle", "free_bytes", &freed },
	};
	int err;

	if (cycle <= 2 * sizeof(uint64_t))
		return 0;
	err = layout_fields(&p->go, want, ARRAY_SIZE(want));
	if (err)
		return err;
	l->own_bytes = true;
	l->alloc_bytes = alloc.offset;
	l->free_bytes = freed.offset;
	return 0;
}

int go_bucket_layout(const struct go_process *p, struct go_bucket_layout *ret)
{
	struct go_bucket_layout l = { 0 };
	struct layout_field allnext, typ, size, nstk, header, allocs, frees, cycle, future;
	const struct layout_want want[] = {
		{ "runtime.bucket", "allnext", &allnext },
		{ "runtime.bucket", "typ", &typ },
		{ "runtime.bucket", "size", &size },
		{ "runtime.bucket", "nstk", &nstk },
		{ "runtime.bucket", "sizeof", &header },
		{ "runtime.memRecordCycle", "allocs", &allocs },
		{ "runtime.memRecordCycle", "frees", &frees },
		{ "runtime.memRecordCycle", "sizeof", &cycle },
		{ "runtime.memRecord", "future", &future },
	};
	int err = global_find(&p->go, GLOBAL_MBUCKETS, &l.mbuckets, NULL);

	if (!err)
		err = global_find(&p->go, GLOBAL_MEMPROFILERATE, &l.rate, NULL);
	if (!err)
		err = layout_fields(&p->go, want, ARRAY_SIZE(want));
	if (!err)
		err = own_bytes(p, &l, cycle.size);
	if (err)
		return err;
	l.allnext = allnext.offset;
	l.typ = typ.offset;
	l.size = size.offset;
	l.nstk = nstk.offset;
	l.header = header.size;
	l.allocs = allocs.offset;
	l.frees = frees.offset;
	l.cycle = cycle.size;
	if (!l.cycle)
		return err_set(ENOEXEC, "unexpected layout of runtime.memRecordCycle");
	l.cycles = 1 + future.size / l.cycle;
	if (l.cycles > GO_BUCKET_CYCLES || l.cycles * l.cycle > RECORD_MAX || future.offset != l.cycle ||
	    !in_cycle(&l, l.allocs) || !in_cycle(&l, l.frees) ||
	    (l.own_bytes && (!in_cycle(&l, l.alloc_bytes) || !in_cycle(&l, l.free_bytes))))
		return err_set(ENOEXEC, "unexpected layout of runtime.memRecord");
	l.mbuckets += p->bias;
	l.rate += p->bias;
	/* before 1.19 it is part of another variable: the sums can be told, not what is published */
	if (!global_find(&p->go, GLOBAL_MPROFCYCLE, &l.profcycle, NULL))
		l.profcycle += p->bias;
	*ret = l;
	return 0;
}

/* The words for a failed read of the target's memory. */
static int read_failed(const struct go_process *p, int err, const char *what)
{
	if (err == -ESRCH)
		return err_set(ESRCH, "process %d (%s) has exited", p->target->pid, p->target->comm);
	if (err == -EPERM)
		return target_denied(p->target->pid, p->target->comm, "read the memory of");
	return err_set(EIO, "process %d (%s): %s can't be read: %s", p->target->pid,
		       p->target->comm, what, strerror(-err));
}

int go_memprofile_rate(struct go_process *p, const struct go_bucket_layout *l, uint64_t *ret)
{
	uint64_t rate;
	int err = mem_read_now(&p->mem, l->rate, &rate, sizeof(rate));

	if (err)
		return read_failed(p, err, "runtime.MemProfileRate");
	if ((int64_t)rate < 0)	/* MemProfile treats it as off */
		rate = 0;
	*ret = rate;
	return 0;
}

typedef int read_fn(struct mem *m, uint64_t addr, void *out, size_t len);

static uint64_t word(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* The counts of one bucket's record as they stand there, whole or not. */
static int read_cycles(struct go_process *p, const struct go_bucket_layout *l,
		       const struct go_bucket *k, struct go_mem_cycle ret[GO_BUCKET_CYCLES],
		       read_fn *read)
{
	uint8_t record[RECORD_MAX];
	int err = read(&p->mem, k->addr + l->header + 8ull * k->npcs, record, l->cycles * l->cycle);

	memset(ret, 0, GO_BUCKET_CYCLES * sizeof(*ret));
	for (uint32_t i = 0; !err && i < l->cycles; i++) {
		const uint8_t *at = record + i * l->cycle;

		ret[i].allocs = word(at + l->allocs);
		ret[i].frees = word(at + l->frees);
		ret[i].alloc_bytes = l->own_bytes ? word(at + l->alloc_bytes) : ret[i].allocs * k->size;
		ret[i].free_bytes = l->own_bytes ? word(at + l->free_bytes) : ret[i].frees * k->size;
	}
	return err;
}

/*
 * Is what was read later a sum that the record had?  While a cycle is moved, either
 * reading has another `active', or the cycle fell between them.
 */
static bool is_whole(const struct go_mem_cycle *a, const struct go_mem_cycle *later)
{
	if (memcmp(&a[0], &later[0], sizeof(a[0])))
		return false;
	for (int i = 1; i < GO_BUCKET_CYCLES; i++)
		if (later[i].allocs < a[i].allocs || later[i].frees < a[i].frees ||
		    later[i].alloc_bytes < a[i].alloc_bytes || later[i].free_bytes < a[i].free_bytes)
			return false;
	return true;
}

/* One bucket of the list at addr; *ret_next is the one behind it. */
static int read_bucket(struct go_process *p, const struct go_bucket_layout *l, uint64_t addr,
		       struct go_buckets *b, uint64_t *ret_next)
{
	struct go_bucket *k = &b->v[b->n];
	uint64_t typ = mem_u64(&p->mem, addr + l->typ), npcs = mem_u64(&p->mem, addr + l->nstk);
	int err;

	if (p->mem.bad)
		return read_failed(p, -p->mem.error, "a memory profile bucket");
	if (typ != MEM_PROFILE || npcs > STACK_MAX)
		return err_set(ENOEXEC, "process %d (%s): what stands at 0x%" PRIx64
			       " is no memory profile bucket", p->target->pid, p->target->comm, addr);
	if (b->npcs + npcs > PCS_MAX)
		return err_set(ENOEXEC, "the memory profile's stacks do not end");
	while (b->npcs + npcs > b->pcs_cap)
		if (!ARRAY_ROOM(b->pcs, b->npcs + npcs - 1, b->pcs_cap))
			return err_sys(ENOMEM, "reading the memory profile");
	*k = (struct go_bucket){
		.addr = addr,
		.size = mem_u64(&p->mem, addr + l->size),
		.first_pc = b->npcs,
		.npcs = npcs,
	};
	err = npcs ? mem_read(&p->mem, addr + l->header, b->pcs + b->npcs, 8 * npcs) : 0;
	if (!err)
		err = read_cycles(p, l, k, k->cycles, mem_read);
	if (err)
		return read_failed(p, err, "a memory profile bucket");
	b->npcs += npcs;
	*ret_next = mem_u64(&p->mem, addr + l->allnext);
	return 0;
}

static int read_profcycle(struct go_process *p, const struct go_bucket_layout *l, uint32_t *ret)
{
	int err = l->profcycle ? mem_read_now(&p->mem, l->profcycle, ret, sizeof(*ret)) : 0;

	*ret = l->profcycle ? *ret >> 1 : 0;	/* bit 0: future[C % 3] was moved, or is about to be */
	return err ? read_failed(p, err, "runtime.mProfCycle") : 0;
}

/* One record with the cycle that it is of, not from the cache. */
static int read_now(struct go_process *p, const struct go_bucket_layout *l, const struct go_bucket *k,
		    struct go_mem_cycle *ret, uint32_t *ret_cycle)
{
	int err = read_profcycle(p, l, ret_cycle);

	if (!err && read_cycles(p, l, k, ret, mem_read_now))
		err = read_failed(p, -EFAULT, "a memory profile bucket");
	return err;
}

/* Reads one record again until it is whole: see the top of buckets.h. */
static int read_whole(struct go_process *p, const struct go_bucket_layout *l, struct go_bucket *k)
{
	struct go_mem_cycle later[GO_BUCKET_CYCLES];
	uint32_t cycle;
	int err = read_now(p, l, k, later, &cycle);

	for (int n = 0; !err && (cycle != k->cycle || !is_whole(k->cycles, later)); n++) {
		if (n == TRIES_MAX)
			return err_set(EIO, "process %d (%s): its memory profile changes faster than "
				       "it can be read", p->target->pid, p->target->comm);
		memcpy(k->cycles, later, sizeof(later));
		k->cycle = cycle;
		err = read_now(p, l, k, later, &cycle);
	}
	if (!err)
		memcpy(k->cycles, later, sizeof(later));
	return err;
}

/* All records once more; *ret_whole: they are all as at the moment before this reading began. */
static int read_round(struct go_process *p, const struct go_bucket_layout *l, struct go_buckets *b,
		      bool *ret_whole)
{
	struct go_mem_cycle later[GO_BUCKET_CYCLES];
	uint32_t cycle;
	bool whole = true;
	int err = 0;

	mem_forget(&p->mem);
	for (size_t i = 0; !err && i < b->n; i++) {
		struct go_bucket *k = &b->v[i];

		err = read_cycles(p, l, k, later, mem_read);
		whole = whole && is_whole(k->cycles, later);
		memcpy(k->cycles, later, sizeof(later));
		k->cycle = b->cycle;
	}
	if (err)
		return read_failed(p, err, "a memory profile bucket");
	err = read_profcycle(p, l, &cycle);
	*ret_whole = whole && cycle == b->cycle;
	b->cycle = cycle;
	return err;
}

/* Until all records are whole, at one moment if possible. */
static int read_records(struct go_process *p, const struct go_bucket_layout *l,
			struct go_buckets *b)
{
	bool whole = false;
	int err = 0;

	for (int n = 0; !err && !whole && n < ROUNDS_MAX; n++)
		err = read_round(p, l, b, &whole);
	b->mixed = !whole;
	for (size_t i = 0; !err && !whole && i < b->n; i++)
		err = read_whole(p, l, &b->v[i]);
	return err;
}

static const struct go_mem_cycle *future(const struct go_bucket *k, unsigned ahead)
{
	return &k->cycles[1 + ((uint64_t)k->cycle + ahead) % (GO_BUCKET_CYCLES - 1)];
}

static void add_cycle(struct go_mem_cycle *sum, const struct go_mem_cycle *c)
{
	sum->allocs += c->allocs;
	sum->frees += c->frees;
	sum->alloc_bytes += c->alloc_bytes;
	sum->free_bytes += c->free_bytes;
}

struct go_mem_cycle go_bucket_published(const struct go_buckets *b, const struct go_bucket *k)
{
	struct go_mem_cycle sum = k->cycles[0];

	if (b->published)
		add_cycle(&sum, future(k, 0));
	for (unsigned i = 1; !b->published && i < GO_BUCKET_CYCLES; i++)
		add_cycle(&sum, &k->cycles[i]);
	return sum;
}

/* What the counts say together. */
static void conclude(struct go_buckets *b)
{
	b->newest = true;
	for (size_t i = 0; i < b->n; i++) {
		struct go_bucket *k = &b->v[i];
		const struct go_mem_cycle *now = future(k, 0), *next = future(k, 1);

		k->allocs = 0;
		for (int c = 0; c < GO_BUCKET_CYCLES; c++)
			k->allocs += k->cycles[c].allocs;
		if (k->cycles[0].allocs || k->cycles[0].frees || now->allocs || now->frees)
			b->published = true;
		if (next->allocs || next->frees)
			b->newest = false;
	}
}

static int read_list(struct go_process *p, const struct go_bucket_layout *l, struct go_buckets *b)
{
	uint64_t addr = mem_u64(&p->mem, l->mbuckets), earlier = 0;
	int err = 0;

	while (!err && addr) {
		/* Brent's way to see a circle after three turns at most */
		if (!(b->n & (b->n - 1)))
			earlier = addr;
		if (b->n == BUCKETS_MAX || (b->n && addr == earlier && (b->n & (b->n - 1))))
			err = err_set(ENOEXEC, "the list of memory profile buckets does not end");
		else if (!ARRAY_ROOM(b->v, b->n, b->cap))
			err = err_sys(ENOMEM, "reading the memory profile");
		else
			err = read_bucket(p, l, addr, b, &addr);
		b->n += !err;
	}
	return !err && p->mem.bad ? read_failed(p, -p->mem.error, "the memory profile") : err;
}

int go_buckets_read(struct go_process *p, const struct go_bucket_layout *l, struct go_buckets *ret)
{
	struct go_buckets b = { .own_bytes = l->own_bytes };
	int err;

	p->mem.bad = false;
	mem_forget(&p->mem);
	err = go_memprofile_rate(p, l, &b.rate);
	if (!err)
		err = read_profcycle(p, l, &b.cycle);
	b.time_ns = target_now_ns(p->target);
	if (!err)
		err = read_list(p, l, &b);
	if (!err)
		err = read_records(p, l, &b);
	if (err) {
		go_buckets_free(&b);
		return err;
	}
	conclude(&b);
	go_buckets_free(ret);
	*ret = b;
	return 0;
}

void go_buckets_free(struct go_buckets *b)
{
	free(b->v);
	free(b->pcs);
	*b = (struct go_buckets){ 0 };
}

/* The factor that turns sampled counts of objects of that size into real ones (pprof, scaleHeapSample). */
static double scale_of(uint64_t size, uint64_t rate)
{
	if (rate <= 1 || !size)
		return 1;
	return 1 / -expm1(-(double)size / (double)rate);
}

uint64_t go_buckets_rate(const struct go_buckets *old, const struct go_buckets *new)
{
	return new->rate ? new->rate : old->rate;
}

/* Counts come from the target: what no int64_t holds saturates. */
static int64_t rounded(double v)
{
	return v < 0x1p63 ? llround(v) : INT64_MAX;
}

/*
 * The list grows at its head only, so the old reading is the tail of the new
 * one, in the same order.
 */
int go_buckets_diff(const struct go_buckets *old, const struct go_buckets *new,
		    const struct symboliser *sym, struct profile *prof)
{
	uint64_t rate = go_buckets_rate(old, new);
	size_t added = new->n - old->n;

	if (new->n < old->n)
		return err_set(ENOEXEC, "the memory profile lost buckets between two readings");
	for (size_t i = 0; i < new->n; i++) {
		const struct go_bucket *k = &new->v[i];
		uint64_t before = i < added ? 0 : old->v[i - added].allocs, n = k->allocs - before;
		double scale = scale_of(k->size, rate);
		int64_t values[3];
		int err;

		if ((i >= added && old->v[i - added].addr != k->addr) || k->allocs < before)
			return err_set(ENOEXEC, "two readings of the memory profile don't fit together");
		if (!n)
			continue;
		values[0] = rounded((double)n * scale);
		values[1] = rounded((double)n * (double)k->size * scale);
		values[2] = n < INT64_MAX ? (int64_t)n : INT64_MAX;
		if (k->npcs)
			err = profile_add_pcs(prof, sym, new->pcs + k->first_pc, k->npcs,
					      PC_RETURN | PC_LOGICAL, values);
		else
			err = profile_add(prof, NULL, 0, values);
		if (err)
			return err_sys(-err, "adding up the memory profile");
	}
	return 0;
}
