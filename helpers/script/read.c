/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/read.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#define MAP_NAME_MAX 64

/* A number of at most 64 bits at the beginning of p; how many characters, 0: none. */
static size_t number(struct part p, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;
	size_t n = 0;

	for (; n < p.len; n++) {
		int c = tolower((unsigned char)p.p[n]);
		unsigned digit = isdigit(c) ? c - '0' : isxdigit(c) ? c - 'a' + 10 : 16;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v))
			return 0;
	}
	*ret = v;
	return n;
}

static struct part behind(struct part p, size_t n)
{
	return (struct part){ p.p + n, p.len - n };
}

static bool begins(struct part p, const char *word)
{
	size_t n = strlen(word);

	return p.len >= n && !memcmp(p.p, word, n);
}

/* The next line, without its end; false when there is none. */
static bool next_line(struct part *rest, struct part *ret)
{
	const char *nl = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
	size_t n = nl ? (size_t)(nl - rest->p) : rest->len;

	if (!rest->len)
		return false;
	*ret = (struct part){ rest->p, n };
	*rest = behind(*rest, n + !!nl);
	return true;
}

/* "@name[" and nothing behind it: the key begins with a stack. */
static bool opens_stack(struct part line, char name[MAP_NAME_MAX])
{
	size_t n = line.len;

	if (n < 2 || n - 2 >= MAP_NAME_MAX || line.p[0] != '@' || line.p[n - 1] != '[')
		return false;
	memcpy(name, line.p + 1, n - 2);
	name[n - 2] = '\0';
	return true;
}

/* An address alone or with a name behind a blank. */
static bool address(struct part line, uint64_t *ret)
{
	size_t n;

	while (line.len && (line.p[0] == ' ' || line.p[0] == '\t'))
		line = behind(line, 1);
	if (begins(line, "0x"))
		line = behind(line, 2);
	n = number(line, 16, ret);
	return n && (n == line.len || line.p[n] == ' ');
}

/* The key's end: "]: 23" or ", 4312254]: 23". */
static bool closes(struct part line, uint64_t *ret_caller, int64_t *ret_value)
{
	bool negative;
	uint64_t v;
	size_t n;

	*ret_caller = 0;
	if (begins(line, ", ")) {
		line = behind(line, 2);
		if (begins(line, "0x"))
			n = number(line = behind(line, 2), 16, ret_caller);
		else
			n = number(line, 10, ret_caller);
		if (!n)
			return false;
		line = behind(line, n);
	}
	if (!begins(line, "]: "))
		return false;
	line = behind(line, 3);
	negative = begins(line, "-");
	line = behind(line, negative);
	n = number(line, 10, &v);
	if (!n || n != line.len || v > INT64_MAX)
		return false;
	*ret_value = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

/* Puts the caller behind the leaf. pcs has room for one more. */
static size_t put_back(uint64_t *pcs, size_t n, uint64_t caller)
{
	if (!caller || !n || (n > 1 && pcs[1] == caller))
		return n;
	memmove(pcs + 2, pcs + 1, (n - 1) * sizeof(*pcs));
	pcs[1] = caller;
	return n + 1;
}

static int broken(struct part line)
{
	return err_set(EINVAL, "bpftrace printed something unexpected: '%.*s'",
		       (int)(line.len < 80 ? line.len : 80), line.p);
}

/* The entry whose first line was just taken. */
static int entry(struct part *rest, const char *map,
		 int (*fn)(void *ctx, const struct script_stack *s), void *ctx)
{
	uint64_t pcs[SCRIPT_STACK_MAX + 1], pc, caller;
	struct script_stack s = { .map = map, .pcs = pcs };
	struct part line;

	while (next_line(rest, &line)) {
		if (closes(line, &caller, &s.value)) {
			s.n = put_back(pcs, s.n, caller);
			return fn(ctx, &s);
		}
		if (!line.len)
			continue;
		if (!address(line, &pc) || s.n >= SCRIPT_STACK_MAX)
			return broken(line);
		pcs[s.n++] = pc;
	}
	return err_set(EINVAL, "bpftrace's output ends in the middle of map @%s", map);
}

int script_read(struct part output, int (*fn)(void *ctx, const struct script_stack *s), void *ctx)
{
	char map[MAP_NAME_MAX];
	struct part line;
	int ret = 0;

	while (!ret && next_line(&output, &line))
		if (opens_stack(line, map))
			ret = entry(&output, map, fn, ctx);
	return ret;
}
