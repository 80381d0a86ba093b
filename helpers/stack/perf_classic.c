/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_classic.h"

#include <ctype.h>

/* What \s of a Perl regular expression is */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What \w is */
static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && text_digit(*p))
		p++;
	return p;
}

/* "12 ", "12/13 " at p */
static bool numbers_at(const char *p, const char *end, struct perf_classic_header *h)
{
	const char *stop = skip_digits(p, end), *tid;

	if (stop == p)
		return false;
	h->pid = text_of(p, stop);
	p = stop;
	while (p < end && *p == '/')
		p++;
	tid = p;
	if (p > stop)
		p = skip_digits(p, end);
	h->tid = text_of(tid, p);
	return p < end && is_space(*p);
}

/* "number event:" at the end of the line, behind a colon */
static void find_event(struct text line, struct perf_classic_header *h)
{
	const char *end = line.p + line.len, *p, *digits;
	bool zero;

	while (end > line.p && is_space(end[-1]))
		end--;
	p = end;
	while (p > line.p && !is_space(p[-1]))
		p--;
	if (end - p < 2 || end[-1] != ':' || p == line.p)
		return;
	h->event = text_of(p, end - 1);
	while (p > line.p && is_space(p[-1]))
		p--;
	digits = p;
	while (digits > line.p && text_digit(digits[-1]))
		digits--;
	h->has_period = digits < p;
	zero = p - digits == 1 && *digits == '0';
	if (h->has_period)
		text_decimal(text_of(digits, p), &h->period);
	while (digits > line.p && h->has_period && is_space(digits[-1]))
		digits--;
	h->has_event = digits > line.p && digits[-1] == ':';
	/* "0" is no number to it, "00" is 0 */
	if (!h->has_event || !h->has_period || zero)
		h->period = 1;
}

bool perf_classic_header(struct text line, struct perf_classic_header *ret)
{
	const char *end = line.p + line.len, *p;

	if (line.len < 3 || is_space(*line.p))
		return false;
	*ret = (struct perf_classic_header){ .period = 1 };
	for (p = line.p + 2; p < end; p++)
		if (is_space(*p) && numbers_at(skip_space(p, end), end, ret))
			break;
	if (p == end)
		return false;
	ret->comm = text_of(line.p, p);
	/* a tid of "0" is none to it */
	if (!ret->tid.len || text_is(ret->tid, "0")) {
		ret->tid = ret->pid;
		ret->pid = (struct text){ NULL, 0 };
	}
	find_event(line, ret);
	return true;
}

/* The last " (" that has a ")" behind it; NULL: none. */
static const char *find_dso(struct text line, const char **ret_close)
{
	const char *close = memrchr(line.p, ')', line.len);

	*ret_close = close;
	if (!close)
		return NULL;
	for (const char *p = close; p-- > line.p;)
		if (*p == '(' && p > line.p && p[-1] == ' ')
			return p - 1;
	return NULL;
}

/*
 * As ^\s*(\w+)\s*(.+) \((.*)\) matches: the address as long as can be, but at
 * least one character of a name is left before the dso.
 */
bool perf_classic_frame(struct text line, struct perf_classic_frame *ret)
{
	const char *end = line.p + line.len, *close, *dso = find_dso(line, &close);
	const char *pc = skip_space(line.p, end), *stop = pc;

	while (stop < end && is_word(*stop))
		stop++;
	if (!dso)
		return false;
	for (; stop > pc; stop--) {
		const char *name = skip_space(stop, end);

		while (name > stop && name >= dso)
			name--;
		if (name >= dso)
			continue;
		ret->pc = text_of(pc, stop);
		ret->name = text_of(name, dso);
		ret->dso = text_of(dso + 2, close);
		return true;
	}
	return false;
}

void perf_classic_root(const struct perf_classic *o, const struct perf_classic_header *h, struct buf *ret)
{
	size_t start = ret->len;

	buf_add(ret, h->comm.p, h->comm.len);
	if (o->tid || o->pid) {
		buf_char(ret, '-');
		buf_add(ret, h->pid.p ? h->pid.p : "?", h->pid.p ? h->pid.len : 1);
	}
	if (o->tid) {
		buf_char(ret, '/');
		buf_add(ret, h->tid.p, h->tid.len);
	}
	buf_char(ret, '\0');
	for (char *c = ret->failed ? NULL : ret->data + start; c && *c; c++)
		if (*c == ' ')
			*c = '_';
}

/* "+0x12" at the end */
static struct text without_offset(struct text t)
{
	size_t n = t.len;

	while (n && (text_digit(t.p[n - 1]) || (t.p[n - 1] >= 'a' && t.p[n - 1] <= 'f')))
		n--;
	if (n < t.len && n >= 3 && !memcmp(t.p + n - 3, "+0x", 3))
		t.len = n - 3;
	return t;
}

/* ".(" and somewhere behind it ")." */
static bool like_go_method(const char *s, size_t len)
{
	const char *open = memmem(s, len, ".(", 2);

	return open && memmem(open + 2, s + len - open - 2, ").", 2);
}

/* The name at b[start..] without what is noise to it */
static void tidy(struct buf *b, size_t start, bool java)
{
	static const char space[] = "(anonymous namespace)";
	char *s = b->data + start, *to = s;

	for (char *c = s; *c; c++)
		if (*c == ';')
			*c = ':';
	if (!like_go_method(s, strlen(s))) {
		char *open = strchr(s, '(');

		while (open && !strncmp(open, space, sizeof(space) - 1))
			open = strchr(open + 1, '(');
		if (open)
			*open = '\0';
	}
	for (char *c = s; *c; c++)
		if (*c != '"' && *c != '\'')
			*to++ = *c;
	*to = '\0';
	if (java && *s == 'L' && strchr(s, '/'))
		memmove(s, s + 1, strlen(s));
	b->len = start + strlen(s);
}

bool perf_classic_unknown(const struct perf_classic_frame *f)
{
	return text_is(without_offset(f->name), "[unknown]") && text_is(f->dso, "[unknown]");
}

/* "[libc.so.6]" for what has no name */
static void add_unknown(const struct perf_classic *o, const struct perf_classic_frame *f, struct buf *b)
{
	const char *slash = memrchr(f->dso.p, '/', f->dso.len);
	struct text name = slash ? text_of(slash + 1, f->dso.p + f->dso.len) : f->dso;

	buf_char(b, '[');
	if (text_is(f->dso, "[unknown]"))
		buf_str(b, "unknown");
	else
		buf_add(b, name.p, name.len);
	if (o->addrs) {
		buf_str(b, " <");
		buf_add(b, f->pc.p, f->pc.len);
		buf_char(b, '>');
	}
	buf_char(b, ']');
}

/* "/tmp/perf-12.map" somewhere in it */
static bool is_jit(struct text dso)
{
	static const char begin[] = "/tmp/perf-";
	const char *end = dso.p + dso.len, *p = dso.p, *stop;

	while ((p = memmem(p, end - p, begin, sizeof(begin) - 1))) {
		p += sizeof(begin) - 1;
		stop = skip_digits(p, end);
		if (stop > p && end - stop >= 4 && !memcmp(stop, ".map", 4))
			return true;
	}
	return false;
}

static bool is_kernel(struct text dso)
{
	return ((dso.len && dso.p[0] == '[') || text_ends(dso, "vmlinux")) && !text_has(dso, "unknown");
}

/* The marks of a name at b[start..] */
static void mark(const struct perf_classic *o, const struct perf_classic_frame *f, bool inlined,
		 struct buf *b, size_t start)
{
	if (inlined) {
		if (!strstr(b->data + start, "_[i]"))
			buf_str(b, "_[i]");
	} else if (o->kernel && is_kernel(f->dso)) {
		buf_str(b, "_[k]");
	} else if (o->jit && is_jit(f->dso)) {
		if (!strstr(b->data + start, "_[j]"))
			buf_str(b, "_[j]");
	}
}

static void add_name(const struct perf_classic *o, const struct perf_classic_frame *f, struct text part,
		     bool java, bool inlined, struct text srcline, struct buf *b)
{
	size_t start = b->len;

	if (text_is(part, "[unknown]"))
		add_unknown(o, f, b);
	else
		buf_add(b, part.p, part.len);
	buf_add(b, "", 0);
	if (b->failed)
		return;
	tidy(b, start, java);
	mark(o, f, inlined, b, start);
	if (srcline.len) {
		buf_char(b, ':');
		buf_add(b, srcline.p, srcline.len);
	}
	buf_char(b, '\0');
}

/* The part of t before the next "->", cut off with it. */
static struct text next_part(struct text *t)
{
	const char *arrow = memmem(t->p, t->len, "->", 2), *end = t->p + t->len;
	struct text part = text_of(t->p, arrow ? arrow : end);

	*t = text_of(arrow ? arrow + 2 : end, end);
	return part;
}

size_t perf_classic_names(const struct perf_classic *o, const struct perf_classic_frame *f, bool java,
			  struct text srcline, struct buf *ret)
{
	struct text rest = without_offset(f->name);
	size_t n = 0;

	if (!rest.len || rest.p[0] == '(')
		return 0;
	/* empty parts at the end are none */
	while (text_ends(rest, "->"))
		rest.len -= 2;
	while (rest.len) {
		struct text part = next_part(&rest);

		add_name(o, f, part, java, n, n ? (struct text){ NULL, 0 } : srcline, ret);
		n++;
	}
	return n;
}

void perf_classic_srcline(struct text line, struct buf *ret)
{
	const char *p = line.p, *end = line.p + line.len;
	size_t start = ret->len;

	while (p < end) {
		const char *close = *p == '[' ? memchr(p, ']', end - p) : NULL;

		if (close)
			p = close + 1;
		else if (ret->len == start && is_space(*p))
			p++;
		else
			buf_char(ret, *p++);
	}
	while (!ret->failed && ret->len > start && is_space(ret->data[ret->len - 1]))
		ret->data[--ret->len] = '\0';
}
