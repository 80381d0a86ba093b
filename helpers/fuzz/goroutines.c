/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as what Go prints of goroutines: each is counted once. */
#include <stdlib.h>

#include "stack/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t read_all(const void *data, size_t size)
{
	struct profile p;
	struct lines lines;
	struct reading r = { .lines = &lines, .profile = &p, .from = "goroutines", .labels = "*",
			     .addresses = true };
	int64_t total = 0;

	if (profile_init(&p, NULL, 0) || lines_open_mem(&lines, data, size, "fuzz"))
		abort();
	if (!readers_read(&r)) {
		total = profile_total(&p, 0);
		if ((uint64_t)total != r.samples)
			abort();
	}
	lines_close(&lines);
	buf_free(&r.notes);
	profile_free(&p);
	return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_all(data, size);
	return 0;
}
