/* SPDX-License-Identifier: GPL-2.0-only */
/* tables.h - finding pclntab and moduledata in a file; for gofile.c only */
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

#endif
