/* SPDX-License-Identifier: GPL-2.0-only */
/* gostacks.h - the maps with gostack among what bpftrace printed */
#ifndef GOBPF_SCRIPT_GOSTACKS_H
#define GOBPF_SCRIPT_GOSTACKS_H

#include "script/resolve.h"

/*
 * Entries of s->maps go to stacks, in bpftrace's own text, everything else to rest as it is.  An entry
 * is printed so (script/read.h), its caller being the key behind the stack that golang.c put there:
 *
 *	@bytes[comm,
 *	    47a3b1
 *	    401000
 *	, 4312254, 17]: 8192
 *
 * and comes out with the caller where it belongs, unless the kernel had put it there already, and with
 * no more frames than gostack(N) asked for:
 *
 *	@bytes[comm,
 *	    0x47a3b1
 *	    0x41ccbe
 *	    0x401000
 *	, 17]: 8192
 *
 * 0, or -EINVAL with words: an entry that is cut off or broken.
 */
int gostacks_split(const struct script *s, struct part output, struct buf *stacks, struct buf *rest);

#endif
