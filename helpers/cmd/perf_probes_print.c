/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_probes_print.c - gobpf perf-probes: tables, JSON, lines for tracefs */
#include "cmd/perf_probes_run.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/json_text.h"
#include "base/table.h"

static const char *state_name(enum probe_state s)
{
	static const char *const names[] = {
		[PROBE_ABSENT] = "no", [PROBE_ADDED] = "added", [PROBE_THERE] = "yes",
	};

	return names[s];
}

static bool often(const struct perf_probe *v)
{
	return v->event->flags & GO_EVENT_OFTEN;
}

static int print_lines(const struct perf_probes *p, FILE *f)
{
	for (size_t i = 0; i < p->n; i++)
		fprintf(f, "%s\n", p->v[i].line);
	return 0;
}

static json_t *json_probe(const struct perf_probes *p, const struct perf_probe *v)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:I, s:b, s:b, s:s, s:s, s:s}", "event", v->event->name,
			 "what", v->event->what, "rate", v->event->rate, "often", often(v), "function",
			 v->place.func, "path", p->path, "offset", (json_int_t)v->place.offset, "dear",
			 v->place.dear, "repeats", v->place.repeats, "fields", v->place.fetch, "line", v->line,
			 "registered", state_name(v->state));
}

static int print_json(const struct perf_probes *p, FILE *f)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < p->n; i++)
		json_array_append_new(list, json_probe(p, &p->v[i]));
	return json_print(json_pack("{s:s, s:o, s:s, s:o}", "group", perf_probes_group(p), "file", json_text(p->path),
				    "go", p->go.version.text, "events", list), f, true);
}

static int print_list(const struct perf_probes *p, FILE *f)
{
	static const struct table_column columns[] = {
		{ "EVENT", 0 }, { "REGISTERED", 0 }, { "BY", 0 }, { "HIT", 0 }, { "RATE", TABLE_SHORTEN },
	};
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < p->n; i++) {
		const struct perf_probe *v = &p->v[i];

		table_cell(&t, "%s", v->event->name);
		table_cell(&t, "%s", state_name(v->state));
		table_cell(&t, "%s", often(v) ? "name" : "default");
		table_cell(&t, "%s%s", v->place.dear ? "dear" : "cheap", v->place.repeats ? ", repeats" : "");
		table_cell(&t, "%s", v->event->rate);
		table_line(&t, "%s", v->event->what);
		table_line(&t, "%s at file offset 0x%" PRIx64, v->place.func, v->place.offset);
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

static int print_added(const struct perf_probes *p, FILE *f)
{
	static const struct table_column columns[] = {
		{ "EVENT", 0 }, { "HIT", 0 }, { "FUNCTION", 0 }, { "RATE", TABLE_SHORTEN },
	};
	struct table t;
	int err;

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < p->n; i++) {
		const struct perf_probe *v = &p->v[i];

		table_cell(&t, "%s:%s", perf_probes_group(p), v->event->name);
		table_cell(&t, "%s%s", v->place.dear ? "dear" : "cheap", v->place.repeats ? ", repeats" : "");
		table_cell(&t, "%s", v->place.func);
		table_cell(&t, "%s", v->event->rate);
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}

int perf_probes_print(const struct perf_probes *p, FILE *f)
{
	if (p->print)
		return print_lines(p, f);
	if (!strcmp(p->out.format, "json"))
		return print_json(p, f);
	return p->list ? print_list(p, f) : print_added(p, f);
}

/* "go1.27"; of files whose version isn't certain "" */
static const char *version(const struct probe_mark *m, char out[16])
{
	out[0] = '\0';
	if (m->go)
		snprintf(out, 16, "go1.%u", m->go);
	return out;
}

static int json_there(const struct perf_probes *p, FILE *f)
{
	json_t *list = json_array();
	struct probe_mark m;
	char go[16];

	for (size_t i = 0; list && i < p->there.n; i++) {
		const struct tracefs_event *e = &p->there.v[i];
		const char *stale;

		if (!probe_mark_of(e, &m) || (p->group && strcmp(p->group, e->group) != 0))
			continue;
		stale = probe_stale(e, &m);
		json_array_append_new(list, json_pack("{s:o, s:s, s:o, s:I, s:s, s:o, s:b}", "group",
						      json_text(e->group), "event", e->name, "path",
						      json_text(e->path), "offset", (json_int_t)e->offset, "go",
						      version(&m, go), "fields", json_text(e->fetch), "stale",
						      stale != NULL));
	}
	return json_print(json_pack("{s:o}", "events", list), f, true);
}

int perf_probes_print_there(const struct perf_probes *p, FILE *f)
{
	static const struct table_column columns[] = {
		{ "EVENT", 0 }, { "GO", 0 }, { "FILE", TABLE_SHORTEN }, { "STATE", 0 },
	};
	struct probe_mark m;
	struct table t;
	char go[16];
	int err;

	if (!strcmp(p->out.format, "json"))
		return json_there(p, f);
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < p->there.n; i++) {
		const struct tracefs_event *e = &p->there.v[i];
		const char *stale;

		if (!probe_mark_of(e, &m) || (p->group && strcmp(p->group, e->group) != 0))
			continue;
		stale = probe_stale(e, &m);
		table_cell(&t, "%s:%s", e->group, e->name);
		table_cell(&t, "%s", version(&m, go));
		table_cell(&t, "%s", e->path);
		table_cell(&t, "%s", stale ? stale : "");
	}
	err = table_print(&t, f);
	table_free(&t);
	return err;
}
