/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "stack/fold.h"
#include "stack/gotext.h"
#include "stack/json_scan.h"

enum { CHUNK = 64 << 10, MAX_BYTES = 1 << 30 };

enum part { SCHEMA, META, VALUES, MAPPINGS, FRAMES, STACKS, SITES, TOTAL, PARTS };
static const char *const part_names[] = { "schema", "meta", "values", "mappings",
					  "frames", "stacks", "sites", "total" };

struct json_file {
	struct reading *r;
	struct profile *p;
	struct buf raw;
	struct json_text parts[PARTS];
	int value_of[PROFILE_VALUES];	/* the profile's value of each of the file's, -1: none */
	unsigned nvalues;
	bool more_values;		/* than that; of heap-hotspots: stacks than one of a site */
	uint32_t *mappings, *frames;	/* of the file's: the profile's */
	size_t nmappings, mappings_cap, nframes, frames_cap;
	uint32_t *ids;
	size_t ids_cap;
	struct gathered labels;
};

/* How to add one element of a part: 0, -errno, or 1: it makes no sense. */
typedef int add_element(struct json_file *f, const json_t *o);

static int bad_at(struct json_file *f, const char *s, const char *what)
{
	return reading_bad_at(f->r, s - f->raw.data, "%s", what);
}

static const char *word(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static const char *word_or_empty(const json_t *o, const char *key)
{
	const char *s = word(o, key);

	return s ? s : "";
}

static int64_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* Addresses are strings: numbers in JSON end at 2^53. */
static uint64_t address(const json_t *o, const char *key)
{
	return strtoull(word_or_empty(o, key), NULL, 0);
}

static uint32_t line(const json_t *o, const char *key)
{
	int64_t v = number(o, key);

	return v > 0 && v <= UINT32_MAX ? v : 0;
}

static int slurp(struct json_file *f)
{
	struct lines *l = f->r->lines;

	for (;;) {
		const char *head;
		char *bytes;
		size_t len;
		int ret = lines_peek(l, CHUNK, &head, &len);

		if (ret || !len)
			return ret;
		if (f->raw.len + len > MAX_BYTES)
			return err_set(EFBIG, "%s: more JSON than %d MiB", l->name, MAX_BYTES >> 20);
		ret = lines_take(l, len, &bytes);
		if (ret < 0)
			return ret;
		buf_add(&f->raw, bytes, len);
		if (f->raw.failed)
			return -ENOMEM;
	}
}

/* Where each part is; the last may break off. */
static int find_parts(struct json_file *f)
{
	struct json_text rest, name = { 0 }, value;

	if (!f->raw.len)
		return err_set(EBADMSG, "%s: empty", f->r->lines->name);
	rest = json_inside((struct json_text){ f->raw.data, f->raw.data + f->raw.len });
	while (json_member(&rest, &name, &value))
		for (unsigned i = 0; i < PARTS; i++)
			if (json_is(name, part_names[i]))
				f->parts[i] = value;
	if (!rest.s)
		return 0;
	for (unsigned i = 0; i < PARTS; i++)
		if (name.s && rest.s > name.end && json_is(name, part_names[i]) && !f->parts[i].s)
			f->parts[i] = rest;
	return bad_at(f, rest.s, "the JSON breaks off");
}

static int each_element(struct json_file *f, enum part part, add_element *add, const char *wrong)
{
	struct json_text rest = json_inside(f->parts[part]), value;
	int ret = 0;

	while (!ret && rest.s && json_element(&rest, &value)) {
		json_t *o = json_parse(value);

		ret = o ? add(f, o) : 1;
		json_decref(o);
		if (ret > 0)
			ret = bad_at(f, value.s, wrong);
	}
	return ret;
}

static int add_value(struct json_file *f, const json_t *o)
{
	const char *name = word(o, "name");
	unsigned v;
	int ret;

	if (f->nvalues == PROFILE_VALUES) {
		f->more_values = true;
		return 0;
	}
	f->value_of[f->nvalues++] = -1;
	if (!name)
		return 1;
	ret = reading_typed_value(f->r, name, word_or_empty(o, "unit"), &v);
	if (ret > 0)
		f->value_of[f->nvalues - 1] = v;
	else if (!ret)
		f->more_values = true;
	return ret < 0 ? ret : 0;
}

static int add_mapping(struct json_file *f, const json_t *o)
{
	const json_t *anchor = json_object_get(o, "anchor");
	struct profile_mapping m = {
		.path = word_or_empty(o, "path"), .build_id = word_or_empty(o, "build_id"),
		.start = address(o, "start"), .limit = address(o, "limit"),
		.offset = address(o, "offset"), .anchor_name = word(anchor, "name"),
		.anchor_addr = address(anchor, "addr"), .pid = line(o, "pid"),
		.kernel = json_is_true(json_object_get(o, "kernel")),
	};

	if (!ARRAY_ROOM(f->mappings, f->nmappings, f->mappings_cap))
		return -ENOMEM;
	f->mappings[f->nmappings++] = 0;
	return json_is_object(o) ? profile_mapping(f->p, &m, &f->mappings[f->nmappings - 1]) : 1;
}

static int add_frame(struct json_file *f, const json_t *o)
{
	const char *func = word(o, "func"), *kind = word_or_empty(o, "kind");
	struct frame out = { .func = func ? func : "[unknown]", .file = word(o, "file"),
			     .line = line(o, "line"), .start_line = line(o, "start_line"),
			     .addr = address(o, "addr") };
	json_t *mapping = json_object_get(o, "mapping");
	uint64_t addr;
	int ret;

	if (fold_is_address(out.func, &addr) || !strcmp(kind, "unknown"))
		out.flags |= FRAME_UNKNOWN;
	if (!strcmp(kind, "kernel"))
		out.flags |= FRAME_KERNEL;
	if (json_is_true(json_object_get(o, "inlined")))
		out.flags |= FRAME_INLINED;
	if (json_is_true(json_object_get(o, "return")))
		out.flags |= FRAME_RETURN;
	if (mapping && (uint64_t)json_integer_value(mapping) < f->nmappings)
		out.mapping = f->mappings[json_integer_value(mapping)];
	if (!f->r->addresses && !(out.flags & FRAME_UNKNOWN)) {
		out.addr = out.mapping = 0;
		out.flags &= ~FRAME_RETURN;
	}
	/* numbers of frames are places in the list, so it has one that is wrong, too */
	if (!ARRAY_ROOM(f->frames, f->nframes, f->frames_cap))
		return -ENOMEM;
	ret = profile_frame(f->p, &out, &f->frames[f->nframes++]);
	return ret ? ret : !func;
}

static int add_labels(struct json_file *f, const json_t *list, uint32_t *ret_id)
{
	size_t i;
	json_t *o;
	int ret = 0;

	gathered_clear(&f->labels);
	json_array_foreach(list, i, o) {
		const char *key = word(o, "key"), *str = word(o, "str");

		if (!key)
			return 1;
		if (str)
			ret = gathered_word(&f->labels, f->r, key, str, strlen(str));
		else
			ret = gathered_number(&f->labels, f->r, key, number(o, "num"), word(o, "unit"));
		if (ret)
			return ret;
	}
	return gathered_labels(&f->labels, f->p, ret_id);
}

/* 0, 1 when there are not as many as "values" are, or one is no number. */
static int read_values(const struct json_file *f, const json_t *list, int64_t *ret)
{
	size_t n = json_array_size(list);

	memset(ret, 0, PROFILE_VALUES * sizeof(*ret));
	if (n < f->nvalues || (n > f->nvalues && !f->more_values))
		return 1;
	for (size_t i = 0; i < f->nvalues; i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_integer(v))
			return 1;
		if (f->value_of[i] >= 0)
			ret[f->value_of[i]] = json_integer_value(v);
	}
	return 0;
}

static int add_stack(struct json_file *f, const json_t *o)
{
	const json_t *list = json_object_get(o, "frames");
	size_t n = json_array_size(list);
	int64_t values[PROFILE_VALUES];
	uint32_t labels, sample;
	int ret;

	if (!json_is_array(list) || read_values(f, json_object_get(o, "values"), values))
		return 1;
	if (!ARRAY_ROOM(f->ids, n, f->ids_cap))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const json_t *frame = json_array_get(list, i);

		if (!json_is_integer(frame) || (uint64_t)json_integer_value(frame) >= f->nframes)
			return 1;
		f->ids[i] = f->frames[json_integer_value(frame)];
	}
	ret = add_labels(f, json_object_get(o, "labels"), &labels);
	if (ret)
		return ret;
	f->r->samples++;
	return profile_add_labelled(f->p, f->ids, n, labels, values, &sample);
}

static int add_meta(struct json_file *f, bool first)
{
	struct profile *p = f->p;
	json_t *o = f->parts[META].s ? json_parse(f->parts[META]) : NULL, *comment;
	json_t *period_type = json_object_get(o, "period_type");
	const char *main = word_or_empty(o, "default");
	int ret = 0;
	size_t i;

	if (!p->time_unix_ns)
		p->time_unix_ns = number(o, "time");
	if (!p->duration_ns)
		p->duration_ns = number(o, "duration");
	if (!p->period) {
		p->period = number(o, "period");
		snprintf(p->period_type.name, sizeof(p->period_type.name), "%s",
			 word_or_empty(period_type, "name"));
		snprintf(p->period_type.unit, sizeof(p->period_type.unit), "%s",
			 word_or_empty(period_type, "unit"));
	}
	p->cut += number(o, "cut");
	for (unsigned v = 0; first && v < p->ntypes; v++)
		if (!strcmp(p->types[v].name, main))
			p->main_value = v;
	json_array_foreach(json_object_get(o, "comments"), i, comment)
		if (!ret && json_is_string(comment))
			ret = profile_comment(p, "%s", json_string_value(comment));
	json_decref(o);
	return ret;
}

static int read_profile(struct json_file *f)
{
	bool first = !f->p->ntypes;
	int ret = each_element(f, VALUES, add_value, "a value without a name");

	if (!ret && !f->nvalues)
		return err_set(EBADMSG, "%s: JSON without values", f->r->lines->name);
	if (f->more_values)
		reading_note(f->r, "values left out, for %d is the most", PROFILE_VALUES);
	if (!ret)
		ret = add_meta(f, first);
	if (!ret)
		ret = each_element(f, MAPPINGS, add_mapping, "a mapping that is none");
	if (!ret)
		ret = each_element(f, FRAMES, add_frame, "a frame without a function");
	return ret ? ret : each_element(f, STACKS, add_stack, "a stack that is none");
}

/* A site of heap-hotspots: its heaviest stack stands for all of them. */
static int add_site(struct json_file *f, const json_t *o)
{
	const json_t *list = json_object_get(o, "stack");
	int64_t values[PROFILE_VALUES] = { 0 };
	size_t i;
	json_t *frame;
	int ret = 0;

	if (!json_is_array(list) || !json_is_integer(json_object_get(o, "alloc_space")))
		return 1;
	if (number(o, "stacks") > 1)
		f->more_values = true;
	values[f->value_of[0]] = number(o, "alloc_objects");
	values[f->value_of[1]] = number(o, "alloc_space");
	f->nframes = 0;
	json_array_foreach(list, i, frame) {
		ret = add_frame(f, frame);
		if (ret)
			return ret;
	}
	f->r->samples++;
	return profile_add(f->p, f->frames, f->nframes, values);
}

static int read_hotspots(struct json_file *f)
{
	json_t *total = f->parts[TOTAL].s ? json_parse(f->parts[TOTAL]) : NULL;
	int64_t all = number(total, "alloc_space");
	bool first = !f->p->ntypes;
	unsigned objects = 0, space = 0;
	int ret;

	json_decref(total);
	ret = reading_typed_value(f->r, "alloc_objects", "count", &objects);
	if (ret > 0)
		ret = reading_typed_value(f->r, "alloc_space", "bytes", &space);
	if (ret <= 0)
		return ret ? ret : bad_at(f, f->raw.data, "no room for its values");
	f->value_of[0] = objects;
	f->value_of[1] = space;
	if (first)
		f->p->main_value = space;
	all += profile_total(f->p, space);
	ret = each_element(f, SITES, add_site, "a site that is none");
	if (f->more_values)
		reading_note(f->r, "a site of several stacks is shown as the heaviest of them");
	if (!ret && profile_total(f->p, space) < all)
		reading_note(f->r, "%lld of %lld bytes are of sites that it leaves out",
			     (long long)(all - profile_total(f->p, space)), (long long)all);
	return ret;
}

bool json_match(const char *head, size_t len)
{
	size_t at = 0;

	while (at < len && strchr(" \t\r\n", head[at]))
		at++;
	return at < len && head[at] == '{' &&
	       (memmem(head, len, "\"gobpf-profile-1\"", 17) ||
		memmem(head, len, "\"gobpf-heap-hotspots-1\"", 23));
}

int json_read(struct reading *r)
{
	struct json_file f = { .r = r, .p = r->profile };
	int ret = slurp(&f);

	if (!ret)
		ret = find_parts(&f);
	if (!ret && f.parts[SCHEMA].s && !memmem(f.parts[SCHEMA].s, f.parts[SCHEMA].end - f.parts[SCHEMA].s,
						 "gobpf-profile-1", 15))
		ret = read_hotspots(&f);
	else if (!ret)
		ret = read_profile(&f);
	gathered_free(&f.labels);
	buf_free(&f.raw);
	free(f.mappings);
	free(f.frames);
	free(f.ids);
	return ret;
}
