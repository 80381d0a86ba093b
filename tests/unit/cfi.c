/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cfi.c FILE <ADDRESSES - of each address in hex, what .eh_frame says of it, as readelf -wF has it: where the
 * CFA, rbx, rbp and the return address are ("rsp+16 c-16 u c-8"), or "none".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "input/elf_cfi_table.h"

static const char *const names[CFI_REGS] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
					     "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip" };

static void show(const struct cfi_rule *r)
{
	switch (r->how) {
	case CFI_UNDEFINED:
	case CFI_SAME:
		printf(" u");
		break;
	case CFI_AT_OFFSET:
		printf(" c%+" PRId64, r->offset);
		break;
	case CFI_IS_OFFSET:
		printf(" v%+" PRId64, r->offset);
		break;
	case CFI_IN_REGISTER:
		printf(" r%" PRIu64, r->reg);
		break;
	case CFI_AT_EXPRESSION:
		printf(" exp");
		break;
	case CFI_IS_EXPRESSION:
		printf(" vexp");
		break;
	}
}

static void show_row(const struct cfi_row *row)
{
	if (row->cfa.how == CFI_IN_REGISTER && row->cfa.reg < CFI_REGS)
		printf(" %s%+" PRId64, names[row->cfa.reg], row->cfa.offset);
	else
		printf(" exp");
	show(&row->regs[3]);
	show(&row->regs[6]);
	show(&row->regs[CFI_RETURN]);
}

int main(int argc, char **argv)
{
	struct elf_file e;
	struct cfi_table t;
	struct cfi_row row;
	char line[64];

	if (argc != 2 || elf_open(argv[1], &e)) {
		fprintf(stderr, "cfi: %s\n", argc == 2 ? err_text() : "usage: cfi FILE");
		return 1;
	}
	if (cfi_table_open(&t, &e)) {
		fprintf(stderr, "cfi: %s says nothing\n", argv[1]);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		uint64_t addr = strtoull(line, NULL, 16);

		printf("%" PRIx64, addr);
		if (cfi_table_row(&t, addr, &row))
			show_row(&row);
		else
			printf(" none");
		printf("\n");
	}
	cfi_table_close(&t);
	elf_close(&e);
	return 0;
}
