/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as perf.data: nothing is counted twice or lost, frames lie in their mappings, strict and lenient agree. */
#include <stdlib.h>
#include <string.h>

#include "stack/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libtraceevent 1.7 forgets what it has of a declaration that it gives up on. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent";
}

static int read_into(struct profile *p, const void *data, size_t size, struct reading *r)
{
	static struct lines lines;
	int ret;

	r->lines = &lines;
	r->profile = p;
	r->from = "perf-data";
	if (profile_init(p, NULL, 0) || lines_open_mem(&lines, data, size, "fuzz"))
		abort();
	ret = readers_read(r);
	lines_close(&lines);
	buf_free(&r->notes);
	return ret;
}

static void check(const struct profile *p, const struct reading *r)
{
	if (profile_total(p, 0) != (int64_t)r->samples)
		abort();
	for (size_t i = 0; i < p->nframes; i++) {
		const struct frame *f = &p->frames[i];
		uint64_t addr = f->addr - !!(f->flags & FRAME_RETURN);
		const struct profile_mapping *m;

		if (f->mapping > p->nmappings)
			abort();
		m = f->mapping ? &p->mappings[f->mapping - 1] : NULL;
		if (m && (addr < m->start || addr >= m->limit || m->kernel != !!(f->flags & FRAME_KERNEL)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading lenient = { .labels = "*" }, strict = { .strict = true, .labels = "comm time", .tick_ns = 1000 };
	struct profile p, q;
	int ret;

	ret = read_into(&p, data, size, &lenient);
	if (!ret)
		check(&p, &lenient);
	/* what is refused had a mistake, and what has one is refused */
	if (!read_into(&q, data, size, &strict)) {
		if (ret || lenient.bad || strict.samples != lenient.samples)
			abort();
	} else if (!ret && !lenient.bad) {
		abort();
	}
	profile_free(&p);
	profile_free(&q);
	return 0;
}
