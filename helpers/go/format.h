/* SPDX-License-Identifier: GPL-2.0-only */
/* format.h - how the tables of each Go version are laid out; a version is a row */
#ifndef GOBPF_GO_FORMAT_H
#define GOBPF_GO_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * pclntab, the function table: four layouts, told apart by the number at its
 * beginning.  Sources: debug/gosym/pclntab.go (all four), runtime/symtab.go
 * (pcHeader), runtime/runtime2.go (_func), cmd/link/internal/ld/pcln.go.
 *
 *	1.2	{magic, 0, 0, quantum, pointer size} {nfunc} functab; every offset in it
 *		counts from its beginning; functab ends in the offset of the file table,
 *		which has an offset for each file number
 *	1.16	the parts begin where the header says; file numbers go through a table
 *		of each compilation unit (cu)
 *	1.18	functab and _func hold offsets from runtime.text instead of addresses
 *	1.20	_func.startLine added
 */
struct go_table {
	uint32_t magic;
	uint8_t first, last;		/* go1.first .. go1.last */
	uint8_t header;			/* its size; functab follows it in 1.2 */
	/* where the header says the offset of a part; 0 in 1.2: parts are the whole */
	uint8_t names, cu, files, pctab, pcln;
	uint8_t entry;			/* size of both values of a functab entry: 8 addresses, 4 offsets */
	/* offsets in _func */
	uint8_t func_name, func_pcsp, func_pcfile, func_pcln, func_npcdata, func_cu;
	uint8_t func_start_line;	/* 0: not recorded */
	uint8_t func_size;		/* fixed part; pcdata[] and funcdata[] follow */
};

/*
 * What changes more often.  Sources, per release tag: runtime/symtab.go
 * (moduledata, inlinedCall, funcID), runtime/symtabinl.go (>= 1.21),
 * runtime/funcdata.h and internal/abi/symtab.go (PCDATA_, FUNCDATA_, FuncIDWrapper).
 *
 * Before 1.20 an inlinedCall has the position of the call itself (file, line) and the number
 * of the inlinedCall that it is in; since, these are those of an instruction, parentPc.
 */
struct go_format {
	uint8_t first, last;		/* go1.first .. go1.last */
	uint8_t table;			/* the minor version its pclntab's layout began with */
	uint8_t func_id, nfuncdata;	/* offsets in _func; func_id 0: not recorded */
	uint8_t wrapper;		/* number of FuncIDWrapper; 255: there is none */
	uint8_t pcdata_inline, funcdata_inline;	/* PCDATA_InlTreeIndex, FUNCDATA_InlTree */
	/* inlinedCall; size 0: there is none.  parent is its first field, of 0, 2 or 4 bytes */
	uint8_t call_size, call_parent_size, call_func_id, call_name, call_parent_pc, call_start_line;
	/* moduledata, in 8-byte words; 0: not there */
	uint8_t ftab, findfunctab, text, types, etypes, gofunc, textsectmap;
	bool short_names;		/* lengths of names in types are 2 bytes, big-endian (< 1.17) */
};

enum {
	CALL_FILE = 4, CALL_LINE = 8,	/* inlinedCall before 1.20 */
	/* moduledata, words after findfunctab and after text */
	MODULE_MINPC = 1, MODULE_MAXPC = 2, MODULE_ETEXT = 1,
	GO_FORMAT_NEWEST = 27, GO_FORMAT_OLDEST = 2,
};

/* The table whose header begins with that number; NULL: it is none. */
const struct go_table *go_table_of_magic(uint32_t magic);
/* Of a row. */
const struct go_table *go_table_of(const struct go_format *f);

/* The row of a version; NULL when that is not known. */
const struct go_format *go_format_of(unsigned minor);
/* The rows that go with a table one after the other, newest first: from NULL to NULL. */
const struct go_format *go_format_next(const struct go_table *t, const struct go_format *f);
/* What holds for all versions of a table: names and lines, nothing of moduledata. */
const struct go_format *go_format_common(const struct go_table *t);

#endif
