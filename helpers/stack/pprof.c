/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/pprof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "profile.pb-c.h"
#include "stack/gzip.h"
#include "stack/idmap.h"
#include "stack/value.h"

typedef Gobpf__Pprof__Profile Profile;
typedef Gobpf__Pprof__ValueType ValueType;
typedef Gobpf__Pprof__Sample Sample;
typedef Gobpf__Pprof__Label Label;
typedef Gobpf__Pprof__Mapping Mapping;
typedef Gobpf__Pprof__Location Location;
typedef Gobpf__Pprof__Line Line;
typedef Gobpf__Pprof__Function Function;

/* A location is a run of frames within a stack: stack_frames[first .. first+n). */
struct run {
	uint32_t first, n;
};

/*
 * Everything is numbered first, in arrays that may move; the messages, which
 * point at each other, are made when all is known.
 */
struct builder {
	const struct profile *p;
	struct idmap by_string, by_function, by_run;
	char **strings;
	size_t nstrings, strings_cap;
	Function *functions;
	size_t nfunctions, functions_cap;
	uint32_t *function_of;		/* frame number: function number */
	struct run *runs;
	size_t nruns, runs_cap, nlines;
	uint64_t *location_ids;		/* of all samples, one after the other */
	size_t nids, ids_cap;
	size_t *sample_ids;		/* where each sample's begin */
	bool user, kernel;		/* are there such frames, without a mapping? */
	bool failed;
};

static int64_t string(struct builder *b, const char *s)
{
	uint64_t hash = hash_bytes(s, strlen(s));
	size_t at = idmap_at(&b->by_string, hash);
	struct buf clean = { 0 };
	uint32_t id;

	while (idmap_next(&b->by_string, hash, &at, &id))
		if (!strcmp(b->strings[id], s))
			return id;
	utf8_clean(&clean, s);
	if (clean.data && strcmp(clean.data, s)) {
		int64_t known = string(b, clean.data);

		buf_free(&clean);
		return known;
	}
	if (!clean.data)
		buf_str(&clean, "");
	if (clean.failed || !ARRAY_ROOM(b->strings, b->nstrings, b->strings_cap) ||
	    !idmap_add(&b->by_string, hash, b->nstrings)) {
		b->failed = true;
		buf_free(&clean);
		return 0;
	}
	b->strings[b->nstrings] = clean.data;
	return b->nstrings++;
}

static uint32_t function(struct builder *b, const struct frame *f)
{
	Function new = GOBPF__PPROF__FUNCTION__INIT;
	uint64_t hash;
	uint32_t id;
	size_t at;

	new.name = new.system_name = string(b, f->func);
	new.filename = string(b, f->file ? f->file : "");
	new.start_line = f->start_line;
	hash = hash_mix(hash_mix(new.name, new.filename), new.start_line);
	at = idmap_at(&b->by_function, hash);
	while (idmap_next(&b->by_function, hash, &at, &id)) {
		const Function *k = &b->functions[id];

		if (k->name == new.name && k->filename == new.filename &&
		    k->start_line == new.start_line)
			return id;
	}
	if (!ARRAY_ROOM(b->functions, b->nfunctions, b->functions_cap) ||
	    !idmap_add(&b->by_function, hash, b->nfunctions)) {
		b->failed = true;
		return 0;
	}
	new.id = b->nfunctions + 1;
	b->functions[b->nfunctions] = new;
	return b->nfunctions++;
}

/* The number of the location that the run is, from 1. */
static uint64_t location(struct builder *b, struct run run)
{
	const uint32_t *ids = b->p->stack_frames + run.first;
	uint64_t hash = hash_bytes(ids, run.n * sizeof(*ids));
	size_t at = idmap_at(&b->by_run, hash);
	uint32_t id;

	while (idmap_next(&b->by_run, hash, &at, &id)) {
		struct run k = b->runs[id];

		if (k.n == run.n && !memcmp(b->p->stack_frames + k.first, ids, k.n * sizeof(*ids)))
			return id + 1;
	}
	if (!ARRAY_ROOM(b->runs, b->nruns, b->runs_cap) ||
	    !idmap_add(&b->by_run, hash, b->nruns)) {
		b->failed = true;
		return 0;
	}
	b->runs[b->nruns++] = run;
	b->nlines += run.n;
	return b->nruns;
}

static void number_sample(struct builder *b, const struct sample *s)
{
	uint32_t end = s->first + s->n;

	for (uint32_t i = s->first, from = i; i < end; i++) {
		bool inlined = b->p->frames[b->p->stack_frames[i]].flags & FRAME_INLINED;

		if (inlined && i + 1 < end)
			continue;
		if (!ARRAY_ROOM(b->location_ids, b->nids, b->ids_cap)) {
			b->failed = true;
			return;
		}
		b->location_ids[b->nids++] = location(b, (struct run){ from, i + 1 - from });
		from = i + 1;
	}
}

static void number_all(struct builder *b)
{
	const struct profile *p = b->p;

	string(b, "");
	b->function_of = malloc((p->nframes + 1) * sizeof(*b->function_of));
	b->sample_ids = malloc((p->nsamples + 1) * sizeof(*b->sample_ids));
	if (!b->function_of || !b->sample_ids) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < p->nframes; i++) {
		b->function_of[i] = function(b, &p->frames[i]);
		if (p->frames[i].mapping)
			continue;
		if (p->frames[i].flags & FRAME_KERNEL)
			b->kernel = true;
		else if (p->frames[i].addr)
			b->user = true;
	}
	for (size_t i = 0; i < p->nsamples; i++) {
		b->sample_ids[i] = b->nids;
		number_sample(b, &p->samples[i]);
	}
	b->sample_ids[p->nsamples] = b->nids;
}

/* Memory of the messages, freed together. */
struct message {
	Profile profile;
	ValueType types[PROFILE_VALUES], *type_ptrs[PROFILE_VALUES], period_type;
	unsigned value_of[PROFILE_VALUES];	/* which value of the profile each type is */
	Mapping *mappings, **mapping_ptrs;
	uint64_t user, kernel;	/* mappings of frames that know none */
	Location *locations, **location_ptrs;
	Line *lines, **line_ptrs;
	Function **function_ptrs;
	Sample *samples, **sample_ptrs;
	int64_t *values, *comments;
	Label *labels, **label_ptrs;	/* of all sets, one after the other */
	size_t *set_at;			/* where each set's begin; set 0 has none */
};

static void message_free(struct message *m)
{
	free(m->mappings);
	free(m->mapping_ptrs);
	free(m->locations);
	free(m->location_ptrs);
	free(m->lines);
	free(m->line_ptrs);
	free(m->function_ptrs);
	free(m->samples);
	free(m->sample_ptrs);
	free(m->values);
	free(m->comments);
	free(m->labels);
	free(m->label_ptrs);
	free(m->set_at);
}

/* An array of n, at least one; failure is kept in b. */
static void *array(struct builder *b, size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (!p)
		b->failed = true;
	return p;
}

static void fill_types(struct builder *b, struct message *m)
{
	const struct profile *p = b->p;
	Profile *out = &m->profile;

	out->sample_type = m->type_ptrs;
	for (unsigned i = 0; i < p->ntypes; i++) {
		ValueType *t = &m->types[out->n_sample_type];

		if (p->types[i].internal)
			continue;
		gobpf__pprof__value_type__init(t);
		t->type = string(b, p->types[i].name);
		t->unit = string(b, p->types[i].unit);
		if (i == value_default(p))
			out->default_sample_type = t->type;
		m->value_of[out->n_sample_type] = i;
		m->type_ptrs[out->n_sample_type++] = t;
	}
	if (p->period_type.name[0]) {
		gobpf__pprof__value_type__init(&m->period_type);
		m->period_type.type = string(b, p->period_type.name);
		m->period_type.unit = string(b, p->period_type.unit);
		out->period_type = &m->period_type;
	}
	out->period = p->period;
	out->time_nanos = p->time_unix_ns;
	out->duration_nanos = p->duration_ns;
}

static void add_mapping(struct builder *b, struct message *m, const struct profile_mapping *known)
{
	Mapping *out = &m->mappings[m->profile.n_mapping];

	gobpf__pprof__mapping__init(out);
	out->id = m->profile.n_mapping + 1;
	out->memory_start = known->start;
	out->memory_limit = known->limit;
	out->file_offset = known->offset;
	out->filename = string(b, known->path);
	out->build_id = string(b, known->build_id);
	/* all is resolved: pprof shall not look for the file and try again */
	out->has_functions = out->has_filenames = true;
	out->has_line_numbers = out->has_inline_frames = true;
	m->mapping_ptrs[m->profile.n_mapping++] = out;
}

/* Those of the profile keep their numbers; what has none is given one of the two behind. */
static void fill_mappings(struct builder *b, struct message *m)
{
	const struct profile *p = b->p;

	m->mappings = array(b, p->nmappings + 2, sizeof(*m->mappings));
	m->mapping_ptrs = array(b, p->nmappings + 2, sizeof(*m->mapping_ptrs));
	if (b->failed)
		return;
	for (size_t i = 0; i < p->nmappings; i++)
		add_mapping(b, m, &p->mappings[i]);
	m->user = p->nmappings ? 1 : 0;
	if (!m->user && b->user) {
		add_mapping(b, m, &(struct profile_mapping){ .path = "", .build_id = "" });
		m->user = m->profile.n_mapping;
	}
	if (b->kernel) {
		add_mapping(b, m, &(struct profile_mapping){ .path = "[kernel.kallsyms]",
							     .build_id = "" });
		m->kernel = m->profile.n_mapping;
	}
	m->profile.mapping = m->mapping_ptrs;
}

static void fill_comments(struct builder *b, struct message *m)
{
	m->comments = array(b, b->p->ncomments, sizeof(*m->comments));
	if (b->failed)
		return;
	for (size_t i = 0; i < b->p->ncomments; i++)
		m->comments[i] = string(b, b->p->comments[i]);
	m->profile.comment = m->comments;
	m->profile.n_comment = b->p->ncomments;
}

static void fill_location(struct builder *b, struct message *m, size_t i, size_t line)
{
	const struct profile *p = b->p;
	struct run run = b->runs[i];
	Location *out = &m->locations[i];

	gobpf__pprof__location__init(out);
	out->id = i + 1;
	out->line = m->line_ptrs + line;
	out->n_line = run.n;
	m->location_ptrs[i] = out;
	for (uint32_t k = 0; k < run.n; k++) {
		uint32_t id = p->stack_frames[run.first + k];
		const struct frame *f = &p->frames[id];
		Line *l = &m->lines[line + k];

		gobpf__pprof__line__init(l);
		l->function_id = b->function_of[id] + 1;
		l->line = f->line;
		m->line_ptrs[line + k] = l;
		/* in logical stacks each inlined frame has an address of its own: pprof has the innermost */
		if (!k)
			out->address = f->addr;
		out->mapping_id = f->mapping		    ? f->mapping :
				  f->flags & FRAME_KERNEL ? m->kernel :
							    m->user;
	}
}

static void fill_locations(struct builder *b, struct message *m)
{
	size_t line = 0;

	m->locations = array(b, b->nruns, sizeof(*m->locations));
	m->location_ptrs = array(b, b->nruns, sizeof(*m->location_ptrs));
	m->lines = array(b, b->nlines, sizeof(*m->lines));
	m->line_ptrs = array(b, b->nlines, sizeof(*m->line_ptrs));
	m->function_ptrs = array(b, b->nfunctions, sizeof(*m->function_ptrs));
	if (b->failed)
		return;
	for (size_t i = 0; i < b->nruns; line += b->runs[i++].n)
		fill_location(b, m, i, line);
	for (size_t i = 0; i < b->nfunctions; i++)
		m->function_ptrs[i] = &b->functions[i];
	m->profile.location = m->location_ptrs;
	m->profile.n_location = b->nruns;
	m->profile.function = m->function_ptrs;
	m->profile.n_function = b->nfunctions;
}

static void fill_label(struct builder *b, Label *out, const struct label *l)
{
	gobpf__pprof__label__init(out);
	out->key = string(b, l->key);
	if (l->str) {
		out->str = string(b, l->str);
		return;
	}
	out->num = l->num;
	out->num_unit = string(b, l->unit ? l->unit : "");
}

/* Samples with the same set share its messages. */
static void fill_labels(struct builder *b, struct message *m)
{
	const struct profile *p = b->p;
	size_t nsets = 0, nlabels = 0, n;

	for (size_t i = 0; i < p->nsamples; i++)
		if (p->samples[i].labels > nsets)
			nsets = p->samples[i].labels;
	m->set_at = array(b, nsets + 1, sizeof(*m->set_at));
	if (b->failed)
		return;
	for (size_t i = 1; i <= nsets; i++) {
		profile_labels_of(p, i, &n);
		m->set_at[i + 1] = nlabels += n;
	}
	m->labels = array(b, nlabels, sizeof(*m->labels));
	m->label_ptrs = array(b, nlabels, sizeof(*m->label_ptrs));
	for (size_t i = 1; !b->failed && i <= nsets; i++) {
		const struct label *labels = profile_labels_of(p, i, &n);

		for (size_t k = 0; k < n; k++) {
			size_t at = m->set_at[i] + k;

			fill_label(b, &m->labels[at], &labels[k]);
			m->label_ptrs[at] = &m->labels[at];
		}
	}
}

static void fill_samples(struct builder *b, struct message *m)
{
	size_t n = b->p->nsamples, nvalues = m->profile.n_sample_type;

	m->samples = array(b, n, sizeof(*m->samples));
	m->sample_ptrs = array(b, n, sizeof(*m->sample_ptrs));
	m->values = array(b, n * nvalues, sizeof(*m->values));
	if (b->failed)
		return;
	for (size_t i = 0; i < n; i++) {
		const uint32_t set = b->p->samples[i].labels;
		Sample *out = &m->samples[i];

		gobpf__pprof__sample__init(out);
		out->label = m->label_ptrs + m->set_at[set];
		out->n_label = m->set_at[set + 1] - m->set_at[set];
		out->location_id = b->location_ids + b->sample_ids[i];
		out->n_location_id = b->sample_ids[i + 1] - b->sample_ids[i];
		out->value = m->values + i * nvalues;
		out->n_value = nvalues;
		for (size_t v = 0; v < nvalues; v++)
			out->value[v] = b->p->samples[i].values[m->value_of[v]];
		m->sample_ptrs[i] = out;
	}
	m->profile.sample = m->sample_ptrs;
	m->profile.n_sample = n;
}

static int pack(FILE *f, const Profile *profile)
{
	size_t len = gobpf__pprof__profile__get_packed_size(profile);
	uint8_t *data = malloc(len + 1);
	int ret;

	if (!data)
		return -ENOMEM;
	gobpf__pprof__profile__pack(profile, data);
	ret = gzip_write(f, data, len);
	free(data);
	return ret;
}

static void builder_free(struct builder *b)
{
	for (size_t i = 0; i < b->nstrings; i++)
		free(b->strings[i]);
	free(b->strings);
	free(b->functions);
	free(b->function_of);
	free(b->runs);
	free(b->location_ids);
	free(b->sample_ids);
	free(b->by_string.slots);
	free(b->by_function.slots);
	free(b->by_run.slots);
}

int pprof_write(FILE *f, const struct profile *p)
{
	struct message m = { .profile = GOBPF__PPROF__PROFILE__INIT };
	struct builder b = { .p = p };
	int ret = -ENOMEM;

	number_all(&b);
	if (b.failed)
		goto out;
	fill_types(&b, &m);
	fill_mappings(&b, &m);
	fill_comments(&b, &m);
	fill_locations(&b, &m);
	fill_labels(&b, &m);
	if (b.failed)
		goto out;
	fill_samples(&b, &m);
	if (b.failed)
		goto out;
	m.profile.string_table = b.strings;
	m.profile.n_string_table = b.nstrings;
	ret = pack(f, &m.profile);
out:
	message_free(&m);
	builder_free(&b);
	return ret;
}
