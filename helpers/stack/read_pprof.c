/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_pprof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "stack/fold.h"
#include "stack/gotext.h"
#include "stack/pprof_tables.h"

enum {
	MAX_LINES = 512,	/* of a location: functions inlined there */
	MAX_NAME = 64 << 10,	/* bytes of a name that are kept */
};

/* A location's frames: frames[first .. first+n), innermost first. */
struct place {
	uint32_t first, n;
	bool known;
};

struct pprof_file {
	struct reading *r;
	struct profile *p;
	struct pprof_tables t;
	int *value_of;			/* of each type: the profile's value, -1: left out */
	bool taken[PROFILE_VALUES];	/* which values of the profile are one of this file's */
	uint32_t *mapping_of;		/* of each mapping: the profile's, 0: says nothing */
	bool *kernel;			/* is it? of each mapping */
	struct place *places;		/* of each location, found when first met */
	uint32_t *frames;
	size_t nframes, frames_cap;
	uint32_t *stack;
	size_t stack_cap;
	struct buf names[2];		/* strings being used, NUL-terminated */
	struct gathered labels;		/* of the sample being read */
};

static int bad_at(struct pprof_file *f, uint64_t at, const char *what)
{
	return reading_bad_at(f->r, at, "%s", what);
}

/* String `number' in place i of the names; NULL when there is none. */
static const char *text(struct pprof_file *f, unsigned i, uint64_t number)
{
	struct buf *b = &f->names[i];
	struct piece s;

	if (!pprof_string(&f->t, number, &s))
		return NULL;
	if (s.len > MAX_NAME)
		s.len = MAX_NAME;
	buf_clear(b);
	buf_add(b, f->t.raw.data + s.at, s.len);
	buf_add(b, "", 1);
	if (b->failed)
		return NULL;
	/* its end would be lost */
	for (size_t k = 0; k + 1 < b->len; k++)
		if (!b->data[k])
			b->data[k] = ' ';
	return b->data;
}

static const char *text_or_empty(struct pprof_file *f, unsigned i, uint64_t number)
{
	const char *s = text(f, i, number);

	return s ? s : "";
}

static bool value_type(struct pprof_file *f, struct piece piece, const char **name, const char **unit)
{
	*name = text(f, 0, piece_number(&f->t, piece, 1));
	*unit = text(f, 1, piece_number(&f->t, piece, 2));
	return *name && *unit;
}

/* Is the value of that name one of this file's already? */
static bool is_taken(const struct pprof_file *f, const char *name)
{
	const struct value_type *t = f->p->types;

	for (unsigned v = 0; v < f->p->ntypes; v++)
		if (f->taken[v] && !strncmp(t[v].name, name, sizeof(t->name) - 1))
			return true;
	return false;
}

static int add_type(struct pprof_file *f, size_t i, struct buf *left_out)
{
	const char *name, *unit;
	unsigned v;
	int ret;

	f->value_of[i] = -1;
	if (!value_type(f, f->t.types.v[i], &name, &unit))
		return err_set(EBADMSG, "%s: offset %" PRIu64 ": %s", f->r->lines->name,
			       f->t.cut ? f->t.cut_at : f->t.types.v[i].at,
			       f->t.cut ? "the profile breaks off" :
					  "a value's type has no name");
	ret = is_taken(f, name) ? 0 : reading_typed_value(f->r, name, unit, &v);
	if (ret > 0) {
		f->value_of[i] = v;
		f->taken[v] = true;
	} else if (!ret && left_out->len < 200) {
		buf_printf(left_out, "%s%s", left_out->len ? ", " : "", name);
	}
	return ret < 0 ? ret : 0;
}

/* The value that pprof shows when not told otherwise. */
static void choose_main(struct pprof_file *f)
{
	const char *wanted = text_or_empty(f, 0, f->t.default_type);

	for (size_t i = 0; i < f->t.types.n; i++) {
		const char *name = text_or_empty(f, 1, piece_number(&f->t, f->t.types.v[i], 1));

		if (f->value_of[i] >= 0)
			f->p->main_value = f->value_of[i];
		if (*wanted && !strcmp(name, wanted))
			return;
	}
}

static int add_types(struct pprof_file *f)
{
	bool first = !f->p->ntypes;
	struct buf left_out = { 0 };
	size_t n = f->t.types.n;
	int ret = 0;

	if (!n)
		return err_set(EBADMSG, "%s: a profile without values", f->r->lines->name);
	f->value_of = malloc(n * sizeof(*f->value_of));
	if (!f->value_of)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < n; i++)
		ret = add_type(f, i, &left_out);
	if (!ret && first)
		choose_main(f);
	if (!ret && left_out.len)
		reading_note(f->r, "values left out, for %d is the most: %s", PROFILE_VALUES,
			     left_out.data);
	buf_free(&left_out);
	return ret;
}

static int add_mapping(struct pprof_file *f, size_t i)
{
	struct piece piece = f->t.mappings.v[i];
	struct profile_mapping m = {
		.start = piece_number(&f->t, piece, 2),
		.limit = piece_number(&f->t, piece, 3),
		.offset = piece_number(&f->t, piece, 4),
		.path = text_or_empty(f, 0, piece_number(&f->t, piece, 5)),
		.build_id = text_or_empty(f, 1, piece_number(&f->t, piece, 6)),
	};

	m.kernel = f->kernel[i] = !strncmp(m.path, "[kernel", 7);
	if (!m.start && !m.limit && !*m.build_id && (m.kernel || !*m.path))
		return 0;
	return profile_mapping(f->p, &m, &f->mapping_of[i]);
}

static int add_mappings(struct pprof_file *f)
{
	size_t n = f->t.mappings.n;
	int ret = 0;

	f->mapping_of = calloc(n + 1, sizeof(*f->mapping_of));
	f->kernel = calloc(n + 1, sizeof(*f->kernel));
	if (!f->mapping_of || !f->kernel)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < n; i++)
		ret = add_mapping(f, i);
	return ret;
}

static uint32_t clamp(uint64_t v)
{
	return v > UINT32_MAX ? 0 : v;
}

/* The function that a line is of.  False: there is none; one without a name has func NULL. */
static bool line_frame(struct pprof_file *f, struct piece line, struct frame *out)
{
	uint64_t name, file;
	struct piece fn;
	uint32_t i;

	out->line = clamp(piece_number(&f->t, line, 2));
	if (!pieces_find(&f->t.functions, piece_number(&f->t, line, 1), &i))
		return false;
	fn = f->t.functions.v[i];
	name = piece_number(&f->t, fn, 2);
	if (!name)
		name = piece_number(&f->t, fn, 3);
	file = piece_number(&f->t, fn, 4);
	out->func = text(f, 0, name);
	out->file = file ? text(f, 1, file) : NULL;
	out->start_line = clamp(piece_number(&f->t, fn, 5));
	return out->func;
}

static int add_place_frame(struct pprof_file *f, struct place *place, struct frame *out)
{
	char address[32];
	uint64_t number;

	if (!out->func || !*out->func) {
		/* Go writes an empty stack as many times pc 0, less 1 as every caller's (threadcreate) */
		if (out->addr == UINT64_MAX)
			return 0;
		snprintf(address, sizeof(address), out->addr ? "0x%" PRIx64 : "[unknown]", out->addr);
		out->func = address;
		out->flags |= FRAME_UNKNOWN;
	} else if (!strcmp(out->func, "[no stack]")) {
		*out = (struct frame){ .func = out->func, .flags = FRAME_UNKNOWN };
	} else if (fold_is_address(out->func, &number)) {
		out->flags |= FRAME_UNKNOWN;
	} else if (!f->r->addresses) {
		out->addr = 0;
		out->mapping = 0;
	}
	if (!ARRAY_ROOM(f->frames, f->nframes, f->frames_cap))
		return -ENOMEM;
	place->n++;
	return profile_frame(f->p, out, &f->frames[f->nframes++]);
}

static int add_lines(struct pprof_file *f, struct piece piece, struct place *place,
		     const struct frame *all)
{
	struct pb m = piece_fields(&f->t, piece);
	unsigned lines = 0, left;
	int ret = 0;

	while (pb_next(&m))
		lines += m.field == 4 && m.wire == PB_BYTES;
	if (lines > MAX_LINES)
		return bad_at(f, piece.at, "a location of too many lines");
	left = lines;
	m = piece_fields(&f->t, piece);
	while (!ret && pb_next(&m)) {
		struct frame out = *all;
		struct piece line;

		if (m.field != 4 || m.wire != PB_BYTES)
			continue;
		line = piece_of(&f->t, &m);
		if (!line_frame(f, line, &out))
			ret = bad_at(f, line.at, "a location's function is none");
		if (--left)
			out.flags |= FRAME_INLINED;
		if (!ret)
			ret = add_place_frame(f, place, &out);
	}
	return ret;
}

static int make_place(struct pprof_file *f, uint32_t location)
{
	struct piece piece = f->t.locations.v[location];
	struct place *place = &f->places[location];
	uint64_t mapping = piece_number(&f->t, piece, 2);
	struct frame all = { .addr = piece_number(&f->t, piece, 3) };
	uint32_t i;
	int ret = 0;

	*place = (struct place){ .first = f->nframes, .known = true };
	if (mapping && pieces_find(&f->t.mappings, mapping, &i)) {
		all.mapping = f->mapping_of[i];
		all.flags = f->kernel[i] ? FRAME_KERNEL : 0;
	} else if (mapping) {
		ret = bad_at(f, piece.at, "a location's mapping is none");
	}
	if (!ret)
		ret = add_lines(f, piece, place, &all);
	return ret || place->n ? ret : add_place_frame(f, place, &all);
}

/* A sample being gathered. */
struct wip {
	size_t nframes, nvalues;
	int64_t values[PROFILE_VALUES];
	const char *wrong;
};

/* Puts the location's frames behind those of the sample. */
static int push_location(struct pprof_file *f, uint64_t id, struct wip *s)
{
	struct place *place;
	uint32_t location;
	int ret = 0;

	if (!pieces_find(&f->t.locations, id, &location)) {
		s->wrong = "a sample's location is none";
		return 0;
	}
	place = &f->places[location];
	if (!place->known)
		ret = make_place(f, location);
	/* what is deeper than a profile holds is cut there */
	if (ret || s->nframes > STACK_DEPTH)
		return ret;
	if (!ARRAY_ROOM(f->stack, s->nframes + place->n, f->stack_cap))
		return -ENOMEM;
	memcpy(f->stack + s->nframes, f->frames + place->first, place->n * sizeof(*f->stack));
	s->nframes += place->n;
	return 0;
}

static int push_label(struct pprof_file *f, const struct pb *field)
{
	struct piece piece = piece_of(&f->t, field);
	uint64_t str = piece_number(&f->t, piece, 2), unit = piece_number(&f->t, piece, 4);
	const char *key = text(f, 0, piece_number(&f->t, piece, 1)), *more;

	if (!key || !*key)
		return bad_at(f, piece.at, "a label without a key");
	more = text_or_empty(f, 1, str ? str : unit);
	if (str)
		return gathered_word(&f->labels, f->r, key, more, strlen(more));
	return gathered_number(&f->labels, f->r, key, piece_number(&f->t, piece, 3),
			       unit ? more : NULL);
}

static int sample_field(struct pprof_file *f, struct pb *m, struct wip *s)
{
	uint64_t off = 0, v;
	int ret = 0;

	if (m->field == 3 && m->wire == PB_BYTES)
		return f->r->labels ? push_label(f, m) : 0;
	while (!ret && m->field <= 2 && pb_each(m, &off, &v)) {
		if (m->field == 1) {
			ret = push_location(f, v, s);
		} else {
			if (s->nvalues < f->t.types.n && f->value_of[s->nvalues] >= 0)
				s->values[f->value_of[s->nvalues]] = v;
			s->nvalues++;
		}
	}
	if (m->bytes.bad)
		s->wrong = "a sample is no message";
	return ret;
}

static int add_sample(struct pprof_file *f, struct piece piece)
{
	struct pb m = piece_fields(&f->t, piece);
	struct wip s = { 0 };
	uint32_t labels, sample;
	int ret = 0;

	gathered_clear(&f->labels);
	while (!ret && pb_next(&m))
		ret = sample_field(f, &m, &s);
	if (m.s.bad)
		s.wrong = "a sample is no message";
	else if (s.nvalues != f->t.types.n && !s.wrong)
		s.wrong = "a sample has not as many values as there are types";
	if (!ret && s.wrong)
		return bad_at(f, piece.at, s.wrong);
	if (!ret)
		ret = gathered_labels(&f->labels, f->p, &labels);
	if (!ret)
		ret = profile_add_labelled(f->p, f->stack, s.nframes, labels, s.values, &sample);
	f->r->samples += !ret;
	return ret;
}

/* Frames are there for those who look, so none is dropped. */
static void note_drop(struct pprof_file *f)
{
	const char *drop = text(f, 0, f->t.drop_frames);

	if (drop && *drop)
		reading_note(f->r, "frames that match '%.100s' are to be dropped, says the profile; "
			     "they stand as they were recorded", drop);
}

static int add_about(struct pprof_file *f)
{
	const struct pprof_tables *t = &f->t;
	struct profile *p = f->p;
	const char *name, *unit;
	int ret = 0;

	if (!p->time_unix_ns && t->time_ns > 0)
		p->time_unix_ns = t->time_ns;
	if (!p->duration_ns && t->duration_ns > 0)
		p->duration_ns = t->duration_ns;
	note_drop(f);
	if (!p->period && t->period_type.n && value_type(f, t->period_type.v[0], &name, &unit)) {
		struct value_type *v = &p->period_type;

		p->period = t->period;
		snprintf(v->name, sizeof(v->name), "%s", name);
		snprintf(v->unit, sizeof(v->unit), "%s", unit);
	}
	for (size_t i = 0; !ret && i < t->ncomments; i++)
		ret = profile_comment(p, "%s", text_or_empty(f, 0, t->comments[i]));
	return ret;
}

static int index_all(struct pprof_file *f)
{
	struct { struct pieces *list; const char *what; } const all[] = {
		{ &f->t.mappings, "a mapping's id is 0 or another's" },
		{ &f->t.locations, "a location's id is 0 or another's" },
		{ &f->t.functions, "a function's id is 0 or another's" },
	};
	int ret = f->t.cut ? bad_at(f, f->t.cut_at, "the profile breaks off") : 0;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(all); i++) {
		ssize_t bad = pieces_index(&f->t, all[i].list);

		if (bad < 0)
			return bad;
		if (bad)
			ret = bad_at(f, all[i].list->v[0].at, all[i].what);
	}
	f->places = calloc(f->t.locations.n + 1, sizeof(*f->places));
	return ret || f->places ? ret : -ENOMEM;
}

static int read_all(struct pprof_file *f)
{
	int ret = pprof_tables_read(&f->t, f->r->lines);

	if (!ret)
		ret = index_all(f);
	if (!ret)
		ret = add_types(f);
	if (!ret)
		ret = add_mappings(f);
	if (!ret)
		ret = add_about(f);
	for (size_t i = 0; !ret && i < f->t.samples.n; i++)
		ret = add_sample(f, f->t.samples.v[i]);
	return ret;
}

int pprof_read(struct reading *r)
{
	struct pprof_file f = { .r = r, .p = r->profile };
	int ret = read_all(&f);

	pprof_tables_free(&f.t);
	free(f.value_of);
	free(f.mapping_of);
	free(f.kernel);
	free(f.places);
	free(f.frames);
	free(f.stack);
	gathered_free(&f.labels);
	for (size_t i = 0; i < ARRAY_SIZE(f.names); i++)
		buf_free(&f.names[i]);
	return ret;
}
