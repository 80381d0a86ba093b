/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_native.h - C and C++ code in an ELF file: names by symbol tables, lines and inlined calls by DWARF */
#ifndef GOBPF_INPUT_ELF_NATIVE_H
#define GOBPF_INPUT_ELF_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "input/elf.h"

/*
 * What libdw finds for the file: .symtab, else .dynsym, .gnu_debugdata
 * (MiniDebugInfo), and separate debug files by build id or debug link below
 * /usr/lib/debug.  Nothing is fetched from the network.  C++ and Rust names are
 * demangled.  Addresses are the file's own.
 *
 * Zero-initialise, set elf and name; everything is opened at first use, so one
 * that is never asked costs nothing.
 */
struct elf_native {
	const struct elf_file *elf;	/* the caller's, outlives this */
	const char *name;		/* path that people know it by; debug links are looked for beside it */
	struct elf_native_priv *priv;
	bool failed;
};

struct elf_native_frame {
	const char *func;	/* never NULL; valid until the next call on this elf_native */
	const char *file;	/* or NULL */
	uint32_t line;		/* 0: unknown */
	bool inlined;		/* into the next frame */
};

struct elf_native_func {
	const char *name;	/* demangled; valid until the next call on this elf_native */
	uint64_t addr, size;	/* size 0: not recorded */
	bool local;
};

/* Frames at addr, innermost first, at most max; 0 when no function is known there. */
int elf_native_frames(struct elf_native *n, uint64_t addr, struct elf_native_frame *out, int max);

/* The functions by address, one for each: i from 0 until false. */
bool elf_native_nth(struct elf_native *n, size_t i, struct elf_native_func *ret);
/* By its name, as it is in the file or demangled. */
bool elf_native_named(struct elf_native *n, const char *name, struct elf_native_func *ret);

/* The Dwfl_Module of the file, for input/elf_*.c; NULL when it can't be read. */
void *elf_native_module(struct elf_native *n);

void elf_native_close(struct elf_native *n);

#endif
