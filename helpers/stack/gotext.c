/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/gotext.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LABELS = 256 };

void gathered_clear(struct gathered *g)
{
	buf_clear(&g->text);
	/* no text begins at 0, which is none */
	buf_char(&g->text, '\0');
	g->nframes = g->nlabels = 0;
}

void gathered_free(struct gathered *g)
{
	buf_free(&g->text);
	free(g->frames);
	free(g->labels);
	free(g->ids);
}

const char *gathered_text(struct gathered *g, const char *s, size_t len)
{
	size_t at = g->text.len;

	buf_add(&g->text, s, len);
	buf_char(&g->text, '\0');
	return (const char *)at;
}

int gathered_frame(struct gathered *g, const struct frame *f)
{
	if (!ARRAY_ROOM(g->frames, g->nframes, g->frames_cap))
		return -ENOMEM;
	g->frames[g->nframes++] = *f;
	return 0;
}

static int add_label(struct gathered *g, const struct reading *r, const struct label *l)
{
	if (g->nlabels == MAX_LABELS || !reading_wants(r, g->text.data + (size_t)l->key))
		return 0;
	if (!ARRAY_ROOM(g->labels, g->nlabels, g->labels_cap))
		return -ENOMEM;
	g->labels[g->nlabels++] = *l;
	return 0;
}

int gathered_word(struct gathered *g, const struct reading *r, const char *key, const char *s, size_t len)
{
	struct label l = { .key = gathered_text(g, key, strlen(key)) };

	l.str = gathered_text(g, s, len);
	return g->text.failed ? -ENOMEM : add_label(g, r, &l);
}

int gathered_number(struct gathered *g, const struct reading *r, const char *key, int64_t v, const char *unit)
{
	struct label l = { .key = gathered_text(g, key, strlen(key)), .num = v };

	if (unit)
		l.unit = gathered_text(g, unit, strlen(unit));
	return g->text.failed ? -ENOMEM : add_label(g, r, &l);
}

static const char *string_at(const struct gathered *g, const char *offset)
{
	return offset ? g->text.data + (size_t)offset : NULL;
}

int gathered_labels(struct gathered *g, struct profile *p, uint32_t *ret)
{
	if (g->text.failed)
		return -ENOMEM;
	for (size_t i = 0; i < g->nlabels; i++) {
		struct label *l = &g->labels[i];

		l->key = string_at(g, l->key);
		l->str = string_at(g, l->str);
		l->unit = string_at(g, l->unit);
	}
	return profile_labels(p, g->labels, g->nlabels, ret);
}

int gathered_add(struct gathered *g, struct profile *p, const int64_t *values)
{
	uint32_t labels, sample;
	int ret = gathered_labels(g, p, &labels);

	if (!ret && !ARRAY_ROOM(g->ids, g->nframes, g->ids_cap))
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < g->nframes; i++) {
		struct frame f = g->frames[i];

		f.func = string_at(g, f.func);
		f.file = string_at(g, f.file);
		ret = profile_frame(p, &f, &g->ids[i]);
	}
	return ret ? ret : profile_add_labelled(p, g->ids, g->nframes, labels, values, &sample);
}

/* One character of a quoted text, as strconv.Quote writes it; gives what follows. */
static const char *unquote(struct buf *b, const char *s, const char *end)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	const char *known;
	unsigned v = 0;

	if (*s != '\\' || s + 1 == end) {
		buf_char(b, *s);
		return s + 1;
	}
	known = strchr(from, s[1]);
	if (s[1] == 'x' && s + 3 < end && isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3])) {
		for (int i = 2; i < 4; i++)
			v = v << 4 | (isdigit((unsigned char)s[i]) ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
		buf_char(b, v ? (char)v : ' ');
		return s + 4;
	}
	buf_char(b, known && *known ? to[known - from] : s[1]);
	return s + 2;
}

/* A word, quoted or up to one of the two stops; gives what follows it. */
static const char *word(struct gathered *g, const char *s, const char *end, const char *stop,
			const char **ret)
{
	size_t n = strlen(stop);

	*ret = (const char *)g->text.len;
	if (s < end && *s == '"') {
		for (s++; s < end && *s != '"';)
			s = unquote(&g->text, s, end);
		s += s < end;
	} else {
		const char *at = memmem(s, end - s, stop, n);

		if (!at)
			at = end;
		buf_add(&g->text, s, at - s);
		s = at;
	}
	buf_char(&g->text, '\0');
	return s;
}

int gotext_labels(struct gathered *g, const struct reading *r, const char *s, size_t len)
{
	const char *end = s + len;
	int ret = 0;

	while (!ret && s < end && *s != '}') {
		struct label l = { 0 };

		s = word(g, s, end, ": ", &l.key);
		if (s == end || *s != ':')
			break;
		for (s++; s < end && *s == ' ';)
			s++;
		s = word(g, s, end, ", ", &l.str);
		if (g->text.failed)
			return -ENOMEM;
		ret = add_label(g, r, &l);
		while (s < end && (*s == ',' || *s == ' '))
			s++;
	}
	return ret;
}

int64_t gotext_number(const char *s, size_t len)
{
	int64_t v = 0;

	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]) || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, s[i] - '0', &v))
			return -1;
	return len ? v : -1;
}
