/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the text of perf script, by our rules and by the classic collapser's.  With "\r\n" it
 * is read line by line, not by what was met before: to the same end.
 */
#include "fuzz/reading.h"
#include "stack/gunzip.h"
#include "stack/perf_classic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_read_the_same_slowly(struct reading how, const uint8_t *data, size_t size)
{
	uint8_t *text = malloc(2 * size + 1);
	struct reading slowly = how;
	struct folded_text a, b;
	struct profile p, q;
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n')
			text[n++] = '\r';
		text[n++] = data[i];
	}
	must(!profile_init(&p, NULL, 0) && !profile_init(&q, NULL, 0));
	ret = reading_mem(&how, &p, data, size);
	must(ret == reading_mem(&slowly, &q, text, n) && how.bad == slowly.bad &&
	     how.samples == slowly.samples);
	if (!ret)
		must_be_equal(&p, &q);
	for (unsigned i = 0; !ret && i < p.ntypes; i++) {
		a = reading_fold(&p, i);
		b = reading_fold(&q, i);
		must(a.len == b.len && !memcmp(a.data, b.data, a.len));
		free(a.data);
		free(b.data);
	}
	profile_free(&p);
	profile_free(&q);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct perf_classic rules[] = {
		{ .tid = true, .kernel = true, .jit = true, .addrs = true },
		{ .pid = true, .srcline = true, .event_filter = "cycles" },
	};
	struct reading how = { .from = "perf-script", .labels = "* time", .tick_ns = 1000,
			       .addresses = size % 3 };

	if (size % 8 > 4) {
		how.classic = &rules[size % 2];
		how.labels = NULL;
	}
	if (size / 8 % 2)
		return fuzz_reader(how, data, size);
	if (!memchr(data, '\r', size) && !gunzip_match((const char *)data, size))
		must_read_the_same_slowly(how, data, size);
	return 0;
}
