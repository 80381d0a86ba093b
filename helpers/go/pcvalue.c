/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/pcvalue.h"

#include <stdlib.h>
#include <string.h>

enum {
	MARK_EVERY = 64,	/* bytes of pctab */
	MARK_FROM = 512,	/* a place nearer to the function's entry is found without */
	MARKS_MAX = 8 << 20,	/* enough for tables of 512 MB */
};

/*
 * Where a table's reader stood when it first passed the beginning of a piece of
 * MARK_EVERY bytes.  A piece's beginning is in one table only, or the file is broken:
 * then the last one has it, and the others do without.
 */
struct pc_mark {
	uint32_t table;		/* its offset in pctab; 0: no mark */
	uint32_t at;		/* offset in pctab of the next pair */
	uint32_t pc, value;	/* before that pair; pc relative to the function's entry */
};

struct reader {
	const uint8_t *p;
	uint64_t pc;
	uint32_t value;
};

void pc_marks_init(struct go_file *g)
{
	size_t n = g->pctab.len / MARK_EVERY + 1;

	g->marks = n <= MARKS_MAX ? calloc(n, sizeof(*g->marks)) : NULL;
}

void pc_marks_free(struct go_file *g)
{
	free(g->marks);
	g->marks = NULL;
}

/* As span_uvarint32(), on bare pointers: *p moves behind the value, to NULL when it doesn't end. */
static inline uint32_t uvarint(const uint8_t **p, const uint8_t *end)
{
	const uint8_t *q = *p;
	uint32_t v = 0;

	if (q < end && *q < 0x80) {
		*p = q + 1;
		return *q;
	}
	for (unsigned shift = 0; shift < 35 && q < end; shift += 7) {
		v |= (uint32_t)(*q & 0x7f) << shift;
		if (!(*q++ & 0x80)) {
			*p = q;
			return v;
		}
	}
	*p = NULL;
	return 0;
}

/*
 * Pairs of a value's and a pc's delta that take a byte each are summed up four at a time:
 * they are most of a table, and reading tables is most of the time that symbols take.
 * Returns how many bytes were read, 0 when another kind comes first, -1 when it is
 * among these that the pc gets beyond what is wanted.
 */
static inline int skip_pairs(const uint8_t *p, uint64_t want, uint8_t quantum, uint64_t *pc,
				  uint32_t *value)
{
	const uint64_t lanes = 0x0001000100010001ull;
	uint64_t w, longer, values, sum;
	int bytes;

	memcpy(&w, p, sizeof(w));
	longer = w & 0x8080808080808080ull;
	bytes = longer ? __builtin_ctzll(longer) / 16 * 2 : 8;
	if (!bytes)
		return 0;
	if (bytes < 8)
		w &= (1ull << 8 * bytes) - 1;
	values = w & 255 * lanes;
	/* a value's delta of 0 ends the table */
	if ((((values + 127 * lanes) ^ 128 * lanes) & 128 * lanes) << 8 * (8 - bytes))
		return 0;
	sum = *pc + ((w >> 8 & 255 * lanes) * lanes >> 48) * quantum;
	if (want < sum)
		return -1;
	*pc = sum;
	/* zig-zag, each delta plus 64, so that sums have no sign */
	values = ((values >> 1 & 63 * lanes) | 64 * lanes) ^ (values & lanes) * 127;
	*value += (uint32_t)(values * lanes >> 48) - 256;
	return bytes;
}

static const struct pc_mark *mark_before(const struct go_file *g, uint32_t off, uint32_t want,
					  uint32_t block)
{
	const struct pc_mark *m = &g->marks[block];

	return block < g->pctab.len / MARK_EVERY && m->table == off && m->pc <= want ? m : NULL;
}

/* Puts the reader at the last mark of its table that is not beyond what is wanted. */
static void use_marks(const struct go_file *g, uint32_t off, uint32_t want, struct reader *r)
{
	uint32_t first = off / MARK_EVERY + 1, step = 1, block = first;
	const struct pc_mark *m = mark_before(g, off, want, first), *next;

	if (!m)
		return;
	while ((next = mark_before(g, off, want, block + step))) {
		m = next;
		block += step;
		step *= 2;
	}
	while (step /= 2) {
		next = mark_before(g, off, want, block + step);
		if (next) {
			m = next;
			block += step;
		}
	}
	r->p = g->pctab.p + m->at;
	r->pc = m->pc;
	r->value = m->value;
}

static inline void leave_mark(const struct go_file *g, uint32_t off, const struct reader *r)
{
	uint32_t at = r->p - g->pctab.p;
	struct pc_mark *m = &g->marks[at / MARK_EVERY];

	if (!g->marks_fixed && m->table != off && at / MARK_EVERY != off / MARK_EVERY && r->pc <= UINT32_MAX)
		*m = (struct pc_mark){ off, at, (uint32_t)r->pc, r->value };
}

uint64_t pc_extent(const struct go_file *g, uint32_t off, uint64_t most)
{
	const uint8_t *p = g->pctab.p + off, *end = g->pctab.p + g->pctab.len;
	uint64_t size = 0;

	if (!off || off >= g->pctab.len)
		return 0;
	while (p && size <= most) {
		if (!uvarint(&p, end) && size)
			break;
		if (p)
			size += (uint64_t)uvarint(&p, end) * g->quantum;
	}
	return p && size <= most ? size : 0;
}

/* Marks the table at off; returns where the next one begins, 0: it doesn't end as one. */
static uint32_t fill_table(const struct go_file *g, uint32_t off)
{
	const uint8_t *end = g->pctab.p + g->pctab.len;
	struct reader r = { .p = g->pctab.p + off, .value = UINT32_MAX };

	for (;;) {
		bool first = !r.pc;
		uint32_t u;

		leave_mark(g, off, &r);
		u = uvarint(&r.p, end);
		if (!r.p)
			return 0;
		if (!u && !first)
			return r.p - g->pctab.p;
		r.value += u >> 1 ^ -(u & 1);
		r.pc += (uint64_t)uvarint(&r.p, end) * g->quantum;
		if (!r.p)
			return 0;
	}
}

void pc_marks_fill(struct go_file *g)
{
	if (!g->marks)
		pc_marks_init(g);
	if (!g->marks || g->pctab.len > UINT32_MAX)
		return;
	for (uint32_t off = 1; off && off < g->pctab.len;)
		off = fill_table(g, off);
}

void pc_prefetch(const struct go_file *g, uint32_t off)
{
	if (off >= g->pctab.len)
		return;
	__builtin_prefetch(g->pctab.p + off);
	if (g->marks)
		__builtin_prefetch(&g->marks[off / MARK_EVERY]);
}

void pc_expect(const struct go_file *g, uint32_t off, uint64_t entry, uint64_t addr)
{
	struct reader r = { .p = NULL };

	if (!off || off >= g->pctab.len || !g->marks || addr - entry < MARK_FROM ||
	    addr - entry > UINT32_MAX)
		return;
	use_marks(g, off, (uint32_t)(addr - entry), &r);
	if (r.p)
		__builtin_prefetch(r.p);
}

int32_t pc_value(const struct go_file *g, uint32_t off, uint64_t entry, uint64_t addr)
{
	struct reader r = { .value = UINT32_MAX };
	uint64_t want = addr - entry;
	bool marks = g->marks && want >= MARK_FROM && want <= UINT32_MAX;
	const uint8_t *end;
	int skip = 1;

	if (!off || off >= g->pctab.len)
		return -1;
	r.p = g->pctab.p + off;
	end = g->pctab.p + g->pctab.len;
	if (marks)
		use_marks(g, off, (uint32_t)want, &r);
	for (;;) {
		bool first = !r.pc;
		uint32_t u;

		while (skip > 0 && !first && end - r.p >= 8) {
			skip = skip_pairs(r.p, want, g->quantum, &r.pc, &r.value);
			r.p += skip > 0 ? skip : 0;
			if (marks)
				leave_mark(g, off, &r);
		}
		skip += !skip;
		u = uvarint(&r.p, end);
		if (!r.p || (!u && !first))
			return -1;
		r.value += u >> 1 ^ -(u & 1);
		r.pc += (uint64_t)uvarint(&r.p, end) * g->quantum;
		if (!r.p)
			return -1;
		if (want < r.pc)
			return (int32_t)r.value;
	}
}
