/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_dwarf.h - where the structures of a program keep their fields, from its DWARF */
#ifndef GOBPF_INPUT_ELF_DWARF_H
#define GOBPF_INPUT_ELF_DWARF_H

#include <stdbool.h>
#include <stdint.h>

#include "input/elf.h"

/*
 * Structures are looked for in the compile units of one name, all of them in the first that has
 * any, and as far as is needed: the first look-up reads until the name comes, the next goes on
 * from there.  Units of other names are passed over.  Compressed sections are unpacked up to
 * there, and only that unit's bytes are kept; a name that is not there costs all of it.
 *
 * That is how Go's linker writes them, from 1.15 to 1.27 at least: all types are entries of one of
 * the units called "runtime" (cmd/link/internal/ld/dwarf.go, movetomodule()), their names are in
 * place (DW_FORM_string), and all but pointers have their size.
 */
struct elf_dwarf;

/* NULL: the file has no DWARF, none that can be read, or out of memory. e must outlive it. */
struct elf_dwarf *elf_dwarf_open(const struct elf_file *e, const char *unit);
void elf_dwarf_close(struct elf_dwarf *d);	/* NULL is fine */

/*
 * A structure by its name, or by an older one (NULL: there is none) that it has if it has not that.
 * false: there is none of these names.  *ret is for elf_dwarf_field().
 */
bool elf_dwarf_struct(struct elf_dwarf *d, const char *name, const char *older, uint64_t *ret);

/*
 * The place of a field; path may lead through structures inside ("sched.sp"); "" is the
 * structure itself, at 0.  0, or -ENOENT, no words: no such field.
 */
int elf_dwarf_field(struct elf_dwarf *d, uint64_t strct, const char *path, uint32_t *ret_offset,
		    uint32_t *ret_size);

#endif
