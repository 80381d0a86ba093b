/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_text.h"

#include <ctype.h>

struct text text_trim(struct text t)
{
	while (t.len && text_blank(*t.p)) {
		t.p++;
		t.len--;
	}
	while (t.len && text_blank(t.p[t.len - 1]))
		t.len--;
	return t;
}

size_t text_hex(struct text t, uint64_t *ret)
{
	uint64_t v = 0;
	size_t n = 0;

	for (; n < t.len && n < 16 && isxdigit((unsigned char)t.p[n]); n++) {
		char c = t.p[n];

		v = v << 4 | (uint64_t)(text_digit(c) ? c - '0' : (c | ' ') - 'a' + 10);
	}
	*ret = v;
	return n;
}

size_t text_decimal(struct text t, uint64_t *ret)
{
	uint64_t v = 0;
	size_t n = 0;

	for (; n < t.len && text_digit(t.p[n]); n++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(t.p[n] - '0'), &v))
			v = UINT64_MAX;
	*ret = v;
	return n;
}

/* Where the "(" stands that the last ")" closes; NULL when that is not behind a blank or at the beginning. */
static const char *last_parens(struct text t)
{
	unsigned depth = 0;

	for (const char *p = t.p + t.len; p-- > t.p;) {
		if (*p == ')')
			depth++;
		else if (*p == '(' && !--depth)
			return p == t.p || p[-1] == ' ' ? p : NULL;
	}
	return NULL;
}

/* " (dso)" off the end of t */
static void take_dso(struct text *t, struct text *ret)
{
	const char *open;

	if (!t->len || t->p[t->len - 1] != ')')
		return;
	open = last_parens(*t);
	if (!open) {
		/* a path with a parenthesis of its own */
		for (const char *p = t->p + t->len - 1; p-- > t->p && !open;)
			if (p[0] == ' ' && p[1] == '(')
				open = p + 1;
		if (!open || open[1] != '/')
			return;
	}
	*ret = text_of(open + 1, t->p + t->len - 1);
	*t = text_trim(text_of(t->p, open));
}

/* "+0x1f" off the end of a name */
static bool take_offset(struct text *sym, uint64_t *ret)
{
	size_t n = sym->len;
	struct text digits;

	while (n && isxdigit((unsigned char)sym->p[n - 1]))
		n--;
	if (n < 3 || n == sym->len || memcmp(sym->p + n - 3, "+0x", 3))
		return false;
	digits = text_of(sym->p + n, sym->p + sym->len);
	if (text_hex(digits, ret) != digits.len)
		return false;
	sym->len = n - 3;
	return true;
}

bool perf_frame(struct text line, struct perf_frame *ret)
{
	struct text t = text_trim(line);
	size_t n;

	*ret = (struct perf_frame){ 0 };
	if (!t.len || t.p == line.p)
		return false;
	n = text_hex(t, &ret->addr);
	if (!n || (n < t.len && t.p[n] != ' '))
		return false;
	t = text_trim(text_of(t.p + n, t.p + t.len));
	if (text_ends(t, " (inlined)")) {
		ret->inlined = true;
		t.len -= strlen(" (inlined)");
	} else {
		take_dso(&t, &ret->dso);
	}
	ret->has_offset = take_offset(&t, &ret->offset);
	if (t.len && !text_is(t, "[unknown]"))
		ret->sym = t;
	return true;
}

bool perf_is_kernel(struct text dso, uint64_t addr)
{
	static const char *const users[] = { "[vdso]", "[vdso32]", "[vdsox32]", "[vsyscall]",
					     "[unknown]", "[heap]", "[stack]", "[uprobes]",
					     "[anon]" };

	if (dso.p && text_is(dso, "[vsyscall]"))
		return false;
	if (addr >> 63)
		return true;
	if (!dso.p || !dso.len)
		return false;
	if (dso.p[0] != '[')
		return text_ends(dso, "vmlinux") || text_ends(dso, ".ko") || text_ends(dso, ".ko.xz") ||
		       text_ends(dso, ".ko.gz") || text_ends(dso, ".ko.zst");
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		if (text_is(dso, users[i]))
			return false;
	return !text_has(dso, "stack:");
}

bool perf_srcline(struct text line, struct text *ret_file, uint32_t *ret_line)
{
	struct text t = text_trim(line);
	size_t n;
	uint64_t v;

	if (text_ends(t, " (inlined)"))
		t.len -= strlen(" (inlined)");
	n = t.len;
	while (n && text_digit(t.p[n - 1]))
		n--;
	if (n < 2 || n == t.len || t.p[n - 1] != ':' || t.p[0] == '?')
		return false;
	text_decimal(text_of(t.p + n, t.p + t.len), &v);
	*ret_file = text_of(t.p, t.p + n - 1);
	*ret_line = v > UINT32_MAX ? 0 : (uint32_t)v;
	return *ret_line;
}

/* 0x12ab at *p, behind which comes `next'; *p moves behind that */
static bool hex_then(const char **p, const char *end, const char *next, uint64_t *ret)
{
	size_t n, len = strlen(next);

	if (end - *p > 2 && (*p)[0] == '0' && (*p)[1] == 'x')
		*p += 2;
	n = text_hex(text_of(*p, end), ret);
	*p += n;
	if (!n || (size_t)(end - *p) < len || memcmp(*p, next, len))
		return false;
	*p += len;
	return true;
}

/*
 * "PERF_RECORD_MMAP2 12/12: [0x400000(0x1000) @ 0x2000 fe:01 77 0]: r-xp /bin/x"
 * (tools/perf/util/event.c, perf_event__fprintf_mmap2); a build-id stands as <hex> behind the offset.
 */
bool perf_mmap(struct text rest, struct perf_mmap *ret)
{
	const char *p = memchr(rest.p, '[', rest.len), *end = rest.p + rest.len, *stop;
	size_t n = strlen("PERF_RECORD_MMAP");
	uint64_t pid;

	*ret = (struct perf_mmap){ .pid = -1 };
	if (!p)
		return false;
	while (n < rest.len && !text_blank(rest.p[n]))
		n++;
	while (n < rest.len && text_blank(rest.p[n]))
		n++;
	if (n < rest.len && text_decimal(text_of(rest.p + n, end), &pid))
		ret->pid = (int64_t)pid;
	p++;
	if (!hex_then(&p, end, "(", &ret->start) || !hex_then(&p, end, ") @ ", &ret->len))
		return false;
	if (end - p > 2 && p[0] == '0' && p[1] == 'x')
		p += 2;
	p += text_hex(text_of(p, end), &ret->offset);
	stop = memmem(p, end - p, "]: ", 3);
	if (!stop)
		return false;
	for (const char *b = p; b < stop; b++) {
		if (*b == '<' && stop - b > 2 && stop[-1] == '>')
			ret->build_id = text_of(b + 1, stop - 1);
	}
	p = stop + 3;
	/* r-xp */
	while (p < end && !text_blank(*p))
		p++;
	ret->path = text_trim(text_of(p, end));
	return ret->path.len && ret->start + ret->len > ret->start;
}
