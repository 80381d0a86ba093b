/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_named.h - C and C++ functions of an ELF file by their names, every alias counts */
#ifndef GOBPF_INPUT_ELF_NAMED_H
#define GOBPF_INPUT_ELF_NAMED_H

#include <stddef.h>

#include "input/elf_native.h"

/*
 * The addresses, the file's own, of all functions with exactly that name, each once and at most
 * max: as it is in the file, without a version ("memcpy" for memcpy@@GLIBC_2.14), or demangled.
 * What the file has by another name for the same address (write and __write) is found by either.
 */
size_t elf_named(struct elf_native *n, const char *name, uint64_t *ret, size_t max);

#endif
