/* SPDX-License-Identifier: GPL-2.0-only */
/* symbols.h - any address of an executable or process to frames: Go code by Go's tables, the rest by ELF */
#ifndef GOBPF_GO_SYMBOLS_H
#define GOBPF_GO_SYMBOLS_H

#include "go/gofile.h"
#include "input/elf_native.h"
#include "input/maps.h"
#include "input/mem.h"
#include "input/target.h"
#include "stack/profile.h"

/* One ELF file with what is known of its code. */
struct go_image {
	struct elf_file elf;
	struct go_file go;	/* go.elf NULL: no Go code in it */
	struct elf_native native;
	char *name;		/* path for people */
	uint64_t bias;		/* run-time address - address in the file */
	int fd;			/* of the file, or -1 */
};

/*
 * Opens an executable or a shared object that must have Go code: 0, or
 * -errno with words as go_open().  Zero-initialise; close also what failed.
 */
int go_image_open(struct go_image *i, const char *path);
void go_image_close(struct go_image *i);

/*
 * The frames at the file address addr as pprof has them, `shown' being the address they
 * carry: wrappers left out, C code by its symbols.  g or native may be NULL. 0: nothing known.
 */
int go_symbols_at(const struct go_file *g, struct elf_native *native, uint64_t addr, uint64_t shown,
		  unsigned pc_flags, struct frame *out, int max);

/* Run-time addresses of the functions with exactly that name, Go's and others, at most max; how many. */
size_t go_symbols_named(const struct go_file *g, struct elf_native *native, uint64_t bias,
			const char *name, uint64_t *ret, size_t max);

/*
 * The files that a process has mapped, the vDSO too; each is opened when first asked for,
 * through /proc, so other mount namespaces and deleted files are no obstacle.
 */
struct go_objects {
	struct go_image **v;	/* by mapping of maps; NULL: not looked at yet */
	const struct maps *maps;
	struct mem *mem;
	const struct target *target;	/* NULL: this program itself */
};

/* The image that holds the run-time address, or NULL (no mapping, no ELF file, not readable). */
struct go_image *go_objects_at(struct go_objects *o, uint64_t addr);
void go_objects_close(struct go_objects *o);

/*
 * Run-time address - address in the file, of a file mapped at `start' from `offset' on: by the
 * executable segment that this shows.  False: it shows none.
 */
bool go_image_bias(const struct elf_file *elf, uint64_t start, uint64_t offset, uint64_t *ret);

#endif
