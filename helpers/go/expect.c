/* SPDX-License-Identifier: GPL-2.0-only */
/* expect.c - has the processor load what lookups will need, for many of them at a time */
#include "go/format.h"
#include "go/gofile.h"
#include "go/pcvalue.h"
#include "go/tables.h"

enum {
	TOGETHER = 32,		/* more waits than any processor has at a time; all fits the first cache */
	TABLES = 3,		/* of lines, of files, of inlined calls */
};

static void load(struct span s, uint64_t off)
{
	if (off < s.len)
		__builtin_prefetch(s.p + off);
}

struct place {
	uint64_t addr, info, entry;
	uint32_t tables[TABLES];
};

static void load_func(const struct go_file *g, struct place *p)
{
	uint32_t i = func_by_index(g, p->addr);

	p->info = UINT64_MAX;
	if (i == UINT32_MAX)
		return;
	p->entry = functab_entry(g, i);
	p->info = functab_info(g, i);
	load(g->funcs, p->info);
	load(g->funcs, p->info + g->table->func_size);
}

static void load_tables(const struct go_file *g, struct place *p)
{
	struct span infos = g->funcs;
	uint32_t pcdata = g->table->func_size + 4u * g->format->pcdata_inline;

	if (p->info == UINT64_MAX)
		return;
	p->tables[0] = span_u32(&infos, p->info + g->table->func_pcln);
	p->tables[1] = span_u32(&infos, p->info + g->table->func_pcfile);
	p->tables[2] = span_u32(&infos, p->info + g->table->func_npcdata) > g->format->pcdata_inline ?
		       span_u32(&infos, p->info + pcdata) : 0;
	for (unsigned i = 0; i < TABLES; i++)
		pc_prefetch(g, p->tables[i]);
}

static void expect(const struct go_file *g, const uint64_t *addrs, size_t n)
{
	struct place places[TOGETHER];

	for (size_t i = 0; i < n; i++)
		load(g->findfunctab, findfunc_bucket(g, addrs[i]));
	for (size_t i = 0; i < n; i++) {
		uint32_t at = findfunc(g, addrs[i]);

		places[i].addr = addrs[i];
		load(g->functab, 2ull * g->table->entry * at);
	}
	for (size_t i = 0; i < n; i++)
		load_func(g, &places[i]);
	for (size_t i = 0; i < n; i++)
		load_tables(g, &places[i]);
	for (size_t i = 0; i < n; i++)
		for (unsigned t = 0; places[i].info != UINT64_MAX && t < TABLES; t++)
			pc_expect(g, places[i].tables[t], places[i].entry, places[i].addr);
}

void go_expect(const struct go_file *g, const uint64_t *addrs, size_t n)
{
	for (size_t i = 0; i < n; i += TOGETHER)
		expect(g, addrs + i, n - i < TOGETHER ? n - i : TOGETHER);
}
