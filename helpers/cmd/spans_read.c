/* SPDX-License-Identifier: GPL-2.0-only */
/* spans_read.c - the lines of scripts/spans.bt */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/spans_run.h"

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* bpftrace prints bytes that are no printable ASCII as \xNN, and a backslash as itself. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		int high = s[0] == '\\' && s[1] == 'x' ? hex_digit(s[2]) : -1;
		int low = high >= 0 ? hex_digit(s[3]) : -1;
		int c = low >= 0 ? high << 4 | low : 0;

		if (c && !(c >= ' ' && c <= '~')) {
			*to++ = (char)c;
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* "1053.866159" with 6 digits behind the point as 1053866159 */
static bool fixed(const char *s, size_t digits, uint64_t *ret)
{
	const char *point = strchr(s, '.');
	char text[32];

	if (!point || strlen(point + 1) != digits || strlen(s) >= sizeof(text))
		return false;
	memcpy(text, s, point - s);
	memcpy(text + (point - s), point + 1, digits + 1);
	for (const char *p = text; *p; p++)
		if (!isdigit((unsigned char)*p))
			return false;
	errno = 0;
	*ret = strtoull(text, NULL, 10);
	return !errno;
}

/* "18>19" */
static bool goroutines(char *s, struct spans_span *ret)
{
	char *end = strchr(s, '>');

	if (!end)
		return false;
	*end++ = '\0';
	return !num_parse_u64(s, UINT64_MAX, &ret->goid) && !num_parse_u64(end, UINT64_MAX, &ret->end_goid);
}

/* KIND START DURATION GOID>GOID TID TRACE SPAN PARENT STATUS NAME */
static bool span_of(char *line, struct spans_span *ret)
{
	char *word[9];

	for (int i = 0; i < 9; i++) {
		word[i] = line;
		line = strchr(line, ' ');
		if (!line)
			return false;
		*line++ = '\0';
	}
	unescape(line);
	*ret = (struct spans_span){ .kind = word[0], .trace = word[5], .span = word[6],
				    .parent = word[7], .status = word[8], .name = line };
	return fixed(word[1], 6, &ret->start_ns) && fixed(word[2], 3, &ret->duration_ns) &&
	       goroutines(word[3], ret) && !num_parse_u64(word[4], UINT64_MAX, &ret->tid);
}

static int add(struct spans_run *r, char *line)
{
	struct spans_span *v;

	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 1024;

		v = reallocarray(r->v, cap, sizeof(*v));
		if (!v)
			return err_set(ENOMEM, "out of memory");
		r->v = v;
		r->cap = cap;
	}
	if (!span_of(line, &r->v[r->n]))
		return err_set(EIO, "%s.bt printed something unexpected: '%.60s'", r->source->script, line);
	r->n++;
	return 0;
}

static int each_line(struct spans_run *r, char *line)
{
	if (!strncmp(line, "span ", 5) || !strncmp(line, "request ", 8))
		return add(r, line);
	if (!strncmp(line, "@late[", 6)) {
		const char *value = strstr(line, "]: ");

		r->late += value ? strtoull(value + 3, NULL, 10) : 0;
	}
	return 0;
}

int spans_read(struct spans_run *r)
{
	char *rest = r->output.out.data, *line;
	int err = 0;

	while (!err && rest && (line = strsep(&rest, "\n")))
		err = each_line(r, line);
	if (r->output.err.len)
		buf_line(&r->notes, "bpftrace: %.*s", (int)strcspn(r->output.err.data, "\n"), r->output.err.data);
	if (r->output.losses.len)
		buf_str(&r->notes, r->output.losses.data);
	return err;
}
