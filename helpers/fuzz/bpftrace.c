/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as what bpftrace prints, text or JSON, also with a key that is a caller. */
#include "fuzz/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_reader((struct reading){ .from = "bpftrace", .labels = "value", .addresses = size % 8 < 4,
					     .caller = size / 8 % 3 }, data, size);
}
