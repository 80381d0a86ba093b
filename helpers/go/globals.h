/* SPDX-License-Identifier: GPL-2.0-only */
/* globals.h - addresses of the runtime's variables, also in stripped files */
#ifndef GOBPF_GO_GLOBALS_H
#define GOBPF_GO_GLOBALS_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"

/*
 * The symbol table says it when there is one.  A stripped file still has the
 * runtime's functions by name (pclntab), and those refer to the variables
 * relative to rip: each variable has a row of functions that refer to it in a
 * certain way (globals_sources.c), and is the one address that most of those refer to,
 * at least two (one where the contents tell it from all others).  It must be in
 * writable data that begins as the variable does.
 * Most, not all: a profile-guided build moves code from one function to another.
 *
 * Verified against the symbol table of the unstripped twin for Go 1.19 and 1.21
 * to 1.27, static, PIE, cgo, cgo PIE and without inlining (tests/golib.bats), and of
 * profile-guided static builds by 1.21 to 1.27.  For 1.16 to 1.18 and 1.20, of which there are no
 * toolchains, by what the variables hold while programs run (tests/check-files).
 * Timers are in no variable: since 1.14 each P has its own.
 */
enum go_global {
	GLOBAL_MBUCKETS,	/* *bucket, memory profile (runtime/mprof.go), list by allnext */
	GLOBAL_XBUCKETS,	/* *bucket, mutex profile: only if the program can read it */
	GLOBAL_BBUCKETS,	/* *bucket, block profile: only if the program can read it */
	GLOBAL_MEMPROFILERATE,	/* int64, bytes per sample; 0 at run time: no memory profile */
	GLOBAL_MPROFCYCLE,	/* uint32: the memory profile's cycle, << 1; bit 0: flushed to `active' */
	GLOBAL_MHEAP,		/* mheap, in place */
	GLOBAL_ALLGS,		/* []*g (runtime/proc.go), grows only */
	GLOBAL_ALLGLEN,		/* uintptr: length of allgs, to be read after .. */
	GLOBAL_ALLGPTR,		/* **g: .. the array of allgs, read atomically first */
	GLOBAL_ALLM,		/* *m, list by alllink */
	GLOBAL_ALLP,		/* []*p; its length is GOMAXPROCS */
	GLOBAL_M0,		/* m, in place: the first thread's */
	GLOBAL_SCHED,		/* schedt, in place */
	GLOBAL_MEMSTATS,	/* mstats, in place */
	GLOBAL_GCCONTROLLER,	/* gcControllerState, in place */
	GLOBAL_WORK,		/* workType, in place: the present GC cycle */
	GLOBAL_GCPHASE,		/* uint32: 0 off, 1 mark, 2 mark termination */
	GLOBAL_GCBLACKENENABLED, /* uint32 */
	GLOBAL_WRITEBARRIER,	/* begins with enabled, bool */
	GLOBAL_BLOCKPROFILERATE, /* uint64, ticks; 0: off */
	GLOBAL_MUTEXPROFILERATE, /* uint64; 0: off */
	GLOBAL_NCPU,		/* int32; numCPUStartup since 1.25 */
	GLOBAL_GOMAXPROCS,	/* int32 */
	GLOBAL_RUNTIMEINITTIME,	/* int64, nanotime() */
	GLOBAL_FINQ,		/* *finBlock: finalizers to be run */
	GLOBAL_ALLFIN,		/* *finBlock, list by alllink */
	GLOBAL_GCCLEANUPS,	/* cleanupQueue, in place; since 1.25 */
	GLOBAL_SEMTABLE,	/* [251] of 64 bytes, each beginning with a semaRoot */
	GLOBAL_WAITREASONSTRINGS, /* [...]string, by g.waitreason */
	GLOBAL_BUILDVERSION,	/* string: "go1.27.4" */
	GLOBAL_MODINFO,		/* string: what debug.ReadBuildInfo() reads */
	GLOBAL_FIRSTMODULEDATA,	/* moduledata, list by next */
	GLOBALS,
};

/* The runtime's name, the oldest: "runtime.mbuckets". */
const char *global_name(enum go_global which);

/*
 * The variable's address, the file's own (add the load bias).  from_symtab may
 * be NULL.  0, or -errno with words: -ENOEXEC when it cannot be found for
 * certain, -ENOENT when this version has no such variable, -EOPNOTSUPP for a stripped file of another
 * machine than x86-64.
 */
int global_find(const struct go_file *g, enum go_global which, uint64_t *ret, bool *from_symtab);

/* The same without looking at the symbol table. */
int global_find_by_code(const struct go_file *g, enum go_global which, uint64_t *ret);

#endif
