/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as what Go prints of goroutines: each is counted once. */
#include "fuzz/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading r = { .from = "goroutines", .labels = "*", .addresses = true };
	struct profile p;

	must(!profile_init(&p, NULL, 0));
	if (!reading_mem(&r, &p, data, size))
		must(profile_total(&p, 0) == (int64_t)r.samples);
	profile_free(&p);
	return fuzz_reader((struct reading){ .from = "goroutines", .labels = "*", .addresses = true }, data, size);
}
