/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/rewrite.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Is there "$N" at i? Its length, and which; 0: no. */
static size_t positional(struct part run, size_t i, unsigned *ret)
{
	size_t n = i < run.len && run.p[i] == '$' ? text_token(run, i) : 0;
	char digits[8] = "";

	if (n < 2 || n - 1 >= sizeof(digits))
		return 0;
	memcpy(digits, run.p + i + 1, n - 1);
	if (strspn(digits, "0123456789") != n - 1 || digits[0] == '0')
		return 0;
	*ret = atoi(digits);
	return n;
}

static size_t blanks(struct part run, size_t i)
{
	size_t n = 0;

	while (i + n < run.len && isspace((unsigned char)run.p[i + n]))
		n++;
	return n;
}

static bool char_at(struct part run, size_t i, char c)
{
	return i < run.len && run.p[i] == c;
}

static const char *argument(const struct script_request *rq, unsigned n, const char *missing)
{
	return n <= rq->nargs && rq->args[n - 1] ? rq->args[n - 1] : missing;
}

static bool numeric(const char *s)
{
	const char *digits = s + (s[0] == '-');

	if (!strncmp(digits, "0x", 2))
		return digits[2] && strspn(digits + 2, "0123456789abcdefABCDEF") ==
					    strlen(digits + 2);
	return *digits && strspn(digits, "0123456789") == strlen(digits);
}

static int number(const struct script_request *rq, unsigned n, struct buf *out)
{
	const char *value = argument(rq, n, "0");

	if (!numeric(value))
		return err_set(EINVAL, "%s: argument %u, '%s', must be a number", rq->name, n, value);
	buf_str(out, value);
	return 0;
}

static void string(const struct script_request *rq, unsigned n, struct buf *out)
{
	buf_char(out, '"');
	for (const char *p = argument(rq, n, ""); *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_char(out, '\\');
		buf_char(out, *p);
	}
	buf_char(out, '"');
}

/* "str($N)" at i, the word known: its length, or 0. */
static size_t string_call(struct part run, size_t i, unsigned *ret)
{
	size_t j = i + strlen("str"), n;

	j += blanks(run, j);
	if (!char_at(run, j++, '('))
		return 0;
	j += blanks(run, j);
	n = positional(run, j, ret);
	if (!n)
		return 0;
	j += n + blanks(run, j + n);
	return char_at(run, j, ')') ? j + 1 - i : 0;
}

size_t rewrite_depth(struct part run, size_t i, struct part *ret)
{
	size_t j = i + blanks(run, i);

	if (!char_at(run, j++, '('))
		return 0;
	for (; j < run.len && run.p[j] != ')'; j += text_token(run, j)) {
		if (isdigit((unsigned char)run.p[j]))
			*ret = (struct part){ run.p + j, text_token(run, j) };
		else if (!isalpha((unsigned char)run.p[j]) && !strchr(", \t\n", run.p[j]))
			return 0;
	}
	return j < run.len ? j + 1 - i : 0;
}

/* ustack, ustack(8), ustack(perf, 8) at i: keeps the depth, sets the mode. Its length. */
static size_t raw_ustack(const struct script_request *rq, struct part run, size_t i,
			 struct buf *out)
{
	size_t len = strlen("ustack");
	struct part depth = { NULL, 0 };

	len += rewrite_depth(run, i + len, &depth);
	buf_str(out, rq->bt->can->raw_stacks ? "ustack(raw" : "ustack(perf");
	if (depth.len)
		buf_printf(out, ", %.*s", (int)depth.len, depth.p);
	buf_char(out, ')');
	return len;
}

bool rewrite_own_word(struct part run, size_t i)
{
	char before = i ? run.p[i - 1] : ' ';

	return run.p[i] == '@' || run.p[i] == '$' || before == '.' ||
	       (before == '>' && i >= 2 && run.p[i - 2] == '-');
}

static int word(struct rewriting *rw, struct part run, size_t i, struct brackets *b, struct buf *out)
{
	const struct script_request *rq = rw->rq;
	struct part token = { run.p + i, text_token(run, i) };
	unsigned n;
	int len;

	if (!rewrite_own_word(run, i)) {
		len = part_is(token, "str") ? string_call(run, i, &n) : 0;
		if (len) {
			string(rq, n, out);
			return len;
		}
		if (rq->raw_stacks && part_is(token, "ustack"))
			return raw_ustack(rq, run, i, out);
		if (rq->raw_stacks && part_is(token, "usym"))
			return token.len;
		len = rw->site ? golang_word(rw, run, i, b, out) : 0;
		if (len)
			return len;
	}
	buf_add(out, token.p, token.len);
	return token.len;
}

/* Keeps count of the brackets; what is deeper than there is room for is no map's. */
static void look_at(struct brackets *b, struct part token)
{
	struct bracket *top = b->depth && b->depth <= BRACKETS_MAX ? &b->v[b->depth - 1] : NULL;

	switch (token.len == 1 ? token.p[0] : 0) {
	case '[':
	case '(':
	case '{':
		if (b->depth++ < BRACKETS_MAX)
			b->v[b->depth - 1] = (struct bracket){ { NULL, 0 }, 0 };
		if (token.p[0] == '[' && b->depth <= BRACKETS_MAX && b->last.len && b->last.p[0] == '@')
			b->v[b->depth - 1].map = b->last;
		break;
	case ']':
	case ')':
	case '}':
		b->depth -= b->depth > 0;
		break;
	default:
		if (top && (part_is(token, "ustack") || part_is(token, "kstack")))
			top->stacks++;
	}
	b->last = token;
}

/* "$N" or "$#" at i becomes what it stands for: its length, 0: there is none; or -EINVAL with words. */
static int put_argument(const struct script_request *rq, struct part run, size_t i, struct buf *out)
{
	unsigned n;
	int len = positional(run, i, &n), err;

	if (len) {
		err = number(rq, n, out);
		return err ? err : len;
	}
	if (run.p[i] != '$' || !char_at(run, i + 1, '#'))
		return 0;
	buf_printf(out, "%u", rq->nargs);
	return strlen("$#");
}

int rewrite(struct rewriting *rw, struct part run, struct buf *out)
{
	struct brackets b = { .depth = 0 };
	int len;

	for (size_t i = 0; i < run.len; i += len) {
		if (rw->site)
			look_at(&b, (struct part){ run.p + i, text_token(run, i) });
		len = put_argument(rw->rq, run, i, out);
		if (!len)
			len = word(rw, run, i, &b, out);
		if (len < 0)
			return len;
	}
	return 0;
}

int rewrite_spec(const struct script_request *rq, struct part spec, struct buf *out)
{
	int len;

	for (size_t i = 0; i < spec.len; i += len) {
		len = put_argument(rq, spec, i, out);
		if (len < 0)
			return len;
		if (len)
			continue;
		len = text_token(spec, i);
		buf_add(out, spec.p + i, len);
	}
	return 0;
}

unsigned rewrite_last(struct part text)
{
	unsigned n, last = 0;

	for (size_t i = 0; i < text.len; i += text_token(text, i)) {
		if (text.p[i] == '$' && char_at(text, i + 1, '#'))
			return UINT_MAX;
		if (positional(text, i, &n) && n > last)
			last = n;
	}
	return last;
}
