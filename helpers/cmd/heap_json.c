/* SPDX-License-Identifier: GPL-2.0-only */
/* heap_json.c - heap-hotspots as JSON; the schema is in heap_run.h */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/err.h"
#include "base/json_text.h"
#include "cmd/heap_run.h"

static json_t *stack(const struct profile *p, const struct site *s)
{
	const struct sample *sample = &p->samples[s->sample];
	json_t *list = json_array();

	for (uint32_t i = 0; i < sample->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[sample->first + i]];

		json_array_append_new(list, json_pack("{s:o, s:o, s:i, s:b}", "func", json_text(f->func),
						      "file", f->file ? json_text(f->file) : json_null(),
						      "line", (int)f->line, "inlined",
						      !!(f->flags & FRAME_INLINED)));
	}
	return list;
}

static json_t *site(const struct heap_run *run, const struct site *s, const struct site *all)
{
	const struct frame *f = &run->profile.frames[s->frame];
	double total = (double)all->values[HEAP_BYTES];
	json_t *error = run->estimated ? json_real(round(heap_share_error(s, all) * 100) / 100) :
					 json_null();

	return json_pack("{s:o, s:o, s:i, s:I, s:I, s:f, s:o, s:i, s:o}", "func", json_text(f->func),
			 "file", f->file ? json_text(f->file) : json_null(), "line", (int)f->line,
			 "alloc_space", (json_int_t)s->values[HEAP_BYTES], "alloc_objects",
			 (json_int_t)s->values[HEAP_OBJECTS], "share",
			 round(1e4 * (double)s->values[HEAP_BYTES] / total) / 100, "error", error,
			 "stacks", (int)s->nstacks, "stack", stack(&run->profile, s));
}

static json_t *notes(const struct heap_run *run)
{
	json_t *list = json_array();

	for (const char *line = run->notes.data; line && *line;) {
		const char *end = strchrnul(line, '\n');

		json_array_append_new(list, json_stringn_nocheck(line, end - line));
		line = *end ? end + 1 : end;
	}
	return list;
}

static json_t *sites_of(struct heap_run *run, struct site *ret_all)
{
	json_t *list = json_array();
	struct site *sites;
	size_t shown, n;

	if (heap_sites(run, &sites, &shown, &n, ret_all)) {
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list, site(run, &sites[i], ret_all));
	free(sites);
	return list;
}

int heap_print_json(struct heap_run *run, FILE *f)
{
	struct site all;
	json_t *sites = sites_of(run, &all), *root;
	const struct profile *p = &run->profile;

	root = sites ? json_pack(
		"{s:s, s:s, s:o, s:{s:i, s:o, s:o, s:s, s:o}, s:I, s:I, s:o, s:o, s:{s:I, s:I}, s:o}",
		"schema", "gobpf-heap-hotspots-1", "engine", run->engine->name, "how",
		json_text(run->how), "target", "pid", run->target.pid, "comm", json_text(run->target.comm),
		"exe", json_text(run->target.exe_path), "go", run->process.go.version.text, "module",
		json_text(run->process.go.module), "time", (json_int_t)p->time_unix_ns, "duration",
		(json_int_t)p->duration_ns, "samples",
		run->estimated ? json_integer(all.values[HEAP_SAMPLES]) : json_null(), "notes",
		notes(run), "total", "alloc_space", (json_int_t)all.values[HEAP_BYTES],
		"alloc_objects", (json_int_t)all.values[HEAP_OBJECTS], "sites", sites) : NULL;
	return json_print(root, f, true);
}
