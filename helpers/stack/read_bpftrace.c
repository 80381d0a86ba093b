/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_bpftrace.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/bpftrace_printed.h"
#include "stack/gotext.h"

/* The text of bpftrace, line by line. */
struct text {
	struct gather g;
	struct printed printed;
	bool buckets;		/* of the entry's histogram come */
};

/* "@name[": the length of "@name", 0 when the line is not the beginning of a map's entry */
static size_t map_name(const char *line, size_t len)
{
	size_t n = 1;

	if (len < 2 || line[0] != '@')
		return 0;
	while (n < len && (isalnum((unsigned char)line[n]) || line[n] == '_'))
		n++;
	return n < len && line[n] == '[' ? n : 0;
}

/* "spin, 4242, " between two stacks or behind the last */
static int add_keys(struct gather *g, const char *s, size_t len)
{
	const char *end = s + len;
	int ret = 0;

	while (!ret && s < end) {
		const char *comma = memmem(s, end - s, ", ", 2);
		const char *stop = comma ? comma : end;

		ret = gather_key(g, s, stop - s);
		s = comma ? comma + 2 : end;
	}
	return ret;
}

/* "23", "-5" or stats' "count 6, average 3, total 18", since 0.24 "{ .count = 6, .average = 3, .total = 18 }" */
static bool parse_value(const char *s, int64_t *ret)
{
	const char *total = strstr(s, "total ");
	bool braces = !strncmp(s, "{ .count = ", 11);
	char *end;

	if (total && (braces || !strncmp(s, "count ", 6)))
		s = total + 6 + strspn(total + 6, "= ");
	if (!isdigit((unsigned char)*s) && *s != '-')
		return false;
	errno = 0;
	*ret = strtoll(s, &end, 10);
	return !strcmp(end, braces ? " }" : "") && !errno && end != s;
}

/* "23" of a map's value, "" before a histogram */
static int value_text(struct text *t, const char *s)
{
	struct gather *g = &t->g;
	int64_t v;

	while (*s == ' ')
		s++;
	t->buckets = !*s;
	if (t->buckets)
		return 0;
	if (parse_value(s, &v))
		return gather_value(g, v);
	g->open = false;
	return g->nframes ? reading_bad(g->r, "value '%.60s' is not a whole number", s) : 0;
}

/* Key text from s on: ends the entry when "]: " stands in it, since 0.24 "]:" before a histogram. */
static int key_line(struct text *t, const char *s, size_t len)
{
	const char *close = NULL;
	int ret;

	gather_next(&t->g);
	for (const char *p = s; (p = memmem(p, s + len - p, "]: ", 3)); p++)
		close = p;
	if (!close && len >= 2 && !memcmp(s + len - 2, "]:", 2))
		close = s + len - 2;
	ret = add_keys(&t->g, s, close ? (size_t)(close - s) : len);
	if (!ret && close && t->g.open)
		ret = value_text(t, close + 2);
	return ret;
}

static int begin(struct text *t, const char *line, size_t len, size_t name)
{
	int ret = gather_begin(&t->g, line, name);

	return ret ? ret : key_line(t, line + name + 1, len - name - 1);
}

/* "4", "2K", "-16M": hist() and lhist() say what is a multiple of 1024 so (src/output.cpp, hist_index_label) */
static const char *bound(const char *s, int64_t *ret)
{
	static const char suffixes[] = "KMGTPE";
	size_t digits = strspn(s + (*s == '-'), "0123456789");
	const char *end = s + (*s == '-') + digits, *suffix;
	int64_t v = gotext_number(end - digits, digits);

	if (v < 0)
		return NULL;
	suffix = *end ? strchr(suffixes, *end) : NULL;
	for (const char *c = suffixes; suffix && c <= suffix; c++)
		if (__builtin_mul_overflow(v, 1024, &v))
			return NULL;
	*ret = *s == '-' ? -v : v;
	return end + (suffix != NULL);
}

/* "[2G, 4G)               6 |@@@|", "[0]", "[20, ...)", "(..., 0)"; *ret_count -1: over 2^63-1 */
static bool parse_bucket(const char *s, int64_t *ret_lower, int64_t *ret_count)
{
	bool below = !strncmp(s, "(..., ", 6);
	const char *at;
	size_t digits;

	if (*s != '[' && !below)
		return false;
	at = bound(s + (below ? 6 : 1), ret_lower);
	if (!at)
		return false;
	*ret_lower -= below;
	at += strcspn(at, "])");
	if (!*at)
		return false;
	at++;
	at += strspn(at, " ");
	digits = strspn(at, "0123456789");
	*ret_count = gotext_number(at, digits);
	return digits && strchr(at, '|');
}

/* "@name:" with nothing behind it: a histogram of a map without keys */
static bool bare_histogram(const char *line, size_t len, size_t *ret_name)
{
	size_t n = 1;

	if (len < 2 || *line != '@')
		return false;
	while (n < len && (isalnum((unsigned char)line[n]) || line[n] == '_'))
		n++;
	*ret_name = n;
	if (n == len || line[n] != ':')
		return false;
	while (len > n && line[len - 1] == ' ')
		len--;
	return len == n + 1;
}

static int bucket_line(struct text *t, const char *line, bool *ret_taken)
{
	int64_t lower, count;

	*ret_taken = parse_bucket(line, &lower, &count);
	if (*ret_taken && count < 0)
		return reading_bad(t->g.r, "a bucket's count is over 2^63-1");
	return *ret_taken ? gather_bucket(&t->g, lower, count) : 0;
}

static int other_line(struct text *t, const char *line, size_t len)
{
	static const char lost[] = "Lost ";
	size_t digits, name;
	int64_t n;

	if (bare_histogram(line, len, &name)) {
		t->buckets = true;
		return gather_begin(&t->g, line, name);
	}
	if (strncmp(line, lost, strlen(lost)) != 0)
		return 0;
	line += strlen(lost);
	digits = strspn(line, "0123456789");
	n = gotext_number(line, digits);
	if (n > 0 && !strncmp(line + digits, " events", 7))
		t->g.lost += n;
	return 0;
}

static int each_line(struct text *t, const char *line, size_t len)
{
	struct gather *g = &t->g;
	size_t name = map_name(line, len);
	bool taken;
	int ret = 0;

	if (g->open && t->buckets) {
		ret = bucket_line(t, line, &taken);
		if (taken || ret)
			return ret;
		g->open = t->buckets = false;
	}
	if (g->open && !name) {
		if (*line == ' ' || *line == '\t')
			return gather_frame(g, line, len);
		if (*line == ',' || *line == ']')
			return key_line(t, line, len);
	}
	if (g->open && g->nframes)
		ret = reading_bad(g->r, "a map's entry breaks off");
	g->open = t->buckets = false;
	if (!ret)
		ret = printed_line(&t->printed, line, len, &taken);
	if (ret || taken)
		return ret;
	return name ? begin(t, line, len, name) : other_line(t, line, len);
}

bool bpftrace_match(const char *head, size_t len)
{
	if (bpftrace_json_match(head, len))
		return true;
	for (const char *at = head, *end = head + len; at < end;) {
		const char *nl = memchr(at, '\n', end - at);
		size_t n = (nl ? nl : end) - at, name = map_name(at, n);

		/* an entry's first line ends in a key's comma, the bracket, or the value */
		if (name && (at[n - 1] == '[' || memmem(at, n, "]: ", 3) ||
			     !memcmp(at + n - 2, "]:", 2) || !memcmp(at + n - 2, ", ", 2)))
			return true;
		if (bare_histogram(at, n, &name) && nl && nl + 1 < end && strchr("[(", nl[1]))
			return true;
		if (printed_match(at, n))
			return true;
		at = nl ? nl + 1 : end;
	}
	return false;
}

static int read_text(struct text *t)
{
	struct reading *r = t->g.r;
	size_t len;
	char *line;
	int ret;

	while ((ret = lines_next(r->lines, &line, &len)) > 0) {
		ret = each_line(t, line, strnlen(line, len));
		if (ret)
			return ret;
	}
	if (!ret && t->g.open && t->g.nframes && !t->buckets)
		ret = reading_bad(r, "the input ends within a map's entry");
	if (!ret)
		ret = printed_end(&t->printed);
	return ret ? ret : reading_last_line(r);
}

int bpftrace_read(struct reading *r)
{
	struct text t = { .g.r = r, .printed.g = &t.g };
	const char *head;
	size_t len;
	int ret = lines_peek(r->lines, 4096, &head, &len);

	if (!ret)
		ret = bpftrace_json_match(head, len) ? bpftrace_json_read(&t.g, &t.printed) : read_text(&t);
	if (!ret)
		ret = gather_end(&t.g);
	printed_free(&t.printed);
	gather_free(&t.g);
	return ret;
}
