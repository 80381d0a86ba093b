/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/alloc.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/calls.h"

#define FIRST_WITH_HEADERS 22

static int named(const struct go_file *g, const char *name, struct go_func *ret)
{
	if (!go_func_named(g, name, ret))
		return err_set(ENOEXEC, "%s has no function %s", g->elf->path, name);
	return 0;
}

static int span_fields(const struct go_file *g, struct alloc_sampling *s)
{
	const struct layout_want want[] = {
		{ "runtime.mspan", "nelems", &s->nelems },
		{ "runtime.mspan", "allocCount", &s->alloc_count },
		{ "runtime.mspan", "elemsize", &s->elemsize },
		{ "runtime.mspan", "spanclass", &s->spanclass },
	};

	return layout_fields(g, want, ARRAY_SIZE(want));
}

/* Large objects must all come by allocLarge. */
static bool may_call_heap_alloc(const char *name)
{
	return !strcmp(name, "runtime.(*mcache).allocLarge") ||
	       !strcmp(name, "runtime.(*mcentral).grow") ||
	       !strcmp(name, "runtime.(*mcentral).cacheSpan");
}

enum { CACHE_SPAN, UNCACHE_SPAN, HEAP_ALLOC, CALLEES };

static bool calls_cache_span(const struct go_calls *calls, const struct go_func *f)
{
	for (unsigned i = 0; i < calls->n; i++)
		if (calls->v[i].callee == CACHE_SPAN && calls->v[i].caller.entry == f->entry)
			return true;
	return false;
}

/* What one caller contributes. A refill gives back used-up spans only: nothing to correct. */
static int caller_places(const struct go_file *g, const struct go_func *callees,
			 const struct go_calls *calls, const struct go_call *call,
			 struct alloc_sampling *s)
{
	const struct go_func *f = &call->caller;
	unsigned n = 0;
	int err = 0;

	switch (call->callee) {
	case CACHE_SPAN:
		err = probe_after_calls(g, f, &callees[CACHE_SPAN], s->spans + s->nspans,
					ALLOC_SPANS - s->nspans, &n);
		s->nspans += n;
		return err;
	case UNCACHE_SPAN:
		if (calls_cache_span(calls, f))
			return 0;
		err = probe_calls(g, f, &callees[UNCACHE_SPAN], s->returns + s->nreturns,
				  ALLOC_SPANS - s->nreturns, &n);
		s->nreturns += n;
		return err;
	default:
		if (!may_call_heap_alloc(f->name))
			err = err_set(ENOEXEC, "%s: not known how to sample large objects here, "
				      "%s allocates them itself (as in profile-guided builds)",
				      g->elf->path, f->name);
		return err;
	}
}

static int span_places(const struct go_file *g, struct alloc_sampling *s)
{
	struct go_func callees[CALLEES];
	struct go_calls calls;
	int err;

	err = named(g, "runtime.(*mcentral).cacheSpan", &callees[CACHE_SPAN]);
	if (!err)
		err = named(g, "runtime.(*mheap).alloc", &callees[HEAP_ALLOC]);
	if (!err && !go_func_named(g, "runtime.(*mcentral).uncacheSpan", &callees[UNCACHE_SPAN]))
		callees[UNCACHE_SPAN] = (struct go_func){ .entry = UINT64_MAX };
	if (!err)
		err = go_calls_of(g, callees, CALLEES, &calls);
	for (unsigned i = 0; !err && i < calls.n; i++)
		err = caller_places(g, callees, &calls, &calls.v[i], s);
	if (!err && !s->nspans)
		err = err_set(ENOEXEC, "%s: nothing calls runtime.(*mcentral).cacheSpan",
			      g->elf->path);
	return err;
}

int alloc_sampling(const struct go_file *g, struct alloc_sampling *ret)
{
	struct alloc_sampling s = { .nspans = 0 };
	struct go_func large;
	int err;

	err = named(g, "runtime.(*mcache).allocLarge", &large);
	if (!err)
		err = probe_place(g, &large, &s.large);
	if (!err)
		err = span_places(g, &s);
	if (!err)
		err = span_fields(g, &s);
	if (!err)
		*ret = s;
	return err;
}

int alloc_sizes_init(unsigned go_minor, struct alloc_sizes *ret)
{
	int err = layout_classes(go_minor, ret->classes);

	if (!err)
		ret->headers = go_minor >= FIRST_WITH_HEADERS;
	return err;
}
