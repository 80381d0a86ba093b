/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzzrun N SEED... - runs a target of helpers/fuzz without libFuzzer: on the seeds, then on
 * N inputs made of them by chance, the same ones each time.  Says how many it ran.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 256, INPUT = 4096, EDITS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	uint8_t data[INPUT];
	size_t size;
} seeds[SEEDS];

static uint32_t chance(uint32_t below)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % below;
}

/* In memory of just that size, so that a read beyond is seen. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

/* Interesting more often than not: small, all ones, or anything. */
static uint8_t some_byte(void)
{
	static const uint8_t bytes[] = { 0, 1, 8, 0x7f, 0x80, 0xff };

	return chance(2) ? bytes[chance(sizeof(bytes))] : (uint8_t)chance(256);
}

static size_t make(uint8_t *out, unsigned nseeds)
{
	unsigned seed = chance(nseeds);
	size_t size = seeds[seed].size;

	memcpy(out, seeds[seed].data, size);
	for (unsigned edits = 1 + chance(EDITS); edits; edits--) {
		if (size < INPUT - 8 && chance(2))
			for (unsigned n = 1 + chance(8); n; n--)
				out[size++] = some_byte();
		else if (size)
			out[chance((uint32_t)size)] = some_byte();
	}
	return size;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	unsigned nseeds = 0;
	uint8_t input[INPUT];

	for (int i = 2; i < argc && nseeds < SEEDS; i++, nseeds++) {
		FILE *f = fopen(argv[i], "r");

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		seeds[nseeds].size = fread(seeds[nseeds].data, 1, INPUT, f);
		fclose(f);
		run(seeds[nseeds].data, seeds[nseeds].size);
	}
	for (unsigned long i = 0; nseeds && i < n; i++)
		run(input, make(input, nseeds));
	printf("%u seeds, %lu inputs\n", nseeds, nseeds ? n : 0);
	return !nseeds;
}
