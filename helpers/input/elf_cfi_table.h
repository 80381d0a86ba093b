/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_cfi_table.h - .eh_frame taken apart: what is said of each place in the code */
#ifndef GOBPF_INPUT_ELF_CFI_TABLE_H
#define GOBPF_INPUT_ELF_CFI_TABLE_H

#include "base/span.h"
#include "input/elf.h"

/* DWARF's registers of x86-64; the last is where the return address is found (System V ABI, figure 3.36). */
enum { CFI_RETURN = 16, CFI_REGS };

enum cfi_how {
	CFI_UNDEFINED,		/* the caller's is lost */
	CFI_SAME,
	CFI_AT_OFFSET,		/* in memory at the CFA + offset */
	CFI_IS_OFFSET,		/* it is the CFA + offset */
	CFI_IN_REGISTER,	/* reg */
	CFI_AT_EXPRESSION,	/* in memory where the expression says */
	CFI_IS_EXPRESSION,
};

struct cfi_rule {
	enum cfi_how how;
	uint64_t reg;
	int64_t offset;
	struct span expression;
};

/* A row of the table that DWARF describes (DWARF 5, 6.4.1): how the caller's registers are found at one place. */
struct cfi_row {
	struct cfi_rule cfa;	/* CFI_IN_REGISTER: reg + offset, or CFI_IS_EXPRESSION */
	struct cfi_rule regs[CFI_REGS];
};

/* What is said of one run of code, as it stands in the section. */
struct cfi_entry {
	uint64_t start, end;	/* addresses */
	uint64_t at;		/* of the FDE in the section */
};

struct cfi_table {
	struct span section;
	uint64_t addr;			/* of the section */
	struct cfi_entry *entries;	/* by address */
	size_t n, cap;
};

/*
 * .eh_frame of an x86-64 file, by its section or, without one, by PT_GNU_EH_FRAME (Linux Standard Base,
 * 10.6; what is written otherwise than GNU ld, gold, lld and mold do is not found).  0, -ENODATA: there is none, or
 * -ENOMEM.  The file outlives t.
 */
int cfi_table_open(struct cfi_table *t, const struct elf_file *e);
void cfi_table_close(struct cfi_table *t);

/* The row of that address.  False: nothing is said of it, or nothing that makes sense. */
bool cfi_table_row(const struct cfi_table *t, uint64_t addr, struct cfi_row *ret);

/* LEB128 of up to 64 bits at *at, which moves behind it. */
uint64_t cfi_uleb(struct span *s, uint64_t *at);
int64_t cfi_sleb(struct span *s, uint64_t *at);

#endif
