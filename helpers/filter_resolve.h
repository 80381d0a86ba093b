/* SPDX-License-Identifier: GPL-2.0-only */
/* filter_resolve.h - options that say where addresses in stacks come from, the same for all that read stacks */
#ifndef GOBPF_FILTER_RESOLVE_H
#define GOBPF_FILTER_RESOLVE_H

#include <argp.h>
#include <stdbool.h>

#include "go/recorded.h"
#include "go/resolver.h"
#include "stack/resolve.h"

enum symbols { SYMBOLS_AUTO, SYMBOLS_NEVER, SYMBOLS_ALWAYS };

/* Zero-initialised, the input of opt_resolve_argp. */
struct opt_resolve {
	const char *exe, *pid, *debug_dir;
	enum symbols symbols;
	unsigned caller;	/* as in struct reading */
};
extern const struct argp opt_resolve_argp;

/* Frames are made of addresses while this is open. */
struct resolving {
	const struct opt_resolve *options;
	struct target process;
	struct go_resolver *resolver;
	struct go_recorded *recorded;	/* for struct reading's unwind */
	struct profile frames;
	struct resolved resolved;
};

/*
 * Before anything is read, since a process may end: 0, or -errno with words.  Close also what
 * failed.
 */
int resolving_open(const struct opt_resolve *o, struct resolving *ret);
/*
 * *ret: p's stacks resolved, for opt_transform_apply(); p outlives r.  NULL when there is nothing to
 * do.  0 or -errno with words.
 */
int resolving_begin(struct resolving *r, bool keep_addresses, const struct profile *p,
		    struct resolved **ret);
/* What was left without a name, to stderr. */
void resolving_remarks(const struct resolving *r);
void resolving_close(struct resolving *r);

#endif
