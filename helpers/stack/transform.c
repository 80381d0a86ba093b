/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/transform.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "stack/profile_queue.h"

enum { KEYS = 16, NO_FRAME = UINT32_MAX };

/* What was found out about a frame before it is changed. */
struct place {
	uint32_t id;		/* in the output; NO_FRAME: not needed yet */
	bool inlined, hidden, focus, ignore, root, leaf;
};

struct key {
	const char *at;
	size_t len;
};

struct work {
	const struct transform *t;
	const struct profile *in;
	struct resolved *resolved;	/* of in; NULL: stacks are as they stand there */
	const struct profile *named;	/* whose frames stacks are of: in, or what addresses became */
	struct profile *out;
	struct profile_queue *queue;	/* to out */
	struct place *places;		/* of named->frames */
	size_t nplaces, places_cap;
	regex_t focus, ignore;
	bool has_focus, has_ignore;
	struct key by[KEYS];
	size_t nby;
	uint32_t *ids;			/* the stack at hand: numbers of named's frames, */
	bool *alone;			/* and whether a frame lost what it was inlined into */
	size_t ids_cap, alone_cap;
	uint32_t *made;			/* the stack as it goes out */
	size_t made_cap;
	struct label *labels;
	size_t labels_cap;
	struct buf name;
	/* what became of the labels of the sample before: most have the same */
	struct {
		bool known;
		uint32_t in, out;	/* sets of labels */
		uint32_t front[KEYS];	/* frames of `by', innermost first */
		int nfront;
	} last;
};

/* A name behind its import path: "net/http.(*conn).serve" is "http.(*conn).serve". */
static const char *base_name(const char *name)
{
	const char *end = name + strcspn(name, "(["), *slash = memrchr(name, '/', end - name);

	return slash ? slash + 1 : name;
}

/* Does `name' say `func', if need be without "[type arguments]"? */
static bool says(const char *name, const char *func)
{
	const char *open = strchr(name, '['), *close = strrchr(name, ']');

	if (!strcmp(name, func))
		return true;
	return open && open > name && close > open && !strncmp(name, func, open - name) &&
	       !strcmp(close + 1, func + (open - name));
}

bool transform_is_function(const struct frame *f, const char *func)
{
	const char *base = base_name(f->func);

	return says(f->func, func) || (base != f->func && says(base, func));
}

static bool in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; at && *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (len == n && !memcmp(at, word, n))
			return true;
		at += len;
	}
	return false;
}

static int split_keys(struct work *w, const char *by)
{
	for (const char *at = by ? by + strspn(by, " ") : ""; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (w->nby == KEYS)
			return err_set(EINVAL, "more labels than %d to stand at the root", KEYS);
		w->by[w->nby++] = (struct key){ at, len };
		at += len;
	}
	return 0;
}

static int compile(const char *what, const char *text, regex_t *ret, bool *ret_set)
{
	char why[128];
	int err;

	if (!text)
		return 0;
	err = regcomp(ret, text, REG_EXTENDED | REG_NOSUB);
	if (!err) {
		*ret_set = true;
		return 0;
	}
	regerror(err, ret, why, sizeof(why));
	return err_set(EINVAL, "%s: '%s' is no regular expression: %s", what, text, why);
}

static bool matches(const regex_t *re, const char *name)
{
	return !regexec(re, name, 0, NULL, 0);
}

/* Each frame is looked at once, however many stacks it is in. */
static int look_at_frames(struct work *w)
{
	const struct transform *t = w->t;

	for (; w->nplaces < w->named->nframes; w->nplaces++) {
		const struct frame *f = &w->named->frames[w->nplaces];

		if (!ARRAY_ROOM(w->places, w->nplaces, w->places_cap))
			return -ENOMEM;
		w->places[w->nplaces] = (struct place){
			.id = NO_FRAME,
			.inlined = f->flags & FRAME_INLINED,
			.hidden = t->hide && t->hide(t->ctx, f),
			.focus = w->has_focus && matches(&w->focus, f->func),
			.ignore = w->has_ignore && matches(&w->ignore, f->func),
			.root = t->root && transform_is_function(f, t->root),
			.leaf = t->leaf && transform_is_function(f, t->leaf),
		};
	}
	return 0;
}

/* Frame i of the stacks as a frame of the output; `alone' is in struct work. */
static int make_frame(struct work *w, uint32_t i, bool alone, uint32_t *ret)
{
	struct frame f = w->named->frames[i];
	int err;

	if (w->places[i].id != NO_FRAME && !alone) {
		*ret = w->places[i].id;
		return 0;
	}
	if (alone)
		f.flags &= ~FRAME_INLINED;
	if (w->t->rename) {
		buf_clear(&w->name);
		w->t->rename(w->t->ctx, &w->named->frames[i], &w->name);
		if (w->name.failed)
			return -ENOMEM;
		if (w->name.len)
			f.func = w->name.data;
	}
	err = profile_frame(w->out, &f, ret);
	if (!err && !alone)
		w->places[i].id = *ret;
	return err;
}

/*
 * The frames of a stack that are to be seen, into w->ids: how many.  When what others were
 * inlined into is hidden, the last of them takes its place.
 */
static size_t visible(struct work *w, const uint32_t *from, size_t nfrom)
{
	size_t n = 0;

	for (size_t i = 0; i < nfrom; i++) {
		const struct place *p = &w->places[from[i]];

		if (!p->hidden) {
			w->ids[n] = from[i];
			w->alone[n++] = false;
		} else if (n && !p->inlined && w->places[w->ids[n - 1]].inlined) {
			w->alone[n - 1] = true;
		}
	}
	for (size_t i = 0; !n && i < nfrom; i++) {
		w->ids[i] = from[i];
		w->alone[i] = false;
	}
	return n ? n : nfrom;
}

/* Stacks chosen by expressions. */
static bool chosen(const struct work *w, size_t n)
{
	bool focus = !w->has_focus;

	for (size_t i = 0; i < n; i++) {
		if (w->places[w->ids[i]].ignore)
			return false;
		focus |= w->places[w->ids[i]].focus;
	}
	return focus;
}

/* Cuts w->ids[0 .. *n) to [*from .. *n); false: the stack goes. */
static bool cut(const struct work *w, size_t *from, size_t *n)
{
	const struct transform *t = w->t;
	size_t i;

	*from = 0;
	if (t->root) {
		for (i = *n; i && !w->places[w->ids[i - 1]].root; i--)
			;
		if (!i)
			return false;
		*n = i;
	}
	if (t->leaf) {
		for (i = 0; i < *n && !w->places[w->ids[i]].leaf; i++)
			;
		if (i == *n)
			return false;
		*from = i;
	}
	if (t->depth && *n - *from > t->depth)
		*from = *n - t->depth;
	return true;
}

/* The label as the name of a frame: a word as it is, a number with its key. */
static void label_name(struct buf *b, const struct label *l)
{
	buf_clear(b);
	if (l->str)
		buf_str(b, l->str);
	else
		buf_printf(b, "%s %" PRId64 "%s%s", l->key, l->num, l->unit ? " " : "",
			   l->unit ? l->unit : "");
}

/* The frames of `by', innermost first, into ret: how many, or -ENOMEM. */
static int label_frames(struct work *w, const struct sample *s, uint32_t *ret)
{
	size_t nlabels, n = 0;
	const struct label *labels = profile_labels_of(w->in, s->labels, &nlabels);

	for (size_t k = w->nby; k--;) {
		for (size_t i = nlabels; i--;) {
			struct frame f = { 0 };
			int err;

			if (strlen(labels[i].key) != w->by[k].len ||
			    memcmp(labels[i].key, w->by[k].at, w->by[k].len) || n == KEYS)
				continue;
			label_name(&w->name, &labels[i]);
			if (w->name.failed)
				return -ENOMEM;
			f.func = w->name.data;
			err = profile_frame(w->out, &f, &ret[n++]);
			if (err)
				return err;
		}
	}
	return n;
}

static int keep_labels(struct work *w, const struct sample *s, uint32_t *ret)
{
	size_t nlabels, n = 0;
	const struct label *labels = profile_labels_of(w->in, s->labels, &nlabels);

	*ret = 0;
	if (!w->t->keep_labels)
		return 0;
	if (!ARRAY_ROOM(w->labels, nlabels, w->labels_cap))
		return -ENOMEM;
	for (size_t i = 0; i < nlabels; i++)
		if (!in_list(w->t->forget, labels[i].key))
			w->labels[n++] = labels[i];
	return profile_labels(w->out, w->labels, n, ret);
}

static int use_labels(struct work *w, const struct sample *s)
{
	int err;

	if (w->last.known && w->last.in == s->labels)
		return 0;
	w->last.nfront = label_frames(w, s, w->last.front);
	err = w->last.nfront < 0 ? w->last.nfront : keep_labels(w, s, &w->last.out);
	w->last.known = !err;
	w->last.in = s->labels;
	return err;
}

/* The frames of w->made up to n, and the labels in front of them, into the output. */
static int put_made(struct work *w, const struct sample *s, size_t n)
{
	for (int i = 0; i < w->last.nfront; i++)
		w->made[n++] = w->last.front[i];
	return profile_queue_add(w->queue, w->made, n, w->last.out, s->values);
}

/* w->ids[from .. n) with the labels around, into the output. */
static int emit(struct work *w, const struct sample *s, size_t from, size_t n)
{
	int err = use_labels(w, s), nfront = w->last.nfront;
	size_t made = 0;

	if (err)
		return err;
	if (n - from > (size_t)(STACK_DEPTH - nfront)) {
		n = from + STACK_DEPTH - nfront;
		w->out->cut++;
	}
	if (!ARRAY_ROOM(w->made, n - from + nfront, w->made_cap))
		return -ENOMEM;
	for (size_t i = from; i < n; i++) {
		bool root = i + 1 == n && w->places[w->ids[i]].inlined;

		err = make_frame(w, w->ids[i], w->alone[i] || root, &w->made[made++]);
		if (err)
			return err;
	}
	return put_made(w, s, made);
}

/*
 * Most stacks only lose frames that are hidden, and their others were made already: how many there are
 * in w->made then; else 0.
 */
static size_t made_before(struct work *w, const uint32_t *from, size_t nfrom)
{
	const struct transform *t = w->t;
	bool inlined = false;
	size_t n = 0;

	if (w->has_focus || w->has_ignore || t->root || t->leaf || t->depth ||
	    nfrom + KEYS > STACK_DEPTH || !ARRAY_ROOM(w->made, nfrom + KEYS, w->made_cap))
		return 0;
	for (size_t i = 0; i < nfrom; i++) {
		const struct place *p = &w->places[from[i]];

		if (p->hidden ? inlined && !p->inlined : p->id == NO_FRAME)
			return 0;
		if (p->hidden)
			continue;
		w->made[n++] = p->id;
		inlined = p->inlined;
	}
	return inlined ? 0 : n;
}

/* What is left of the stack, into the output. */
static int put_stack(struct work *w, const struct sample *s, const uint32_t *stack, size_t n)
{
	size_t from, made = made_before(w, stack, n);

	if (made) {
		int err = use_labels(w, s);

		return err ? err : put_made(w, s, made);
	}
	if (!ARRAY_ROOM(w->ids, n, w->ids_cap) || !ARRAY_ROOM(w->alone, n, w->alone_cap))
		return -ENOMEM;
	n = visible(w, stack, n);
	return chosen(w, n) && cut(w, &from, &n) ? emit(w, s, from, n) : 0;
}

/* The stack of s as it is before anything is changed. */
static int stack_of(struct work *w, const struct sample *s, const uint32_t **ret, size_t *ret_n)
{
	int err = w->resolved ? resolved_stack(w->resolved, s, ret, ret_n) : 0;

	if (!w->resolved) {
		*ret = w->in->stack_frames + s->first;
		*ret_n = s->n;
	} else if (*ret_n > STACK_DEPTH) {
		*ret_n = STACK_DEPTH;
		w->out->cut++;
	}
	return err ? err : look_at_frames(w);
}

static int each_sample(struct work *w)
{
	for (size_t i = 0; i < w->in->nsamples; i++) {
		const struct sample *s = &w->in->samples[i];
		const uint32_t *stack;
		size_t n;
		int err = stack_of(w, s, &stack, &n);

		if (!err)
			err = put_stack(w, s, stack, n);
		if (err)
			return err;
	}
	return profile_queue_end(w->queue);
}

static bool has_function(const struct work *w, bool root)
{
	for (size_t i = 0; i < w->nplaces; i++)
		if (root ? w->places[i].root : w->places[i].leaf)
			return true;
	return false;
}

/* Nothing is left: why? */
static int nothing_left(const struct work *w)
{
	const struct transform *t = w->t;

	if (t->root && !has_function(w, true))
		return err_set(ENODATA, "--root %s: no stack has it", t->root);
	if (t->leaf && !has_function(w, false))
		return err_set(ENODATA, "--leaf %s: no stack has it", t->leaf);
	if (t->focus && !t->root && !t->leaf && !t->ignore)
		return err_set(ENODATA, "--focus '%s': no stack has a frame that matches", t->focus);
	if (t->ignore && !t->root && !t->leaf && !t->focus)
		return err_set(ENODATA, "--ignore '%s': every stack has a frame that matches", t->ignore);
	return err_set(ENODATA, "no stack is left of %zu (--root, --leaf, --focus, --ignore)",
		       w->in->nsamples);
}

static void work_free(struct work *w)
{
	if (w->has_focus)
		regfree(&w->focus);
	if (w->has_ignore)
		regfree(&w->ignore);
	free(w->places);
	free(w->ids);
	free(w->alone);
	free(w->made);
	free(w->labels);
	profile_queue_free(w->queue);
	buf_free(&w->name);
}

static int run(struct work *w)
{
	const struct transform *t = w->t;
	int err = split_keys(w, t->by);

	if (!err)
		err = compile("--focus", t->focus, &w->focus, &w->has_focus);
	if (!err)
		err = compile("--ignore", t->ignore, &w->ignore, &w->has_ignore);
	if (!err)
		err = profile_begin_as(w->out, w->in);
	w->queue = profile_queue_new(w->out);
	if (!err)
		err = w->queue ? each_sample(w) : -ENOMEM;
	if (err == -ENOMEM)
		err_sys(ENOMEM, "can't change the stacks");
	if (!err && w->in->nsamples && !w->out->nsamples)
		err = nothing_left(w);
	work_free(w);
	return err;
}

int profile_transform(const struct profile *in, const struct transform *t, struct profile *out)
{
	return run(&(struct work){ .t = t, .in = in, .named = in, .out = out });
}

int profile_transform_resolved(struct resolved *r, const struct transform *t, struct profile *out)
{
	return run(&(struct work){ .t = t, .in = r->in, .resolved = r, .named = r->frames, .out = out });
}

bool transform_needed(const struct profile *in, const struct transform *t)
{
	bool labels = t->by || !t->keep_labels || t->forget;

	if (t->depth || t->root || t->leaf || t->focus || t->ignore || t->rename)
		return true;
	for (size_t i = 0; t->hide && i < in->nframes; i++)
		if (t->hide(t->ctx, &in->frames[i]))
			return true;
	for (size_t i = 0; labels && i < in->nsamples; i++)
		if (in->samples[i].labels)
			return true;
	return false;
}
