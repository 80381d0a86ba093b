/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/alloc.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#define PAGE 8192u			/* runtime.pageSize */
#define MAX_SMALL 32768u		/* maxSmallSize */
#define MAX_TINY 16u			/* maxTinySize */
#define HEADER 8u			/* mallocHeaderSize */
#define MIN_SIZE_FOR_HEADER 512u	/* minSizeForMallocHeader, exclusive */
#define FIRST_WITH_HEADERS 22
/* Which functions allocate was looked up in these; 1.20 has the mallocgc of 1.19 and 1.21. */
#define FIRST_VERIFIED 19
#define LAST_VERIFIED 27

static int named(const struct go_file *g, const char *name, struct go_func *ret)
{
	if (!go_func_named(g, name, ret))
		return err_set(ENOEXEC, "%s has no function %s", g->elf->path, name);
	return 0;
}

static int span_fields(unsigned minor, struct alloc_sampling *s)
{
	const struct {
		const char *name;
		struct layout_field *to;
	} want[] = {
		{ "nelems", &s->nelems },
		{ "allocCount", &s->alloc_count },
		{ "elemsize", &s->elemsize },
		{ "spanclass", &s->spanclass },
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(want); i++)
		err = layout_offset(minor, "runtime.mspan", want[i].name, want[i].to);
	return err;
}

int alloc_sampling(const struct go_file *g, struct alloc_sampling *ret)
{
	struct alloc_sampling s = { 0 };
	struct go_func cache_span;
	int err;

	err = named(g, "runtime.(*mcache).refill", &s.refill_func);
	if (!err)
		err = named(g, "runtime.(*mcache).allocLarge", &s.large_func);
	if (!err)
		err = probe_place(g, &s.refill_func, &s.refill);
	if (!err)
		err = probe_place(g, &s.large_func, &s.large);
	if (!err)
		err = span_fields(g->version.minor, &s);
	if (err)
		return err;
	s.has_span = go_func_named(g, "runtime.(*mcentral).cacheSpan", &cache_span) &&
		     probe_after_call(g, &s.refill_func, &cache_span, &s.span) == 0;
	*ret = s;
	return 0;
}

/* Functions specialised by size, called by mallocgc through a table and by compiled code directly. */
static bool is_specialised(unsigned minor, const char *name)
{
	static const struct {
		uint8_t from, to;
		const char *prefix;	/* a number follows */
	} rows[] = {
		{ 26, 27, "runtime.mallocgcSmallScanNoHeaderSC" },
		{ 26, 27, "runtime.mallocgcSmallNoScanSC" },
		{ 26, 26, "runtime.mallocgcTinySize" },
		{ 27, 27, "runtime.mallocgcTinySC" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].prefix);

		if (minor < rows[i].from || minor > rows[i].to ||
		    strncmp(name, rows[i].prefix, n) != 0)
			continue;
		return name[n] && name[n + strspn(name + n, "0123456789")] == '\0';
	}
	return false;
}

/* What calls specialised functions for an allocation that was counted already. */
static bool is_outer(const char *name)
{
	return !strcmp(name, "runtime.mallocgc") || !strcmp(name, "runtime.mallocgcTinySlowPath");
}

static int add_func(const struct go_file *g, const struct go_func *f, bool inner,
		    struct alloc_exact *e)
{
	struct alloc_func a = { .func = *f, .inner = inner };
	int err;

	if (e->n == ALLOC_FUNCS)
		return err_set(ENOEXEC, "%s: more allocating functions than any Go has",
			       g->elf->path);
	err = probe_place(g, f, &a.place);
	if (err)
		return err;
	e->v[e->n++] = a;
	return 0;
}

int alloc_exact(const struct go_file *g, struct alloc_exact *ret)
{
	struct alloc_exact e = { .n = 0 };
	bool mallocgc = false;

	if (g->version.minor < FIRST_VERIFIED || g->version.minor > LAST_VERIFIED)
		return err_set(ENOEXEC, "not known which functions allocate in Go 1.%u",
			       g->version.minor);
	for (uint32_t i = 0; i < g->nfunc; i++) {
		struct go_func f;
		bool inner, outer;
		int err;

		if (!go_func_nth(g, i, &f) || strncmp(f.name, "runtime.mallocgc", 16) != 0)
			continue;
		inner = is_specialised(g->version.minor, f.name);
		outer = is_outer(f.name);
		if (outer && e.nskip < ARRAY_SIZE(e.skip)) {
			e.skip[e.nskip].from = f.entry;
			e.skip[e.nskip++].to = f.end;
		}
		if (!strcmp(f.name, "runtime.mallocgc"))
			mallocgc = true;
		else if (!inner)
			continue;
		err = add_func(g, &f, inner, &e);
		if (err)
			return err;
	}
	if (!mallocgc)
		return err_set(ENOEXEC, "%s has no function runtime.mallocgc", g->elf->path);
	*ret = e;
	return 0;
}

int alloc_sizes_init(unsigned go_minor, struct alloc_sizes *ret)
{
	int err = layout_classes(go_minor, ret->classes);

	if (!err)
		ret->headers = go_minor >= FIRST_WITH_HEADERS;
	return err;
}

uint64_t alloc_large_bytes(uint64_t size)
{
	if (size > UINT64_MAX - PAGE)
		return UINT64_MAX;
	return (size + PAGE - 1) / PAGE * PAGE;
}

uint64_t alloc_bytes(const struct alloc_sizes *s, uint64_t size, bool noscan, bool *tiny)
{
	bool is_tiny = noscan && size < MAX_TINY;

	if (tiny)
		*tiny = is_tiny;
	if (is_tiny || size == 0)
		return size;
	if (size > (s->headers ? MAX_SMALL - HEADER : MAX_SMALL))
		return alloc_large_bytes(size);
	if (s->headers && !noscan && size > MIN_SIZE_FOR_HEADER)
		size += HEADER;
	for (int i = 1; i < LAYOUT_CLASSES; i++)
		if (s->classes[i].size >= size)
			return s->classes[i].size;
	return size;
}
