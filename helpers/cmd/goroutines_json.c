/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines_json.c - goroutines as JSON; the schema is in docs/gobpf-goroutines.1 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "cmd/goroutines_run.h"
#include "live_json.h"

static json_t *frame(const struct frame *f)
{
	return json_pack("{s:o, s:o, s:i, s:b}", "func", json_text(f->func), "file",
			 f->file ? json_text(f->file) : json_null(), "line", (int)f->line, "inlined",
			 !!(f->flags & FRAME_INLINED));
}

static json_t *frames(const struct profile *p, const struct sample *s)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < s->n; i++)
		json_array_append_new(list, frame(&p->frames[p->stack_frames[s->first + i]]));
	return list;
}

static json_t *number_or_null(uint64_t v)
{
	return v ? json_integer((json_int_t)v) : json_null();
}

static json_t *goids(const struct g_run *run, const struct g_group *group)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < group->n; i++)
		json_array_append_new(list, json_integer((json_int_t)run->gs.v[run->members[group->first + i]].goid));
	return list;
}

/* As they are, control characters too, unless that is no UTF-8. */
static void set_label(json_t *o, const char *key, const char *value)
{
	json_t *v = json_string(value);
	struct buf clean = { 0 };

	if (!v)
		v = json_text(value);
	if (json_object_set(o, key, v)) {
		utf8_clean(&clean, key);
		json_object_set(o, clean.data ? clean.data : "", v);
		buf_free(&clean);
	}
	json_decref(v);
}

static json_t *labels(const struct g_run *run, const struct goroutine *g)
{
	const struct go_label_table *t = &run->gs.labels;
	json_t *o;

	if (g->label_set >= t->nsets)
		return g->label_set ? json_null() : json_object();
	o = json_object();
	for (uint32_t i = 0; i < t->sets[g->label_set].n; i++) {
		const struct go_label *l = &t->v[t->sets[g->label_set].first + i];

		set_label(o, t->text.data + l->key, t->text.data + l->value);
	}
	return o;
}

static json_t *group(struct g_run *run, uint32_t sample)
{
	static const char *const from[] = { "memory", "sample", "kernel" };
	const struct g_group *group = &run->groups[sample];
	const struct goroutine *g = &run->gs.v[group->example];
	struct frame creator;
	const char *missing = g_stack_words(g);
	json_t *o = json_pack("{s:i, s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}", "count",
			      (int)group->n, "state", g_state(run, g), "wait_min_ns",
			      number_or_null(group->most_wait_ns ? group->least_wait_ns : 0), "wait_max_ns",
			      number_or_null(group->most_wait_ns), "wait_bound_ns",
			      number_or_null(group->bound_ns == UINT64_MAX ? 0 : group->bound_ns),
			      "wait_unknown", (int)group->unknown_wait, "missing",
			      missing ? json_string(missing) : json_null(), "created_by",
			      g_created_by(run, g, &creator) ? frame(&creator) : json_null(), "labels",
			      labels(run, g), "stack",
			      g->stack < run->gs.nstacks ?
				      frames(&run->profile, &run->profile.samples[sample]) : json_array());

	json_object_set_new(o, "from", json_string(from[g->from]));
	json_object_set_new(o, "goids", goids(run, group));
	if (run->live.rounds)
		json_object_set_new(o, "change", json_integer((json_int_t)group->n - group->before));
	return o;
}

static json_t *groups(struct g_run *run)
{
	json_t *list = json_array();
	uint32_t *order;

	if (profile_order(&run->profile, 0, &order)) {
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; i < run->profile.nsamples && run->groups[order[i]].n; i++)
		json_array_append_new(list, group(run, order[i]));
	free(order);
	return list;
}

int g_print_json(struct g_run *run, FILE *f)
{
	json_t *list = groups(run);
	json_t *rest = list ? json_pack("{s:I, s:I, s:I, s:I, s:o}", "time",
					(json_int_t)run->profile.time_unix_ns, "goroutines",
					(json_int_t)run->user, "system_goroutines",
					(json_int_t)run->system_n, "torn", (json_int_t)run->gs.torn,
					"groups", list) :
			      NULL;

	return json_print(live_json(&run->live, "gobpf-goroutines-1", rest), f, true);
}
