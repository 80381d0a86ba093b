/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/markup.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

static const char *xml_escape(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	}
	return NULL;
}

/* utf8_clean() leaves no control characters. */
static const char *json_escape(char c)
{
	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '<': return "\\u003c";
	}
	return NULL;
}

static void add(struct buf *b, const char *s, const char *(*escape)(char c))
{
	struct buf clean = { 0 };

	utf8_clean(&clean, s);
	for (const char *c = clean.data ? clean.data : ""; *c; c++) {
		const char *instead = escape(*c);

		if (instead)
			buf_str(b, instead);
		else
			buf_char(b, *c);
	}
	b->failed |= clean.failed;
	buf_free(&clean);
}

void markup_xml(struct buf *b, const char *s)
{
	add(b, s, xml_escape);
}

void markup_lines(struct buf *b, const char *s)
{
	struct buf line = { 0 };

	for (;;) {
		size_t n = strcspn(s, "\n");

		buf_clear(&line);
		buf_add(&line, s, n);
		markup_xml(b, line.data ? line.data : "");
		if (!s[n])
			break;
		buf_char(b, '\n');
		s += n + 1;
	}
	b->failed |= line.failed;
	buf_free(&line);
}

void markup_line(struct buf *b, const char *s, size_t columns)
{
	struct buf begin = { 0 };
	size_t used = 1, n = 0;
	uint32_t c;

	if (utf8_columns(s) <= columns) {
		markup_xml(b, s);
		return;
	}
	for (;;) {
		size_t len = utf8_decode(s + n, &c);

		used += utf8_width(c);
		if (used > columns)
			break;
		n += len;
	}
	buf_add(&begin, s, n);
	markup_xml(b, begin.data ? begin.data : "");
	buf_str(b, "…<title>");
	markup_xml(b, s);
	buf_str(b, "</title>");
	b->failed |= begin.failed;
	buf_free(&begin);
}

void markup_json(struct buf *b, const char *s)
{
	buf_char(b, '"');
	add(b, s, json_escape);
	buf_char(b, '"');
}

void markup_name(struct buf *b, const struct frame *f)
{
	buf_str(b, *f->func ? f->func : "[unknown]");
	if (f->flags & FRAME_KERNEL)
		buf_str(b, "_[k]");
}

int markup_write(FILE *f, const struct buf *b)
{
	if (b->failed)
		return -ENOMEM;
	fwrite(b->data, 1, b->len, f);
	return 0;
}
