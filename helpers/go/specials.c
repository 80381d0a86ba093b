/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/specials.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals.h"
#include "go/values.h"

enum {
	NUMBERS = 11,
	SPANS_MAX = 1 << 27, BATCH = 4096, SPAN_MAX = 512,
	SPECIALS_MAX = 1 << 27,	/* in all: those that make no sense could go in circles */
	PS_MAX = 1 << 16,
	CLEANUPS_SINCE = 25,
	BLOCKS_MAX = 1 << 20,	/* of the queue: a hundred million finalizers */
	TRIES = 4,
	IN_USE = 1,
	PAGE = 8192,
};

/* Numbers of the kinds by version: _KindSpecial... in runtime/mheap.go of each. 0: no such number */
#define NONE SPECIAL_KINDS
static const struct numbers {
	unsigned from, to;
	uint8_t kind[NUMBERS];	/* by number */
} numbers[] = {
	{ 15, 15, { NONE, SPECIAL_FINALIZER, SPECIAL_PROFILE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE } },
	{ 19, 19, { NONE, SPECIAL_FINALIZER, SPECIAL_PROFILE, SPECIAL_REACHABLE, NONE, NONE, NONE, NONE, NONE,
		    NONE, NONE } },
	{ 21, 22, { NONE, SPECIAL_FINALIZER, SPECIAL_PROFILE, SPECIAL_REACHABLE, SPECIAL_PIN_COUNTER, NONE, NONE,
		    NONE, NONE, NONE, NONE } },
	{ 23, 23, { NONE, SPECIAL_FINALIZER, SPECIAL_WEAK_HANDLE, SPECIAL_PROFILE, SPECIAL_REACHABLE,
		    SPECIAL_PIN_COUNTER, NONE, NONE, NONE, NONE, NONE } },
	{ 24, 24, { NONE, SPECIAL_FINALIZER, SPECIAL_WEAK_HANDLE, SPECIAL_PROFILE, SPECIAL_REACHABLE,
		    SPECIAL_PIN_COUNTER, SPECIAL_CLEANUP, NONE, NONE, NONE, NONE } },
	{ 25, 25, { NONE, SPECIAL_TINY_BLOCK, SPECIAL_FINALIZER, SPECIAL_WEAK_HANDLE, SPECIAL_PROFILE,
		    SPECIAL_REACHABLE, SPECIAL_PIN_COUNTER, SPECIAL_CLEANUP, SPECIAL_CHECK_FINALIZER,
		    SPECIAL_BUBBLE, NONE } },
	{ 26, 27, { NONE, SPECIAL_TINY_BLOCK, SPECIAL_FINALIZER, SPECIAL_WEAK_HANDLE, SPECIAL_PROFILE,
		    SPECIAL_REACHABLE, SPECIAL_PIN_COUNTER, SPECIAL_CLEANUP, SPECIAL_CHECK_FINALIZER,
		    SPECIAL_BUBBLE, SPECIAL_SECRET } },
};

struct work {
	struct go_process *p;
	struct go_specials *ret;
	const struct numbers *numbers;
	uint32_t allspans, span_specials, span_pages, span_state, span_size;
	uint32_t next, offset, kind, special_size, offset_size;
	uint32_t block_link, block_cnt, block_size;
	uint64_t mheap, allfin;
	uint64_t *again;
	size_t nagain, again_cap;
	uint64_t seen;		/* specials */
	bool last;		/* what can't be read now is torn */
};

const char *go_special_name(enum go_special_kind kind)
{
	static const char *const names[SPECIAL_KINDS] = {
		"finalizer", "cleanup", "weak handle", "memory profile", "reachable", "pin counter",
		"tiny block", "finalizer check", "synctest bubble", "secret",
	};

	return names[kind];
}

static int find(struct work *w)
{
	const struct go_offset_want wants[] = {
		{ "runtime.mheap", "allspans", &w->allspans, NULL, false },
		{ "runtime.mspan", "sizeof", NULL, &w->span_size, false },
		{ "runtime.mspan", "specials", &w->span_specials, NULL, false },
		{ "runtime.mspan", "npages", &w->span_pages, NULL, false },
		{ "runtime.mspan", "state", &w->span_state, NULL, false },
		{ "runtime.special", "sizeof", NULL, &w->special_size, false },
		{ "runtime.special", "next", &w->next, NULL, false },
		{ "runtime.special", "offset", &w->offset, &w->offset_size, false },
		{ "runtime.special", "kind", &w->kind, NULL, false },
		{ "runtime.finBlock", "alllink", &w->block_link, NULL, false },
		{ "runtime.finBlock", "cnt", &w->block_cnt, NULL, false },
		{ "runtime.finBlock", "sizeof", NULL, &w->block_size, false },
	};
	unsigned minor = w->p->go.version.minor;
	int err = go_offsets_find(w->p, wants, ARRAY_SIZE(wants));

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (minor >= numbers[i].from && minor <= numbers[i].to)
			w->numbers = &numbers[i];
	if (!err && (!w->numbers || w->span_size > SPAN_MAX || w->special_size > 64))
		err = err_set(ENOEXEC, "%s: what Go 1.%u attaches to objects is not known",
			      w->p->go.elf->path, minor);
	if (!err)
		err = global_find(&w->p->go, GLOBAL_MHEAP, &w->mheap, NULL);
	if (!err)
		err = global_find(&w->p->go, GLOBAL_ALLFIN, &w->allfin, NULL);
	w->mheap += w->p->bias;
	w->allfin += w->p->bias;
	return err;
}

/* A span's list, sorted by offset; false: it makes no sense, and nothing was counted. */
static bool count_list(struct work *w, uint64_t at, uint64_t bytes)
{
	uint64_t n[SPECIAL_KINDS] = { 0 }, before = 0;
	uint8_t raw[64];
	struct span b = { raw, w->special_size, false };

	while (at) {
		uint64_t offset;
		uint8_t number;

		if (w->seen++ >= SPECIALS_MAX || mem_read(&w->p->mem, at, raw, w->special_size))
			return false;
		offset = span_uint(&b, w->offset, w->offset_size);
		number = span_u8(&b, w->kind);
		if (offset < before || offset >= bytes || number >= NUMBERS || w->numbers->kind[number] == NONE)
			return false;
		n[w->numbers->kind[number]]++;
		before = offset;
		at = span_u64(&b, w->next);
	}
	for (int k = 0; k < SPECIAL_KINDS; k++)
		w->ret->n[k] += n[k];
	return true;
}

static int got_span(void *ctx, const struct mem_piece *piece, const uint8_t *bytes)
{
	struct work *w = ctx;
	struct span b = { bytes, w->span_size, false };
	uint64_t list;

	if (bytes) {
		list = span_u64(&b, w->span_specials);
		if (span_u8(&b, w->span_state) != IN_USE || !list ||
		    count_list(w, list, span_u64(&b, w->span_pages) * PAGE))
			return 0;
	}
	if (w->last) {
		w->ret->torn++;
		return 0;
	}
	if (!ARRAY_ROOM(w->again, w->nagain, w->again_cap))
		return -ENOMEM;
	w->again[w->nagain++] = piece->addr;
	return 0;
}

static int read_batch(struct work *w, const uint64_t *addrs, size_t n)
{
	struct mem_piece *pieces = malloc(n * sizeof(*pieces));
	int err;

	if (!pieces)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		pieces[i] = (struct mem_piece){ addrs[i], w->span_size, i };
	mem_forget(&w->p->mem);
	err = mem_each(&w->p->mem, pieces, n, got_span, w);
	free(pieces);
	return err;
}

static int read_spans(struct work *w)
{
	uint64_t slice[2], *addrs, *again;
	int err = mem_read_now(&w->p->mem, w->mheap + w->allspans, slice, sizeof(slice));
	size_t n;

	if (err)
		return err;
	if (slice[1] > SPANS_MAX)
		return -EIO;
	addrs = malloc(BATCH * sizeof(*addrs));
	if (!addrs)
		return -ENOMEM;
	for (uint64_t i = 0; !err && i < slice[1]; i += BATCH) {
		n = slice[1] - i < BATCH ? slice[1] - i : BATCH;
		err = w->seen < SPECIALS_MAX ?
			      mem_read_now(&w->p->mem, slice[0] + 8 * i, addrs, n * sizeof(*addrs)) : -EIO;
		if (!err)
			err = read_batch(w, addrs, n);
	}
	free(addrs);
	for (int i = 0; !err && i < TRIES && w->nagain; i++) {
		again = w->again;
		n = w->nagain;
		w->again = NULL;
		w->nagain = w->again_cap = 0;
		w->last = i == TRIES - 1;
		for (size_t k = 0; !err && k < n; k++)
			err = read_batch(w, again + k, 1);
		free(again);
	}
	return err;
}

static int read_queue(struct work *w)
{
	struct mem *m = &w->p->mem;
	uint64_t at;
	int err = mem_read_now(m, w->allfin, &at, sizeof(at));

	for (size_t i = 0; !err && at; i++) {
		uint32_t cnt = 0;

		if (i == BLOCKS_MAX)
			return -EIO;
		err = mem_read_now(m, at + w->block_cnt, &cnt, sizeof(cnt));
		if (!err)
			err = mem_read_now(m, at + w->block_link, &at, sizeof(at));
		if (!err && cnt > w->block_size / 40)
			err = -EIO;
		w->ret->queued += cnt;
	}
	return err;
}

/* What was run is read before what was queued, so that it is never more. */
static int read_cleanups(struct work *w)
{
	enum { EXECUTED, QUEUED, VALUES };
	static const struct go_value_want wants[] = {
		[EXECUTED] = { GLOBAL_GCCLEANUPS, "runtime.cleanupQueue", "executed", 0, false },
		[QUEUED] = { GLOBAL_GCCLEANUPS, "runtime.cleanupQueue", "queued", 0, false },
	};
	struct go_value values[VALUES];
	uint64_t allp, slice[2], n[VALUES], p, of_p;
	uint32_t offset;
	const struct go_offset_want queued = { "runtime.p", "cleanupsQueued", &offset, NULL, false };
	struct mem *m = &w->p->mem;
	int err = go_values_find(w->p, wants, ARRAY_SIZE(wants), values);

	if (!err)
		err = go_offsets_find(w->p, &queued, 1);
	if (!err)
		err = global_find(&w->p->go, GLOBAL_ALLP, &allp, NULL);
	/* a cache of its own would keep what has changed since */
	mem_forget(m);
	if (!err)
		err = go_values_read(w->p, values, VALUES, n);
	if (err)
		return err;
	if (mem_read(m, allp + w->p->bias, slice, sizeof(slice)) || slice[1] > PS_MAX)
		return 0;
	for (uint64_t i = 0; i < slice[1]; i++) {
		if (mem_read(m, slice[0] + 8 * i, &p, sizeof(p)) || mem_read(m, p + offset, &of_p, sizeof(of_p)))
			return 0;
		n[QUEUED] += of_p;
	}
	w->ret->cleanups_known = n[QUEUED] >= n[EXECUTED];
	w->ret->cleanups = n[QUEUED] - n[EXECUTED];
	return 0;
}

int go_specials_read(struct go_process *p, struct go_specials *ret)
{
	struct work w = { .p = p, .ret = ret };
	const struct target *t = p->target;
	int err;

	*ret = (struct go_specials){ 0 };
	err = find(&w);
	if (err)
		return err;
	for (int i = 0; i < NUMBERS; i++)
		if (w.numbers->kind[i] != NONE)
			ret->has[w.numbers->kind[i]] = true;
	err = read_spans(&w);
	if (!err)
		err = read_queue(&w);
	free(w.again);
	if (!err && p->go.version.minor >= CLEANUPS_SINCE)
		return read_cleanups(&w);
	if (err == -ESRCH)
		return err_set(ESRCH, "process %d (%s) has exited", t->pid, t->comm);
	if (err == -EPERM)
		return target_denied(t->pid, t->comm, "read the memory of");
	return err ? err_set(-err, "process %d (%s): its finalizers can't be read: %s", t->pid, t->comm,
			     strerror(-err)) : 0;
}
