/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as the JSON of gobpf. */
#include "fuzz/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_reader((struct reading){ .from = "json", .labels = "* time", .addresses = true }, data, size);
}
