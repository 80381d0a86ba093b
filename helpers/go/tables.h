/* SPDX-License-Identifier: GPL-2.0-only */
/* tables.h - finding pclntab and moduledata in a file, and functions in it; for helpers/go only */
#ifndef GOBPF_GO_TABLES_H
#define GOBPF_GO_TABLES_H

#include "go/format.h"
#include "go/gofile.h"

/* What is left of the work that one file may cost, all its candidates together. */
struct go_search {
	uint64_t bytes;		/* to look through */
	unsigned attempts;	/* candidates to look at */
};

/* No Go program is larger, and a sparse file may be. */
#define GO_SEARCH ((struct go_search){ 1ull << 30, 16 })

/*
 * Finds pclntab: the section .gopclntab (.data.rel.ro.gopclntab in PIE up to
 * 1.25); else, without section names or linked by a C linker, wherever a
 * segment holds the magic of a table and what follows makes sense.  Fills
 * g's table, pclntab, its parts, quantum and nfunc.
 *
 * Of several candidates that one counts which accept() takes: a program may carry
 * another Go program as its data.  false: there is none.
 */
bool go_find_pclntab(struct go_file *g, struct go_search *search,
		     bool (*accept)(struct go_file *g, struct go_search *search));

/*
 * Finds moduledata by its pointers to g's pclntab and the parts of it, laid out as f
 * says: in the section .go.module (1.26), else in the program's data.  Fills g's
 * moduledata_addr, text, etext, gofunc, types, etypes, findfunctab.  false: not there.
 */
bool go_find_moduledata(struct go_file *g, const struct go_format *f, struct go_search *search);

/* Value of functab: the entry of function i (i == nfunc: the end of the last), or where its _func is. */
static inline uint64_t functab_entry(const struct go_file *g, uint32_t i)
{
	struct span t = g->functab;

	return g->table->entry == 8 ? span_u64(&t, 16ull * i) : g->text + span_u32(&t, 8ull * i);
}

static inline uint64_t functab_info(const struct go_file *g, uint32_t i)
{
	struct span t = g->functab;

	return g->table->entry == 8 ? span_u64(&t, 16ull * i + 8) : span_u32(&t, 8ull * i + 4);
}

/*
 * findfunctab, the runtime's own index (runtime/symtab.go, findfuncbucket: {idx u32, subbuckets[16]
 * u8} for 4096 bytes of text from minpc on): where in functab to look first for addr.
 */
enum { FINDFUNC_BUCKET = 4096, FINDFUNC_PARTS = 16, FINDFUNC_SIZE = 20 };

static inline uint64_t findfunc_bucket(const struct go_file *g, uint64_t addr)
{
	return (addr - g->minpc) / FINDFUNC_BUCKET * FINDFUNC_SIZE;
}

/* A function at or before the one that holds addr; UINT32_MAX: unknown. */
static inline uint32_t findfunc(const struct go_file *g, uint64_t addr)
{
	struct span t = g->findfunctab;
	uint64_t bucket = findfunc_bucket(g, addr);
	uint64_t part = (addr - g->minpc) % FINDFUNC_BUCKET / (FINDFUNC_BUCKET / FINDFUNC_PARTS);
	uint32_t i = span_u32(&t, bucket) + span_u8(&t, bucket + 4 + part);

	return t.bad || addr < g->minpc || i >= g->nfunc ? UINT32_MAX : i;
}

/* The function that holds addr by that index; UINT32_MAX: it doesn't help. */
uint32_t func_by_index(const struct go_file *g, uint64_t addr);

#endif
