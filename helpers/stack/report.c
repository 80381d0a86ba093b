/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
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
static void add_frame(struct buf *b, const struct frame *f)
{
	buf_str(b, f->func);
	if (f->flags & FRAME_KERNEL)
		buf_str(b, "_[k]");
	if (!f->file)
		return;
	buf_printf(b, " %s", short_path(f->file));
	if (f->line)
		buf_printf(b, ":%u", f->line);
}

struct report {
	const struct profile *p;
	const struct report_options *o;
	struct table table;
	struct table_column columns[PROFILE_VALUES + 2];
	unsigned ncolumns;
	int64_t total;
};

static void add_value_column(struct report *r, unsigned value)
{
	r->columns[r->ncolumns++] = (struct table_column){ value_head(&r->p->types[value]),
							   TABLE_RIGHT };
}

static void choose_columns(struct report *r)
{
	add_value_column(r, r->o->value);
	r->columns[r->ncolumns++] = (struct table_column){ "share", TABLE_RIGHT };
	for (unsigned i = 0; i < r->p->ntypes; i++)
		if (i != r->o->value && !r->p->types[i].internal)
			add_value_column(r, i);
	r->columns[r->ncolumns++] = (struct table_column){ "site", TABLE_SHORTEN };
	table_init(&r->table, r->columns, r->ncolumns);
}

static void add_value(struct report *r, unsigned value, int64_t v)
{
	char text[NUM_LEN];

	table_cell(&r->table, "%s", value_text(text, &r->p->types[value], v));
}

static void add_values(struct report *r, const int64_t *values)
{
	double share = r->total ? 100.0 * values[r->o->value] / r->total : 0;

	add_value(r, r->o->value, values[r->o->value]);
	table_cell(&r->table, "%.1f %%", share);
	for (unsigned i = 0; i < r->p->ntypes; i++)
		if (i != r->o->value && !r->p->types[i].internal)
			add_value(r, i, values[i]);
}

static void add_site(struct report *r, const struct site *s)
{
	const struct sample *sample = &r->p->samples[s->sample];
	struct buf b = { 0 };

	add_values(r, s->values);
	add_frame(&b, &r->p->frames[s->frame]);
	table_cell(&r->table, "%s", b.failed ? "?" : b.data);
	for (uint32_t i = 1; r->o->stacks && i < sample->n; i++) {
		buf_clear(&b);
		add_frame(&b, &r->p->frames[r->p->stack_frames[sample->first + i]]);
		table_line(&r->table, "%s", b.failed ? "?" : b.data);
	}
	if (r->o->stacks && s->nstacks > 1)
		table_line(&r->table, "(the heaviest of %u stacks)", s->nstacks);
	buf_free(&b);
}

static void add_rest(struct report *r, const struct site *sites, size_t from, size_t n)
{
	int64_t values[PROFILE_VALUES] = { 0 };

	for (size_t i = from; i < n; i++)
		for (unsigned v = 0; v < r->p->ntypes; v++)
			values[v] = profile_sum(values[v], sites[i].values[v]);
	add_values(r, values);
	table_cell(&r->table, "(%zu more site%s)", n - from, n - from == 1 ? "" : "s");
}

int report_write(FILE *f, const struct profile *p, const struct report_options *o)
{
	struct report r = { .p = p, .o = o, .total = profile_total(p, o->value) };
	struct site *sites;
	size_t n, shown;
	int ret = profile_sites(p, o->value, &sites, &n);

	if (ret)
		return ret;
	choose_columns(&r);
	shown = o->top && o->top < n ? o->top : n;
	for (size_t i = 0; i < shown; i++)
		add_site(&r, &sites[i]);
	if (shown < n)
		add_rest(&r, sites, shown, n);
	ret = table_print(&r.table, f);
	table_free(&r.table);
	free(sites);
	return ret;
}
