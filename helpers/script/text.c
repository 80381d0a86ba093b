/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

bool part_is(struct part p, const char *word)
{
	return p.len == strlen(word) && !memcmp(p.p, word, p.len);
}

unsigned text_line_ends(struct part text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	return n;
}

unsigned text_line(struct part text, const char *p)
{
	return 1 + text_line_ends((struct part){ text.p, p - text.p });
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Does text hold word at i? */
static bool at(struct part text, size_t i, const char *word)
{
	size_t n = strlen(word);

	return text.len - i >= n && !memcmp(text.p + i, word, n);
}

/* Where a string that begins at i ends: behind its quote. */
static size_t string_end(struct part text, size_t i)
{
	for (i++; i < text.len && text.p[i] != '"'; i++)
		if (text.p[i] == '\\' && i + 1 < text.len)
			i++;
	return i < text.len ? i + 1 : text.len;
}

static size_t comment_end(struct part text, size_t i)
{
	const char *end;

	if (text.p[i + 1] == '/') {
		end = memchr(text.p + i, '\n', text.len - i);
		return end ? (size_t)(end - text.p) : text.len;
	}
	end = memmem(text.p + i + 2, text.len - i - 2, "*/", 2);
	return end ? (size_t)(end - text.p) + 2 : text.len;
}

static bool comment(struct part text, size_t i)
{
	return at(text, i, "//") || at(text, i, "/*");
}

size_t text_token(struct part text, size_t i)
{
	size_t j = i;

	if (text.p[i] == '"')
		return string_end(text, i) - i;
	if (comment(text, i))
		return comment_end(text, i) - i;
	if (text.p[j] == '@' || text.p[j] == '$')
		j++;
	while (j < text.len && word_char(text.p[j]))
		j++;
	return j > i ? j - i : 1;
}

static size_t skip_blank(struct part text, size_t i)
{
	while (i < text.len) {
		if (isspace((unsigned char)text.p[i]))
			i++;
		else if (comment(text, i))
			i = comment_end(text, i);
		else
			break;
	}
	return i;
}

/* Behind the block that opens at i, or text.len + 1 when it never closes. */
static size_t block_end(struct part text, size_t i)
{
	unsigned depth = 0;

	while (i < text.len) {
		if (text.p[i] == '{')
			depth++;
		if (text.p[i] == '}' && --depth == 0)
			return i + 1;
		i += text_token(text, i);
	}
	return text.len + 1;
}

/* The next character c outside of strings and comments, or text.len. */
static size_t find_char(struct part text, size_t i, char c)
{
	while (i < text.len && text.p[i] != c)
		i += text_token(text, i);
	return i;
}

static int unended(struct part text, size_t i, const char *what)
{
	return err_set(EINVAL, "line %u: %s has no end", text_line(text, text.p + i), what);
}

static const char *const with_block[] = { "struct", "union", "enum", "config", "macro", "fn", NULL };
static const char *const with_semicolon[] = { "let", "import", NULL };

/* Does one of these stand at i?  An argument behind it would grow onto the word. */
static bool keyword(struct part text, size_t i, const char *const *words)
{
	struct part word = { text.p + i, text_token(text, i) };

	if (i + word.len < text.len && text.p[i + word.len] == '$')
		return false;
	while (*words && !part_is(word, *words))
		words++;
	return *words;
}

/* #include and the like, struct, config, macro, let: all that isn't a probe. 0: it is one. */
static size_t other_end(struct part text, size_t i)
{
	const char *nl;
	size_t end;

	if (text.p[i] == '#') {
		nl = memchr(text.p + i, '\n', text.len - i);
		return nl ? (size_t)(nl - text.p) + 1 : text.len;
	}
	if (keyword(text, i, with_semicolon))
		return find_char(text, i, ';') + 1;
	if (!keyword(text, i, with_block))
		return 0;
	end = block_end(text, find_char(text, i, '{'));
	return end < text.len && text.p[end] == ';' ? end + 1 : end;
}

/*
 * Behind one spec. A slash ends it only behind a quote: elsewhere it is part
 * of a path, as in bpftrace's lexer.
 */
static size_t spec_end(struct part text, size_t i)
{
	while (i < text.len && !isspace((unsigned char)text.p[i]) && text.p[i] != ',' &&
	       text.p[i] != '{') {
		if (text.p[i] != '"') {
			i++;
			continue;
		}
		i = string_end(text, i);
		if (i < text.len && text.p[i] == '/')
			break;
	}
	return i;
}

/* The slash that ends a predicate is the one before the block. */
static size_t predicate_end(struct part text, size_t i)
{
	while (i < text.len) {
		size_t next = text.p[i] == '/' ? skip_blank(text, i + 1) : 0;

		if (next && next < text.len && text.p[next] == '{')
			return i;
		i += text_token(text, i);
	}
	return text.len;
}

static int probe(struct part text, size_t start, size_t *pos, struct text_item *ret)
{
	size_t i = start, end;

	ret->kind = TEXT_PROBE;
	while (i < text.len && text.p[i] != '{' && text.p[i] != '/') {
		end = text.p[i] == ',' ? i + 1 : spec_end(text, i);
		i = skip_blank(text, end);
	}
	ret->specs = (struct part){ text.p + start, i - start };
	ret->predicate = (struct part){ text.p + i, 0 };
	if (i < text.len && text.p[i] == '/') {
		end = predicate_end(text, i + 1);
		if (end == text.len)
			return unended(text, i, "a predicate");
		ret->predicate = (struct part){ text.p + i + 1, end - i - 1 };
		i = skip_blank(text, end + 1);
	}
	if (i >= text.len)
		return err_set(EINVAL, "line %u: a probe without a block",
			       text_line(text, text.p + start));
	end = block_end(text, i);
	if (end > text.len)
		return unended(text, i, "a block");
	ret->body = (struct part){ text.p + i, end - i };
	ret->all = (struct part){ text.p + start, end - start };
	*pos = end;
	return 1;
}

int text_next(struct part text, size_t *pos, struct text_item *ret)
{
	size_t start = *pos, i = skip_blank(text, start), end;

	if (start >= text.len)
		return 0;
	*ret = (struct text_item){ .kind = TEXT_OTHER };
	end = i;
	if (i == start) {
		end = other_end(text, i);
		if (!end)
			return probe(text, i, pos, ret);
		if (end > text.len)
			return unended(text, i, "a definition");
	}
	ret->all = (struct part){ text.p + start, end - start };
	*pos = end;
	return 1;
}

static struct part cut(struct part *rest, char c)
{
	const char *colon = memchr(rest->p, c, rest->len);
	struct part head = { rest->p, colon ? (size_t)(colon - rest->p) : rest->len };

	rest->p += head.len + !!colon;
	rest->len -= head.len + !!colon;
	return head;
}

/* A word, then anything printable; braces in quotes only. */
static bool plain(struct part spec)
{
	bool quoted = false;

	for (size_t i = 0; i < spec.len; i++) {
		unsigned char c = spec.p[i];

		quoted ^= c == '"';
		if (c < ' ' || c == 0x7f || (c == '}' && !quoted))
			return false;
	}
	return !quoted && spec.len && isalpha((unsigned char)spec.p[0]);
}

int text_next_spec(struct part specs, size_t *pos, struct text_spec *ret)
{
	size_t i = *pos, end;
	struct part rest;

	while (i < specs.len && (specs.p[i] == ',' || skip_blank(specs, i) != i))
		i = specs.p[i] == ',' ? i + 1 : skip_blank(specs, i);
	if (i >= specs.len)
		return 0;
	end = spec_end(specs, i);
	*ret = (struct text_spec){ .all = { specs.p + i, end - i } };
	if (!plain(ret->all) || keyword(specs, i, with_block) || keyword(specs, i, with_semicolon))
		return err_set(EINVAL, "'%.*s' is not a probe", (int)(end - i < 60 ? end - i : 60),
			       specs.p + i);
	*pos = end;
	rest = ret->all;
	ret->provider = cut(&rest, ':');
	ret->path = cut(&rest, ':');
	ret->quoted = rest.len && rest.p[0] == '"';
	if (ret->quoted) {
		size_t close = string_end(rest, 0);

		ret->offset = close < rest.len && rest.p[close] == '+';
		rest = (struct part){ rest.p + 1, close >= 2 ? close - 2 : 0 };
	} else {
		ret->offset = memchr(rest.p, '+', rest.len);
	}
	ret->name = rest;
	return 1;
}
