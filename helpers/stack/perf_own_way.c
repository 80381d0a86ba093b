/* SPDX-License-Identifier: GPL-2.0-only */
/* perf script text as this project understands it; stack/read_perf_script.h says how. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "stack/perf_labels.h"
#include "stack/perf_maps.h"
#include "stack/perf_reader.h"
#include "stack/profile_index.h"

enum { EVENTS = 16 };	/* ways to write an event that are remembered */

struct event {
	struct buf text;	/* as it stands there */
	bool has_period;
	unsigned value;
	const char *name;	/* without modifiers, interned */
};

struct own {
	struct perf_header h;	/* of the sample under way, or of the line that was looked at last */
	int64_t pid;
	struct perf_labels labels;
	struct perf_maps maps;
	struct event events[EVENTS];
	unsigned nevents, event;	/* event: the one met last */
	struct buf text;	/* scratch */
	struct buf maybe;	/* a line that may begin a sample, if frames follow */
	uint64_t maybe_number;
	bool broken;		/* the sample under way is not to be counted */
	bool stacked;		/* it has lines of its own for its frames */
};

static int begin(struct perf_reader *x)
{
	struct own *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	x->state = o;
	return perf_labels_begin(&o->labels, x->r) ? 0 : -ENOMEM;
}

/* "cycles:u", "cpu/cycles/ppp", "cpu-clock:pppH" without what is asked for beside the event */
static struct text without_modifiers(struct text event)
{
	static const char modifiers[] = "ukhGHpPDISWebR";
	const char *colon, *end;

	if (!event.len)
		return event;
	end = event.p + event.len;
	colon = memrchr(event.p, ':', event.len);
	if (!colon || colon == event.p || colon + 1 == end)
		return event;
	for (const char *p = colon + 1; p < end; p++)
		if (!strchr(modifiers, *p))
			return event;
	return text_of(event.p, colon);
}

static bool counts_time(const char *name)
{
	return !strcmp(name, "cpu-clock") || !strcmp(name, "task-clock");
}

static bool event_is(const struct event *e, const struct perf_header *h)
{
	return e->has_period == h->has_period && e->text.len == h->event.len + 1 &&
	       !memcmp(e->text.data, h->event.p ? h->event.p : "", h->event.len);
}

/* The name of the value that counts an event */
static void value_name(const struct perf_header *h, char *out, size_t size)
{
	struct text name = without_modifiers(h->event);

	/* the end tells more than the beginning: "syscalls:sys_enter_" is that of many */
	if (name.len >= size)
		name = text_of(name.p + name.len - size + 1, name.p + name.len);
	if (name.len)
		snprintf(out, size, "%.*s", (int)name.len, name.p);
	else
		snprintf(out, size, "%s", h->has_period ? "period" : "samples");
}

/* Remembers the event of a header in e. 0, -EBADMSG: the profile has no room for it, -ENOMEM */
static int new_event(struct perf_reader *x, const struct perf_header *h, struct event *e)
{
	struct profile *p = x->r->profile;
	char name[sizeof(p->types[0].name)];
	unsigned samples;

	value_name(h, name, sizeof(name));
	if (!reading_value(x->r, name, h->has_period && counts_time(name) ? "nanoseconds" : "count",
			   &e->value))
		return -EBADMSG;
	if (h->has_period && x->samples_value < 0 && reading_value(x->r, "samples", "count", &samples))
		x->samples_value = (int)samples;
	buf_clear(&e->text);
	buf_add(&e->text, h->event.p ? h->event.p : "", h->event.len);
	buf_char(&e->text, '\0');
	e->has_period = h->has_period;
	e->name = h->event.p ? profile_intern(p->index, name) : NULL;
	return e->text.failed || (h->event.p && !e->name) ? -ENOMEM : 0;
}

/* Sets value, amount and the event. 0, -EBADMSG: no room, -ENOMEM */
static int set_value(struct perf_reader *x, const struct perf_header *h)
{
	struct own *o = x->state;
	unsigned i = o->event;
	int err;

	if (!o->nevents || !event_is(&o->events[i], h))
		for (i = 0; i < o->nevents && !event_is(&o->events[i], h); i++)
			;
	if (i == o->nevents) {
		i = i < EVENTS ? i : EVENTS - 1;
		/* until it is whole nobody may find it */
		o->nevents = i;
		err = new_event(x, h, &o->events[i]);
		if (err)
			return err;
		o->nevents = i + 1;
	}
	o->event = i;
	x->value = o->events[i].value;
	/* 0: not known */
	x->amount = h->has_period && h->period ? (int64_t)h->period : 1;
	return 0;
}

static bool is_record(const struct perf_header *h)
{
	return text_begins(h->event.p ? h->event : text_trim(h->rest), "PERF_RECORD_");
}

/* PERF_LEFT_OUT: say_left_out() says why. */
static int begin_sample(struct perf_reader *x, const struct perf_header *h)
{
	struct own *o = x->state;
	int err = h->period > INT64_MAX ? -EBADMSG : set_value(x, h);

	if (err == -EBADMSG)
		return PERF_LEFT_OUT;
	if (!err)
		err = perf_labels_of(&o->labels, x->r, h, o->events[o->event].name, &x->root);
	/* one number may be a thread's: it stands for its process as well */
	o->pid = h->pid >= 0 ? h->pid : h->tid;
	x->context = perf_maps_space(&o->maps, o->pid);
	return err ? err : PERF_SAMPLE;
}

static int say_left_out(struct perf_reader *x, const struct perf_header *h)
{
	if (h->period > INT64_MAX)
		return reading_bad(x->r, "a period over 2^63-1");
	return reading_bad(x->r, "%.*s: more events than %d", (int)h->event.len,
			   h->event.p ? h->event.p : "", PROFILE_VALUES);
}

static int header(struct perf_reader *x, struct text line)
{
	struct own *o = x->state;
	int ret;

	/* the line before that might have begun a sample did not: line() says so */
	if (o->maybe.len || !perf_header(line, &o->h) || is_record(&o->h))
		return PERF_OTHER;
	ret = begin_sample(x, &o->h);
	/* said where lines come one by one */
	return ret == PERF_LEFT_OUT ? PERF_OTHER : ret;
}

/* "[libc.so.6]", "[unknown]" */
static void unknown_name(struct text dso, struct buf *b)
{
	static const char deleted[] = " (deleted)";
	const char *slash = dso.p ? memrchr(dso.p, '/', dso.len) : NULL;

	if (text_ends(dso, deleted))
		dso.len -= sizeof(deleted) - 1;
	if (slash)
		dso = text_of(slash + 1, dso.p + dso.len);
	if (!dso.len)
		buf_str(b, "[unknown]");
	else if (*dso.p == '[')
		buf_add(b, dso.p, dso.len);
	else {
		buf_char(b, '[');
		buf_add(b, dso.p, dso.len);
		buf_char(b, ']');
	}
}

static int add_frame(struct perf_reader *x, const struct perf_frame *t)
{
	struct own *o = x->state;
	bool kernel = perf_is_kernel(t->dso, t->addr);
	struct frame f = { .flags = kernel ? FRAME_KERNEL : 0 };
	uint32_t id;
	int err;

	buf_clear(&o->text);
	if (t->sym.len)
		buf_add(&o->text, t->sym.p, t->sym.len);
	else
		unknown_name(t->dso, &o->text);
	buf_char(&o->text, '\0');
	if (o->text.failed)
		return -ENOMEM;
	f.func = o->text.data;
	if (!t->sym.len)
		f.flags |= FRAME_UNKNOWN;
	if (t->inlined)
		f.flags |= FRAME_INLINED;
	/* asked for each frame: named ones are what a mapping's anchor is made of */
	err = perf_maps_of(&o->maps, x->r->profile, t, o->pid, kernel, &f.mapping);
	if (err)
		return err;
	if (x->r->addresses || !t->sym.len) {
		f.addr = t->addr;
		if (f.addr && perf_is_return(x, kernel))
			f.flags |= FRAME_RETURN;
	} else {
		f.mapping = 0;
	}
	err = profile_frame(x->r->profile, &f, &id);
	return err ? err : perf_push(x, id);
}

/* Does an indented line begin a sample?  A comm may be right-aligned, but with a time behind it. */
static bool indented_header(struct text line)
{
	struct perf_header h;

	return *line.p != '\t' && perf_header(line, &h) && h.has_time;
}

static int frame(struct perf_reader *x, struct text line)
{
	struct perf_frame f;
	int err;

	if (memchr(line.p, '\0', line.len) || indented_header(line) || !perf_frame(line, &f))
		return PERF_OTHER;
	err = add_frame(x, &f);
	return err ? err : PERF_FRAME;
}

/* The sample under way ends. */
static int end_sample(struct perf_reader *x)
{
	struct own *o = x->state;

	if (!x->open)
		return 0;
	if (!o->broken)
		return perf_sample_end(x);
	x->open = false;
	x->nids = 0;
	return 0;
}

static int bad_line(struct perf_reader *x, struct text t)
{
	struct own *o = x->state;

	/* the stack lacks a frame: counted once, left out at its end */
	if (x->open && o->broken)
		return 0;
	o->broken = x->open;
	return reading_bad(x->r, "not a line of perf script: '%.*s'", (int)(t.len < 60 ? t.len : 60), t.p);
}

/* The line that might have begun a sample did not. */
static int not_begun(struct perf_reader *x)
{
	struct own *o = x->state;
	struct lines *l = x->r->lines;
	uint64_t number = l->number;
	int ret;

	if (!o->maybe.len)
		return 0;
	l->number = o->maybe_number;
	ret = bad_line(x, (struct text){ o->maybe.data, o->maybe.len });
	l->number = number;
	buf_clear(&o->maybe);
	return ret;
}

/* "PERF_RECORD_LOST lost 12" */
static int lost(struct perf_reader *x, struct text t)
{
	static const char word[] = " lost ";
	const char *at = memmem(t.p, t.len, word, sizeof(word) - 1);
	uint64_t n;

	if (at && text_decimal(text_of(at + sizeof(word) - 1, t.p + t.len), &n))
		x->r->lost += n;
	return 0;
}

static int record(struct perf_reader *x)
{
	struct own *o = x->state;
	struct text t = text_trim(o->h.event.p ? o->h.event : o->h.rest);
	struct perf_mmap mm;

	if (text_begins(t, "PERF_RECORD_LOST"))
		return lost(x, t);
	if (text_begins(t, "PERF_RECORD_MMAP") && perf_mmap(t, &mm))
		return perf_maps_add(&o->maps, x->r->profile, &mm);
	return 0;
}

/* "  ffffffff8103ce3b native_safe_halt ([kernel.kallsyms])" behind the event: the address fills 16 columns */
static int one_frame(struct perf_reader *x, struct text rest)
{
	enum { COLUMNS = 16 };
	struct text t = text_trim(rest);
	uint64_t addr;
	size_t n = text_hex(t, &addr);

	if (t.p == rest.p || !n || t.p + n - rest.p < COLUMNS || (n < t.len && t.p[n] != ' '))
		return 0;
	n = frame(x, rest);
	return (int)n < 0 ? (int)n : 0;
}

/* A sample begins, and that one ends which may be under way. */
static int open_sample(struct perf_reader *x, const struct perf_header *h)
{
	struct perf_header now = *h;
	struct own *o = x->state;
	int ret = end_sample(x);

	if (ret)
		return ret;
	ret = begin_sample(x, &now);
	if (ret < 0)
		return ret;
	x->open = true;
	o->broken = ret == PERF_LEFT_OUT;
	o->stacked = false;
	return o->broken ? say_left_out(x, &now) : one_frame(x, now.rest);
}

/* The place in the source of the frame above; behind it, too, may stand that it is inlined. */
static int set_source(struct perf_reader *x, struct text file, uint32_t line, bool inlined)
{
	struct own *o = x->state;
	struct frame f = x->r->profile->frames[x->ids[x->nids - 1]];

	if (inlined)
		f.flags |= FRAME_INLINED;
	if (x->r->addresses) {
		buf_clear(&o->text);
		buf_add(&o->text, file.p, file.len);
		if (o->text.failed)
			return -ENOMEM;
		f.file = o->text.data;
		f.line = line;
	}
	return profile_frame(x->r->profile, &f, &x->ids[x->nids - 1]);
}

/* Indented, under a header: a frame, or what -F +srcline prints about the one above */
static int under_header(struct perf_reader *x, struct text t)
{
	struct own *o = x->state;
	struct text file, word = text_trim(t);
	uint32_t number;
	int ret;

	/* what looked like a frame behind the event was something else */
	if (!o->stacked)
		x->nids = 0;
	o->stacked = true;
	if (x->nids && *t.p == ' ' && perf_srcline(t, &file, &number))
		return set_source(x, file, number, text_ends(word, " (inlined)"));
	ret = memchr(t.p, '\0', t.len) ? PERF_OTHER : perf_frame_line(x, t);
	if (ret != PERF_OTHER)
		return ret < 0 ? ret : 0;
	/* "??:0", "libc.so.6[27b25]" */
	if (x->nids && word.len && (*word.p == '?' || !memchr(word.p, ' ', word.len)))
		return 0;
	return bad_line(x, t);
}

/* A stack without a header, or one that is only a comm */
static int stack_without(struct perf_reader *x, struct text t)
{
	struct perf_header h = { .pid = -1, .tid = -1, .cpu = -1 };
	struct own *o = x->state;
	struct perf_frame f;
	int ret;

	if (!perf_frame(t, &f))
		return not_begun(x) ?: bad_line(x, t);
	if (o->maybe.len)
		h.comm = text_trim((struct text){ o->maybe.data, o->maybe.len });
	ret = open_sample(x, &h);
	buf_clear(&o->maybe);
	return ret ? ret : under_header(x, t);
}

static int line(struct perf_reader *x, struct text t)
{
	struct own *o = x->state;
	bool indented = t.len && text_blank(*t.p), header;
	int ret;

	/* -F +srccode */
	if (x->open && t.len && *t.p == '|')
		return 0;
	if (!t.len || *t.p == '#') {
		ret = not_begun(x);
		return ret || t.len ? ret : end_sample(x);
	}
	header = *t.p != '\t' && !memchr(t.p, '\0', t.len) && perf_header(t, &o->h) &&
		 (o->h.has_time || !indented);
	if (indented && !header)
		return x->open ? under_header(x, t) : stack_without(x, t);
	ret = not_begun(x);
	if (ret)
		return ret;
	if (header)
		return is_record(&o->h) ? record(x) : open_sample(x, &o->h);
	if (x->open)
		return bad_line(x, t);
	buf_add(&o->maybe, t.p, t.len);
	o->maybe_number = x->r->lines->number;
	return o->maybe.failed ? -ENOMEM : 0;
}

static int end(struct perf_reader *x, int err)
{
	struct own *o = x->state;

	if (!o)
		return err;
	if (!err)
		err = not_begun(x);
	/* without the empty line frames may be missing */
	if (!err && x->open && (o->stacked || x->r->lines->cut) && !o->broken)
		err = reading_bad(x->r, "the input ends within a stack");
	else if (!err)
		err = end_sample(x);
	perf_maps_settle(&o->maps, x->r->profile);
	perf_maps_free(&o->maps);
	perf_labels_free(&o->labels);
	for (unsigned i = 0; i < EVENTS; i++)
		buf_free(&o->events[i].text);
	buf_free(&o->text);
	buf_free(&o->maybe);
	free(o);
	return err;
}

const struct perf_way perf_own_way = {
	.begin = begin, .header = header, .frame = frame, .line = line, .end = end,
};
