/* SPDX-License-Identifier: GPL-2.0-only */
/* pcindex.h - marks in the pc-value tables, so that decoding one can begin near the address wanted */
#ifndef GOBPF_GO_PCINDEX_H
#define GOBPF_GO_PCINDEX_H

#include "go/gofile.h"

/*
 * A pc-value table (frames.c) has no order that could be searched: its pairs are
 * decoded from the first on, some microseconds in a large function.  For a few addresses that is
 * quick enough; who asks for thousands has the whole of pctab decoded once (1 ms a
 * MB), with a mark kept for the first pair that begins in each block of it.  The linker
 * puts the tables one behind the other (cmd/link/internal/ld/pcln.go, generatePctab);
 * where it did not, there are no marks, and decoding goes from the first pair as before.
 */
enum { GO_PCBLOCK = 64 };	/* bytes of pctab; 16 bytes of marks for each */

struct go_pcmark {
	uint32_t table;		/* offset of the table that has a pair here; 0: none */
	uint32_t at;		/* offset of the pair, not the table's first */
	uint32_t pc;		/* where its range begins, bytes from the function's entry */
	uint32_t value;		/* of the range before */
};

/* 0 or -ENOMEM with words. Not while other threads use g. go_close() frees. */
int go_pcindex_make(struct go_file *g);

/* The last mark of the table that begins at off, not behind pc; NULL: begin with the first pair. */
const struct go_pcmark *go_pcindex_find(const struct go_file *g, uint32_t off, uint64_t pc);

#endif
