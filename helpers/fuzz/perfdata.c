/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as perf.data: nothing is lost, frames lie in their mappings, strict and lenient agree. */
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

/* Looks at all that it is given, and says as much as there is room for. */
static int unwind(void *ctx, const struct unwind_input *in, uint64_t *pcs, size_t max,
		  bool *ret_cut)
{
	size_t n = 0;

	pcs[n++] = in->pc;
	for (size_t i = 0; i + 8 <= in->len && n < max; i += 8) {
		const struct profile_mapping *m;

		memcpy(&pcs[n], in->stack + i, 8);
		m = in->mapping(in, pcs[n]);
		n += m && pcs[n] >= m->start && pcs[n] < m->limit;
	}
	*ret_cut = in->len < 64;
	return ctx ? -1 : (int)n;
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
		bool is_return = f->flags & FRAME_RETURN;
		const struct profile_mapping *m;

		if (f->mapping > p->nmappings)
			abort();
		m = f->mapping ? &p->mappings[f->mapping - 1] : NULL;
		if (m && (f->addr < m->start || f->addr > m->limit ||
			  (f->addr == m->limit && !is_return) ||
			  m->kernel != !!(f->flags & FRAME_KERNEL)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading lenient = { .labels = "*", .unwind = unwind },
		       strict = { .strict = true, .labels = "comm time", .tick_ns = 1000 };
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
