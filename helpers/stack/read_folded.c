/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_folded.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "stack/fold.h"

/* Ids of the frames of the line at hand, root first as they come. */
struct ids {
	uint32_t *v;
	size_t n, cap;
};

/* Where the count begins: behind the last blank; NULL when the line does not end in a number. */
static char *count_of(char *line, size_t len)
{
	char *at = line + len;

	while (at > line && isdigit((unsigned char)at[-1]))
		at--;
	if (!*at || at == line || (at[-1] != ' ' && at[-1] != '\t'))
		return NULL;
	return at;
}

static size_t trimmed(const char *s, size_t len)
{
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	return len;
}

/* A blank and digits at the end */
static bool ends_in_count(const char *line, size_t len)
{
	size_t n = len;

	while (n && isdigit((unsigned char)line[n - 1]))
		n--;
	return n < len && n > 1 && isblank((unsigned char)line[n - 1]);
}

bool folded_match(const char *head, size_t len)
{
	size_t stacks = 0, others = 0;

	for (const char *at = head, *end = head + len; at < end;) {
		const char *nl = memchr(at, '\n', end - at);
		size_t n = trimmed(at, (nl ? nl : end) - at);

		/* a first line too long to see the end of */
		if (!nl && at == head && len > 4096)
			return memchr(head, ';', len);
		if (n && at[n - 1] == '\r')
			n--;
		if (ends_in_count(at, n))
			stacks++;
		else if (n)
			others++;
		at = nl ? nl + 1 : end;
	}
	/* prose has numbers at ends of lines, too, but not on most */
	return stacks && stacks >= others;
}

static int add_frame(struct reading *r, struct ids *ids, char *name)
{
	struct frame f;

	fold_frame(name, &f);
	if (!ARRAY_ROOM(ids->v, ids->n, ids->cap))
		return -ENOMEM;
	return profile_frame(r->profile, &f, &ids->v[ids->n++]);
}

static void reverse(struct ids *ids)
{
	for (size_t i = 0, k = ids->n; i + 1 < k; i++) {
		uint32_t swap = ids->v[i];

		ids->v[i] = ids->v[--k];
		ids->v[k] = swap;
	}
}

static int add_stack(struct reading *r, struct ids *ids, char *stack, int64_t count,
		     unsigned value)
{
	int64_t values[PROFILE_VALUES] = { 0 };
	int ret = 0;

	values[value] = count;
	ids->n = 0;
	while (!ret && stack)
		ret = add_frame(r, ids, strsep(&stack, ";"));
	if (ret)
		return ret;
	reverse(ids);
	r->samples++;
	return profile_add(r->profile, ids->v, ids->n, values);
}

static int read_line(struct reading *r, struct ids *ids, char *line, size_t len, unsigned value)
{
	unsigned long long count;
	char *at;

	if (memchr(line, '\0', len))
		return reading_bad(r, "a NUL byte in it");
	len = trimmed(line, len);
	line[len] = '\0';
	if (!len)
		return 0;
	at = count_of(line, len);
	if (!at)
		return reading_bad(r, "not a stack, a blank and a count: '%.60s'", line);
	errno = 0;
	count = strtoull(at, NULL, 10);
	if (errno || count > INT64_MAX)
		return reading_bad(r, "count %.40s is over 2^63-1", at);
	line[trimmed(line, at - line)] = '\0';
	if (!*line)
		return reading_bad(r, "a count without a stack");
	return add_stack(r, ids, line, count, value);
}

int folded_read(struct reading *r)
{
	struct ids ids = { 0 };
	unsigned value;
	size_t len;
	char *line;
	int ret;

	if (!reading_value(r, "samples", "count", &value))
		value = 0;
	while ((ret = lines_next(r->lines, &line, &len)) > 0) {
		ret = read_line(r, &ids, line, len, value);
		if (ret)
			break;
	}
	free(ids.v);
	return ret;
}
