/* SPDX-License-Identifier: GPL-2.0-only */
/* deadlock_print.c - what gobpf deadlock found: as a table, as JSON (the schema is in docs/gobpf-deadlock.1) */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/table.h"
#include "cmd/deadlock_run.h"
#include "live_json.h"

enum { GOIDS = 6 };	/* named in a cell */

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void head(const struct d_run *run, FILE *f)
{
	fprintf(f, "deadlock: %s (pid %d), %s: %zu of %zu goroutines wait%s for channels and locks; %zu of "
		   "these possibly for each other; %zu for ever\n",
		live_name(&run->live), run->live.target.pid, run->live.process.go.version.text, run->waiting,
		run->gs.n, run->waiting == 1 ? "s" : "", run->stuck, run->for_ever);
	if (run->graph.changed)
		fprintf(f, "%zu went on while they were looked at\n", run->graph.changed);
}

static void add_goids(const struct d_run *run, struct buf *b, const struct go_waiter *v, uint32_t n)
{
	for (uint32_t i = 0; i < n && i < GOIDS; i++)
		buf_printf(b, "%s%" PRIu64, i ? " " : "", run->gs.v[v[i].g].goid);
	if (n > GOIDS)
		buf_printf(b, " and %u more", n - GOIDS);
	if (!n)
		buf_str(b, "nobody else");
}

static void add_object(struct buf *b, const struct go_wait_object *o)
{
	buf_printf(b, "%s 0x%" PRIx64 " (", d_kind(o), o->addr);
	d_add_state(b, o);
	buf_char(b, ')');
}

/* A cell of what `add' adds. */
#define CELL(t, b, add) (buf_clear(b), add, table_cell(t, "%s", (b)->data ? (b)->data : ""))

static int print_cycle(struct d_run *run, FILE *f, uint32_t cycle)
{
	static const struct table_column columns[] = {
		{ "GOROUTINE", TABLE_RIGHT }, { "WAITS FOR", 0 }, { "AT", TABLE_SHORTEN },
		{ "WHICH IS ON THE STACK OF", 0 },
	};
	const struct go_wait_graph *w = &run->graph;
	struct buf b = { 0 };
	struct table t;
	int err;

	fprintf(f, "\npossible deadlock %u: these wait for what only others of them have on their stacks\n", cycle);
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < w->nwaiters; i++) {
		const struct go_waiter *v = &w->waiters[i];
		const struct go_wait_object *o = &w->objects[v->object];

		if (w->v[v->g].cycle != cycle)
			continue;
		table_cell(&t, "%" PRIu64, run->gs.v[v->g].goid);
		CELL(&t, &b, add_object(&b, o));
		CELL(&t, &b, d_add_site(run, &b, &run->gs.v[v->g]));
		CELL(&t, &b, add_goids(run, &b, w->refs + o->first_ref, o->nrefs));
	}
	err = table_print(&t, f);
	table_free(&t);
	buf_free(&b);
	return err;
}

static int print_for_ever(struct d_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "GOROUTINE", TABLE_RIGHT }, { "STATE", 0 }, { "AT", TABLE_SHORTEN },
	};
	struct buf b = { 0 };
	size_t shown = 0;
	struct table t;
	int err;

	fputs("\nfor ever: nil channels and selects without cases\n", f);
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < run->gs.n; i++) {
		const struct goroutine *g = &run->gs.v[i];

		if (!go_waits_for_ever(&run->reader, g) || (run->live.out.top && shown++ >= run->live.out.top))
			continue;
		table_cell(&t, "%" PRIu64, g->goid);
		table_cell(&t, "%s", go_wait_reason(&run->reader, g->reason));
		CELL(&t, &b, d_add_site(run, &b, g));
	}
	err = table_print(&t, f);
	table_free(&t);
	buf_free(&b);
	return err;
}

static int print_objects(struct d_run *run, FILE *f, const uint32_t *order)
{
	static const struct table_column columns[] = {
		{ "WAITING", TABLE_RIGHT }, { "FOR", 0 }, { "FIRST OF THEM AT", TABLE_SHORTEN },
		{ "GOROUTINES", 0 }, { "ON THE STACK OF", 0 },
	};
	const struct go_wait_graph *w = &run->graph;
	struct buf b = { 0 };
	size_t shown = 0;
	struct table t;
	int err;

	fputc('\n', f);
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (; shown < w->nobjects && (!run->live.out.top || shown < run->live.out.top); shown++) {
		const struct go_wait_object *o = &w->objects[order[shown]];

		table_cell(&t, "%u", o->n);
		CELL(&t, &b, add_object(&b, o));
		CELL(&t, &b, d_add_site(run, &b, &run->gs.v[w->waiters[o->first].g]));
		CELL(&t, &b, add_goids(run, &b, w->waiters + o->first, o->n));
		CELL(&t, &b, add_goids(run, &b, w->refs + o->first_ref, o->nrefs));
	}
	err = table_print(&t, f);
	if (shown < w->nobjects)
		fprintf(f, "\n%zu more (-n 0 shows all)\n", w->nobjects - shown);
	table_free(&t);
	buf_free(&b);
	return err;
}

int d_print_table(struct d_run *run, FILE *f)
{
	uint32_t *order = d_order(&run->graph);
	int err = order ? 0 : -ENOMEM;

	if (!err)
		head(run, f);
	for (uint32_t c = 1; !err && c <= run->graph.ncycles; c++) {
		if (run->live.out.top && c > run->live.out.top) {
			fprintf(f, "\n%u more possible deadlock%s (-n 0 shows all)\n", run->graph.ncycles - c + 1,
				plural(run->graph.ncycles - c + 1));
			break;
		}
		err = print_cycle(run, f, c);
	}
	if (!err && run->for_ever)
		err = print_for_ever(run, f);
	if (!err && run->graph.nobjects)
		err = print_objects(run, f, order);
	free(order);
	return err ? err_sys(-err, "printing") : 0;
}

static json_t *goids(const struct d_run *run, const struct go_waiter *v, uint32_t n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(list, json_integer((json_int_t)run->gs.v[v[i].g].goid));
	return list;
}

static json_t *text_of(struct buf *b)
{
	json_t *text = json_text(b->data ? b->data : "");

	buf_free(b);
	return text;
}

static json_t *object(struct d_run *run, const struct go_wait_object *o)
{
	const struct go_wait_graph *w = &run->graph;
	struct buf state = { 0 }, at = { 0 }, addr = { 0 };

	d_add_state(&state, o);
	d_add_site(run, &at, &run->gs.v[w->waiters[o->first].g]);
	buf_printf(&addr, "0x%" PRIx64, o->addr);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "kind", d_kind(o), "address", text_of(&addr),
			 "state", text_of(&state), "at", text_of(&at), "waiting",
			 goids(run, w->waiters + o->first, o->n), "on_stack_of",
			 goids(run, w->refs + o->first_ref, o->nrefs));
}

static json_t *cycles(const struct d_run *run)
{
	json_t *list = json_array();

	for (uint32_t c = 1; c <= run->graph.ncycles; c++)
		json_array_append_new(list, json_pack("{s:s, s:[]}", "verdict", "possible", "goids"));
	for (size_t i = 0; i < run->gs.n; i++)
		if (run->graph.v[i].cycle)
			json_array_append_new(
				json_object_get(json_array_get(list, run->graph.v[i].cycle - 1), "goids"),
				json_integer((json_int_t)run->gs.v[i].goid));
	return list;
}

static json_t *for_ever(struct d_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->gs.n; i++) {
		const struct goroutine *g = &run->gs.v[i];
		struct buf at = { 0 };

		if (!go_waits_for_ever(&run->reader, g))
			continue;
		d_add_site(run, &at, g);
		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:o}", "goid", (json_int_t)g->goid,
						      "verdict", "proven", "state",
						      go_wait_reason(&run->reader, g->reason), "at",
						      text_of(&at)));
	}
	return list;
}

int d_print_json(struct d_run *run, FILE *f)
{
	uint32_t *order = d_order(&run->graph);
	json_t *objects = json_array(), *root;

	for (size_t i = 0; order && i < run->graph.nobjects; i++)
		json_array_append_new(objects, object(run, &run->graph.objects[order[i]]));
	root = live_json(&run->live, "gobpf-deadlock-1",
			 json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "goroutines", (json_int_t)run->gs.n,
				   "waiting", (json_int_t)run->waiting, "stuck", (json_int_t)run->stuck,
				   "changed", (json_int_t)run->graph.changed, "deadlocks", cycles(run),
				   "for_ever", for_ever(run), "objects", objects));
	if (!order) {
		json_decref(root);
		root = NULL;
	}
	free(order);
	return json_print(root, f, true);
}
