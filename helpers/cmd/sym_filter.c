/* SPDX-License-Identifier: GPL-2.0-only */
/* sym_filter.c - gobpf sym --filter: text with addresses in it */
#include "cmd/sym_run.h"

#include <ctype.h>
#include <string.h>

static bool in_word(int c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* An address alone on its line becomes its frames, one a line, indented as it was. */
static bool filter_stack_line(struct sym *s, const char *line, size_t len, bool is_return)
{
	struct frame fr[SYM_FRAMES_MAX];
	size_t from = 0, to = len;
	uint64_t addr;
	int n;

	while (from < len && isspace((unsigned char)line[from]))
		from++;
	while (to > from && isspace((unsigned char)line[to - 1]))
		to--;
	if (!sym_parse_hex(line + from, to - from, &addr))
		return false;
	n = sym_frames(s, addr, is_return, fr);
	for (int i = 0; i < n; i++) {
		buf_add(&s->text, line, from);
		sym_place(s, &fr[i]);
		if (fr[i].flags & FRAME_INLINED)
			buf_str(&s->text, " (inlined)");
		if (i + 1 < n)
			buf_char(&s->text, '\n');
	}
	buf_add(&s->text, n ? line + to : line, n ? len - to : len);
	return true;
}

/* The number at line[at], "0x1234" and nothing that it could be part of; its length or 0. */
static size_t address_at(const char *line, size_t len, size_t at, uint64_t *ret)
{
	size_t to = at + 2;

	if (line[at] != '0' || to >= len || (line[at + 1] | 32) != 'x')
		return 0;
	/* an offset ("main.go:12 +0x1d") is no address */
	if (at && (in_word(line[at - 1]) || strchr("+-.", line[at - 1])))
		return 0;
	while (to < len && in_word(line[to]))
		to++;
	return sym_parse_hex(line + at, to - at, ret) ? to - at : 0;
}

static void annotate(struct sym *s, uint64_t addr)
{
	struct frame fr[SYM_FRAMES_MAX];
	int n = sym_frames(s, addr, s->return_addresses, fr);

	for (int i = 0; i < n; i++) {
		buf_str(&s->text, i ? ", " : " <");
		sym_place(s, &fr[i]);
	}
	if (n)
		buf_char(&s->text, '>');
}

static void filter_line(struct sym *s, const char *line, size_t len)
{
	static bool in_stack;	/* the line before was an address, too */
	size_t done = 0;
	uint64_t addr;

	if (s->text.len > SYM_LINE_MAX)
		sym_flush(s);
	in_stack = filter_stack_line(s, line, len, in_stack && s->return_addresses);
	if (in_stack || sym_perf_line(s, line, len))
		return;
	for (size_t i = 0; i < len; i++) {
		size_t n = address_at(line, len, i, &addr);

		if (!n)
			continue;
		buf_add(&s->text, line + done, i + n - done);
		done = i + n;
		annotate(s, addr);
		i = done - 1;
	}
	buf_add(&s->text, line + done, len - done);
}

int sym_filter(struct sym *s)
{
	return sym_each_line(s, filter_line);
}
