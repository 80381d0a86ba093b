/* SPDX-License-Identifier: GPL-2.0-only */
/* A diff as text: the table, and folded stacks with two counts. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "stack/diff.h"
#include "stack/fold.h"
#include "stack/forest.h"
#include "stack/functions.h"
#include "stack/markup.h"
#include "stack/value.h"

static int64_t change_of(const int64_t *values)
{
	return diff_change(values[DIFF_BEFORE], values[DIFF_AFTER]);
}

struct order {
	const struct profile *p;
	bool cum;
};

static uint64_t size_of(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static int by_size(int64_t a, int64_t b)
{
	return size_of(a) > size_of(b) ? -1 : size_of(a) < size_of(b);
}

static int by_change(const void *pa, const void *pb, void *arg)
{
	const struct order *o = arg;
	const struct function *a = pa, *b = pb;
	int flat = by_size(change_of(a->flat), change_of(b->flat));
	int cum = by_size(change_of(a->cum), change_of(b->cum));
	int c = o->cum ? cum : flat;

	if (!c)
		c = o->cum ? flat : cum;
	return c ? c : strcmp(o->p->frames[a->frame].func, o->p->frames[b->frame].func);
}

static void add_values(struct table *t, const struct value_type *type, const int64_t *values)
{
	int64_t change = change_of(values);
	char text[NUM_LEN];

	table_cell(t, "%s%s", change > 0 ? "+" : "", value_text(text, type, change));
	table_cell(t, "%s", value_text(text, type, values[DIFF_BEFORE]));
	table_cell(t, "%s", value_text(text, type, values[DIFF_AFTER]));
}

static void add_function(struct table *t, const struct profile *p, const struct function *fn)
{
	const struct value_type *type = &p->types[DIFF_AFTER];
	struct buf name = { 0 };

	add_values(t, type, fn->flat);
	add_values(t, type, fn->cum);
	table_cell(t, "%s", !fn->cum[DIFF_BEFORE]  ? "new" :
			    !fn->cum[DIFF_AFTER] ? "gone" :
						   "");
	markup_name(&name, &p->frames[fn->frame]);
	table_cell(t, "%s", name.failed ? "?" : name.data);
	buf_free(&name);
}

/* A row that is of no function: its cumulative values are no sum. */
static void add_sum(struct table *t, const struct value_type *type, const int64_t *values,
		    const char *words)
{
	add_values(t, type, values);
	for (int i = 0; i < 4; i++)
		table_cell(t, "%s", "");
	table_cell(t, "%s", words);
}

static void add_rows(struct table *t, const struct profile *p, const struct diff_options *o,
		     const struct function *functions, size_t n)
{
	const struct value_type *type = &p->types[DIFF_AFTER];
	int64_t rest[PROFILE_VALUES] = { 0 }, same[PROFILE_VALUES] = { 0 };
	size_t shown = 0, nrest = 0, nsame = 0;
	char words[64];

	for (size_t i = 0; i < n; i++) {
		const struct function *fn = &functions[i];
		bool unchanged = !change_of(fn->flat) && !change_of(fn->cum);
		int64_t *sum = unchanged ? same : rest;

		if (!unchanged && (!o->top || shown < o->top)) {
			add_function(t, p, fn);
			shown++;
			continue;
		}
		*(unchanged ? &nsame : &nrest) += 1;
		for (unsigned v = 0; v < p->ntypes; v++)
			sum[v] = profile_sum(sum[v], fn->flat[v]);
	}
	if (nrest) {
		snprintf(words, sizeof(words), "(%zu more function%s)", nrest, nrest == 1 ? "" : "s");
		add_sum(t, type, rest, words);
	}
	if (nsame) {
		snprintf(words, sizeof(words), "(%zu function%s without a change)", nsame,
			 nsame == 1 ? "" : "s");
		add_sum(t, type, same, words);
	}
}

int diff_write_table(FILE *f, const struct profile *p, const struct diff_options *o)
{
	static const struct table_column columns[] = {
		{ "flat change", TABLE_RIGHT }, { "before", TABLE_RIGHT }, { "after", TABLE_RIGHT },
		{ "cum change", TABLE_RIGHT },	{ "before", TABLE_RIGHT }, { "after", TABLE_RIGHT },
		{ "", 0 },			{ "function", TABLE_SHORTEN },
	};
	int64_t all[PROFILE_VALUES] = { profile_total(p, DIFF_BEFORE), profile_total(p, DIFF_AFTER) };
	struct order order = { p, o->cum };
	struct function *functions;
	struct table t;
	size_t n;
	int ret = profile_functions(p, DIFF_AFTER, false, &functions, &n);

	if (ret)
		return ret;
	qsort_r(functions, n, sizeof(*functions), by_change, &order);
	table_init(&t, columns, ARRAY_SIZE(columns));
	add_sum(&t, &p->types[DIFF_AFTER], all, "(all)");
	add_rows(&t, p, o, functions, n);
	ret = table_print(&t, f);
	table_free(&t);
	free(functions);
	return ret;
}

struct folding {
	FILE *f;
	const struct forest *forest;
	struct buf path;
	size_t lens[STACK_DEPTH + 1];	/* [depth]: of the path up to there */
};

static int write_node(void *ctx, const struct forest_node *at)
{
	struct folding *w = ctx;
	struct buf *path = &w->path;
	int64_t before = forest_self(w->forest, at, DIFF_BEFORE);
	int64_t after = forest_self(w->forest, at, DIFF_AFTER);

	if (!at->depth)
		return 0;
	path->len = w->lens[at->depth - 1];
	if (at->depth > 1)
		buf_char(path, ';');
	buf_str(path, w->forest->trees[0].labels.v[at->label].text);
	w->lens[at->depth] = path->len;
	if (path->failed)
		return -ENOMEM;
	if (before || after)
		fprintf(w->f, "%s %" PRId64 " %" PRId64 "\n", path->data, before, after);
	return 0;
}

int diff_write_folded(FILE *f, const struct profile *p)
{
	static const unsigned values[] = { DIFF_BEFORE, DIFF_AFTER };
	struct forest forest;
	struct folding w = { .f = f, .forest = &forest };
	int ret = forest_build(&forest, p, values, 2, true, fold_name);

	if (ret)
		return ret;
	ret = forest_walk(&forest, write_node, &w);
	buf_free(&w.path);
	forest_free(&forest);
	return ret;
}
