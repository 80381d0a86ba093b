/* SPDX-License-Identifier: GPL-2.0-only */
/* capture_block.h - for input/capture*.c: the memory that was kept */
#ifndef GOBPF_INPUT_CAPTURE_BLOCK_H
#define GOBPF_INPUT_CAPTURE_BLOCK_H

#include "input/capture.h"

struct capture_block {
	uint64_t addr;
	uint64_t reader;		/* who changed it last; of an old one: until whom it was so */
	uint64_t valid[CAPTURE_BLOCK / 64];	/* a bit for each byte */
	uint8_t bytes[CAPTURE_BLOCK];
};

#endif
