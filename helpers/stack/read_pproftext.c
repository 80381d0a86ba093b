/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_pproftext.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/gotext.h"

enum kind { NONE, COUNTS, HEAP, CONTENTION };
enum { MAX_NAME = 23, MAX_FRAMES = 1 << 16 };

struct head {
	enum kind kind;
	const char *name;	/* of COUNTS */
	size_t name_len;
	uint64_t rate;		/* HEAP: bytes between samples */
};

struct text {
	struct reading *r;
	struct head head;
	double cycles_per_ns;
	unsigned value[4];
	bool open;		/* a record was read, its frames come */
	int64_t values[PROFILE_VALUES];
	struct gathered g;
	struct buf pcs;		/* of the record, as they stand there */
	uint64_t *entries;	/* of the frames: where their function begins */
	size_t entries_cap;
};

static const char *behind(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) ? NULL : s + n;
}

/* "goroutine profile: total 24", "heap profile: 1: 2 [3: 4] @ heap/1048576", "--- mutex:" */
static bool parse_head(const char *s, struct head *h)
{
	const char *at = strstr(s, " profile: "), *total, *rate;

	*h = (struct head){ .kind = NONE, .name = s };
	if (!strcmp(s, "--- mutex:") || !strcmp(s, "--- contention:") || !strcmp(s, "--- block:"))
		h->kind = CONTENTION;
	if (!at || at == s || memchr(s, ' ', at - s))
		return h->kind;
	h->name_len = at - s;
	total = behind(at, " profile: total ");
	rate = strstr(at, "] @ heap/");
	if (total && gotext_number(total, strlen(total)) >= 0) {
		h->kind = COUNTS;
	} else if (rate) {
		/* twice the rate, says writeHeapInternal */
		h->rate = strtoull(rate + strlen("] @ heap/"), NULL, 10) / 2;
		h->kind = HEAP;
	}
	return h->kind;
}

bool pproftext_match(const char *head, size_t len)
{
	char line[256];
	const char *nl;
	struct head h;

	while (len && (*head == '\n' || *head == '\r')) {
		head++;
		len--;
	}
	nl = memchr(head, '\n', len);
	if (!nl || (size_t)(nl - head) >= sizeof(line))
		return false;
	memcpy(line, head, nl - head);
	line[nl - head] = '\0';
	line[strcspn(line, "\r")] = '\0';
	return parse_head(line, &h);
}

/* The values of such a profile, as its binary form has them, the main one last. */
static int add_values(struct text *t, const char *name)
{
	static const char *const heap[][2] = { { "alloc_objects", "count" }, { "alloc_space", "bytes" },
					       { "inuse_objects", "count" }, { "inuse_space", "bytes" } };
	static const char *const contention[][2] = { { "contentions", "count" },
						     { "delay", "nanoseconds" } };
	const char *const counts[][2] = { { name, "count" } };
	const char *const(*all)[2] = t->head.kind == HEAP	? heap :
				     t->head.kind == CONTENTION ? contention :
								  counts;
	unsigned n = t->head.kind == HEAP ? 4 : t->head.kind == CONTENTION ? 2 : 1;
	bool first = !t->r->profile->ntypes;
	int ret = 1;

	for (unsigned i = 0; ret > 0 && i < n; i++)
		ret = reading_typed_value(t->r, all[i][0], all[i][1], &t->value[i]);
	if (ret > 0 && first)
		t->r->profile->main_value = t->value[n - 1];
	return ret;
}

static int begin_profile(struct text *t, const struct head *h)
{
	char name[MAX_NAME + 1];
	int ret;

	snprintf(name, sizeof(name), "%.*s", (int)h->name_len, h->name);
	t->head = *h;
	/* the name is the line's, which goes */
	t->head.name = NULL;
	t->cycles_per_ns = 0;
	ret = add_values(t, name);
	if (ret)
		return ret < 0 ? ret : 0;
	t->head.kind = NONE;
	return reading_bad(t->r, "more values than %d", PROFILE_VALUES);
}

/*
 * What was inlined has a name of its own and begins where its caller does (runtime/symtab.go, Frames.Next:
 * Entry); calls of itself have the same name.
 */
static void mark_inlined(struct text *t)
{
	for (size_t i = 0; i + 1 < t->g.nframes; i++) {
		struct frame *f = &t->g.frames[i];
		const char *base = t->g.text.data;

		if (t->entries[i] && t->entries[i] == t->entries[i + 1] &&
		    strcmp(base + (size_t)f->func, base + (size_t)f[1].func) != 0)
			f->flags |= FRAME_INLINED;
	}
	for (size_t i = 0; i < t->g.nframes; i++)
		if (!t->r->addresses && !(t->g.frames[i].flags & FRAME_UNKNOWN))
			t->g.frames[i].addr = 0;
}

static int add_frame(struct text *t, const struct frame *f, uint64_t entry)
{
	if (!ARRAY_ROOM(t->entries, t->g.nframes, t->entries_cap))
		return -ENOMEM;
	t->entries[t->g.nframes] = entry;
	return gathered_frame(&t->g, f);
}

/* The stack as addresses, where the text names none of it: all are returned to. */
static int add_addresses(struct text *t)
{
	const char *at = t->pcs.data;
	int ret = 0;

	while (!ret && at && (at = strstr(at, "0x"))) {
		struct frame f = { .flags = FRAME_UNKNOWN | FRAME_RETURN };
		size_t n = 2 + strspn(at + 2, "0123456789abcdef");

		f.addr = strtoull(at, NULL, 16);
		f.func = gathered_text(&t->g, at, n);
		if (t->g.nframes >= MAX_FRAMES)
			break;
		if (f.addr)
			ret = add_frame(t, &f, 0);
		at += n;
	}
	return ret;
}

static int finish(struct text *t)
{
	int ret = 0;

	if (!t->open)
		return 0;
	t->open = false;
	if (!t->g.nframes)
		ret = add_addresses(t);
	if (ret || t->g.text.failed)
		return -ENOMEM;
	mark_inlined(t);
	t->r->samples++;
	return gathered_add(&t->g, t->r->profile, t->values);
}

static int64_t whole(double v)
{
	return v < 9e18 ? (int64_t)v : INT64_MAX;
}

/* runtime/pprof/protomem.go, scaleHeapSample: what was sampled stands for more. */
static void add_scaled(struct text *t, unsigned value, int64_t count, int64_t bytes)
{
	double scale = 1;

	if (t->head.rate > 1 && count > 0 && bytes > 0)
		scale = 1 / (1 - exp(-((double)bytes / count) / t->head.rate));
	t->values[t->value[value]] = whole(count * scale);
	t->values[t->value[value + 1]] = whole(bytes * scale);
}

/* n numbers with these texts before each, and "@" behind the last; gives what follows, NULL: it is none. */
static const char *numbers(const char *s, unsigned n, const char *const *before, int64_t *ret)
{
	for (unsigned i = 0; i < n; i++) {
		size_t digits;

		s = behind(s, before[i]);
		digits = s ? strspn(s, "0123456789") : 0;
		ret[i] = digits ? gotext_number(s, digits) : -1;
		if (ret[i] < 0)
			return NULL;
		s += digits;
	}
	s = behind(s, n == 4 ? "] @" : " @");
	return s && (!*s || *s == ' ') ? s : NULL;
}

static const char *parse_record(struct text *t, const char *s)
{
	static const char *const plain[] = { "", " " }, *const heap[] = { "", ": ", " [", ": " };
	unsigned n = t->head.kind == HEAP ? 4 : t->head.kind == CONTENTION ? 2 : 1;
	int64_t v[4];
	const char *pcs = numbers(s, n, n == 4 ? heap : plain, v);

	if (!pcs)
		return NULL;
	memset(t->values, 0, sizeof(t->values));
	switch (t->head.kind) {
	case HEAP:
		add_scaled(t, 0, v[2], v[3]);
		add_scaled(t, 2, v[0], v[1]);
		break;
	case CONTENTION:
		t->values[t->value[0]] = v[1];
		t->values[t->value[1]] = whole(v[0] / t->cycles_per_ns);
		break;
	default:
		t->values[t->value[0]] = v[0];
	}
	return pcs;
}

static int record_line(struct text *t, const char *s)
{
	const char *pcs;
	int ret = finish(t);

	if (ret || t->head.kind == NONE)
		return ret;
	if (t->head.kind == CONTENTION && !t->cycles_per_ns)
		return reading_bad(t->r, "no cycles/second before the first record");
	pcs = parse_record(t, s);
	if (!pcs)
		return reading_bad(t->r, "not a record of this profile: '%.60s'", s);
	gathered_clear(&t->g);
	buf_clear(&t->pcs);
	buf_str(&t->pcs, pcs);
	t->open = true;
	return t->pcs.failed ? -ENOMEM : 0;
}

/* Where "+0x1f" at the very end of the name begins; NULL: nowhere. */
static const char *last_offset(const char *name, const char *end)
{
	const char *at = end;

	while (at > name && isxdigit((unsigned char)at[-1]))
		at--;
	return at < end && at - name > 3 && !memcmp(at - 3, "+0x", 3) ? at - 3 : NULL;
}

/* Behind "#\t": "0x4e4690\tmain.wait+0x30\t\t/src/main.go:39", "0x4e4690" */
static int frame_line(struct text *t, const char *s)
{
	struct frame f = { .flags = FRAME_UNKNOWN };
	const char *name, *end, *colon, *offset;
	uint64_t entry = 0;
	char *stop;

	f.addr = strtoull(s, &stop, 16);
	if (stop == s || t->g.nframes >= MAX_FRAMES)
		return reading_bad(t->r, "not a frame: '%.60s'", s);
	name = stop + strspn(stop, "\t ");
	if (!*name) {
		f.func = gathered_text(&t->g, s, stop - s);
		/* no stack at all is pc 0, or 1 less as every caller's */
		return f.addr + 1 > 1 ? add_frame(t, &f, 0) : 0;
	}
	f.flags = 0;
	end = name + strcspn(name, "\t");
	colon = strrchr(end, ':');
	if (colon) {
		const char *file = end + strspn(end, "\t");
		int64_t line = gotext_number(colon + 1, strlen(colon + 1));

		f.file = gathered_text(&t->g, file, colon - file);
		f.line = line > 0 && line <= UINT32_MAX ? line : 0;
	}
	/* the offset in the function */
	offset = last_offset(name, end);
	if (offset) {
		entry = f.addr - strtoull(offset, NULL, 16);
		end = offset;
	}
	f.func = gathered_text(&t->g, name, end - name);
	return add_frame(t, &f, entry);
}

static int rate_line(struct text *t, const char *s)
{
	const char *cycles = behind(s, "cycles/second="), *period = behind(s, "sampling period=");
	int64_t v = cycles ? gotext_number(cycles, strlen(cycles)) :
			     gotext_number(period, strlen(period));

	if (v <= 0)
		return reading_bad(t->r, "not a number above 0: '%.60s'", s);
	if (cycles)
		t->cycles_per_ns = v / 1e9;
	else if (v > 1)
		reading_note(t->r, "one of %" PRId64 " events was recorded; the numbers stand as they "
			     "are, and before Go 1.21 are to be multiplied by it", v);
	return 0;
}

static int each_line(struct text *t, const char *s)
{
	struct head h;
	const char *at;
	int ret;

	if (parse_head(s, &h)) {
		ret = finish(t);
		return ret ? ret : begin_profile(t, &h);
	}
	if (!*s)
		return finish(t);
	if (*s == '#') {
		at = behind(s, "#\t");
		if (at && t->open)
			return frame_line(t, at);
		at = behind(s, "# labels: {");
		return at && t->open ? gotext_labels(&t->g, t->r, at, strlen(at)) : 0;
	}
	if (t->head.kind == CONTENTION && (behind(s, "cycles/second=") || behind(s, "sampling period=")))
		return rate_line(t, s);
	return record_line(t, s);
}

int pproftext_read(struct reading *r)
{
	struct text t = { .r = r };
	size_t len;
	char *line;
	int ret;

	while ((ret = lines_next(r->lines, &line, &len)) > 0) {
		ret = each_line(&t, line);
		if (ret)
			break;
	}
	if (!ret)
		ret = finish(&t);
	gathered_free(&t.g);
	buf_free(&t.pcs);
	free(t.entries);
	return ret;
}
