/* SPDX-License-Identifier: GPL-2.0-only */
/* perf script text as the classic collapser understands it: the rules of perf_classic.h at work. */
#include <errno.h>
#include <stdlib.h>

#include "stack/idmap.h"
#include "stack/perf_classic.h"
#include "stack/perf_reader.h"

/* What stands at the root of stacks: "java-12/13". */
struct root {
	char *name;
	uint32_t *frames, n;	/* leaf first; a ';' in the name makes several */
	bool java;
};

struct old {
	const struct perf_classic *rules;
	struct buf event;	/* the event that is counted; empty: none met yet */
	struct buf text;	/* scratch */
	struct root *roots;	/* number i + 1 is roots[i] */
	size_t nroots, roots_cap;
	struct idmap by_name;
	uint32_t root;		/* of the sample before */
	struct buf above;	/* a frame's line that its source follows */
	bool skipping;		/* what stands under a sample that was left out */
	bool huge;		/* the line was a sample's whose period is no number here */
};

static int begin(struct perf_reader *x)
{
	struct old *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	x->state = o;
	o->rules = x->r->classic;
	/* an empty one is none, as there */
	if (o->rules->event_filter)
		buf_str(&o->event, o->rules->event_filter);
	if (!reading_value(x->r, "samples", "count", &x->value))
		return -ENOMEM;
	return o->event.failed ? -ENOMEM : 0;
}

static int push_names(struct perf_reader *x, const char *names, size_t n)
{
	for (const char *name = names; n--; name += strlen(name) + 1) {
		struct frame f = { .func = name };
		uint32_t id;
		int err = profile_frame(x->r->profile, &f, &id);

		if (!err)
			err = perf_push(x, id);
		if (err)
			return err;
	}
	return 0;
}

/* ids[from ..] the other way round */
static void reverse(struct perf_reader *x, size_t from)
{
	for (size_t i = from, j = x->nids; i + 1 < j; i++) {
		uint32_t id = x->ids[i];

		x->ids[i] = x->ids[--j];
		x->ids[j] = id;
	}
}

/* The frames in text, root first with ';' between them */
static int push_text(struct perf_reader *x, char *text)
{
	size_t from = x->nids, n = 1;
	int err;

	for (char *c = text; (c = strchr(c, ';')); n++)
		*c++ = '\0';
	err = push_names(x, text, n);
	reverse(x, from);
	return err;
}

static int new_root(struct perf_reader *x, const char *name, uint64_t hash)
{
	struct old *o = x->state;
	struct root *r;
	size_t before = x->nids;
	char *copy;
	int err;

	if (!ARRAY_ROOM(o->roots, o->nroots, o->roots_cap))
		return -ENOMEM;
	r = &o->roots[o->nroots];
	*r = (struct root){ .name = strdup(name), .java = !strncmp(name, "java", 4) };
	copy = strdup(name);
	if (!r->name || !copy || !idmap_add(&o->by_name, hash, o->nroots)) {
		free(r->name);
		free(copy);
		return -ENOMEM;
	}
	o->root = ++o->nroots;
	err = push_text(x, copy);
	free(copy);
	r->n = x->nids - before;
	r->frames = malloc(r->n * sizeof(*r->frames));
	if (r->frames)
		memcpy(r->frames, x->ids + before, r->n * sizeof(*r->frames));
	x->nids = before;
	return r->frames ? err : -ENOMEM;
}

/* Sets o->root by the name in o->text. */
static int find_root(struct perf_reader *x)
{
	struct old *o = x->state;
	const char *name = o->text.data;
	uint64_t hash;
	size_t at;
	uint32_t id;

	if (o->root && !strcmp(o->roots[o->root - 1].name, name))
		return 0;
	hash = hash_bytes(name, strlen(name));
	at = idmap_at(&o->by_name, hash);
	while (idmap_next(&o->by_name, hash, &at, &id)) {
		if (!strcmp(o->roots[id].name, name)) {
			o->root = id + 1;
			return 0;
		}
	}
	return new_root(x, name, hash);
}

/* Is it a sample of another event than the one that counts? */
static bool other_event(struct old *o, const struct perf_classic_header *h)
{
	if (!h->has_event)
		return false;
	if (!o->event.len)
		buf_add(&o->event, h->event.p, h->event.len);
	return o->event.len != h->event.len || memcmp(o->event.data, h->event.p, h->event.len);
}

static int any_header(struct perf_reader *x, struct text line)
{
	struct old *o = x->state;
	struct perf_classic_header h;
	int err;

	o->huge = false;
	if (memchr(line.p, '\0', line.len) || !perf_classic_header(line, &h))
		return PERF_OTHER;
	if (other_event(o, &h))
		return PERF_LEFT_OUT;
	o->huge = h.period > INT64_MAX;
	if (o->huge)
		return PERF_OTHER;
	buf_clear(&o->text);
	perf_classic_root(o->rules, &h, &o->text);
	err = o->text.failed || o->event.failed ? -ENOMEM : find_root(x);
	if (err)
		return err;
	x->amount = (int64_t)h.period;
	x->root = o->root;
	x->context = o->roots[o->root - 1].java;
	return PERF_SAMPLE;
}

static int header(struct perf_reader *x, struct text line)
{
	struct old *o = x->state;
	/* lines of source between the frames belong to them: one after another */
	int ret = o->rules->srcline ? PERF_OTHER : any_header(x, line);

	/* what is under it comes with it */
	o->skipping &= ret == PERF_OTHER;
	return ret;
}

static int push_root(struct perf_reader *x)
{
	struct old *o = x->state;
	const struct root *r = &o->roots[x->root - 1];

	for (uint32_t i = 0; i < r->n; i++)
		if (perf_push(x, r->frames[i]))
			return -ENOMEM;
	return 0;
}

static int push_frame(struct perf_reader *x, const struct perf_classic_frame *f, struct text source)
{
	struct old *o = x->state;
	size_t from = x->nids, n;
	int err;

	buf_clear(&o->text);
	if (o->rules->inlined && o->rules->inlined(o->rules->arg, f->pc, f->name, f->dso, &o->text))
		return o->text.failed ? -ENOMEM : push_text(x, o->text.data);
	buf_clear(&o->text);
	n = perf_classic_names(o->rules, f, x->context, source, &o->text);
	if (o->text.failed)
		return -ENOMEM;
	err = push_names(x, o->text.data, n);
	reverse(x, from);
	return err;
}

static int frame(struct perf_reader *x, struct text line)
{
	struct perf_classic_frame f;
	int err;

	if (!perf_classic_frame(line, &f))
		return PERF_OTHER;
	err = push_frame(x, &f, (struct text){ NULL, 0 });
	return err ? err : PERF_FRAME;
}

/* The line under a frame that was kept for it */
static int source_line(struct perf_reader *x, struct text line)
{
	struct old *o = x->state;
	struct perf_classic_frame f;
	struct buf source = { 0 };
	int err = 0;

	perf_classic_srcline(line, &source);
	if (perf_classic_frame((struct text){ o->above.data, o->above.len }, &f))
		err = push_frame(x, &f, (struct text){ source.data, source.len });
	if (source.failed)
		err = -ENOMEM;
	buf_free(&source);
	buf_clear(&o->above);
	return err;
}

static int frame_with_source(struct perf_reader *x, struct text line)
{
	struct old *o = x->state;
	struct perf_classic_frame f;

	if (!perf_classic_frame(line, &f))
		return PERF_OTHER;
	if (perf_classic_unknown(&f) || *f.name.p == '(')
		return frame(x, line);
	buf_add(&o->above, line.p, line.len);
	return o->above.failed ? -ENOMEM : PERF_FRAME;
}

static int line(struct perf_reader *x, struct text t)
{
	struct old *o = x->state;
	struct perf_classic_frame f;
	int ret;

	if (o->above.len)
		return source_line(x, t);
	if (t.len && *t.p == '#')
		return 0;
	if (!t.len) {
		o->skipping = false;
		return x->open ? perf_sample_end(x) : 0;
	}
	ret = any_header(x, t);
	if (ret == PERF_SAMPLE)
		x->open = true;
	x->left_out += ret == PERF_LEFT_OUT;
	if (ret != PERF_OTHER || o->huge) {
		o->skipping = ret == PERF_LEFT_OUT || o->huge;
		return ret < 0 ? ret : o->huge ? reading_bad(x->r, "a period over 2^63-1") : 0;
	}
	if (memchr(t.p, '\0', t.len))
		return reading_bad(x->r, "a NUL byte in it");
	if (!x->open && ((o->skipping && text_blank(*t.p)) || perf_classic_frame(t, &f)))
		return 0;
	if (x->open)
		ret = o->rules->srcline ? frame_with_source(x, t) : perf_frame_line(x, t);
	if (ret != PERF_OTHER)
		return ret < 0 ? ret : 0;
	return reading_bad(x->r, "not a line of perf script: '%.*s'", (int)(t.len < 60 ? t.len : 60), t.p);
}

static int end(struct perf_reader *x, int err)
{
	struct old *o = x->state;

	if (!o)
		return err;
	if (!err && x->open)
		err = reading_bad(x->r, "the input ends within a stack");
	if (!err && x->left_out)
		reading_note(x->r, "%llu samples of other events than %s are left out (--event-filter chooses)",
			     (unsigned long long)x->left_out, o->event.data);
	for (size_t i = 0; i < o->nroots; i++) {
		free(o->roots[i].name);
		free(o->roots[i].frames);
	}
	free(o->roots);
	free(o->by_name.slots);
	buf_free(&o->event);
	buf_free(&o->text);
	buf_free(&o->above);
	free(o);
	return err;
}

const struct perf_way perf_classic_way = {
	.begin = begin, .header = header, .frame = frame, .push_root = push_root, .line = line, .end = end,
};
