/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/gostacks.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"

enum { FRAMES_MAX = 256 };

/* The entry under way. */
struct entry {
	const struct script_map *map;	/* NULL: none */
	unsigned closed;		/* stacks that have ended */
	uint64_t pcs[FRAMES_MAX + 1];
	size_t n;
	bool buckets;			/* a histogram's lines follow */
	struct buf *stacks;
};

static int broken(const struct entry *e, struct part line)
{
	return err_set(EINVAL, "bpftrace printed something unexpected in map %s: '%.*s'", e->map->name,
		       (int)(line.len < 60 ? line.len : 60), line.p);
}

static const struct script_map *map_of(const struct script *s, struct part line)
{
	for (size_t i = 0; i < s->nmaps; i++) {
		size_t n = strlen(s->maps[i].name);

		if (line.len > n && !memcmp(line.p, s->maps[i].name, n) && line.p[n] == '[')
			return &s->maps[i];
	}
	return NULL;
}

/* A number in hex or decimal at the beginning; its length, 0: none. */
static size_t number(struct part p, unsigned base, uint64_t *ret)
{
	size_t n = 0;

	for (*ret = 0; n < p.len; n++) {
		int c = tolower((unsigned char)p.p[n]);
		unsigned digit = isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(*ret, base, ret) || __builtin_add_overflow(*ret, digit, ret))
			return 0;
	}
	return n;
}

static int add_frame(struct entry *e, struct part line)
{
	struct part at = line;
	size_t n;

	while (at.len && isspace((unsigned char)*at.p))
		at = (struct part){ at.p + 1, at.len - 1 };
	if (!at.len)
		return 0;
	if (at.len > 2 && !memcmp(at.p, "0x", 2))
		at = (struct part){ at.p + 2, at.len - 2 };
	if (e->n >= FRAMES_MAX)
		return broken(e, line);
	n = number(at, 16, &e->pcs[e->n]);
	if (!n || (n < at.len && at.p[n] != ' '))
		return broken(e, line);
	e->n++;
	return 0;
}

static void put_back(struct entry *e, uint64_t caller)
{
	if (!caller || !e->n || (e->n > 1 && e->pcs[1] == caller))
		return;
	memmove(e->pcs + 2, e->pcs + 1, (e->n - 1) * sizeof(*e->pcs));
	e->pcs[1] = caller;
	e->n++;
}

/* The line behind our stack, ", CALLER": what follows stays. */
static int end_stack(struct entry *e, struct part line, struct part *ret)
{
	uint64_t caller;
	size_t n = 0;

	if (line.len > 2 && !memcmp(line.p, ", ", 2))
		n = number((struct part){ line.p + 2, line.len - 2 }, 10, &caller);
	if (!n)
		return broken(e, line);
	put_back(e, caller);
	for (size_t i = 0; i < e->n && i < e->map->depth; i++)
		buf_printf(e->stacks, "    0x%" PRIx64 "\n", e->pcs[i]);
	*ret = (struct part){ line.p + 2 + n, line.len - 2 - n };
	return 0;
}

/* Does the entry end here: with its value, or with nothing, before a histogram? */
static bool ends(struct part line, bool *ret_buckets)
{
	for (size_t i = 0; i + 1 < line.len; i++) {
		if (memcmp(line.p + i, "]:", 2))
			continue;
		*ret_buckets = i + 2 == line.len || (i + 3 == line.len && line.p[i + 2] == ' ');
		if (*ret_buckets || line.p[i + 2] == ' ')
			return true;
	}
	return false;
}

static int each_line(const struct script *s, struct entry *e, struct part line, struct buf *rest)
{
	int err = 0;

	if (e->buckets && line.len && strchr("[(", line.p[0])) {
		buf_printf(e->stacks, "%.*s\n", (int)line.len, line.p);
		return 0;
	}
	e->buckets = false;
	if (!e->map) {
		e->map = map_of(s, line);
		e->closed = 0;
		e->n = 0;
		buf_printf(e->map ? e->stacks : rest, "%.*s\n", (int)line.len, line.p);
		return 0;
	}
	if (line.len && (line.p[0] == ',' || line.p[0] == ']')) {
		if (++e->closed == e->map->nth)
			err = end_stack(e, line, &line);
		if (!err && ends(line, &e->buckets))
			e->map = NULL;
	} else if (e->closed + 1 == e->map->nth) {
		return add_frame(e, line);
	}
	buf_printf(e->stacks, "%.*s\n", (int)line.len, line.p);
	return err;
}

int gostacks_split(const struct script *s, struct part output, struct buf *stacks, struct buf *rest)
{
	struct entry e = { .stacks = stacks };
	int err = 0;

	while (!err && output.len) {
		const char *nl = memchr(output.p, '\n', output.len);
		size_t n = nl ? (size_t)(nl - output.p) : output.len;

		err = each_line(s, &e, (struct part){ output.p, n }, rest);
		n += nl != NULL;
		output = (struct part){ output.p + n, output.len - n };
	}
	if (!err && e.map)
		err = err_set(EINVAL, "bpftrace's output ends in the middle of map %s", e.map->name);
	if (!err && (stacks->failed || rest->failed))
		err = err_set(ENOMEM, "out of memory");
	return err;
}
