/* SPDX-License-Identifier: GPL-2.0-only */
/* resolver.h - addresses of recorded stacks to frames: which file they lie in, and what that says */
#ifndef GOBPF_GO_RESOLVER_H
#define GOBPF_GO_RESOLVER_H

#include "input/target.h"
#include "stack/resolve.h"

/* Where to look besides what a recording names; NULL: not there. */
struct go_resolver_from {
	const struct target *process;	/* it runs, and is the one that was recorded */
	const char *exe;		/* the executable that was recorded */
	const char *debug_dir;		/* besides ~/.debug and /usr/lib/debug */
};

/*
 * A frame's file is found, in this order: --exe if it is the mapping's (by build id, else by its
 * file name; or when no mapping is known), the process, a build id below the debug folders (as perf
 * and distributions keep them), the mapping's path.  Where a build id was recorded it must be the
 * file's; else the recorded return addresses must stand behind calls in it (three of four: a frame
 * of a signal has none).  What fails is given no names.
 * Names are by Go's tables, else by ELF symbols and DWARF; of the kernel by /proc/kallsyms, if its
 * build id is the recorded one, or a recorded function is at its address, or a process is given; of
 * code made at run time by /tmp/perf-PID.map.
 */
struct go_resolver;

/*
 * Opens what is named: the files of a process at once, so that it may end from now on; others
 * when they are asked for.  0 or -errno with words.  from's strings and process outlive it.
 */
int go_resolver_open(const struct go_resolver_from *from, struct go_resolver **ret);
void go_resolver_close(struct go_resolver *r);

/* For this profile, which outlives it; unnamed_only as in struct resolved. 0 or -ENOMEM. */
int go_resolver_begin(struct go_resolver *r, const struct profile *in, bool unnamed_only,
		      struct resolver *ret);

/*
 * What was left without a name, and what to do: a sentence for each file (and one for addresses of no
 * known file), from 0 until NULL.  Nothing is said where nothing can be done: a function that the file
 * doesn't have, a broken stack that leads outside of all recorded mappings.  Valid until the next call.
 */
const char *go_resolver_remark(struct go_resolver *r, size_t i);

#endif
