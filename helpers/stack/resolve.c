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
};

struct work {
	const struct profile *in;
	const struct resolver *r;
	bool unnamed_only, drop_addresses;
	struct profile *out;
	struct expansion *expansions;	/* of in->frames */
	uint32_t *made;			/* numbers of the output's frames */
	size_t nmade, made_cap;
	uint32_t *stack;
	size_t stack_cap;
	/* the labels of the sample before, and what they are in the output: most have the same */
	uint32_t labels_in, labels_out;
};

static int put(struct work *w, struct frame f)
{
	int err;

	f.flags &= ~FRAME_RETURN;
	/* an address that is all that is known stays: it is what the frame says */
	if (w->drop_addresses) {
		f.mapping = 0;
		if (!(f.flags & FRAME_UNKNOWN))
			f.addr = 0;
	}
	if (w->nmade >= UINT32_MAX || !ARRAY_ROOM(w->made, w->nmade, w->made_cap))
		return -ENOMEM;
	err = profile_frame(w->out, &f, &w->made[w->nmade]);
	w->nmade += !err;
	return err;
}

/* What the resolver says of f, into out: how many frames. */
static int look_up(struct work *w, const struct frame *f, struct frame *out)
{
	const struct profile_mapping *m = f->mapping ? &w->in->mappings[f->mapping - 1] : NULL;

	if (!f->addr || (f->flags & FRAME_INLINED) || (w->unnamed_only && !(f->flags & FRAME_UNKNOWN)))
		return 0;
	return w->r->frames(w->r->ctx, f, m, out, FRAMES_MAX);
}

static int expand(struct work *w, uint32_t id)
{
	const struct frame *f = &w->in->frames[id];
	struct expansion *e = &w->expansions[id];
	struct frame found[FRAMES_MAX];
	int n, err = 0;

	if (e->known)
		return 0;
	n = look_up(w, f, found);
	if (n < 0)
		return n;
	e->first = w->nmade;
	e->named = n;
	for (int i = 0; !err && i < n; i++)
		err = put(w, found[i]);
	if (!n)
		err = put(w, *f);
	e->n = w->nmade - e->first;
	e->known = !err;
	return err;
}

/*
 * Frames from[0 .. n) of one address, all but the last inlined into the next: when that one was
 * looked up, the inlined ones came with it.
 */
static int add_location(struct work *w, const uint32_t *from, uint32_t n, size_t *at)
{
	int err = expand(w, from[n - 1]);

	for (uint32_t i = 0; !err && i < n; i++) {
		const struct expansion *e = &w->expansions[from[i]];

		if (i + 1 < n && w->expansions[from[n - 1]].named)
			continue;
		err = expand(w, from[i]);
		if (!err && !ARRAY_ROOM(w->stack, *at + e->n, w->stack_cap))
			err = -ENOMEM;
		if (err)
			return err;
		memcpy(w->stack + *at, w->made + e->first, e->n * sizeof(*w->stack));
		*at += e->n;
	}
	return err;
}

static int put_labels(struct work *w, uint32_t in)
{
	const struct label *l;
	size_t n;
	int err;

	if (in == w->labels_in)
		return 0;
	l = profile_labels_of(w->in, in, &n);
	err = profile_labels(w->out, l, n, &w->labels_out);
	w->labels_in = err ? 0 : in;
	return err;
}

static int add_sample(struct work *w, const struct sample *s)
{
	const uint32_t *ids = w->in->stack_frames + s->first;
	uint32_t sample;
	size_t n = 0;
	int err;

	for (uint32_t from = 0, i = 0; i < s->n; i++) {
		if ((w->in->frames[ids[i]].flags & FRAME_INLINED) && i + 1 < s->n)
			continue;
		err = add_location(w, ids + from, i + 1 - from, &n);
		if (err)
			return err;
		from = i + 1;
	}
	err = put_labels(w, s->labels);
	return err ? err : profile_add_labelled(w->out, w->stack, n, w->labels_out, s->values, &sample);
}

int profile_resolve(const struct profile *in, const struct resolver *r, bool unnamed_only,
		    bool drop_addresses, struct profile *out)
{
	struct work w = { in, r, unnamed_only, drop_addresses, out };
	int err = profile_begin_as(out, in);

	w.expansions = calloc(in->nframes + 1, sizeof(*w.expansions));
	if (!w.expansions)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < in->nsamples; i++)
		err = add_sample(&w, &in->samples[i]);
	if (err == -ENOMEM)
		err_sys(ENOMEM, "can't resolve the stacks");
	free(w.expansions);
	free(w.made);
	free(w.stack);
	return err;
}

bool resolve_needed(const struct profile *in, bool unnamed_only)
{
	for (size_t i = 0; i < in->nframes; i++)
		if (in->frames[i].addr &&
		    (!unnamed_only || (in->frames[i].flags & FRAME_UNKNOWN)))
			return true;
	return false;
}
