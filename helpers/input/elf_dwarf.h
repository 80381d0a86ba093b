/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_dwarf.h - where the structures of a program keep their fields, from its DWARF */
#ifndef GOBPF_INPUT_ELF_DWARF_H
#define GOBPF_INPUT_ELF_DWARF_H

#include <stdbool.h>
#include <stdint.h>

#include "input/elf.h"

/*
 * Structures are looked for as far as is needed: the first look-up reads DWARF until the
 * name comes, the next goes on from there.  A name that is not there costs one pass over all
 * of .debug_info (compressed sections are unpacked).
 */
struct elf_dwarf;

/* NULL when the file has no DWARF, none that can be read, or when out of memory. e must outlive it. */
struct elf_dwarf *elf_dwarf_open(const struct elf_file *e);
void elf_dwarf_close(struct elf_dwarf *d);	/* NULL is fine */

/* Bytes of .debug_info, unpacked: what a look-up may have to read. 0: there is none. */
uint64_t elf_dwarf_size(const struct elf_file *e);

/*
 * The place of a field; path may lead through structures inside ("sched.sp"); "" is the
 * structure itself, at 0.  0, or -ENOENT, no words: no such structure (*ret_strct false, if that is
 * not NULL) or no such field in it.
 */
int elf_dwarf_field(struct elf_dwarf *d, const char *strct, const char *path, uint32_t *ret_offset,
		    uint32_t *ret_size, bool *ret_strct);

#endif
