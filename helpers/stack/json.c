/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "stack/value.h"

static json_t *text(const char *s)
{
	struct buf clean = { 0 };
	json_t *j;

	utf8_clean(&clean, s);
	j = clean.failed ? NULL : json_string(clean.data ? clean.data : "");
	buf_free(&clean);
	return j;
}

static json_t *address(uint64_t addr)
{
	char out[32];

	snprintf(out, sizeof(out), "0x%" PRIx64, addr);
	return json_string(out);
}

static json_t *values(const struct profile *p, const int64_t *v)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < p->ntypes; i++)
		if (!p->types[i].internal)
			json_array_append_new(list, json_integer(v[i]));
	return list;
}

static json_t *type_object(const struct value_type *t)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", text(t->name));
	json_object_set_new(o, "unit", text(t->unit));
	return o;
}

static json_t *mapping_object(const struct profile_mapping *m)
{
	json_t *o = json_object();

	json_object_set_new(o, "path", text(m->path));
	if (m->build_id && *m->build_id)
		json_object_set_new(o, "build_id", text(m->build_id));
	json_object_set_new(o, "start", address(m->start));
	json_object_set_new(o, "limit", address(m->limit));
	json_object_set_new(o, "offset", address(m->offset));
	if (m->anchor_name)
		json_object_set_new(o, "anchor", json_pack("{s:o, s:o}", "name", text(m->anchor_name),
							   "addr", address(m->anchor_addr)));
	if (m->pid)
		json_object_set_new(o, "pid", json_integer(m->pid));
	if (m->kernel)
		json_object_set_new(o, "kernel", json_true());
	return o;
}

static json_t *meta_object(const struct profile *p)
{
	json_t *o = json_object(), *comments = json_array();

	if (p->time_unix_ns)
		json_object_set_new(o, "time", json_integer(p->time_unix_ns));
	if (p->duration_ns)
		json_object_set_new(o, "duration", json_integer(p->duration_ns));
	if (p->period)
		json_object_set_new(o, "period", json_integer(p->period));
	if (p->period_type.name[0])
		json_object_set_new(o, "period_type", type_object(&p->period_type));
	if (p->cut)
		json_object_set_new(o, "cut", json_integer(p->cut));
	if (p->ntypes)
		json_object_set_new(o, "default", text(p->types[value_default(p)].name));
	if (p->nmappings)
		json_object_set_new(o, "mapping", mapping_object(&p->mappings[0]));
	for (size_t i = 0; i < p->ncomments; i++)
		json_array_append_new(comments, text(p->comments[i]));
	json_object_set_new(o, "comments", comments);
	return o;
}

static json_t *frame_object(const struct frame *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "func", text(f->func));
	if (f->file)
		json_object_set_new(o, "file", text(f->file));
	if (f->line)
		json_object_set_new(o, "line", json_integer(f->line));
	if (f->start_line)
		json_object_set_new(o, "start_line", json_integer(f->start_line));
	if (f->addr)
		json_object_set_new(o, "addr", address(f->addr));
	json_object_set_new(o, "kind", json_string(f->flags & FRAME_KERNEL  ? "kernel" :
						   f->flags & FRAME_UNKNOWN ? "unknown" :
									      "user"));
	if (f->flags & FRAME_INLINED)
		json_object_set_new(o, "inlined", json_true());
	if (f->flags & FRAME_RETURN)
		json_object_set_new(o, "return", json_true());
	if (f->mapping)
		json_object_set_new(o, "mapping", json_integer(f->mapping - 1));
	return o;
}

static json_t *labels(const struct label *l, size_t n)
{
	json_t *list = json_array();

	for (; n--; l++) {
		json_t *o = json_object();

		json_object_set_new(o, "key", text(l->key));
		if (l->str)
			json_object_set_new(o, "str", text(l->str));
		else
			json_object_set_new(o, "num", json_integer(l->num));
		if (l->unit)
			json_object_set_new(o, "unit", text(l->unit));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *stack_object(const struct profile *p, const struct sample *s)
{
	json_t *o = json_object(), *frames = json_array();
	const struct label *l;
	size_t n;

	for (uint32_t i = 0; i < s->n; i++)
		json_array_append_new(frames, json_integer(p->stack_frames[s->first + i]));
	json_object_set_new(o, "frames", frames);
	json_object_set_new(o, "values", values(p, s->values));
	l = profile_labels_of(p, s->labels, &n);
	if (n)
		json_object_set_new(o, "labels", labels(l, n));
	return o;
}

static json_t *site_object(const struct profile *p, const struct site *s, const uint32_t *place)
{
	json_t *o = json_object();

	/* of the frames that a site may have that of the stack it names */
	json_object_set_new(o, "frame", json_integer(p->stack_frames[p->samples[s->sample].first]));
	json_object_set_new(o, "stack", json_integer(place[s->sample]));
	json_object_set_new(o, "stacks", json_integer(s->nstacks));
	json_object_set_new(o, "values", values(p, s->values));
	return o;
}

/* Writes one value and drops it; jansson makes NULL of what memory was missing for. */
static int put(FILE *f, const char *before, json_t *j)
{
	int ret = 0;

	fputs(before, f);
	/* a failed write is found by the owner of f, so only a missing value counts here */
	if (j)
		json_dumpf(j, f, JSON_COMPACT);
	else
		ret = -ENOMEM;
	json_decref(j);
	return ret;
}

static const char *between(size_t i)
{
	return i ? ",\n  " : "\n  ";
}

static int put_head(FILE *f, const struct profile *p)
{
	int ret = put(f, "{\n \"schema\": \"gobpf-profile-1\",\n \"meta\": ", meta_object(p));
	size_t n = 0;

	fputs(",\n \"values\": [", f);
	for (unsigned i = 0; !ret && i < p->ntypes; i++) {
		json_t *o;

		if (p->types[i].internal)
			continue;
		o = type_object(&p->types[i]);
		json_object_set_new(o, "total", json_integer(profile_total(p, i)));
		ret = put(f, between(n++), o);
	}
	fputs("\n ],\n \"mappings\": [", f);
	for (size_t i = 0; !ret && i < p->nmappings; i++)
		ret = put(f, between(i), mapping_object(&p->mappings[i]));
	fputs("\n ],\n \"frames\": [", f);
	for (size_t i = 0; !ret && i < p->nframes; i++)
		ret = put(f, between(i), frame_object(&p->frames[i]));
	fputs("\n ],\n \"stacks\": [", f);
	return ret;
}

int json_write(FILE *f, const struct profile *p)
{
	unsigned value = value_default(p);
	uint32_t *order = NULL, *place = malloc((p->nsamples + 1) * sizeof(*place));
	struct site *sites = NULL;
	size_t nsites = 0;
	int ret = place ? 0 : -ENOMEM;

	if (!ret)
		ret = profile_order(p, value, &order);
	if (!ret)
		ret = profile_sites(p, value, &sites, &nsites);
	if (!ret)
		ret = put_head(f, p);
	for (size_t i = 0; !ret && i < p->nsamples; i++) {
		place[order[i]] = i;
		ret = put(f, between(i), stack_object(p, &p->samples[order[i]]));
	}
	if (!ret)
		fputs("\n ],\n \"sites\": [", f);
	for (size_t i = 0; !ret && i < nsites; i++)
		ret = put(f, between(i), site_object(p, &sites[i], place));
	if (!ret)
		fputs("\n ]\n}\n", f);
	free(place);
	free(order);
	free(sites);
	return ret;
}
