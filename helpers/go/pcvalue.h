/* SPDX-License-Identifier: GPL-2.0-only */
/* pcvalue.h - tables that say something for each address of a function; for helpers/go only */
#ifndef GOBPF_GO_PCVALUE_H
#define GOBPF_GO_PCVALUE_H

#include "go/gofile.h"

/*
 * The value at addr of the pc-value table at off in g->pctab (runtime/symtab.go,
 * pcvalue): pairs of a zig-zag delta of the value and a delta of the pc, until a
 * zero delta behind the function's first address.  -1 where there is none, as in a table that has -1.
 *
 * Tables of large functions take long to read, so that where one was read to
 * is kept (g->marks, see pc_marks_init()): not for several threads at a time.
 */
int32_t pc_value(const struct go_file *g, uint32_t off, uint64_t entry, uint64_t addr);

/* How many bytes of code the table at off is about; 0: there is none, or more than most. */
uint64_t pc_extent(const struct go_file *g, uint32_t off, uint64_t most);

/*
 * Asks for the memory that pc_value() of that table is going to read first, and when that
 * is there, with pc_expect(), for where it will read on.
 */
void pc_prefetch(const struct go_file *g, uint32_t off);
void pc_expect(const struct go_file *g, uint32_t off, uint64_t entry, uint64_t addr);

/* Makes room for the marks; without it, or when memory is short, everything is read anew. */
void pc_marks_init(struct go_file *g);
void pc_marks_free(struct go_file *g);
/*
 * Leaves all marks at once.  The linker puts the tables one behind the other, an unused byte before
 * the first (cmd/link/internal/ld/pcln.go, generatePctab); one that lies elsewhere gets none.
 */
void pc_marks_fill(struct go_file *g);

#endif
