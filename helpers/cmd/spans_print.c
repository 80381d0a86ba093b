/* SPDX-License-Identifier: GPL-2.0-only */
/* spans_print.c - spans as a table, each or by name, and as JSON */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "cmd/spans_run.h"
#include "live_json.h"

/* All spans of one kind and name. */
struct group {
	const char *kind, *name;
	size_t n, goroutines;	/* different ones that ended a span */
	uint64_t total_ns, p99_ns, max_ns;
};

struct groups {
	struct group *v;
	size_t n;
};

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_name(const void *a, const void *b)
{
	const struct spans_span *x = a, *y = b;
	int r = strcmp(x->kind, y->kind);

	return r ? r : strcmp(x->name, y->name);
}

static int by_name_and_goroutine(const void *a, const void *b)
{
	const struct spans_span *x = a, *y = b;
	int r = by_name(a, b);

	return r ? r : by_number(x->end_goid, y->end_goid);
}

static int by_duration(const void *a, const void *b)
{
	return by_number(((const struct spans_span *)a)->duration_ns,
			 ((const struct spans_span *)b)->duration_ns);
}

static int by_start(const void *a, const void *b)
{
	const struct spans_span *x = a, *y = b;
	int r = by_number(x->start_ns, y->start_ns);

	return r ? r : strcmp(x->span, y->span);
}

static int by_total(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int r = by_number(y->total_ns, x->total_ns);

	return r ? r : strcmp(x->name, y->name);
}

/* n spans of one name, sorted by goroutine; sorts them by duration. */
static struct group group_of(struct spans_span *s, size_t n)
{
	struct group g = { .kind = s->kind, .name = s->name, .n = n };

	for (size_t i = 0; i < n; i++) {
		g.total_ns += s[i].duration_ns;
		g.goroutines += s[i].end_goid && (!i || s[i].end_goid != s[i - 1].end_goid);
	}
	qsort(s, n, sizeof(*s), by_duration);
	/* the smallest that 99 % are not above */
	g.p99_ns = s[(n * 99 + 99) / 100 - 1].duration_ns;
	g.max_ns = s[n - 1].duration_ns;
	return g;
}

static int group(struct spans_run *r, struct groups *ret)
{
	size_t n;

	ret->v = calloc(r->n + 1, sizeof(*ret->v));
	if (!ret->v)
		return err_set(ENOMEM, "out of memory");
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_name_and_goroutine);
	for (size_t i = 0; i < r->n; i += n) {
		for (n = 1; i + n < r->n && !by_name(&r->v[i], &r->v[i + n]); n++)
			;
		ret->v[ret->n++] = group_of(&r->v[i], n);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_total);
	return 0;
}

static void duration_cell(struct table *t, uint64_t ns)
{
	char text[NUM_LEN];

	table_cell(t, "%s", num_duration(text, (double)ns));
}

static int print_groups(const struct spans_run *r, const struct groups *gs, FILE *f)
{
	static const struct table_column columns[] = {
		{ "COUNT", TABLE_RIGHT }, { "TOTAL", TABLE_RIGHT }, { "MEAN", TABLE_RIGHT },
		{ "P99", TABLE_RIGHT },	  { "MAX", TABLE_RIGHT },   { "GOROUTINES", TABLE_RIGHT },
		{ "KIND", 0 },		  { "NAME", TABLE_SHORTEN },
	};
	struct table t;
	int err;

	table_init(&t, columns, 8);
	for (size_t i = 0; i < gs->n && (!r->live.out.top || i < r->live.out.top); i++) {
		const struct group *g = &gs->v[i];

		table_cell(&t, "%zu", g->n);
		duration_cell(&t, g->total_ns);
		duration_cell(&t, g->total_ns / g->n);
		duration_cell(&t, g->p99_ns);
		duration_cell(&t, g->max_ns);
		table_cell(&t, "%zu", g->goroutines);
		table_cell(&t, "%s", g->kind);
		table_cell(&t, "%s", g->name);
	}
	err = table_print(&t, f);
	table_free(&t);
	if (!err && r->live.out.top && gs->n > r->live.out.top)
		fprintf(f, "%zu more names: -n 0 shows all\n", gs->n - r->live.out.top);
	return err;
}

static void goroutine_cell(struct table *t, const struct spans_span *s)
{
	if (!s->goid)
		table_cell(t, "?");
	else if (s->goid == s->end_goid)
		table_cell(t, "%" PRIu64, s->goid);
	else
		table_cell(t, "%" PRIu64 ">%" PRIu64, s->goid, s->end_goid);
}

static int print_each(const struct spans_run *r, FILE *f)
{
	static const struct table_column columns[] = {
		{ "START ms", TABLE_RIGHT }, { "DURATION", TABLE_RIGHT }, { "GOROUTINE", TABLE_RIGHT },
		{ "THREAD", TABLE_RIGHT },   { "TRACE", 0 },		  { "SPAN", 0 },
		{ "PARENT", 0 },	     { "STATUS", TABLE_RIGHT },	  { "KIND", 0 },
		{ "NAME", 0 },
	};
	struct table t;
	int err;

	table_init(&t, columns, 10);
	for (size_t i = 0; i < r->n; i++) {
		const struct spans_span *s = &r->v[i];

		table_cell(&t, "%" PRIu64 ".%03" PRIu64, s->start_ns / 1000000, s->start_ns / 1000 % 1000);
		duration_cell(&t, s->duration_ns);
		goroutine_cell(&t, s);
		table_cell(&t, "%" PRIu64, s->tid);
		table_cell(&t, "%s", s->trace);
		table_cell(&t, "%s", s->span);
		table_cell(&t, "%s", strspn(s->parent, "0") == strlen(s->parent) ? "-" : s->parent);
		table_cell(&t, "%s", s->status);
		table_cell(&t, "%s", s->kind);
		table_cell(&t, "%s", s->name);
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static void print_head(const struct spans_run *r, FILE *f)
{
	char text[NUM_LEN];

	fprintf(f, "spans: %s (pid %d), %s, %s of %s: %zu ended", live_name(&r->live), r->live.target.pid,
		r->live.process.go.version.text, num_duration(text, (double)r->output.window_ns),
		r->source->what, r->n);
	if (r->late)
		fprintf(f, ", %" PRIu64 " more had begun before and are not in it", r->late);
	fputc('\n', f);
	if (r->output.lost)
		fprintf(f, "%" PRIu64 " were lost: the program ended more than bpftrace could print, so counts and "
			"totals are too low\n", r->output.lost);
}

static json_t *group_json(const struct group *g)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "kind", json_text(g->kind), "name",
			 json_text(g->name), "count", (json_int_t)g->n, "total_ns", (json_int_t)g->total_ns,
			 "mean_ns", (json_int_t)(g->total_ns / g->n), "p99_ns", (json_int_t)g->p99_ns,
			 "max_ns", (json_int_t)g->max_ns, "goroutines", (json_int_t)g->goroutines);
}

static json_t *goid_json(uint64_t goid)
{
	return goid ? live_json_u64(goid) : json_null();
}

static json_t *span_json(const struct spans_span *s)
{
	return json_pack("{s:s, s:I, s:I, s:o, s:o, s:I, s:s, s:s, s:s, s:s, s:o}", "kind", s->kind, "start_ns",
			 (json_int_t)s->start_ns, "duration_ns", (json_int_t)s->duration_ns, "goid",
			 goid_json(s->goid), "end_goid", goid_json(s->end_goid), "tid", (json_int_t)s->tid,
			 "trace", s->trace, "span", s->span, "parent", s->parent, "status", s->status, "name",
			 json_text(s->name));
}

static int print_json(const struct spans_run *r, const struct groups *gs, FILE *f)
{
	json_t *names = json_array(), *rest;

	for (size_t i = 0; i < gs->n; i++)
		json_array_append_new(names, group_json(&gs->v[i]));
	rest = json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "source", r->source->name, "window_ns",
			 (json_int_t)r->output.window_ns, "late", (json_int_t)r->late, "lost",
			 (json_int_t)r->output.lost, "missed", (json_int_t)r->output.missed, "names", names);
	if (rest && r->trace) {
		json_t *spans = json_array();

		for (size_t i = 0; i < r->n; i++)
			json_array_append_new(spans, span_json(&r->v[i]));
		json_object_set_new(rest, "spans", spans);
	}
	return json_print(live_json(&r->live, "gobpf-spans-1", rest), f, true);
}

int spans_write(void *run, FILE *f)
{
	struct spans_run *r = run;
	struct groups gs = { 0 };
	int err = group(r, &gs);

	if (!err && r->trace && r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_start);
	if (!err && !strcmp(r->live.out.format, "json")) {
		err = print_json(r, &gs, f);
	} else if (!err) {
		print_head(r, f);
		err = r->trace ? print_each(r, f) : print_groups(r, &gs, f);
	}
	free(gs.v);
	return err;
}
