/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as stacks in whatever format they look like, through every writer. */
#include "fuzz/reading.h"
#include "stack/diff.h"
#include "stack/writers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A picture may have nothing to show; memory doesn't run out here. */
static void write_one(FILE *f, const struct writer *w, const struct profile *p,
		      const struct write_options *o)
{
	int ret = writer_check(w, p, o);

	if (!ret)
		ret = writer_write(w, f, p, o);
	must(!ret || ret == -ENODATA || ret == -EINVAL || ret == -E2BIG);
}

/* Writers are many and slow: one of them, and one for diffs. */
static void write_some(const struct profile *p, size_t choice)
{
	static FILE *f;
	struct write_options o = { .title = "fuzz", .stacks = true };
	const struct writer *w, *of_diff;
	struct profile diff;
	size_t n = 0;

	if (!f)
		f = fopen("/dev/null", "w");
	while (writers[n].name)
		n++;
	w = &writers[choice % n];
	write_one(f, w, p, &o);
	of_diff = writer_find_diff(w->name);
	if (of_diff) {
		o.diff_of = "fuzz";
		o.value = DIFF_AFTER;
		if (!profile_diff(p, 0, p, p->ntypes - 1, true, &diff))
			write_one(f, of_diff, &diff, &o);
		profile_free(&diff);
	}
	must(f && !fflush(f) && !ferror(f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading r = { .labels = "* time", .addresses = size % 2 };
	struct profile p;

	must(!profile_init(&p, NULL, 0));
	if (!reading_mem(&r, &p, data, size)) {
		for (unsigned i = 0; i < p.ntypes; i++)
			must_fold_to_itself(&p, i);
		write_some(&p, size);
	}
	profile_free(&p);
	return 0;
}
