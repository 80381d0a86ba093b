/* SPDX-License-Identifier: GPL-2.0-only */
/* Many pieces of memory in few system calls. */
#include "input/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * What a range of its own costs the kernel is what copying 2 to 3 KiB costs, so smaller gaps
 * are read with their neighbours.  A round should stay in the processor's cache until
 * it is used.
 */
enum { GAP = 2048, ROUND = 256 << 10, RANGES = 512 };

struct mem_round {
	struct iovec ranges[RANGES];
	size_t first[RANGES];		/* range i holds the pieces v[first[i]] .. */
	size_t nranges, npieces, bytes;
	uint8_t buf[2 * ROUND + 2 * MEM_PIECE_MAX];
};

static int by_addr(const void *pa, const void *pb)
{
	const struct mem_piece *a = pa, *b = pb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static bool is_sorted(const struct mem_piece *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i].addr < v[i - 1].addr)
			return false;
	return true;
}

/* As many of the pieces as fit into a round, at least one. */
static void plan(struct mem_round *r, const struct mem_piece *v, size_t n)
{
	size_t i = 0;

	r->nranges = r->bytes = 0;
	while (i < n && r->nranges < RANGES) {
		uint64_t start = v[i].addr, end = start + v[i].len;

		if (r->bytes && r->bytes + v[i].len > ROUND)
			break;
		r->first[r->nranges] = i++;
		while (i < n && v[i].addr <= end + GAP && v[i].addr + v[i].len >= v[i].addr) {
			uint64_t new_end = v[i].addr + v[i].len;

			if (new_end < end)
				new_end = end;
			if (r->bytes + (new_end - start) > ROUND)
				break;
			end = new_end;
			i++;
		}
		r->ranges[r->nranges++] = (struct iovec){ (void *)(uintptr_t)start, end - start };
		r->bytes += end - start;
	}
	r->npieces = i;
}

/* One by one, where a range was not there as a whole: a gap may be unmapped, too. */
static int single(struct mem *m, const struct mem_piece *piece, uint8_t *buf,
		  int (*got)(void *ctx, const struct mem_piece *piece, const uint8_t *bytes), void *ctx)
{
	struct iovec range = { (void *)(uintptr_t)piece->addr, piece->len };
	ssize_t n = mem_fetch(m, buf, &range, 1);

	if (n < 0 && n != -EFAULT)
		return n;
	if (n == (ssize_t)piece->len)
		mem_keep(m, piece->addr, buf, n);
	return got(ctx, piece, n == (ssize_t)piece->len ? buf : NULL);
}

static int read_round(struct mem *m, struct mem_round *r, const struct mem_piece *v,
		      int (*got)(void *ctx, const struct mem_piece *piece, const uint8_t *bytes),
		      void *ctx)
{
	ssize_t have = mem_fetch(m, r->buf, r->ranges, r->nranges);
	const uint8_t *at = r->buf;
	int ret = 0;

	if (have < 0 && have != -EFAULT)
		return have;
	for (size_t k = 0; !ret && k < r->nranges; k++) {
		size_t end = k + 1 < r->nranges ? r->first[k + 1] : r->npieces;
		bool whole = have >= 0 && at + r->ranges[k].iov_len <= r->buf + have;

		for (size_t i = r->first[k]; !ret && i < end; i++) {
			uint64_t off = v[i].addr - (uintptr_t)r->ranges[k].iov_base;

			if (whole)
				mem_keep(m, v[i].addr, at + off, v[i].len);
			/* behind the round's bytes, which later ranges still need */
			ret = whole ? got(ctx, &v[i], at + off) :
				      single(m, &v[i], r->buf + 2 * ROUND + MEM_PIECE_MAX, got, ctx);
		}
		at += r->ranges[k].iov_len;
	}
	return ret;
}

int mem_each(struct mem *m, struct mem_piece *v, size_t n,
	     int (*got)(void *ctx, const struct mem_piece *piece, const uint8_t *bytes), void *ctx)
{
	struct mem_round *r = m->round;
	int ret = 0;

	if (!r)
		r = m->round = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	if (!is_sorted(v, n))
		qsort(v, n, sizeof(*v), by_addr);
	while (!ret && n) {
		plan(r, v, n);
		ret = read_round(m, r, v, got, ctx);
		v += r->npieces;
		n -= r->npieces;
	}
	return ret;
}
