/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a pprof profile, which is written and read again: the sums must stay. */
#include <stdio.h>
#include <stdlib.h>

#include "stack/pprof.h"
#include "stack/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_into(struct profile *p, const void *data, size_t size, bool strict)
{
	struct lines lines;
	struct reading r = { .lines = &lines, .profile = p, .strict = strict, .from = "pprof",
			     .labels = "*", .addresses = true };
	int ret;

	if (profile_init(p, NULL, 0) || lines_open_mem(&lines, data, size, "fuzz"))
		abort();
	ret = readers_read(&r);
	lines_close(&lines);
	buf_free(&r.notes);
	return ret;
}

static void check_again(const struct profile *p)
{
	struct profile again;
	char *data = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&data, &len);

	if (!f || pprof_write(f, p) || fclose(f) || read_into(&again, data, len, true))
		abort();
	if (again.ntypes > p->ntypes || again.nsamples > p->nsamples)
		abort();
	/* names of values that are no UTF-8 may become the same */
	for (unsigned i = 0; again.ntypes == p->ntypes && i < p->ntypes; i++)
		if (profile_total(p, i) != profile_total(&again, i))
			abort();
	profile_free(&again);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile p;

	if (!read_into(&p, data, size, false))
		check_again(&p);
	profile_free(&p);
	return 0;
}
