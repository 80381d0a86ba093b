/* SPDX-License-Identifier: GPL-2.0-only */
/* process.h - a running Go program: its executable, where that was loaded, its memory */
#ifndef GOBPF_GO_PROCESS_H
#define GOBPF_GO_PROCESS_H

#include "go/gofile.h"
#include "go/symbols.h"
#include "input/maps.h"
#include "input/mem.h"
#include "input/target.h"
#include "stack/profile.h"

struct go_process {
	const struct target *target;
	struct elf_file elf;
	struct go_file go;
	uint64_t bias;		/* run-time address - address in the file */
	struct maps maps;	/* as at opening */
	struct mem mem;
	struct elf_native native; /* C code of the executable */
	struct go_objects objects; /* what else is mapped */
	char other[256];	/* a library with a Go runtime of its own, which is not read; else "" */
	char exec_name[64];	/* for text of addresses outside every mapping we know */
};

/*
 * 0, or -errno with words: ENOEXEC when the target is not a Go program that
 * this program can read, EPERM when its memory may not be read, ESRCH.
 */
int go_process_open(const struct target *t, struct go_process *ret);
void go_process_close(struct go_process *p);

/*
 * Run-time addresses to frames as pprof shows them: wrappers and
 * runtime.goexit left out, the allocator's own frames hidden at the leaf end
 * (runtime/pprof/protomem.go), code of libraries and the vDSO by their symbols,
 * what has no name as "[libc.so.6]".
 */
struct symboliser go_process_symboliser(struct go_process *p);

/* The file that is mapped at a run-time address, as the process knows it; "" when none is. */
const char *go_process_object(const struct go_process *p, uint64_t pc);

/*
 * Run-time addresses of the functions with exactly that name in the executable and in each library,
 * Go's and others, at most max; how many.
 */
size_t go_process_named(struct go_process *p, const char *name, uint64_t *ret, size_t max);

/* go_process_symboliser() for a file that doesn't run: addresses are its own. */
struct symboliser go_image_symboliser(struct go_image *i);

#endif
