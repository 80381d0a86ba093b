/* SPDX-License-Identifier: GPL-2.0-only */
/* resolver_priv.h - what resolver.c and resolver_files.c share */
#ifndef GOBPF_GO_RESOLVER_PRIV_H
#define GOBPF_GO_RESOLVER_PRIV_H

#include "base/buf.h"
#include "go/resolver.h"
#include "go/symbols.h"
#include "input/symtext.h"

/* Why addresses have no name; words in resolver.c. */
enum why {
	WHY_NO_FUNCTION,	/* the file is there, the function isn't */
	WHY_NO_SOURCE,
	WHY_OUTSIDE,		/* of --exe */
	WHY_OUTSIDE_PIE,
	WHY_NO_VDSO,
	WHY_NO_MAPPING,		/* in the process */
	WHY_NOT_HERE,
	WHY_CHANGED,
	WHY_OTHER_EXE,
	WHY_UNPLACED,
	WHY_UNFIT,
	WHY_HIDDEN,		/* kptr_restrict */
	WHY_OTHER_KERNEL,
	WHY_ANY_KERNEL,
	WHY_NO_CODE,
};

enum how { HOW_UNKNOWN, HOW_NONE, HOW_FILE, HOW_PROCESS, HOW_KERNEL, HOW_JIT };

/* What a mapping of the profile is; [0] stands for frames without one. */
struct place {
	enum how how;
	enum why why;
	struct go_image *image;		/* HOW_FILE */
	uint64_t bias;			/* run-time address - address in the file */
	bool offsets;			/* instead: addresses are offsets in the file */
	const struct symtext *text;	/* HOW_JIT */
	bool checked;			/* by build id */
	uint64_t missing;		/* frames left without a name */
	uint64_t returns, behind_calls;	/* recorded return addresses, and those that can be */
};

/* Files are opened once each, and not more than these. */
enum { IMAGES_MAX = 256, JITS_MAX = 64 };

struct jit {
	uint32_t pid;
	struct symtext text;
};

struct go_resolver {
	struct go_resolver_from from;
	const struct profile *in;
	bool unnamed_only;
	bool places_known;		/* the recording says where files were mapped */
	struct place *places;		/* in->nmappings + 1, and the kernel's behind them */
	struct go_image *exe;
	struct go_image *images[IMAGES_MAX];
	size_t nimages;
	struct maps maps;		/* of the process */
	struct mem mem;
	struct go_objects objects;
	struct maps own_maps;		/* of ourselves, for the vDSO */
	struct mem own_mem;
	struct go_objects own;
	struct jit jits[JITS_MAX];
	size_t njits;
	struct symtext kernel;
	int kernel_err;			/* 1: not read yet */
	struct buf text;
};

/* An image of a regular file, opened once; NULL with words when it can't be. */
struct go_image *resolver_image(struct go_resolver *r, const char *path);

/* Run-time address - address in the file, of an address in a HOW_FILE. */
uint64_t resolver_bias(const struct place *p, uint64_t addr);

/* Finds what the mapping m shows. */
void resolver_find_file(struct go_resolver *r, const struct profile_mapping *m, struct place *ret);

/* Has the file the build id that was recorded, if any was? */
bool resolver_same_build(const struct profile_mapping *m, const struct go_image *i);

/* The symbols of code that a process made at run time, or NULL. */
const struct symtext *resolver_jit(struct go_resolver *r, uint32_t pid);

/* Reads the kernel's symbols; may they be used for m (or NULL)? */
void resolver_find_kernel(struct go_resolver *r, const struct profile_mapping *m,
			  struct place *ret);

#endif
