/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the executable that a debug file is made for: what comes out must be an ELF
 * file that opens again, with the symbols that were put in.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/image.h"
#include "input/elf_debug.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENTS = 8 };

static void reads_again(const struct buf *b, size_t nsymbols)
{
	struct elf_file e;
	struct elf_sym s;

	if (elf_open_mem("out", image(b->data, b->len), &e) || !elf_has_symtab(&e) ||
	    elf_symbol(&e, "some.function", &s) + elf_symbol(&e, "entry", &s) != (int)nsymbols)
		abort();
	elf_symbol_at(&e, e.entry, &s);
	elf_build_id(&e);
	elf_close(&e);
}

/* One function in the first segment that a section holds it in, and the entry. */
static size_t add_symbols(struct elf_debug *d, const struct elf_file *e)
{
	for (unsigned i = 0; i < e->nsegments && i < SEGMENTS && !d->nsymbols; i++)
		elf_debug_add(d, "some.function", e->segments[i].addr + 16 * i, 16, i & 1);
	elf_debug_add(d, "entry", e->entry, 1, false);
	return d->nsymbols;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_debug d = { 0 };
	struct buf b = { 0 };
	struct elf_file e;
	size_t nsymbols = 0;

	if (elf_open_mem("in", image(data, size), &e))
		return 0;
	if (!elf_debug_begin(&d, &e)) {
		nsymbols = add_symbols(&d, &e);
		if (elf_debug_end(&d, &b))
			abort();
	}
	elf_close(&e);
	if (b.data)
		reads_again(&b, nsymbols);
	buf_free(&b);
	elf_debug_free(&d);
	return 0;
}
