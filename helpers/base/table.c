/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/num.h"
#include "base/utf8.h"

enum { GAP = 2, MIN_SHORTENED = 24, LINE_INDENT = 4 };

#define ELLIPSIS "…"

unsigned term_columns(FILE *out)
{
	const char *env = getenv("COLUMNS");
	struct winsize w;
	uint64_t n = 100;

	if (env && *env && !num_parse_u64(env, 10000, &n) && n)
		;
	else if (isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &w) && w.ws_col)
		n = w.ws_col;
	else
		n = 100;
	return n < 80 ? 80 : n > 120 ? 120 : n;
}

static bool colour_welcome(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

void table_init(struct table *t, const struct table_column *columns, unsigned ncolumns)
{
	*t = (struct table){ .columns = columns, .ncolumns = ncolumns };
}

void table_free(struct table *t)
{
	buf_free(&t->text);
	free(t->rows);
	free(t->cells);
	*t = (struct table){ 0 };
}

/* Formats, cleans and keeps a text as the next cell. */
static void add_text(struct table *t, const char *fmt, va_list ap)
{
	char *raw;

	if (vasprintf(&raw, fmt, ap) < 0) {
		t->failed = true;
		return;
	}
	if (ARRAY_ROOM(t->cells, t->ncells, t->cells_cap)) {
		t->cells[t->ncells++] = t->text.len;
		utf8_clean(&t->text, raw);
		buf_add(&t->text, "", 1);
	} else {
		t->failed = true;
	}
	free(raw);
}

static void begin_row(struct table *t, bool line)
{
	if (ARRAY_ROOM(t->rows, t->nrows, t->rows_cap))
		t->rows[t->nrows++] = (struct table_row){ t->ncells, line };
	else
		t->failed = true;
}

static bool row_full(const struct table *t)
{
	const struct table_row *last = t->nrows ? &t->rows[t->nrows - 1] : NULL;

	return !last || last->line || t->ncells - last->first == t->ncolumns;
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list ap;

	if (row_full(t))
		begin_row(t, false);
	va_start(ap, fmt);
	add_text(t, fmt, ap);
	va_end(ap);
}

void table_line(struct table *t, const char *fmt, ...)
{
	va_list ap;

	begin_row(t, true);
	va_start(ap, fmt);
	add_text(t, fmt, ap);
	va_end(ap);
}

static const char *cell(const struct table *t, const struct table_row *row, unsigned i)
{
	return row->first + i < t->ncells ? t->text.data + t->cells[row->first + i] : "";
}

/* Each column as wide as its widest cell, then the longest that may be shortened gives way. */
static void fit(const struct table *t, unsigned room, size_t *widths)
{
	size_t all = 0;

	for (unsigned i = 0; i < t->ncolumns; i++) {
		widths[i] = utf8_columns(t->columns[i].head);
		for (size_t r = 0; r < t->nrows; r++) {
			size_t w = t->rows[r].line ? 0 : utf8_columns(cell(t, &t->rows[r], i));

			if (w > widths[i])
				widths[i] = w;
		}
		all += widths[i] + (i ? GAP : 0);
	}
	while (all > room) {
		unsigned longest = t->ncolumns;

		for (unsigned i = 0; i < t->ncolumns; i++)
			if ((t->columns[i].flags & TABLE_SHORTEN) && widths[i] > MIN_SHORTENED &&
			    (longest == t->ncolumns || widths[i] > widths[longest]))
				longest = i;
		if (longest == t->ncolumns)
			return;
		widths[longest]--;
		all--;
	}
}

/* Adds the columns [from, to) of s; returns how many columns that were. */
static size_t add_columns(struct buf *b, const char *s, size_t from, size_t to)
{
	size_t at = 0, added = 0;
	uint32_t c;

	while (*s && at < to) {
		size_t n = utf8_decode(s, &c), w = utf8_width(c);

		if (at >= from && at + w <= to) {
			buf_add(b, s, n);
			added += w;
		}
		at += w;
		s += n;
	}
	return added;
}

/* s within width columns: cut in the middle, where the end (file:line) matters more than the path before it. */
static size_t add_shortened(struct buf *b, const char *s, size_t width, bool middle)
{
	size_t all = utf8_columns(s), head = middle ? width / 3 : width - 1, added;

	if (all <= width) {
		buf_str(b, s);
		return all;
	}
	added = add_columns(b, s, 0, head);
	buf_str(b, ELLIPSIS);
	added++;
	return added + add_columns(b, s, all - (width - head - 1), all);
}

static void add_cell(struct buf *b, const struct table_column *c, const char *s, size_t width,
		     bool last)
{
	struct buf text = { 0 };
	size_t used = add_shortened(&text, s, width, true);

	if (c->flags & TABLE_RIGHT)
		for (; used < width; used++)
			buf_char(b, ' ');
	buf_add(b, text.data, text.len);
	if (!last)
		for (; used < width; used++)
			buf_char(b, ' ');
	buf_free(&text);
}

static void add_row(struct buf *b, const struct table *t, const struct table_row *row,
		    const size_t *widths)
{
	for (unsigned i = 0; i < t->ncolumns; i++) {
		if (i)
			buf_add(b, "  ", GAP);
		add_cell(b, &t->columns[i], row ? cell(t, row, i) : t->columns[i].head, widths[i],
			 i + 1 == t->ncolumns);
	}
	while (b->len && b->data[b->len - 1] == ' ')
		b->len--;
}

int table_print(const struct table *t, FILE *out)
{
	size_t *widths = calloc(t->ncolumns + 1, sizeof(*widths));
	unsigned room = term_columns(out);
	bool colour = colour_welcome(out);
	struct buf b = { 0 };
	int ret = 0;

	if (!widths || t->failed || t->text.failed) {
		free(widths);
		return -ENOMEM;
	}
	fit(t, room, widths);
	if (colour)
		buf_str(&b, "\033[1m");
	add_row(&b, t, NULL, widths);
	buf_str(&b, colour ? "\033[0m\n" : "\n");
	for (size_t r = 0; r < t->nrows; r++) {
		const struct table_row *row = &t->rows[r];

		if (row->line) {
			buf_printf(&b, "%s%*s", colour ? "\033[2m" : "", LINE_INDENT, "");
			add_shortened(&b, cell(t, row, 0), room - LINE_INDENT, false);
			buf_str(&b, colour ? "\033[0m" : "");
		} else {
			add_row(&b, t, row, widths);
		}
		buf_char(&b, '\n');
	}
	if (b.failed)
		ret = -ENOMEM;
	else
		fwrite(b.data, 1, b.len, out);
	buf_free(&b);
	free(widths);
	return ret;
}
