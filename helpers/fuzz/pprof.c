/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a pprof profile, which is written and read again: the sums must stay. */
#include "fuzz/reading.h"
#include "stack/pprof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct reading all = { .from = "pprof", .labels = "*", .addresses = true };

static void check_again(const struct profile *p)
{
	struct reading strict = all;
	struct profile again;
	char *data = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&data, &len);

	strict.strict = true;
	must(f && !pprof_write(f, p) && !fclose(f) && !profile_init(&again, NULL, 0) &&
	     !reading_mem(&strict, &again, data, len));
	must(again.ntypes <= p->ntypes && again.nsamples <= p->nsamples);
	/* names of values that are no UTF-8 may become the same */
	for (unsigned i = 0; again.ntypes == p->ntypes && i < p->ntypes; i++)
		must(profile_total(p, i) == profile_total(&again, i));
	profile_free(&again);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading r = all;
	struct profile p;

	must(!profile_init(&p, NULL, 0));
	if (!reading_mem(&r, &p, data, size))
		check_again(&p);
	profile_free(&p);
	return fuzz_reader(all, data, size);
}
