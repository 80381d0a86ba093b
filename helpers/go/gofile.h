/* SPDX-License-Identifier: GPL-2.0-only */
/* gofile.h - a Go executable: version, function table, lines, inlined calls */
#ifndef GOBPF_GO_GOFILE_H
#define GOBPF_GO_GOFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "input/elf.h"

/*
 * Everything is read from the file (mapped, not copied); nothing needs section
 * headers, .symtab or DWARF.  Addresses are the file's own, before any load bias.
 *
 * What is read: the function tables of Go 1.2 to 1.27 of every 64-bit
 * little-endian machine.  Inlined calls are known from Go 1.9 on, names of
 * types from 1.8 on.
 *
 * Sources: runtime/symtab.go (moduledata, _func, pcHeader, pcvalue, funcdata),
 * internal/abi/symtab.go (numbers of PCDATA and FUNCDATA tables),
 * debug/buildinfo/buildinfo.go; format.h has them per version.
 */
enum go_version_source {
	GO_VERSION_BUILDINFO,	/* "\xff Go buildinf:", since 1.13 */
	GO_VERSION_VARIABLE,	/* runtime.buildVersion, a string in the data */
	GO_VERSION_TABLES,	/* only how the tables look: minor is 0, first .. last is certain */
};

struct go_version {
	unsigned minor;		/* 19 for go1.19.8; 0: only a range is known */
	char text[48];		/* "go1.19.8", as the linker wrote it, or "go1.22 to go1.24" */
	unsigned first, last;	/* both minor when that is known */
	enum go_version_source source;
};

/* Where the tables of one Go version lie; rows in format.c, each with its source. */
struct go_format;
struct go_table;
struct pc_mark;

struct go_file {
	struct elf_file *elf;
	struct go_version version;
	const struct go_format *format;
	const struct go_table *table;
	char module[256];		/* main module's path, "" when not recorded */
	struct span pclntab;		/* from its header on */
	uint64_t pclntab_addr;
	uint64_t moduledata_addr;	/* 0: not found, and not needed (before 1.18) */
	uint64_t text, etext;		/* runtime.text, runtime.etext; without moduledata, of the functions */
	uint64_t gofunc;		/* where FUNCDATA offsets count from (>= 1.18) */
	uint64_t types, etypes;		/* where type descriptors and their names lie; 0: unknown */
	uint32_t nfunc;
	uint8_t quantum;		/* pc deltas count in these: 1 on amd64, 4 on arm64 */
	/* parts of pclntab; offsets of _func count from the beginning of funcs */
	struct span funcnames, cutab, filetab, pctab, funcs;
	struct span filenames;		/* funcnames and filenames: see span_strings() */
	struct span functab;
	struct span gofunc_bytes;	/* from gofunc on */
	struct span findfunctab;	/* hints for go_func_at(), of addresses from minpc on */
	uint64_t minpc;
	struct pc_mark *marks;		/* see pcvalue.h */
	bool marks_fixed;
	bool newer;			/* by go_open_newer(): newer than all versions that are known */
};

/* One function of the table. */
struct go_func {
	uint64_t entry, end;		/* [entry, end) */
	const char *name;
	uint32_t start_line;		/* 0 before 1.20 */
	uint32_t index;			/* in the table */
	uint32_t info;			/* offset of its _func in go_file.funcs */
	uint8_t func_id;
	uint8_t flags;			/* enum go_func_flag, since 1.17; 0 before */
};

/* internal/abi/symtab.go, FuncFlag */
enum go_func_flag {
	GO_FUNC_TOP = 1,		/* the outermost of its stack: runtime.goexit, mstart, … */
	GO_FUNC_SPWRITE = 2,		/* goes to another stack: its caller can't be found from sp */
	GO_FUNC_ASM = 4,
};

/* One logical frame. */
struct go_frame {
	const char *func, *file;
	uint32_t line, start_line;	/* start_line 0 when not recorded */
	bool inlined;			/* into the next frame */
	bool wrapper;			/* compiler-made; CallersFrames leaves it out */
};

/*
 * 0, or -errno with words: ENOEXEC (no Go tables, packed, or a Go that this program doesn't
 * know).  May apply the file's relocations to what is mapped of it (elf_relocate()).
 * A go_file remembers what it read: it is for one thread at a time, unless go_remember() was called.
 */
int go_open(struct elf_file *elf, struct go_file *ret);
/*
 * The same, but a Go newer than all that are known is read as the newest of them when its
 * tables are where and as that has them.  Names of functions are right then, or the file is
 * refused; whatever else depends on the version is the caller's to check, so this is only for
 * who finds things in the code itself (layout.h).
 */
int go_open_newer(struct elf_file *elf, struct go_file *ret);
void go_close(struct go_file *g);

/*
 * all: reads the tables once (1 ms a MB of them), so that every address is found as fast as
 * those that were asked for before; else forgets what it knows.  From then on it remembers no
 * more: any number of threads may ask at the same time.
 */
void go_remember(struct go_file *g, bool all);

/*
 * Hint: go_func_at(), go_frames_at() or go_position() of these addresses will be next.  In
 * a large program a lookup waits for memory six times and more; here many wait at the same
 * time, which makes lookups of scattered addresses 2 to 4 times as fast.  Best for 16 to 64.
 */
void go_expect(const struct go_file *g, const uint64_t *addrs, size_t n);

/* The function that holds addr; false when none does. */
bool go_func_at(const struct go_file *g, uint64_t addr, struct go_func *ret);
/* The function number i of the table, i < nfunc; false when the table is broken there. */
bool go_func_nth(const struct go_file *g, uint32_t i, struct go_func *ret);
/*
 * The function of that name, e.g. "runtime.(*mcache).refill". A name with the
 * ABI suffix of assembly (".abi0") is another function. Cost: one pass over the table.
 */
bool go_func_named(const struct go_file *g, const char *name, struct go_func *ret);
/* Bytes of f's code without the padding behind it, as the linker's symbols have them. */
uint64_t go_func_size(const struct go_file *g, const struct go_func *f);
/*
 * Where f itself begins, not what is inlined at its first instruction: its
 * declaration where that is recorded (Go >= 1.20), else the line of that instruction.
 */
struct go_frame go_func_begin(const struct go_file *g, const struct go_func *f);
/* The machine code of f, empty when it is not in the file. */
struct span go_func_code(const struct go_file *g, const struct go_func *f);

/*
 * The frames at addr, innermost first, inlined callers included; at most max.
 * Returns how many: 0 when addr is in no Go function.  Pass the call's own
 * address, i.e. return address - 1.  Names are whole, with type arguments, as
 * runtime/pprof writes them (runtime_FrameSymbolName, since 1.21; before, the
 * linker itself wrote "[...]").
 */
int go_frames_at(const struct go_file *g, uint64_t addr, struct go_frame *out, int max);

/*
 * The file and line of addr in f, of what was inlined there if anything was: one frame without
 * a look at inlined calls, as go_frames_at()'s first and several times as fast.  func is f's.
 */
void go_position(const struct go_file *g, const struct go_func *f, uint64_t addr,
		 struct go_frame *ret);

/*
 * How many bytes f has on the stack when addr in f is about to run: the difference
 * between the stack pointer at its entry and now.  The return address is above that on
 * amd64 (the caller's sp is sp + *ret + 8), and in it on machines with a link register
 * when f has a frame.  Assembly that leaves by other ways may have less than 0.  false: not known.
 */
bool go_pcsp(const struct go_file *g, const struct go_func *f, uint64_t addr, int32_t *ret);

#endif
