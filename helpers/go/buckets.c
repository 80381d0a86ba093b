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
};

int go_bucket_layout(const struct go_process *p, struct go_bucket_layout *ret)
{
	struct go_bucket_layout l = { 0 };
	struct layout_field allnext, typ, size, nstk, header, allocs, cycle, future;
	const struct layout_want want[] = {
		{ "runtime.bucket", "allnext", &allnext },
		{ "runtime.bucket", "typ", &typ },
		{ "runtime.bucket", "size", &size },
		{ "runtime.bucket", "nstk", &nstk },
		{ "runtime.bucket", "sizeof", &header },
		{ "runtime.memRecordCycle", "allocs", &allocs },
		{ "runtime.memRecordCycle", "sizeof", &cycle },
		{ "runtime.memRecord", "future", &future },
	};
	int err = global_find(&p->go, GLOBAL_MBUCKETS, &l.mbuckets, NULL);

	if (!err)
		err = global_find(&p->go, GLOBAL_MEMPROFILERATE, &l.rate, NULL);
	if (!err)
		err = layout_fields(&p->go, want, ARRAY_SIZE(want));
	if (err)
		return err;
	l.allnext = allnext.offset;
	l.typ = typ.offset;
	l.size = size.offset;
	l.nstk = nstk.offset;
	l.header = header.size;
	l.allocs = allocs.offset;
	l.cycle = cycle.size;
	if (!l.cycle)
		return err_set(ENOEXEC, "unexpected layout of runtime.memRecordCycle");
	l.cycles = 1 + future.size / l.cycle;
	if (l.cycles > GO_BUCKET_CYCLES || l.cycles * l.cycle > RECORD_MAX || future.offset != l.cycle ||
	    l.allocs + sizeof(uint64_t) > l.cycle)
		return err_set(ENOEXEC, "unexpected layout of runtime.memRecord");
	l.mbuckets += p->bias;
	l.rate += p->bias;
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

/* The counts of one bucket's record as they stand there, whole or not. */
static int read_cycles(struct go_process *p, const struct go_bucket_layout *l,
		       const struct go_bucket *k, uint64_t ret[GO_BUCKET_CYCLES],
		       int (*read)(struct mem *m, uint64_t addr, void *out, size_t len))
{
	uint8_t record[RECORD_MAX];
	int err = read(&p->mem, k->addr + l->header + 8ull * k->npcs, record, l->cycles * l->cycle);

	memset(ret, 0, GO_BUCKET_CYCLES * sizeof(*ret));
	for (uint32_t i = 0; !err && i < l->cycles; i++)
		memcpy(&ret[i], record + i * l->cycle + l->allocs, sizeof(ret[i]));
	return err;
}

/*
 * Is what was read later a sum that the record had?  While a cycle is moved, either
 * reading has another `active', or the cycle fell between them.
 */
static bool is_whole(const uint64_t *a, const uint64_t *later)
{
	if (a[0] != later[0])
		return false;
	for (int i = 1; i < GO_BUCKET_CYCLES; i++)
		if (later[i] < a[i])
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

/* Reads one record again until it is whole: see the top of buckets.h. */
static int read_whole(struct go_process *p, const struct go_bucket_layout *l, struct go_bucket *k)
{
	uint64_t later[GO_BUCKET_CYCLES];
	int err = read_cycles(p, l, k, later, mem_read);

	for (int n = 0; !err && !is_whole(k->cycles, later); n++) {
		if (n == TRIES_MAX)
			return err_set(EIO, "process %d (%s): its memory profile changes faster than "
				       "it can be read", p->target->pid, p->target->comm);
		memcpy(k->cycles, later, sizeof(later));
		err = read_cycles(p, l, k, later, mem_read_now);
	}
	if (err)
		return read_failed(p, err, "a memory profile bucket");
	memcpy(k->cycles, later, sizeof(later));
	k->allocs = 0;
	for (int i = 0; i < GO_BUCKET_CYCLES; i++)
		k->allocs += later[i];
	return 0;
}

int go_buckets_read(struct go_process *p, const struct go_bucket_layout *l, struct go_buckets *ret)
{
	struct go_buckets b = { 0 };
	uint64_t addr, earlier = 0;
	int err;

	p->mem.bad = false;
	mem_forget(&p->mem);
	err = go_memprofile_rate(p, l, &b.rate);
	if (err)
		return err;
	b.time_ns = target_now_ns(p->target);
	addr = mem_u64(&p->mem, l->mbuckets);
	while (!err && addr) {
		/* Brent's way to see a circle after three turns at most */
		if (!(b.n & (b.n - 1)))
			earlier = addr;
		if (b.n == BUCKETS_MAX || (b.n && addr == earlier && (b.n & (b.n - 1))))
			err = err_set(ENOEXEC, "the list of memory profile buckets does not end");
		else if (!ARRAY_ROOM(b.v, b.n, b.cap))
			err = err_sys(ENOMEM, "reading the memory profile");
		else
			err = read_bucket(p, l, addr, &b, &addr);
		b.n += !err;
	}
	if (!err && p->mem.bad)
		err = read_failed(p, -p->mem.error, "the memory profile");
	mem_forget(&p->mem);
	for (size_t i = 0; !err && i < b.n; i++)
		err = read_whole(p, l, &b.v[i]);
	if (err) {
		go_buckets_free(&b);
		return err;
	}
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
