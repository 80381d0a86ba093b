/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "stack/functions.h"
#include "stack/markup.h"
#include "stack/value.h"

/* "net/http/server.go" of "/usr/lib/go/src/net/http/server.go": the last two parts of a path. */
static const char *short_path(const char *path)
{
	int slashes = 0;

	for (const char *s = path + strlen(path); s > path; s--)
		if (s[-1] == '/' && ++slashes == 2)
			return s;
	return path;
}

/* "main.work main.go:12" */
static void add_frame(struct buf *b, const struct frame *f, bool line)
{
	markup_name(b, f);
	if (!f->file)
		return;
	buf_printf(b, " %s", short_path(f->file));
	if (line && f->line)
		buf_printf(b, ":%u", f->line);
}

struct report {
	const struct profile *p;
	const struct report_options *o;
	struct table table;
	struct table_column columns[PROFILE_VALUES + 4];
	char flat_head[40], cum_head[40];
	unsigned ncolumns;
	int64_t total;
};

static void add_column(struct report *r, const char *head, unsigned flags)
{
	r->columns[r->ncolumns++] = (struct table_column){ head, flags };
}

/* Is it a value that stands beside the main one? */
static bool beside(const struct report *r, unsigned value)
{
	return value != r->o->value && !r->p->types[value].internal;
}

static void choose_columns(struct report *r)
{
	const char *head = value_head(&r->p->types[r->o->value]);

	snprintf(r->flat_head, sizeof(r->flat_head), "flat %s", head);
	snprintf(r->cum_head, sizeof(r->cum_head), "cum %s", head);
	add_column(r, r->flat_head, TABLE_RIGHT);
	add_column(r, "share", TABLE_RIGHT);
	add_column(r, r->cum_head, TABLE_RIGHT);
	add_column(r, "share", TABLE_RIGHT);
	for (unsigned i = 0; i < r->p->ntypes; i++)
		if (beside(r, i))
			add_column(r, value_head(&r->p->types[i]), TABLE_RIGHT);
	add_column(r, "function", TABLE_SHORTEN);
	table_init(&r->table, r->columns, r->ncolumns);
}

static void add_value(struct report *r, unsigned value, int64_t v)
{
	char text[NUM_LEN];

	table_cell(&r->table, "%s", value_text(text, &r->p->types[value], v));
}

static void add_with_share(struct report *r, int64_t v)
{
	add_value(r, r->o->value, v);
	table_cell(&r->table, "%.1f %%", r->total ? 100.0 * v / r->total : 0);
}

static void add_beside(struct report *r, const int64_t *values)
{
	for (unsigned i = 0; i < r->p->ntypes; i++)
		if (beside(r, i))
			add_value(r, i, values[i]);
}

static void add_stack(struct report *r, const struct function *fn)
{
	const struct sample *sample = &r->p->samples[fn->sample];
	struct buf b = { 0 };

	for (uint32_t i = 1; i < sample->n; i++) {
		buf_clear(&b);
		add_frame(&b, &r->p->frames[r->p->stack_frames[sample->first + i]], true);
		table_line(&r->table, "%s", b.failed ? "?" : b.data);
	}
	if (fn->nstacks > 1)
		table_line(&r->table, "(the heaviest of %u stacks)", fn->nstacks);
	buf_free(&b);
}

static void add_function(struct report *r, const struct function *fn)
{
	struct buf b = { 0 };

	add_with_share(r, fn->flat[r->o->value]);
	add_with_share(r, fn->cum[r->o->value]);
	add_beside(r, fn->flat);
	add_frame(&b, &r->p->frames[fn->frame], fn->one_place);
	table_cell(&r->table, "%s", b.failed ? "?" : b.data);
	if (r->o->stacks && fn->nstacks)
		add_stack(r, fn);
	buf_free(&b);
}

/* Their cumulative values can't be added up: they stand in the same stacks. */
static void add_rest(struct report *r, const struct function *functions, size_t from, size_t n)
{
	int64_t values[PROFILE_VALUES] = { 0 };

	for (size_t i = from; i < n; i++)
		for (unsigned v = 0; v < r->p->ntypes; v++)
			values[v] = profile_sum(values[v], functions[i].flat[v]);
	add_with_share(r, values[r->o->value]);
	table_cell(&r->table, "%s", "");
	table_cell(&r->table, "%s", "");
	add_beside(r, values);
	table_cell(&r->table, "(%zu more function%s)", n - from, n - from == 1 ? "" : "s");
}

int report_write(FILE *f, const struct profile *p, const struct report_options *o)
{
	struct report r = { .p = p, .o = o, .total = profile_total(p, o->value) };
	struct function *functions;
	size_t n, shown;
	int ret = profile_functions(p, o->value, o->cum, &functions, &n);

	if (ret)
		return ret;
	choose_columns(&r);
	shown = o->top && o->top < n ? o->top : n;
	for (size_t i = 0; i < shown; i++)
		add_function(&r, &functions[i]);
	if (shown < n)
		add_rest(&r, functions, shown, n);
	ret = table_print(&r.table, f);
	table_free(&r.table);
	free(functions);
	return ret;
}
