/* SPDX-License-Identifier: GPL-2.0-only */
/* span_stats_print.c - span-stats as a table and as JSON; the schema is in docs/gobpf-span-stats.1 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "cmd/span_stats_run.h"
#include "live_json.h"

static uint64_t spans_of(const struct go_span_class *c) { return c->spans; }
static uint64_t bytes_of(const struct go_span_class *c) { return c->pages * GO_PAGE; }
static uint64_t objects_of(const struct go_span_class *c) { return c->objects; }
static uint64_t used_of(const struct go_span_class *c) { return c->used; }
static uint64_t free_of(const struct go_span_class *c) { return c->slots - c->objects; }

/* Free slots, and what is left behind the last slot of each span. */
static uint64_t unused_of(const struct go_span_class *c)
{
	return bytes_of(c) - c->used;
}

static const struct ss_sort sorts[] = {
	{ "size", NULL },	   { "spans", spans_of }, { "bytes", bytes_of },   { "objects", objects_of },
	{ "used", used_of }, { "free", free_of },   { "unused", unused_of },
};

const struct ss_sort *ss_sort_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++)
		if (!strcmp(sorts[i].name, name))
			return &sorts[i];
	return NULL;
}

/* Large objects, whose class has no size, are the last. */
static int by_size(const struct ss_row *a, const struct ss_row *b)
{
	uint64_t sa = a->c->size - 1, sb = b->c->size - 1;

	if (sa != sb)
		return sa < sb ? -1 : 1;
	return a->noscan - b->noscan;
}

static int by_column(const void *pa, const void *pb, void *arg)
{
	const struct ss_row *a = pa, *b = pb;
	const struct ss_sort *s = arg;
	uint64_t va = s->value ? s->value(a->c) : 0, vb = s->value ? s->value(b->c) : 0;

	if (va != vb)
		return va > vb ? -1 : 1;
	return by_size(a, b);
}

static void add_row(struct table *t, const struct ss_row *r)
{
	const struct go_span_class *c = r->c;
	char text[NUM_LEN];

	if (c->size)
		table_cell(t, "%llu", (unsigned long long)c->size);
	else
		table_cell(t, "large");
	table_cell(t, "%s", r->noscan ? "noscan" : "scan");
	table_cell(t, "%llu", (unsigned long long)c->spans);
	table_cell(t, "%s", num_bytes(text, (double)bytes_of(c)));
	table_cell(t, "%llu", (unsigned long long)c->objects);
	table_cell(t, "%s", num_bytes(text, (double)c->used));
	table_cell(t, "%llu", (unsigned long long)free_of(c));
	table_cell(t, "%s", num_bytes(text, (double)unused_of(c)));
	table_cell(t, "%.1f %%", 100 * (double)unused_of(c) / (double)bytes_of(c));
	table_cell(t, "%llu", (unsigned long long)c->cached);
}

/* "12.0 MiB", or "?" for what this version doesn't count */
static const char *bytes_or_unknown(char text[NUM_LEN], uint64_t v)
{
	return v == UINT64_MAX ? "?" : num_bytes(text, (double)v);
}

static void print_head(const struct ss_run *run, FILE *f)
{
	const struct go_span_class *sum = &run->sum;
	const struct go_spans *s = &run->spans;
	double bytes = (double)bytes_of(sum);
	char a[NUM_LEN], b[NUM_LEN], c[NUM_LEN];

	fprintf(f, "span-stats: %s (pid %d), %s: %llu spans in use, %s; objects %s (%.1f %%)",
		live_name(&run->live), run->live.target.pid, run->live.process.go.version.text,
		(unsigned long long)sum->spans, num_bytes(a, bytes), num_bytes(b, (double)sum->used),
		bytes ? 100 * (double)sum->used / bytes : 0);
	fprintf(f, ", free slots %s, behind the last slots %s\n", num_bytes(a, (double)run->free_slots),
		num_bytes(b, (double)(unused_of(sum) - run->free_slots)));
	fprintf(f, "heap: in use %s, idle %s", bytes_or_unknown(a, s->after[HEAP_IN_USE]),
		bytes_or_unknown(b, s->after[HEAP_FREE] == UINT64_MAX ? UINT64_MAX :
				    s->after[HEAP_FREE] + s->after[HEAP_RELEASED]));
	fprintf(f, ", of which returned to the system %s; stacks and the collector's own: %llu spans, %s\n",
		bytes_or_unknown(c, s->after[HEAP_RELEASED]), (unsigned long long)s->manual,
		num_bytes(a, (double)s->manual_pages * GO_PAGE));
	if (sum->unswept)
		fprintf(f, "%llu span%s not swept since the last collection: garbage in them still counts\n",
			(unsigned long long)sum->unswept, sum->unswept == 1 ? " is" : "s are");
	if (s->torn)
		fprintf(f, "%llu span%s changed each time %s read: left out\n",
			(unsigned long long)s->torn, s->torn == 1 ? "" : "s",
			s->torn == 1 ? "it was" : "they were");
	fputc('\n', f);
}

int ss_print_table(struct ss_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "SIZE", TABLE_RIGHT },   { "KIND", 0 },	      { "SPANS", TABLE_RIGHT },
		{ "BYTES", TABLE_RIGHT },  { "OBJECTS", TABLE_RIGHT }, { "USED", TABLE_RIGHT },
		{ "FREE", TABLE_RIGHT },   { "UNUSED", TABLE_RIGHT },  { "", TABLE_RIGHT },
		{ "CACHED", TABLE_RIGHT },
	};
	size_t shown = run->live.out.top && run->live.out.top < run->nrows ? run->live.out.top : run->nrows;
	struct table t;
	int err;

	qsort_r(run->rows, run->nrows, sizeof(run->rows[0]), by_column, (void *)run->sort);
	print_head(run, f);
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < shown; i++)
		add_row(&t, &run->rows[i]);
	err = table_print(&t, f);
	table_free(&t);
	if (!err && shown < run->nrows)
		fprintf(f, "\n%zu more (-n 0 shows all)\n", run->nrows - shown);
	return err ? err_sys(-err, "printing") : 0;
}

static json_t *row(const struct ss_row *r)
{
	const struct go_span_class *c = r->c;

	return json_pack("{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "size",
			 (json_int_t)c->size, "noscan", r->noscan, "spans", (json_int_t)c->spans, "pages",
			 (json_int_t)c->pages, "objects", (json_int_t)c->objects, "free",
			 (json_int_t)free_of(c), "used_bytes", (json_int_t)c->used, "unused_bytes",
			 (json_int_t)unused_of(c), "largest", (json_int_t)c->largest, "cached",
			 (json_int_t)c->cached, "unswept", (json_int_t)c->unswept);
}

static json_t *number_or_null(uint64_t v)
{
	return v == UINT64_MAX ? json_null() : json_integer((json_int_t)v);
}

static json_t *heap(const uint64_t *values)
{
	return json_pack("{s:o, s:o, s:o}", "in_use", number_or_null(values[HEAP_IN_USE]), "free",
			 number_or_null(values[HEAP_FREE]), "released",
			 number_or_null(values[HEAP_RELEASED]));
}

int ss_print_json(struct ss_run *run, FILE *f)
{
	const struct go_spans *s = &run->spans;
	json_t *classes = json_array(), *sum;

	qsort_r(run->rows, run->nrows, sizeof(run->rows[0]), by_column, (void *)run->sort);
	for (size_t i = 0; i < run->nrows; i++)
		json_array_append_new(classes, row(&run->rows[i]));
	sum = row(&(struct ss_row){ .c = &run->sum });
	json_object_del(sum, "size");
	json_object_del(sum, "noscan");
	json_object_del(sum, "largest");
	return json_print(
		live_json(&run->live, "gobpf-span-stats-1",
			  json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "time",
				    (json_int_t)run->unix_ns, "page", (json_int_t)GO_PAGE, "dead_spans",
				    (json_int_t)s->dead, "manual_spans", (json_int_t)s->manual,
				    "manual_pages", (json_int_t)s->manual_pages, "torn",
				    (json_int_t)s->torn, "before", heap(s->before), "after",
				    heap(s->after), "sum", sum, "classes", classes)),
		f, true);
}
