/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a profile in the text of ?debug=1. */
#include "fuzz/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_reader((struct reading){ .from = "pprof-text", .labels = "*", .addresses = true }, data, size);
}
