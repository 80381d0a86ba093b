/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

enum { FRAMES_MAX = 128 };	/* of one address, inlined into one another */

/* What became of a frame of the input: made[first .. first+n), once it was looked up. */
struct expansion {
	uint32_t first, n;
	bool known;
	bool named;		/* the resolver had something better */
	bool inlined;		/* it is one of several frames of its address */
};

int resolved_init(struct resolved *x, const struct profile *in, const struct resolver *r,
		  bool unnamed_only, bool drop_addresses, struct profile *frames)
{
	*x = (struct resolved){ .in = in, .frames = frames, .resolver = *r,
				.unnamed_only = unnamed_only, .drop_addresses = drop_addresses };
	x->expansions = calloc(in->nframes + 1, sizeof(*x->expansions));
	if (!x->expansions)
		return err_sys(ENOMEM, "can't resolve the stacks");
	for (size_t i = 0; i < in->nframes; i++)
		x->expansions[i].inlined = in->frames[i].flags & FRAME_INLINED;
	return 0;
}

void resolved_free(struct resolved *x)
{
	free(x->expansions);
	free(x->made);
	free(x->stack);
}

static int put(struct resolved *x, struct frame f)
{
	int err;

	f.flags &= ~FRAME_RETURN;
	/* an address that is all that is known stays: it is what the frame says */
	if (x->drop_addresses) {
		f.mapping = 0;
		if (!(f.flags & FRAME_UNKNOWN))
			f.addr = 0;
	}
	if (x->nmade >= UINT32_MAX || !ARRAY_ROOM(x->made, x->nmade, x->made_cap))
		return -ENOMEM;
	err = profile_frame(x->frames, &f, &x->made[x->nmade]);
	x->nmade += !err;
	return err;
}

/* What the resolver says of f, into out: how many frames. */
static int look_up(struct resolved *x, const struct frame *f, struct frame *out)
{
	const struct profile_mapping *m = f->mapping ? &x->in->mappings[f->mapping - 1] : NULL;

	if (!f->addr || (f->flags & FRAME_INLINED) || (x->unnamed_only && !(f->flags & FRAME_UNKNOWN)))
		return 0;
	return x->resolver.frames(x->resolver.ctx, f, m, out, FRAMES_MAX);
}

static int expand(struct resolved *x, uint32_t id)
{
	const struct frame *f = &x->in->frames[id];
	struct expansion *e = &x->expansions[id];
	struct frame found[FRAMES_MAX];
	int n, err = 0;

	n = look_up(x, f, found);
	if (n < 0)
		return n;
	e->first = x->nmade;
	e->named = n;
	for (int i = 0; !err && i < n; i++)
		err = put(x, found[i]);
	if (!n)
		err = put(x, *f);
	e->n = x->nmade - e->first;
	e->known = !err;
	return err;
}

/* Puts what became of frame id at the stack's end. */
static int add_frame(struct resolved *x, uint32_t id, size_t *at)
{
	const struct expansion *e = &x->expansions[id];
	int err = e->known ? 0 : expand(x, id);

	if (err)
		return err;
	if (!ARRAY_ROOM(x->stack, *at + e->n, x->stack_cap))
		return -ENOMEM;
	memcpy(x->stack + *at, x->made + e->first, e->n * sizeof(*x->stack));
	*at += e->n;
	return 0;
}

/* Puts frames ids[0 .. n) as far as each is an address of its own and was looked up before: how many. */
static uint32_t add_known(struct resolved *x, const uint32_t *ids, uint32_t n, size_t *ret_at)
{
	size_t at = *ret_at;
	uint32_t i;

	for (i = 0; i < n; i++) {
		const struct expansion *e = &x->expansions[ids[i]];

		if (!e->known || e->inlined || at + e->n > x->stack_cap)
			break;
		for (uint32_t k = 0; k < e->n; k++)
			x->stack[at++] = x->made[e->first + k];
	}
	*ret_at = at;
	return i;
}

/*
 * Frames from[0 .. n) of one address, all but the last inlined into the next: when that one was
 * looked up, the inlined ones came with it.
 */
static int add_location(struct resolved *x, const uint32_t *from, uint32_t n, size_t *at)
{
	const struct expansion *last = &x->expansions[from[n - 1]];
	int err = last->known ? 0 : expand(x, from[n - 1]);

	for (uint32_t i = last->named ? n - 1 : 0; !err && i < n; i++)
		err = add_frame(x, from[i], at);
	return err;
}

int resolved_stack(struct resolved *x, const struct sample *s, const uint32_t **ret, size_t *ret_n)
{
	const uint32_t *ids = x->in->stack_frames + s->first;
	size_t n = 0;
	int err = 0;

	for (uint32_t from = 0, i; !err && from < s->n; from = i) {
		from += add_known(x, ids + from, s->n - from, &n);
		for (i = from; i < s->n && x->expansions[ids[i]].inlined; i++)
			;
		i += i < s->n;
		if (i > from)
			err = add_location(x, ids + from, i - from, &n);
	}
	*ret = x->stack;
	*ret_n = n;
	return err == -ENOMEM ? err_sys(ENOMEM, "can't resolve the stacks") : err;
}

bool resolve_needed(const struct profile *in, bool unnamed_only)
{
	for (size_t i = 0; i < in->nframes; i++)
		if (in->frames[i].addr &&
		    (!unnamed_only || (in->frames[i].flags & FRAME_UNKNOWN)))
			return true;
	return false;
}
