/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/tables.h"

#include <string.h>

#include "base/buf.h"

enum {
	HEADER_QUANTUM = 6, HEADER_NFUNC = 8,
	SAMPLES = 64,		/* functions looked at before a table is believed */
};

/* The parts of a table of 1.16 and later. */
static bool set_parts(struct go_file *g, struct span *b)
{
	const struct go_table *t = g->table;
	uint64_t names = span_u64(b, t->names), cu = span_u64(b, t->cu);
	uint64_t files = span_u64(b, t->files), pctab = span_u64(b, t->pctab);
	uint64_t pcln = span_u64(b, t->pcln);

	if (b->bad || names < t->header || names > cu || cu > files || files > pctab ||
	    pctab > pcln || pcln > b->len)
		return false;
	g->funcnames = span_strings(span_sub(b, names, cu - names));
	g->cutab = span_sub(b, cu, files - cu);
	g->filetab = span_sub(b, files, pctab - files);
	g->filenames = span_strings(g->filetab);
	g->pctab = span_sub(b, pctab, pcln - pctab);
	g->funcs = g->functab = span_from(b, pcln);
	return true;
}

/* Go 1.2: the parts are the whole but for the file numbers, whose place stands behind functab. */
static bool set_whole(struct go_file *g, struct span *b)
{
	uint64_t end = g->table->header + 16ull * g->nfunc + 8;
	uint32_t files = span_u32(b, end);

	g->pctab = g->funcs = *b;
	g->funcnames = g->filenames = span_strings(*b);
	g->functab = span_from(b, g->table->header);
	g->cutab = (struct span){ 0 };
	g->filetab = span_from(b, files);
	return !b->bad && files >= end && span_u32(&g->filetab, 0) <= g->filetab.len / 4;
}

/* Some functions of the table: in order, and their _funcs say the same. */
static bool check_functions(struct go_file *g)
{
	uint32_t step = g->nfunc / SAMPLES + 1;
	struct span infos = g->funcs, names = g->funcnames;

	for (uint64_t i = 0; i < g->nfunc; i += step) {
		uint64_t info = functab_info(g, i), entry = functab_entry(g, i);
		uint64_t own = span_uint(&infos, info, g->table->entry);

		if (own != entry - g->text || functab_entry(g, i + 1) < entry ||
		    functab_entry(g, g->nfunc) < entry)
			return false;
		span_text(&names, span_u32(&infos, info + g->table->func_name));
		if (infos.bad || names.bad)
			return false;
	}
	return true;
}

/* The first 8 bytes of a header: fX ff ff ff 00 00, quantum, pointer size 8 (tables are aligned). */
static bool is_header(uint64_t v)
{
	uint64_t quantum = v >> 48 & 0xff;

	return (v & 0xff00ffffffffff00ull) == 0x08000000ffffff00ull &&
	       (quantum == 1 || quantum == 2 || quantum == 4) && go_table_of_magic((uint32_t)v);
}

/* Does a plausible pclntab begin here? */
static bool accept_pclntab(struct go_file *g, struct span b, uint64_t addr)
{
	uint64_t nfunc = span_u64(&b, HEADER_NFUNC);

	if (!is_header(span_u64(&b, 0)) || b.bad)
		return false;
	g->table = go_table_of_magic(span_u32(&b, 0));
	g->quantum = span_u8(&b, HEADER_QUANTUM);
	if (!nfunc || nfunc > UINT32_MAX || nfunc > b.len / (2 * g->table->entry))
		return false;
	g->nfunc = nfunc;
	g->pclntab = b;
	g->pclntab_addr = addr;
	g->text = 0;
	if (!(g->table->pcln ? set_parts(g, &b) : set_whole(g, &b)))
		return false;
	if (g->functab.len / (2 * g->table->entry) < nfunc)
		return false;
	return check_functions(g);
}

static bool pclntab_in_section(struct go_file *g, const char *name)
{
	const struct elf_section *s = elf_section(g->elf, name);

	return s && accept_pclntab(g, elf_section_bytes(g->elf, s), s->addr);
}

static bool scan_segment(struct go_file *g, const struct elf_segment *s, struct go_search *search,
			 bool (*accept)(struct go_file *g, struct go_search *search))
{
	struct span b = elf_bytes_at(g->elf, s->addr);
	size_t limit = b.len < search->bytes ? b.len : search->bytes;

	search->bytes -= limit;
	for (size_t off = -s->addr & 7; off + 8 <= limit && search->attempts; off += 8) {
		uint64_t v;

		memcpy(&v, b.p + off, sizeof(v));
		if (!is_header(v))
			continue;
		search->attempts--;
		if (accept_pclntab(g, span_from(&b, off), s->addr + off) && accept(g, search))
			return true;
	}
	return false;
}

bool go_find_pclntab(struct go_file *g, struct go_search *search,
		     bool (*accept)(struct go_file *g, struct go_search *search))
{
	static const char *const sections[] = { ".gopclntab", ".data.rel.ro.gopclntab" };

	for (unsigned i = 0; i < ARRAY_SIZE(sections); i++)
		if (pclntab_in_section(g, sections[i]) && accept(g, search))
			return true;
	/* it is in an executable segment only where a C linker made one of all that is read-only */
	for (int exec = 0; exec < 2; exec++)
		for (unsigned i = 0; i < g->elf->nsegments; i++)
			if (g->elf->segments[i].exec == exec &&
			    scan_segment(g, &g->elf->segments[i], search, accept))
				return true;
	return false;
}

static bool in_file(const struct go_file *g, uint64_t addr)
{
	return elf_offset_of(g->elf, addr) != UINT64_MAX;
}

/* What every moduledata says of its own pclntab. */
static bool points_to_parts(const struct go_file *g, const struct go_format *f, struct span *b)
{
	uint64_t base = g->pclntab_addr;
	const uint8_t *from = g->pclntab.p;

	if (span_u64(b, 0) != base || span_u64(b, 8ull * f->ftab + 8) != g->nfunc + 1ull ||
	    span_u64(b, 8ull * f->ftab) != base + (g->functab.p - from))
		return false;
	if (!g->table->pcln)
		return true;
	return span_u64(b, 8) == base + (g->funcnames.p - from) &&
	       span_u64(b, 32) == base + (g->cutab.p - from) &&
	       span_u64(b, 56) == base + (g->filetab.p - from) &&
	       span_u64(b, 80) == base + (g->pctab.p - from);
}

/* The text that one table describes may be cut into parts by the linker of some machines. */
static bool one_text(const struct go_format *f, struct span *b)
{
	uint64_t n = f->textsectmap ? span_u64(b, 8ull * f->textsectmap + 8) : 1;

	return n == 1 && (!f->textsectmap || span_u64(b, 8ull * f->textsectmap + 16) == n);
}

static bool accept_moduledata(struct go_file *g, const struct go_format *f, struct span b)
{
	uint64_t text = span_u64(&b, 8ull * f->text);
	uint64_t etext = span_u64(&b, 8ull * (f->text + MODULE_ETEXT));
	uint64_t minpc = span_u64(&b, 8ull * (f->findfunctab + MODULE_MINPC));
	uint64_t maxpc = span_u64(&b, 8ull * (f->findfunctab + MODULE_MAXPC));
	uint64_t types = f->types ? span_u64(&b, 8ull * f->types) : 0;
	uint64_t etypes = f->types ? span_u64(&b, 8ull * f->etypes) : 0;
	uint64_t gofunc = f->gofunc ? span_u64(&b, 8ull * f->gofunc) : 0;
	struct span functab = g->functab;
	uint64_t base = g->table->entry == 8 ? 0 : text;

	if (b.bad || !points_to_parts(g, f, &b) || !one_text(f, &b) || text >= etext ||
	    minpc < text || minpc > maxpc || maxpc > etext || !in_file(g, text))
		return false;
	if (minpc != base + span_uint(&functab, 0, g->table->entry) || types > etypes ||
	    (f->types && (!in_file(g, types) || !in_file(g, etypes - 1))) ||
	    (f->gofunc && !in_file(g, gofunc)))
		return false;
	g->text = text;
	g->etext = etext;
	g->types = types;
	g->etypes = etypes;
	g->gofunc = gofunc;
	g->gofunc_bytes = f->gofunc ? elf_bytes_at(g->elf, gofunc) : (struct span){ 0 };
	g->minpc = minpc;
	g->findfunctab = elf_bytes_at(g->elf, span_u64(&b, 8ull * f->findfunctab));
	return !b.bad;
}

/* len 0: to the end of the segment */
static bool moduledata_between(struct go_file *g, const struct go_format *f, uint64_t addr,
			       uint64_t len, struct go_search *search)
{
	struct span b = elf_bytes_at(g->elf, addr);
	size_t limit = len && len < b.len ? len : b.len;

	if (limit > search->bytes)
		limit = search->bytes;
	search->bytes -= limit;
	for (size_t off = -addr & 7; off + 8 <= limit; off += 8) {
		uint64_t v;

		memcpy(&v, b.p + off, sizeof(v));
		if (v != g->pclntab_addr || !accept_moduledata(g, f, span_from(&b, off)))
			continue;
		g->moduledata_addr = addr + off;
		return true;
	}
	return false;
}

bool go_find_moduledata(struct go_file *g, const struct go_format *f, struct go_search *search)
{
	static const char *const sections[] = { ".go.module", ".noptrdata" };

	for (unsigned i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct elf_section *s = elf_section(g->elf, sections[i]);

		if (s && s->size && moduledata_between(g, f, s->addr, s->size, search))
			return true;
	}
	for (int write = 1; write >= 0; write--)
		for (unsigned i = 0; i < g->elf->nsegments; i++)
			if (g->elf->segments[i].write == write &&
			    moduledata_between(g, f, g->elf->segments[i].addr, 0, search))
				return true;
	return false;
}
