/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"

enum { RELA_SIZE = 24, DYN_SIZE = 16, SAMPLES = 64, DYN_MAX = 1024 };

/* The type of "load bias + addend" on each machine; 0: unknown. */
static uint32_t relative_type(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64: return R_X86_64_RELATIVE;
	case EM_AARCH64: return R_AARCH64_RELATIVE;
	case EM_RISCV: return R_RISCV_RELATIVE;
	default: return 0;
	}
}

/* The file's table of dynamic relocations, by the dynamic segment: it is there without sections. */
static struct span relocations(const struct elf_file *e)
{
	struct span dyn = elf_bytes_at(e, e->dynamic), none = { 0 }, table;
	uint64_t rela = 0, size = 0;

	for (uint64_t off = 0; e->dynamic && off < DYN_MAX * DYN_SIZE; off += DYN_SIZE) {
		uint64_t tag = span_u64(&dyn, off), value = span_u64(&dyn, off + 8);

		if (dyn.bad || tag == DT_NULL)
			break;
		if (tag == DT_RELA)
			rela = value;
		if (tag == DT_RELASZ)
			size = value;
	}
	if (!rela)
		return none;
	table = elf_bytes_at(e, rela);
	return size <= table.len ? span_sub(&table, 0, size) : none;
}

/* Where in the file the word is that relocation i changes, and its value; false: none of that type. */
static bool relocation(const struct elf_file *e, struct span *table, uint64_t off, uint32_t type,
		       uint64_t *ret_at, uint64_t *ret_addend)
{
	if ((uint32_t)span_u64(table, off + 8) != type)
		return false;
	*ret_at = elf_offset_of(e, span_u64(table, off));
	*ret_addend = span_u64(table, off + 16);
	return !table->bad && *ret_at < e->bytes.len && e->bytes.len - *ret_at >= 8;
}

/* Are words to be relocated 0 in the file? A linker writes all of them or none. */
static bool in_place(const struct elf_file *e, struct span *table, uint32_t type)
{
	unsigned seen = 0;

	for (uint64_t off = 0; off + RELA_SIZE <= table->len && seen < SAMPLES; off += RELA_SIZE) {
		struct span all = e->bytes;
		uint64_t at, addend;

		if (!relocation(e, table, off, type, &at, &addend) || !addend)
			continue;
		if (span_u64(&all, at))
			return true;
		seen++;
	}
	return !seen;
}

int elf_relocate(struct elf_file *e)
{
	uint32_t type = relative_type(e->machine);
	struct span table;

	if (!e->pie || !type || e->relocated)
		return 0;
	table = relocations(e);
	if (!table.len || in_place(e, &table, type))
		return 0;
	if (mprotect((void *)(uintptr_t)e->bytes.p, e->bytes.len, PROT_READ | PROT_WRITE))
		return err_sys(errno, "%s", e->path);
	for (uint64_t off = 0; off + RELA_SIZE <= table.len; off += RELA_SIZE) {
		uint64_t at, addend;

		/* the table must not change itself */
		if (relocation(e, &table, off, type, &at, &addend) &&
		    (e->bytes.p + at + 8 <= table.p || e->bytes.p + at >= table.p + table.len))
			memcpy((uint8_t *)(uintptr_t)e->bytes.p + at, &addend, sizeof(addend));
	}
	mprotect((void *)(uintptr_t)e->bytes.p, e->bytes.len, PROT_READ);
	e->relocated = true;
	return 0;
}
