/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/keyed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind key and sep at the beginning of a line, NULL: no line begins so. */
static const char *behind(const char *text, const char *key, char sep)
{
	size_t n = strlen(key);

	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');

		if (!strncmp(line, key, n) && line[n] == sep)
			return line + n + 1;
		line = *end ? end + 1 : end;
	}
	return NULL;
}

static bool number(const char *p, uint64_t *ret, const char **ret_end)
{
	unsigned long long v;
	char *end;

	p += strspn(p, " \t");
	if (*p < '0' || *p > '9')
		return false;
	errno = 0;
	v = strtoull(p, &end, 10);
	if (errno)
		return false;
	*ret = v;
	*ret_end = end;
	return true;
}

bool keyed_number(const char *text, const char *key, uint64_t *ret)
{
	const char *p = behind(text, key, ':'), *end;
	uint64_t v;

	if (!p || !number(p, &v, &end))
		return false;
	if (!strncmp(end, " kB", 3) && __builtin_mul_overflow(v, 1024, &v))
		return false;
	*ret = v;
	return true;
}

bool keyed_word(const char *text, const char *key, uint64_t *ret)
{
	const char *p = behind(text, key, ' '), *end;

	return p && number(p, ret, &end);
}

bool keyed_limit(const char *text, const char *name, uint64_t *ret)
{
	const char *p = behind(text, name, ' '), *end;

	if (!p)
		return false;
	p += strspn(p, " ");
	if (strncmp(p, "unlimited", 9) != 0)
		return number(p, ret, &end);
	*ret = UINT64_MAX;
	return true;
}
