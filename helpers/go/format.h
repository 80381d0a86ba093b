/* SPDX-License-Identifier: GPL-2.0-only */
/* format.h - how the tables of each Go version are laid out; a version is a row */
#ifndef GOBPF_GO_FORMAT_H
#define GOBPF_GO_FORMAT_H

#include <stdint.h>

/*
 * Sources, per release tag: runtime/symtab.go (pcHeader, moduledata,
 * inlinedCall), runtime/runtime2.go (_func), runtime/symtabinl.go (>= 1.21),
 * internal/abi/symtab.go (FuncIDWrapper; runtime/symtab.go before 1.21).
 */
struct go_format {
	unsigned first, last;		/* go1.first .. go1.last */
	uint32_t magic;			/* of pclntab */
	uint8_t func_size;		/* fixed part of _func; pcdata[] and funcdata[] follow */
	uint8_t start_line;		/* offset in _func, 0: not recorded */
	uint8_t func_id, nfuncdata;	/* offsets in _func */
	/* inlinedCall */
	uint8_t call_size, call_func_id, call_name, call_parent_pc, call_start_line;
	uint8_t gofunc_word;		/* index of moduledata.gofunc in 8-byte words */
	uint8_t wrapper;		/* number of FuncIDWrapper */
};

enum {
	PCDATA_INL_TREE_INDEX = 2,
	FUNCDATA_INL_TREE = 3,
	/* moduledata, in words; the same since 1.16 */
	MODULE_MINPC = 20, MODULE_TEXT = 22, MODULE_ETEXT = 23,
	/* _func, the same in all of these versions */
	FUNC_ENTRY = 0, FUNC_NAME = 4, FUNC_PCFILE = 20, FUNC_PCLN = 24, FUNC_NPCDATA = 28,
	FUNC_CU = 32,
};

#endif
