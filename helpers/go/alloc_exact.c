/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/alloc.h"
#include "go/calls.h"

/* Which functions allocate was looked up in these; 1.20 has the mallocgc of 1.19 and 1.21. */
#define FIRST_VERIFIED 19
#define LAST_VERIFIED 27
#define FIRST_WITH_PARTS 24
#define FIRST_SPECIALISED 27

/* Every small object that is not at hand and every large one comes by some of these. */
static const char *const below[] = {
	"runtime.(*mcache).nextFree",
	"runtime.(*mcache).refill",
	"runtime.(*mcentral).cacheSpan",
	"runtime.(*mcentral).grow",
	"runtime.(*mcache).allocLarge",
	"runtime.(*mheap).alloc",
	/* what specialised functions go on with */
	"runtime.mallocgcTinySlowPath",
	"runtime.mallocgcSmallScanSlowPath",
	"runtime.mallocgcSmallNoScanSlowPath",
};

/* What mallocgc is made of from 1.24 on. */
static const char *const parts[] = {
	"runtime.mallocgcTiny",
	"runtime.mallocgcSmallNoscan",
	"runtime.mallocgcSmallScanNoHeader",
	"runtime.mallocgcSmallScanHeader",
	"runtime.mallocgcLarge",
};

static bool is_one_of(const char *name, const char *const *v, size_t n)
{
	while (n-- > 0)
		if (!strcmp(name, v[n]))
			return true;
	return false;
}

/* Functions specialised by size: mallocgc calls them by a table, compiled code directly. */
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

/* Two sets of functions: mallocgc itself, or its parts; both with the specialised ones. */
static int add_funcs(const struct go_file *g, bool by_parts, struct alloc_exact *e)
{
	for (uint32_t i = 0; i < g->nfunc; i++) {
		struct go_func f;
		bool inner, mallocgc;
		int err;

		if (!go_func_nth(g, i, &f) || strncmp(f.name, "runtime.mallocgc", 16) != 0)
			continue;
		mallocgc = !strcmp(f.name, "runtime.mallocgc");
		if (is_outer(f.name) && !(mallocgc && by_parts) && e->nskip < ARRAY_SIZE(e->skip)) {
			e->skip[e->nskip].from = f.entry;
			e->skip[e->nskip++].to = f.end;
		}
		inner = is_specialised(g->version.minor, f.name);
		if (!inner && !(by_parts ? is_one_of(f.name, parts, ARRAY_SIZE(parts)) : mallocgc))
			continue;
		err = add_func(g, &f, inner, e);
		if (err)
			return err;
	}
	return 0;
}

static bool in_set(const struct alloc_exact *e, const struct go_func *f)
{
	for (unsigned i = 0; i < e->n; i++)
		if (e->v[i].func.entry == f->entry)
			return true;
	return false;
}

/* Is what the set's functions lead to called by the set and by nothing else? */
static int check_set(const struct go_file *g, bool by_parts, const struct alloc_exact *e)
{
	struct go_func callees[GO_CALLEES];
	struct go_calls calls;
	unsigned n = 0;
	int err;

	_Static_assert(ARRAY_SIZE(below) + ARRAY_SIZE(parts) <= GO_CALLEES, "callees");
	for (size_t i = 0; i < ARRAY_SIZE(below); i++)
		n += go_func_named(g, below[i], &callees[n]);
	for (size_t i = 0; !by_parts && i < ARRAY_SIZE(parts); i++)
		n += go_func_named(g, parts[i], &callees[n]);
	err = go_calls_of(g, callees, n, &calls);
	for (unsigned i = 0; !err && i < calls.n; i++) {
		const struct go_func *f = &calls.v[i].caller;

		if (!in_set(e, f) && !is_one_of(f->name, below, ARRAY_SIZE(below)) &&
		    (by_parts || !is_one_of(f->name, parts, ARRAY_SIZE(parts))))
			err = err_set(ENOEXEC,
				      "%s: allocations cannot be counted exactly: the allocator was "
				      "inlined into %s, as in profile-guided builds", g->elf->path,
				      f->name);
	}
	return err;
}

static int try_set(const struct go_file *g, bool by_parts, struct alloc_exact *ret)
{
	struct alloc_exact e = { .n = 0 };
	int err = add_funcs(g, by_parts, &e);

	if (!err && !e.n)
		err = err_set(ENOEXEC, "%s has no function runtime.mallocgc", g->elf->path);
	if (!err)
		err = check_set(g, by_parts, &e);
	if (!err)
		*ret = e;
	return err;
}

int alloc_exact(const struct go_file *g, struct alloc_exact *ret)
{
	unsigned minor = g->version.minor;
	/* where mallocgc goes through specialised functions its parts are the cheaper set */
	bool parts_first = minor >= FIRST_SPECIALISED;
	int err;

	if (!minor)
		return err_set(ENOEXEC, "which Go built it is not known for certain, nor which functions allocate");
	if (minor < FIRST_VERIFIED || minor > LAST_VERIFIED)
		return err_set(ENOEXEC, "not known which functions allocate in Go 1.%u", minor);
	err = try_set(g, parts_first, ret);
	if (err == -ENOEXEC && minor >= FIRST_WITH_PARTS)
		err = try_set(g, !parts_first, ret);
	return err;
}
