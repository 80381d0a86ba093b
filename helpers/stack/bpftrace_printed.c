/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/bpftrace_printed.h"

#include <errno.h>
#include <string.h>

#include "stack/perf_text.h"

enum { MAX_BYTES = 16 << 20 };	/* of one stack */

/* How a line can look: */
enum shape {
	NO_FRAME,
	ADDRESS,	/* "        459d80" */
	NAMED,		/* "        main.work+18", "        0x47a3b1", "	459d80 main.work+18 (/usr/bin/spin)" */
};

static bool hex_digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && strchr("0123456789abcdef", s[n]) && s[n])
		n++;
	return n && n == len;
}

/* "main.work+18": the offset in decimal, which no other tool writes */
static bool has_offset(const char *s, size_t len)
{
	size_t n = len;

	while (n && text_digit(s[n - 1]))
		n--;
	return n > 1 && n < len && s[n - 1] == '+' && s[0] != ' ';
}

/* "459d80 main.work+18 (/usr/bin/spin)", "459d80 main.work+18" */
static enum shape perf_shape(const char *s, size_t len)
{
	const char *blank = memchr(s, ' ', len), *file;

	if (!blank || !hex_digits(s, blank - s) || blank - s > 16)
		return NO_FRAME;
	len -= blank + 1 - s;
	s = blank + 1;
	file = len && s[len - 1] == ')' ? memmem(s, len, " (", 2) : NULL;
	return has_offset(s, file ? (size_t)(file - s) : len) ? NAMED : NO_FRAME;
}

static enum shape shape_of(const char *line, size_t len)
{
	size_t blanks = 0;

	if (len && *line == '\t')
		return perf_shape(line + 1, len - 1);
	while (blanks < len && line[blanks] == ' ')
		blanks++;
	line += blanks;
	len -= blanks;
	if ((blanks != 4 && blanks != 8) || !len)
		return NO_FRAME;
	if (has_offset(line, len) || (len > 2 && !memcmp(line, "0x", 2) && hex_digits(line + 2, len - 2)))
		return NAMED;
	return hex_digits(line, len) ? ADDRESS : NO_FRAME;
}

bool printed_match(const char *line, size_t len)
{
	return shape_of(line, len) == NAMED;
}

/* The stack's outermost frame is its last line. */
static bool is_kernel(const struct buf *lines)
{
	const char *last = memrchr(lines->data, '\n', lines->len - 1);

	return gather_kernel_root(last ? last + 1 : lines->data);
}

/* The frames of the lines, and no more of them. */
static int gather_lines(struct gather *g, struct buf *lines)
{
	int ret = 0;

	if (!lines->len)
		return 0;
	gather_next(g);
	for (char *at = lines->data, *end = at + lines->len, *nl; !ret && at < end && g->open; at = nl + 1) {
		nl = memchr(at, '\n', end - at);
		*nl = '\0';
		ret = gather_frame(g, at, nl - at);
	}
	buf_clear(lines);
	return ret;
}

static int count(struct printed *p, struct buf *kernel, struct buf *user)
{
	int ret = kernel->failed || user->failed ? -ENOMEM : gather_begin_printed(p->g);

	if (!ret)
		ret = gather_lines(p->g, kernel);
	if (!ret)
		ret = gather_lines(p->g, user);
	return ret ? ret : gather_value(p->g, 1);
}

/* The stack under way ends. */
static int end_stack(struct printed *p)
{
	struct buf none = { 0 };
	int ret = 0;

	if (!p->lines.len)
		return 0;
	if (!is_kernel(&p->lines)) {
		p->user_first |= !p->kernel.len;
		return count(p, &p->kernel, &p->lines);
	}
	if (p->kernel.len)
		ret = count(p, &p->kernel, &none);
	buf_free(&p->kernel);
	p->kernel = p->lines;
	p->lines = none;
	/* who prints them the other way round has no empty line that would tell events from each other */
	return ret || !p->user_first ? ret : count(p, &p->kernel, &none);
}

int printed_end(struct printed *p)
{
	struct buf none = { 0 };
	int ret = end_stack(p);

	p->user_first = false;
	return ret || !p->kernel.len ? ret : count(p, &p->kernel, &none);
}

int printed_line(struct printed *p, const char *line, size_t len, bool *ret_taken)
{
	bool empty = p->empty;
	int ret;

	p->empty = !len;
	*ret_taken = shape_of(line, len) != NO_FRAME;
	if (*ret_taken) {
		if (p->lines.len > MAX_BYTES) {
			buf_clear(&p->lines);
			return reading_bad(p->g->r, "a printed stack of more than %d MiB", MAX_BYTES >> 20);
		}
		buf_add(&p->lines, line, len);
		buf_char(&p->lines, '\n');
		return p->lines.failed ? -ENOMEM : 0;
	}
	ret = end_stack(p);
	return ret || (!len && !empty) ? ret : printed_end(p);
}

void printed_free(struct printed *p)
{
	buf_free(&p->kernel);
	buf_free(&p->lines);
}
