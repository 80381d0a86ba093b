/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_cfi.h - the caller of C code by what .eh_frame says, in a stack that was recorded */
#ifndef GOBPF_INPUT_ELF_CFI_H
#define GOBPF_INPUT_ELF_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/elf.h"

/* Registers by their DWARF numbers (System V ABI, AMD64 supplement, figure 3.36). */
enum { ELF_CFI_BP = 6, ELF_CFI_SP = 7, ELF_CFI_REGS = 16 };

struct elf_cfi_regs {
	uint64_t pc;			/* a run-time address */
	uint64_t r[ELF_CFI_REGS];
	uint32_t known;			/* a bit for each of r */
	const uint8_t *stack;		/* the bytes at addr */
	uint64_t addr;
	size_t len;
};

enum elf_cfi_step {
	ELF_CFI_CALLER, /* regs are the caller's */
	ELF_CFI_TOP, /* there is no caller: a thread begins here */
	ELF_CFI_SHORT, /* the bytes of the stack end before it */
	ELF_CFI_UNKNOWN, /* nothing is said of this place, or more than can be followed */
};

struct elf_cfi;

/* x86-64. NULL: the file says nothing. elf outlives it. */
struct elf_cfi *elf_cfi_open(const struct elf_file *elf);
void elf_cfi_close(struct elf_cfi *c);

/* addr: regs->pc in the file; is_return: it is behind a call.  c may be NULL: nothing is known. */
enum elf_cfi_step elf_cfi_step(struct elf_cfi *c, uint64_t addr, bool is_return,
			       struct elf_cfi_regs *regs);

#endif
