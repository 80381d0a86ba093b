/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_debug.h - writes a debug file: the symbols that a stripped executable lacks, for other tools */
#ifndef GOBPF_INPUT_ELF_DEBUG_H
#define GOBPF_INPUT_ELF_DEBUG_H

#include "base/buf.h"
#include "input/elf.h"

/*
 * What `objcopy --only-keep-debug' leaves of an executable: its headers, its
 * notes (the build id among them), every loaded section without its bytes
 * (SHT_NOBITS, at the address and file offset it has in the executable), and a
 * .symtab with the functions that were added.  Where the section headers are gone, a
 * section is made of each executable segment.
 */
struct elf_debug {
	struct span file;	/* the executable */
	struct elf_debug_section *sections;
	size_t nsections, sections_cap;
	struct buf locals, globals, names, section_names;
	size_t nsymbols;
};

/* 0, or -errno with words. Call elf_debug_free() in any case. */
int elf_debug_begin(struct elf_debug *d, const struct elf_file *e);
/* A function; left out when it lies in no section. */
void elf_debug_add(struct elf_debug *d, const char *name, uint64_t addr, uint64_t size, bool local);
/* The whole file. */
int elf_debug_end(struct elf_debug *d, struct buf *ret);
void elf_debug_free(struct elf_debug *d);

#endif
