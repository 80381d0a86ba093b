/* SPDX-License-Identifier: GPL-2.0-only */
/* reading.h - what the targets of readers of stacks share: one reader, in memory, and what must hold of it */
#ifndef GOBPF_FUZZ_READING_H
#define GOBPF_FUZZ_READING_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/fold.h"
#include "stack/readers.h"

#define must(right) ((right) ? (void)0 : broken(__LINE__, #right))

static inline void broken(int line, const char *rule)
{
	fprintf(stderr, "line %d: not so: %s\n", line, rule);
	abort();
}

/* Reads into p, which is initialised; r says how, lines and profile are set here. */
static inline int reading_mem(struct reading *r, struct profile *p, const void *data, size_t size)
{
	struct lines lines;
	int ret;

	r->lines = &lines;
	r->profile = p;
	must(!lines_open_mem(&lines, data, size, "fuzz"));
	ret = readers_read(r);
	must(ret != -ENOMEM);
	lines_close(&lines);
	r->lines = NULL;
	buf_free(&r->notes);
	return ret;
}

/* The folded text of each value; the caller frees. */
struct folded_text {
	char *data;
	size_t len;
};

static inline struct folded_text reading_fold(const struct profile *p, unsigned value)
{
	struct folded_text t = { 0 };
	FILE *f = open_memstream(&t.data, &t.len);

	must(f && !fold_write(f, p, value) && !fclose(f));
	return t;
}

/* Negative values have no place in folded text. */
static inline bool has_negative(const struct profile *p, unsigned value)
{
	for (size_t i = 0; i < p->nsamples; i++)
		if (p->samples[i].values[value] < 0)
			return true;
	return false;
}

/* Folded text is read back whole, and folds to itself. */
static inline void must_fold_to_itself(const struct profile *p, unsigned value)
{
	struct folded_text first = reading_fold(p, value), second;
	struct reading r = { .from = "folded", .strict = true };
	struct profile again;

	must(!profile_init(&again, NULL, 0));
	if (first.len && !has_negative(p, value)) {
		must(!reading_mem(&r, &again, first.data, first.len) &&
		     profile_total(&again, 0) == profile_total(p, value));
		second = reading_fold(&again, 0);
		must(first.len == second.len && !memcmp(first.data, second.data, first.len));
		free(second.data);
	}
	profile_free(&again);
	free(first.data);
}

static inline void must_be_equal(const struct profile *a, const struct profile *b)
{
	must(a->nsamples == b->nsamples && a->ntypes == b->ntypes);
	for (unsigned i = 0; i < a->ntypes; i++)
		must(profile_total(a, i) == profile_total(b, i));
}

/* What is refused had a mistake, and what has one is refused; what neither has is the same. */
static inline void must_agree_if_strict(struct reading how, const void *data, size_t size)
{
	struct reading strict = how;
	struct profile p, q;
	int ret, refused;

	/* a last line without its end is used, if not strict */
	if (size && ((const char *)data)[size - 1] != '\n')
		return;
	strict.strict = true;
	must(!profile_init(&p, NULL, 0) && !profile_init(&q, NULL, 0));
	ret = reading_mem(&how, &p, data, size);
	refused = reading_mem(&strict, &q, data, size);
	must(refused ? ret || how.bad : !ret && !how.bad);
	if (!refused)
		must_be_equal(&p, &q);
	profile_free(&p);
	profile_free(&q);
}

/* The same input once more adds values; its mappings may be another process's. */
static inline void must_add_up(struct reading how, const void *data, size_t size)
{
	struct reading again = how;
	size_t nsamples, nframes;
	struct profile p;
	unsigned ntypes;

	must(!profile_init(&p, NULL, 0));
	if (!reading_mem(&how, &p, data, size)) {
		nsamples = p.nsamples;
		nframes = p.nframes;
		ntypes = p.ntypes;
		must(!reading_mem(&again, &p, data, size));
		must(p.ntypes == ntypes && again.samples == how.samples && again.bad == how.bad);
		must(p.nmappings || (p.nsamples == nsamples && p.nframes == nframes));
	}
	profile_free(&p);
}

/* All of it; which of the checks is up to the input's length, one change away from the others. */
static inline int fuzz_reader(struct reading how, const uint8_t *data, size_t size)
{
	struct reading plain = { .from = how.from };
	struct profile p;

	for (const struct reader *f = readers; f->name; f++)
		if (!strcmp(f->name, how.from))
			f->match((const char *)data, size);
	switch (size % 4) {
	case 0:
		must_agree_if_strict(how, data, size);
		break;
	case 1:
		must_add_up(how, data, size);
		break;
	default:
		must(!profile_init(&p, NULL, 0));
		if (!reading_mem(&plain, &p, data, size))
			for (unsigned i = 0; i < p.ntypes; i++)
				must_fold_to_itself(&p, i);
		profile_free(&p);
	}
	return 0;
}

#endif
