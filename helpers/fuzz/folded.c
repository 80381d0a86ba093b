/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as folded stacks. */
#include "fuzz/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_reader((struct reading){ .from = "folded" }, data, size);
}
