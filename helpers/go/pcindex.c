/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/pcindex.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

/* Marks the table at off; returns where the next one begins, or 0 when it doesn't end as one. */
static uint64_t mark_table(const struct go_file *g, struct go_pcmark *marks, uint32_t off)
{
	struct span t = g->pctab;
	uint64_t at = off, block = off / GO_PCBLOCK, pc = 0;
	uint32_t value = UINT32_MAX;

	for (bool first = true;; first = false) {
		uint32_t u;

		if (at / GO_PCBLOCK != block) {
			block = at / GO_PCBLOCK;
			if (block >= g->npcmarks)
				return 0;
			marks[block] = (struct go_pcmark){ off, at, pc, value };
		}
		u = span_uvarint32(&t, &at);
		if (t.bad)
			return 0;
		if (!u && !first)
			return at;
		value += u >> 1 ^ -(u & 1);
		pc += (uint64_t)span_uvarint32(&t, &at) * g->quantum;
		if (t.bad || pc > UINT32_MAX)
			return 0;
	}
}

int go_pcindex_make(struct go_file *g)
{
	struct go_pcmark *marks;

	if (g->pcmarks || g->pctab.len > UINT32_MAX)
		return 0;
	g->npcmarks = g->pctab.len / GO_PCBLOCK + 1;
	marks = calloc(g->npcmarks, sizeof(*marks));
	if (!marks)
		return err_sys(ENOMEM, "%s: index of its tables", g->elf->path);
	/* offset 0 says "no table", so there is a byte before the first */
	for (uint64_t off = 1; off && off < g->pctab.len;)
		off = mark_table(g, marks, off);
	g->pcmarks = marks;
	return 0;
}

const struct go_pcmark *go_pcindex_find(const struct go_file *g, uint32_t off, uint64_t pc)
{
	const struct go_pcmark *m = g->pcmarks;
	uint32_t lo = off / GO_PCBLOCK, step = 1, hi, n = g->npcmarks;

	/* lo is at or before the one wanted, or the table's own first block */
	while (step < n - lo && m[lo + step].table == off && m[lo + step].pc <= pc) {
		lo += step;
		step *= 2;
	}
	for (hi = step < n - lo ? lo + step : n; lo + 1 < hi;) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (m[mid].table == off && m[mid].pc <= pc)
			lo = mid;
		else
			hi = mid;
	}
	return m[lo].table == off ? &m[lo] : NULL;
}
