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

/* Is there any frame to look up?  With `unnamed_only' frames that have a name keep it. */
bool resolve_needed(const struct profile *in, bool unnamed_only);

/*
 * The stacks of `in' resolved, one by one, for whoever makes another profile of them
 * (stack/transform.h): each frame that has an address is looked up once, when a stack with it comes.
 */
struct resolved {
	const struct profile *in;
	struct profile *frames;		/* what became of frames: those of it */
	struct resolver resolver;
	bool unnamed_only;
	bool drop_addresses;		/* so that equal places in the source are one frame */
	struct expansion *expansions;	/* of in->frames */
	uint32_t *made;			/* numbers of frames->frames */
	size_t nmade, made_cap;
	uint32_t *stack;
	size_t stack_cap;
};

/* frames is initialised, and kept by the caller.  Free what failed, too.  0 or -ENOMEM with words. */
int resolved_init(struct resolved *x, const struct profile *in, const struct resolver *r,
		  bool unnamed_only, bool drop_addresses, struct profile *frames);
void resolved_free(struct resolved *x);

/* The stack of s, leaf first, numbers of x->frames->frames: valid until the next call.  0 or -errno with words. */
int resolved_stack(struct resolved *x, const struct sample *s, const uint32_t **ret, size_t *ret_n);

#endif
