/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes through the stack readers and every writer; folding what was folded must change nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/diff.h"
#include "stack/fold.h"
#include "stack/perf_classic.h"
#include "stack/readers.h"
#include "stack/writers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct output {
	char *data;
	size_t len;
};

static int read_as(struct reading r, struct profile *p, const void *data, size_t size)
{
	struct lines lines;
	int ret = lines_open_mem(&lines, data, size, "fuzz");

	r.lines = &lines;
	r.profile = p;
	if (!ret)
		ret = readers_read(&r);
	lines_close(&lines);
	buf_free(&r.notes);
	return ret;
}

/* from: NULL: as the content shows */
static int read_into(struct profile *p, const void *data, size_t size, const char *from)
{
	return read_as((struct reading){ .from = from, .strict = from, .labels = "* time" }, p, data,
		       size);
}

/* Everything that a reader can keep. */
static int read_all_of(struct profile *p, const void *data, size_t size)
{
	return read_as((struct reading){ .labels = "* time", .tick_ns = 1000, .addresses = true }, p,
		       data, size);
}

static int read_classic(struct profile *p, const void *data, size_t size)
{
	struct perf_classic rules = { .tid = true, .kernel = true, .jit = true, .addrs = true };

	return read_as((struct reading){ .from = "perf-script", .classic = &rules }, p, data, size);
}

static struct output fold(const struct profile *p, unsigned value)
{
	struct output t = { 0 };
	FILE *f = open_memstream(&t.data, &t.len);

	if (!f || fold_write(f, p, value) || fclose(f))
		abort();
	return t;
}

/* Negative values have no place in folded text. */
static bool has_negative(const struct profile *p, unsigned value)
{
	for (size_t i = 0; i < p->nsamples; i++)
		if (p->samples[i].values[value] < 0)
			return true;
	return false;
}

/* Folded text must be read back whole, and fold to itself. */
static void check_folded(const struct profile *p, unsigned value)
{
	struct output first = fold(p, value), second;
	struct profile again;

	if (profile_init(&again, NULL, 0))
		abort();
	if (first.len && !has_negative(p, value)) {
		if (read_into(&again, first.data, first.len, "folded") ||
		    profile_total(&again, 0) != profile_total(p, value))
			abort();
		second = fold(&again, 0);
		if (first.len != second.len || memcmp(first.data, second.data, first.len))
			abort();
		free(second.data);
	}
	profile_free(&again);
	free(first.data);
}

/* A picture may have nothing to show; memory doesn't run out here. */
static void write_one(FILE *f, const struct writer *w, const struct profile *p,
		      const struct write_options *o)
{
	int ret = writer_check(w, p, o);

	if (!ret)
		ret = writer_write(w, f, p, o);
	if (ret && ret != -ENODATA && ret != -EINVAL && ret != -E2BIG)
		abort();
}

static void write_all(const struct profile *p, unsigned value)
{
	FILE *f = fopen("/dev/null", "w");
	struct write_options o = { .title = "fuzz", .value = value, .stacks = true };
	struct profile diff;

	if (!f)
		abort();
	for (const struct writer *w = writers; w->name; w++)
		write_one(f, w, p, &o);
	if (profile_diff(p, value, p, p->ntypes - 1, true, &diff)) {
		profile_free(&diff);
		fclose(f);
		return;
	}
	o.diff_of = "fuzz";
	o.value = DIFF_AFTER;
	for (const struct writer *w = writers; w->name; w++)
		if (writer_find_diff(w->name))
			write_one(f, writer_find_diff(w->name), &diff, &o);
	profile_free(&diff);
	fclose(f);
}

/* With "\r\n" perf script text is read line by line, not by what was met before: to the same end. */
static void check_lines(const uint8_t *data, size_t size, int (*read)(struct profile *, const void *, size_t))
{
	struct profile fast, slow;
	struct output a, b;
	uint8_t *text = malloc(2 * size + 1);
	size_t n = 0;
	int ret;

	if (!text || memchr(data, '\r', size) || profile_init(&fast, NULL, 0))
		goto out;
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n')
			text[n++] = '\r';
		text[n++] = data[i];
	}
	if (profile_init(&slow, NULL, 0))
		abort();
	ret = read(&fast, data, size);
	if (ret != read(&slow, text, n) || fast.ntypes != slow.ntypes || fast.nsamples != slow.nsamples)
		abort();
	for (unsigned i = 0; !ret && i < fast.ntypes; i++) {
		a = fold(&fast, i);
		b = fold(&slow, i);
		if (a.len != b.len || memcmp(a.data, b.data, a.len))
			abort();
		free(a.data);
		free(b.data);
	}
	profile_free(&fast);
	profile_free(&slow);
out:
	free(text);
}

static int read_plain(struct profile *p, const void *data, size_t size)
{
	return read_into(p, data, size, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile p;
	struct lines lines;
	struct reading r = { .lines = &lines };
	const struct reader *reader;

	if (profile_init(&p, NULL, 0))
		abort();
	if (!read_into(&p, data, size, NULL)) {
		for (unsigned i = 0; i < p.ntypes; i++)
			check_folded(&p, i);
		write_all(&p, 0);
	}
	profile_free(&p);
	if (lines_open_mem(&lines, data, size, "fuzz"))
		abort();
	reader = readers_find(&r);
	lines_close(&lines);
	if (reader && !strcmp(reader->name, "perf-script")) {
		check_lines(data, size, read_plain);
		check_lines(data, size, read_all_of);
		check_lines(data, size, read_classic);
	}
	return 0;
}
