/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/gofile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "go/buildinfo.h"
#include "go/format.h"
#include "go/pcvalue.h"
#include "go/tables.h"

enum {
	FINDFUNC_STEPS = 64,	/* from what the index says forward before it is not believed */
	UPX_SEARCH = 4096,	/* the packer's mark stands behind the program headers */
};

static const struct go_format *format_for(const struct go_file *g)
{
	bool as_newest = g->newer && g->version.minor > GO_FORMAT_NEWEST;

	return go_format_of(as_newest ? GO_FORMAT_NEWEST : g->version.minor);
}

static int check_version(const struct go_file *g)
{
	if (!g->version.minor || format_for(g))
		return 0;
	if (g->version.minor > GO_FORMAT_NEWEST)
		return err_set(ENOEXEC,
			       "%s was built by %s, newer than go1.%u, the newest this program knows; "
			       "its tables may have moved, so nothing is guessed: update gobpf",
			       g->elf->path, g->version.text, GO_FORMAT_NEWEST);
	return err_set(ENOEXEC, "%s was built by %s; go1.%u is the oldest this program reads",
		       g->elf->path, g->version.text, GO_FORMAT_OLDEST);
}

/* Functions hold addresses before 1.18, so that names and lines need no moduledata. */
static bool text_by_functions(struct go_file *g)
{
	if (g->table->entry != 8)
		return false;
	g->text = functab_entry(g, 0);
	g->etext = functab_entry(g, g->nfunc);
	return true;
}

/* FuncIDWrapper is the largest of its numbers, and every program has wrappers. */
static uint8_t largest_func_id(const struct go_file *g, uint8_t offset)
{
	struct span infos = g->funcs;
	uint8_t max = 0;

	for (uint32_t i = 0; i < g->nfunc; i++) {
		uint8_t id = span_u8(&infos, functab_info(g, i) + offset);

		if (id > max)
			max = id;
	}
	return max;
}

/* The version is not recorded: which rows fit what is there? */
static bool format_by_content(struct go_file *g, struct go_search *search)
{
	struct go_version *v = &g->version;
	uint8_t wrapper;

	*v = (struct go_version){ .source = GO_VERSION_TABLES };
	if (g->table->entry == 8) {
		g->format = go_format_common(g->table);
		v->first = g->table->first;
		v->last = g->table->last;
		return text_by_functions(g);
	}
	g->format = NULL;
	wrapper = largest_func_id(g, go_format_next(g->table, NULL)->func_id);
	for (const struct go_format *f = NULL; (f = go_format_next(g->table, f));) {
		if (f->wrapper != wrapper || !go_find_moduledata(g, f, search))
			continue;
		if (!g->format)
			v->last = f->last;
		v->first = f->first;
		g->format = f;
	}
	return g->format;
}

/* The first pclntab that this holds for is the program's own. */
static bool with_moduledata(struct go_file *g, struct go_search *search)
{
	struct go_version v;

	if (!g->version.minor && go_buildversion(g->elf, &v))
		g->version = v;
	g->format = format_for(g);
	if (!g->version.minor)
		return format_by_content(g, search);
	if (!g->format)
		return true;	/* refused by check_version() */
	return g->table == go_table_of(g->format) &&
	       (go_find_moduledata(g, g->format, search) || text_by_functions(g));
}

static void name_range(struct go_version *v)
{
	if (v->source != GO_VERSION_TABLES)
		return;
	snprintf(v->text, sizeof(v->text), v->first == v->last ? "go1.%u" : "go1.%u to go1.%u",
		 v->first, v->last);
	if (v->first == v->last)
		v->minor = v->first;
}

static bool packed_by_upx(const struct elf_file *elf)
{
	size_t len = elf->bytes.len < UPX_SEARCH ? elf->bytes.len : UPX_SEARCH;

	return memmem(elf->bytes.p, len, "UPX!", 4);
}

static int no_tables(const struct go_file *g, bool found_some)
{
	if (packed_by_upx(g->elf))
		return err_set(ENOEXEC, "%s is packed with UPX: unpack a copy of it (upx -d)",
			       g->elf->path);
	if (found_some && g->version.minor)
		return err_set(ENOEXEC, "%s says that %s built it, but its function table is not of "
					"that version or its module data was not found "
					"(damaged, or linked in an unknown way)",
			       g->elf->path, g->version.text);
	if (found_some)
		return err_set(ENOEXEC, "%s has a Go function table of an unknown kind, or the Go "
					"runtime's module data was not found", g->elf->path);
	if (g->version.minor)
		return err_set(ENOEXEC, "%s was built by %s, but has no Go function table "
					"(packed, obfuscated or damaged?)",
			       g->elf->path, g->version.text);
	return err_set(ENOEXEC, "%s is not a Go program, or is packed or obfuscated: it has neither "
				"Go build information nor a Go function table", g->elf->path);
}

static int open_file(struct elf_file *elf, bool newer, struct go_file *ret)
{
	struct go_file g = { .elf = elf, .newer = newer };
	struct go_search search = GO_SEARCH;
	int err;

	err = elf_relocate(elf);
	if (err)
		return err;
	err = go_buildinfo(elf, &g.version, g.module);
	if (err && err != -ENOENT)
		return err;
	err = check_version(&g);
	if (err)
		return err;
	if (!go_find_pclntab(&g, &search, with_moduledata))
		return no_tables(&g, g.table);
	err = check_version(&g);
	if (err)
		return err;
	name_range(&g.version);
	pc_marks_init(&g);
	g.newer = g.version.minor > GO_FORMAT_NEWEST;
	*ret = g;
	return 0;
}

int go_open(struct elf_file *elf, struct go_file *ret)
{
	return open_file(elf, false, ret);
}

int go_open_newer(struct elf_file *elf, struct go_file *ret)
{
	return open_file(elf, true, ret);
}

void go_close(struct go_file *g)
{
	pc_marks_free(g);
	*g = (struct go_file){ 0 };
}

bool go_func_nth(const struct go_file *g, uint32_t i, struct go_func *ret)
{
	const struct go_table *t = g->table;
	struct span infos = g->funcs, names = g->funcnames;
	uint64_t info;

	if (i >= g->nfunc)
		return false;
	info = functab_info(g, i);
	*ret = (struct go_func){
		.entry = functab_entry(g, i),
		.end = functab_entry(g, i + 1),
		.index = i,
		.info = (uint32_t)info,
		.name = span_text(&names, span_u32(&infos, info + t->func_name)),
	};
	if (g->format->func_id) {
		ret->func_id = span_u8(&infos, info + g->format->func_id);
		/* zero before it meant something */
		ret->flags = span_u8(&infos, info + g->format->func_id + 1);
	}
	if (t->func_start_line)
		ret->start_line = span_u32(&infos, info + t->func_start_line);
	return !infos.bad && !names.bad && info <= UINT32_MAX && ret->end > ret->entry;
}

uint32_t func_by_index(const struct go_file *g, uint64_t addr)
{
	uint32_t i = findfunc(g, addr);

	if (i == UINT32_MAX || functab_entry(g, i) > addr)
		return UINT32_MAX;
	for (unsigned step = 0; step < FINDFUNC_STEPS && i < g->nfunc; step++, i++)
		if (functab_entry(g, i + 1) > addr)
			return i;
	return UINT32_MAX;
}

bool go_func_at(const struct go_file *g, uint64_t addr, struct go_func *ret)
{
	uint32_t lo = 0, hi = g->nfunc;
	uint32_t i;

	if (addr < g->text || addr >= g->etext)
		return false;
	i = func_by_index(g, addr);
	if (i == UINT32_MAX) {
		while (lo < hi) {	/* the first entry beyond addr */
			uint32_t mid = lo + (hi - lo) / 2;

			if (functab_entry(g, mid) <= addr)
				lo = mid + 1;
			else
				hi = mid;
		}
		i = lo - 1;
	}
	return i < g->nfunc && go_func_nth(g, i, ret) && addr >= ret->entry && addr < ret->end;
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
