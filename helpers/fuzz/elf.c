/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as an ELF file in memory: segments, sections, symbols, build ids, relocations.
 * What is handed out must lie in the file.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/image.h"
#include "input/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_in(const struct elf_file *e, struct span s)
{
	if (s.len && (s.p < e->bytes.p || s.len > e->bytes.len ||
		      s.p - e->bytes.p > (ptrdiff_t)(e->bytes.len - s.len)))
		abort();
}

static void try_symbols(const struct elf_file *e)
{
	const uint64_t addrs[] = { e->entry, e->entry + 1, 0, UINT64_MAX };
	struct elf_sym s;

	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		if (!elf_symbol_at(e, addrs[i], &s))
			continue;
		if (s.addr > addrs[i] || strlen(s.name) >= e->bytes.len)
			abort();
		/* there is one of that name, not always this one */
		if (!elf_symbol(e, s.name, &s))
			abort();
	}
	elf_symbol(e, "main.main", &s);
}

static void try_addresses(const struct elf_file *e)
{
	for (unsigned i = 0; i < e->nsegments && i < 8; i++) {
		uint64_t from = e->segments[i].addr, at[] = { from - 1, from, from + 64 };

		for (size_t k = 0; k < ARRAY_SIZE(at); k++) {
			struct span b = elf_bytes_at(e, at[k]);

			must_lie_in(e, b);
			if (b.len && e->bytes.p + elf_offset_of(e, at[k]) != b.p)
				abort();
		}
	}
}

static void try_sections(const struct elf_file *e)
{
	for (unsigned i = 0; i < e->nsections; i++) {
		must_lie_in(e, elf_section_bytes(e, &e->sections[i]));
		if (!elf_section(e, e->sections[i].name))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_file e;

	if (elf_open_mem("image", image(data, size), &e))
		return 0;
	try_sections(&e);
	try_addresses(&e);
	elf_has_symtab(&e);
	try_symbols(&e);
	if (strlen(elf_build_id(&e)) >= 256 || elf_build_id(&e) != elf_build_id(&e))
		abort();
	elf_relocate(&e);
	try_addresses(&e);
	elf_close(&e);
	return 0;
}
