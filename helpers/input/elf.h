/* SPDX-License-Identifier: GPL-2.0-only */
/* elf.h - an ELF file: segments, sections, symbols; the only place that sees libelf */
#ifndef GOBPF_INPUT_ELF_H
#define GOBPF_INPUT_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Addresses here are the file's own ("virtual") addresses, before any load
 * bias.  Bytes are mapped, not copied.  The file is untrusted: every count is
 * bounded by its size.
 */
struct elf_segment {
	uint64_t addr, filesz, memsz, offset;
	bool exec, write;
};

struct elf_section {
	const char *name;
	uint64_t addr, size, offset;
	bool nobits, compressed;
};

struct elf_sym {
	const char *name;
	uint64_t addr, size;
};

struct elf_file {
	char *path;			/* as given to elf_open() */
	struct span bytes;		/* the whole file */
	uint16_t machine;		/* EM_X86_64, EM_AARCH64, … */
	bool pie;
	uint64_t entry;			/* e_entry */
	struct elf_segment *segments;	/* PT_LOAD, as in the file */
	unsigned nsegments;
	struct elf_section *sections;	/* none when the headers are gone */
	unsigned nsections;
	uint64_t dynamic;		/* address of the dynamic segment, 0: there is none */
	bool relocated;			/* by elf_relocate() */
	void *priv;
};

/* 0, or -errno with words: ENOEXEC for what is not a 64-bit little-endian ELF executable. */
int elf_open(const char *path, struct elf_file *ret);
/*
 * The same of a file that is in memory: whole pages that may be written, and a NUL behind the
 * last of its bytes.  It stays the caller's and must outlive ret.  name is for words.
 */
int elf_open_mem(const char *name, struct span bytes, struct elf_file *ret);
void elf_close(struct elf_file *e);

const struct elf_section *elf_section(const struct elf_file *e, const char *name);

/* The file's bytes of a section; empty for SHT_NOBITS or when it lies outside. */
struct span elf_section_bytes(const struct elf_file *e, const struct elf_section *s);

/* The bytes in the file from addr to the end of its segment's file part; empty when not in the file. */
struct span elf_bytes_at(const struct elf_file *e, uint64_t addr);

/* Address to file offset by program headers; UINT64_MAX when there is none. */
uint64_t elf_offset_of(const struct elf_file *e, uint64_t addr);

/*
 * Pointers in position-independent executables stand in the file when GNU ld or
 * Go's linker wrote it, and only in its table of relocations when lld did.  In
 * that case this writes them where they belong, as if the file was loaded
 * at address 0: in our private mapping, at the cost of as much memory as has
 * such pointers.  Needs no section headers.  0, or -errno with words.
 */
int elf_relocate(struct elf_file *e);

/* .symtab, else .dynsym. false: the file has no such symbol (or no table). */
bool elf_symbol(const struct elf_file *e, const char *name, struct elf_sym *ret);
bool elf_has_symtab(const struct elf_file *e);
/* The nearest function symbol at or before addr (C code of cgo programs, libraries). */
bool elf_symbol_at(const struct elf_file *e, uint64_t addr, struct elf_sym *ret);

/* The first note of that owner and type among notes (a section, /sys/kernel/notes) that says anything: its descriptor. */
bool elf_note(struct span notes, const char *owner, uint32_t type, struct span *ret);

/* GNU build id in hex, else Go's, else "". */
const char *elf_build_id(const struct elf_file *e);

#endif
