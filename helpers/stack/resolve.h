/* SPDX-License-Identifier: GPL-2.0-only */
/* resolve.h - addresses in stacks that were read become frames, inlined ones too */
#ifndef GOBPF_STACK_RESOLVE_H
#define GOBPF_STACK_RESOLVE_H

#include "stack/profile.h"

/*
 * Whoever knows executables (helpers/go); this layer knows neither ELF nor Go.
 *
 * The frames of f's address, innermost first, as profile.h wants them: at most max; 0
 * when nothing better than f is known; or -errno with words.  f->flags tells FRAME_RETURN
 * and FRAME_KERNEL; m is f's mapping, or NULL.  Strings stay valid until the next call.
 */
struct resolver {
	int (*frames)(void *ctx, const struct frame *f, const struct profile_mapping *m,
		      struct frame *out, int max);
	void *ctx;
};

/*
 * Makes `out' (initialised, empty) of `in', each frame that has an address looked up once.
 * With `unnamed_only' frames that have a name keep it.  Stacks that become equal are added
 * up; with `drop_addresses' equal places in the source do.  0 or -errno with words.
 */
int profile_resolve(const struct profile *in, const struct resolver *r, bool unnamed_only,
		    bool drop_addresses, struct profile *out);

/* Is there any frame to look up? */
bool resolve_needed(const struct profile *in, bool unnamed_only);

#endif
