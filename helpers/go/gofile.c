/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/gofile.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/buildinfo.h"
#include "go/format.h"

static const struct go_format formats[] = {
	/*    versions  magic     func               inlinedCall         gofunc wrapper */
	{ 18, 19, 0xfffffff0, 40, 0,  36, 39, 20, 2, 12, 16, 0,  38, 21 },
	{ 20, 21, 0xfffffff1, 44, 36, 40, 43, 16, 0, 4,  8,  12, 40, 21 },
	{ 22, 24, 0xfffffff1, 44, 36, 40, 43, 16, 0, 4,  8,  12, 40, 22 },
	{ 25, 26, 0xfffffff1, 44, 36, 40, 43, 16, 0, 4,  8,  12, 40, 23 },
	{ 27, 27, 0xfffffff1, 44, 36, 40, 43, 16, 0, 4,  8,  12, 43, 23 },
};

/* pcHeader, >= 1.18 */
enum {
	HEADER_PAD = 4, HEADER_QUANTUM = 6, HEADER_PTRSIZE = 7, HEADER_NFUNC = 8,
	HEADER_NAMES = 32, HEADER_CU = 40, HEADER_FILES = 48, HEADER_PCTAB = 56, HEADER_PCLN = 64,
	HEADER_SIZE = 72,
};

static const struct go_format *find_format(unsigned minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (minor >= formats[i].first && minor <= formats[i].last)
			return &formats[i];
	return NULL;
}

static int check_version(const struct go_file *g)
{
	unsigned newest = formats[ARRAY_SIZE(formats) - 1].last;

	if (g->format)
		return 0;
	if (g->version.minor > newest)
		return err_set(ENOEXEC,
			       "%s was built by %s, newer than go1.%u, the newest this program knows; "
			       "its tables may have moved, so nothing is guessed: update gobpf",
			       g->elf->path, g->version.text, newest);
	return err_set(ENOEXEC, "%s was built by %s; go1.%u is the oldest this program reads",
		       g->elf->path, g->version.text, formats[0].first);
}

/* Does a plausible pclntab begin here? Fills the parts of g. */
static bool accept_pclntab(struct go_file *g, struct span b)
{
	uint64_t nfunc, names, cu, files, pctab, pcln;

	if (span_u32(&b, 0) != g->format->magic || span_u8(&b, HEADER_PAD) ||
	    span_u8(&b, HEADER_PAD + 1) || span_u8(&b, HEADER_PTRSIZE) != 8)
		return false;
	nfunc = span_u64(&b, HEADER_NFUNC);
	names = span_u64(&b, HEADER_NAMES);
	cu = span_u64(&b, HEADER_CU);
	files = span_u64(&b, HEADER_FILES);
	pctab = span_u64(&b, HEADER_PCTAB);
	pcln = span_u64(&b, HEADER_PCLN);
	if (b.bad || names < HEADER_SIZE || names > cu || cu > files || files > pctab ||
	    pctab > pcln || pcln > b.len || !nfunc || nfunc > (b.len - pcln) / 8)
		return false;
	g->quantum = span_u8(&b, HEADER_QUANTUM);
	g->nfunc = nfunc;
	g->pclntab = b;
	g->funcnames = span_sub(&b, names, cu - names);
	g->cutab = span_sub(&b, cu, files - cu);
	g->filetab = span_sub(&b, files, pctab - files);
	g->pctab = span_sub(&b, pctab, pcln - pctab);
	g->funcs = span_from(&b, pcln);
	return g->quantum == 1 || g->quantum == 2 || g->quantum == 4;
}

static bool pclntab_in_section(struct go_file *g, const char *name)
{
	const struct elf_section *s = elf_section(g->elf, name);

	if (!s || !accept_pclntab(g, elf_section_bytes(g->elf, s)))
		return false;
	g->pclntab_addr = s->addr;
	return true;
}

/* Without section names, or inside .data.rel.ro: wherever its magic stands and the header holds. */
static bool pclntab_by_scan(struct go_file *g)
{
	for (unsigned i = 0; i < g->elf->nsegments; i++) {
		struct span b = elf_bytes_at(g->elf, g->elf->segments[i].addr);

		for (uint64_t off = 0; off + HEADER_SIZE <= b.len; off += 8) {
			uint32_t v;

			memcpy(&v, b.p + off, sizeof(v));
			if (v != g->format->magic || !accept_pclntab(g, span_from(&b, off)))
				continue;
			g->pclntab_addr = g->elf->segments[i].addr + off;
			return true;
		}
	}
	return false;
}

static bool accept_moduledata(struct go_file *g, struct span b)
{
	uint64_t text = span_u64(&b, 8 * MODULE_TEXT);

	if (span_u64(&b, 0) != g->pclntab_addr ||
	    span_u64(&b, 8) != g->pclntab_addr + (g->funcnames.p - g->pclntab.p))
		return false;
	g->text = text;
	g->etext = span_u64(&b, 8 * MODULE_ETEXT);
	g->gofunc = span_u64(&b, 8ull * g->format->gofunc_word);
	return !b.bad && g->text < g->etext && span_u64(&b, 8 * MODULE_MINPC) >= text &&
	       span_u64(&b, 8 * MODULE_MINPC) <= g->etext;
}

static bool find_moduledata(struct go_file *g)
{
	for (unsigned i = 0; i < g->elf->nsegments; i++) {
		uint64_t addr = g->elf->segments[i].addr;
		struct span b = elf_bytes_at(g->elf, addr);

		for (uint64_t off = -addr & 7; off + 8 <= b.len; off += 8) {
			uint64_t v;

			memcpy(&v, b.p + off, sizeof(v));
			if (v != g->pclntab_addr || !accept_moduledata(g, span_from(&b, off)))
				continue;
			g->moduledata_addr = addr + off;
			g->gofunc_bytes = elf_bytes_at(g->elf, g->gofunc);
			return true;
		}
	}
	return false;
}

int go_open(struct elf_file *elf, struct go_file *ret)
{
	struct go_file g = { .elf = elf };
	int err = go_buildinfo(elf, &g.version, g.module);

	if (err)
		return err;
	if (elf->machine != EM_X86_64 && elf->machine != EM_AARCH64)
		return err_set(ENOEXEC, "%s is a Go program for another kind of processor; "
					"amd64 and arm64 are read", elf->path);
	g.format = find_format(g.version.minor);
	err = check_version(&g);
	if (err)
		return err;
	if (!pclntab_in_section(&g, ".gopclntab") &&
	    !pclntab_in_section(&g, ".data.rel.ro.gopclntab") && !pclntab_by_scan(&g))
		return err_set(ENOEXEC, "%s: no Go function table found (packed or damaged?)",
			       elf->path);
	if (!find_moduledata(&g))
		return err_set(ENOEXEC, "%s: the Go runtime's module data was not found "
					"(damaged, or linked in an unknown way)", elf->path);
	*ret = g;
	return 0;
}

void go_close(struct go_file *g)
{
	*g = (struct go_file){ 0 };
}

bool go_func_nth(const struct go_file *g, uint32_t i, struct go_func *ret)
{
	struct span t = g->funcs;
	struct span names = g->funcnames;
	uint32_t info;

	if (i >= g->nfunc)
		return false;
	info = span_u32(&t, 8ull * i + 4);
	*ret = (struct go_func){
		.entry = g->text + span_u32(&t, 8ull * i),
		.end = g->text + span_u32(&t, 8ull * (i + 1)),
		.index = i,
		.info = info,
		.name = span_str(&names, span_u32(&t, (uint64_t)info + FUNC_NAME)),
		.func_id = span_u8(&t, (uint64_t)info + g->format->func_id),
	};
	if (g->format->start_line)
		ret->start_line = span_u32(&t, (uint64_t)info + g->format->start_line);
	return !t.bad && !names.bad && ret->end > ret->entry;
}

bool go_func_at(const struct go_file *g, uint64_t addr, struct go_func *ret)
{
	struct span t = g->funcs;
	uint32_t lo = 0, hi = g->nfunc, off;

	if (addr < g->text || addr >= g->etext)
		return false;
	off = addr - g->text;
	while (lo < hi) {	/* the first entry beyond addr */
		uint32_t mid = lo + (hi - lo) / 2;

		if (span_u32(&t, 8ull * mid) <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && go_func_nth(g, lo - 1, ret) && addr >= ret->entry && addr < ret->end;
}

bool go_func_named(const struct go_file *g, const char *name, struct go_func *ret)
{
	for (uint32_t i = 0; i < g->nfunc; i++) {
		struct go_func f;

		if (go_func_nth(g, i, &f) && !strcmp(f.name, name)) {
			*ret = f;
			return true;
		}
	}
	return false;
}

struct span go_func_code(const struct go_file *g, const struct go_func *f)
{
	struct span b = elf_bytes_at(g->elf, f->entry);

	return b.len < f->end - f->entry ? (struct span){ 0 } : span_sub(&b, 0, f->end - f->entry);
}
