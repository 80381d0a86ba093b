/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON of bpftrace: read_bpftrace.h */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "stack/bpftrace_printed.h"

bool bpftrace_json_match(const char *head, size_t len)
{
	static const char begin[] = "{\"type\": \"";
	size_t at = 0;

	while (at < len && strchr(" \t\r\n", head[at]))
		at++;
	return len - at > strlen(begin) && !memcmp(head + at, begin, strlen(begin));
}

/* 0.18 to 0.23 escape keys twice: "\\n" for a new line. In place. */
static void unescape(char *s)
{
	char *to = s;

	if (strchr(s, '\n') || !strstr(s, "\\n"))
		return;
	for (; *s; s++) {
		if (*s == '\\' && s[1]) {
			s++;
			*to++ = *s == 'n' ? '\n' : *s == 't' ? '\t' : *s;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/*
 * 0.27 leaves blanks out of keys, and in the mode perf runs address and name together: an address can be told
 * from what is not a name only.
 */
static int frame_line(struct gather *g, const char *s, size_t len)
{
	size_t digits = *s == '\t' ? strspn(s + 1, "0123456789abcdef") : 0;
	char raw[20] = " ";

	if (!digits || s[1 + digits] == ' ' || s[1 + digits] == '\n')
		return gather_frame(g, s, len);
	if (s[1 + digits] == '[' && digits <= 16) {
		memcpy(raw + 1, s + 1, digits);
		return gather_frame(g, raw, digits + 1);
	}
	g->open = false;
	return reading_bad(g->r, "'%.*s': the blank behind the address is lost; use bpftrace's text, or ustack "
			   "without perf", (int)(len < 60 ? len : 60) - 1, s + 1);
}

/* "\n    main.f+1\n    main.main+5\n,spin,4242": stacks begin with a new line, keys end at a comma */
static int add_key_text(struct gather *g, const char *s)
{
	int ret = 0;

	while (!ret && *s && g->open) {
		gather_next(g);
		if (*s == '\n') {
			for (s++; !ret && *s && *s != ',' && g->open;) {
				size_t n = strcspn(s, "\n");

				ret = frame_line(g, s, n);
				s += n + (s[n] == '\n');
			}
		} else {
			size_t n = strcspn(s, ",");

			while (n && *s == ' ') {
				s++;
				n--;
			}
			ret = gather_key(g, s, n);
			s += n;
		}
		s += *s == ',';
	}
	return ret;
}

static bool is_number(const json_t *o, const char *key)
{
	return json_is_integer(json_object_get(o, key));
}

static int add_buckets(struct gather *g, const json_t *list)
{
	json_t *b;
	size_t i;
	int ret = 0;

	json_array_foreach(list, i, b) {
		const char *bound = is_number(b, "min") ? "min" : "max";

		if (!is_number(b, bound) || !is_number(b, "count"))
			return reading_bad(g->r, "a histogram whose buckets are none");
		ret = gather_bucket(g, json_integer_value(json_object_get(b, bound)),
				    json_integer_value(json_object_get(b, "count")));
		if (ret)
			break;
	}
	g->open = false;
	return ret;
}

static int add_value(struct gather *g, const char *type, const json_t *v)
{
	if (json_is_array(v) && !strcmp(type, "hist"))
		return add_buckets(g, v);
	if (is_number(v, "total"))
		return gather_value(g, json_integer_value(json_object_get(v, "total")));
	if (json_is_integer(v) && !strcmp(type, "map"))
		return gather_value(g, json_integer_value(v));
	g->open = false;
	if (!strcmp(type, "stats"))
		return reading_bad(g->r, "%s: averages can't be added up: use stats()",
				   g->text.data + g->map);
	return g->nframes ? reading_bad(g->r, "a value that is not a whole number") : 0;
}

static int add_entries(struct gather *g, const char *type, const char *map, json_t *entries)
{
	const char *key;
	json_t *v;
	int ret = 0;

	json_object_foreach(entries, key, v) {
		char *text = strdup(key);

		if (!text)
			return -ENOMEM;
		unescape(text);
		ret = gather_begin(g, map, strlen(map));
		if (!ret)
			ret = add_key_text(g, text);
		free(text);
		if (!ret && g->open)
			ret = add_value(g, type, v);
		if (ret)
			break;
	}
	return ret;
}

static int add_map(struct gather *g, const char *type, const char *map, json_t *v)
{
	int ret;

	if (json_is_object(v) && !(is_number(v, "count") && is_number(v, "average")))
		return add_entries(g, type, map, v);
	if (!json_is_array(v) || strcmp(type, "hist") != 0)
		return 0;
	ret = gather_begin(g, map, strlen(map));
	return ret ? ret : add_buckets(g, v);
}

/* What a script prints comes as the calls of printf() are. */
static int add_text(struct printed *p, struct buf *text, const char *s)
{
	char *at, *nl;
	bool taken;
	int ret = 0;

	buf_str(text, s ? s : "");
	if (text->failed)
		return -ENOMEM;
	for (at = text->data; !ret && at && (nl = strchr(at, '\n')); at = nl + 1) {
		*nl = '\0';
		ret = printed_line(p, at, nl - at, &taken);
	}
	if (at && at > text->data) {
		text->len -= at - text->data;
		memmove(text->data, at, text->len + 1);
	}
	return ret;
}

static int add_object(struct gather *g, const json_t *o, struct printed *printed, struct buf *text)
{
	const char *type = json_string_value(json_object_get(o, "type")), *map;
	json_t *data = json_object_get(o, "data"), *v;
	int ret = 0;

	if (!type)
		return reading_bad(g->r, "an object without a type");
	if (!strcmp(type, "lost_events") && json_integer_value(json_object_get(data, "events")) > 0)
		g->lost += json_integer_value(json_object_get(data, "events"));
	if (!strcmp(type, "printf"))
		return add_text(printed, text, json_string_value(data));
	if (strcmp(type, "map") && strcmp(type, "hist") && strcmp(type, "stats"))
		return 0;
	json_object_foreach(data, map, v) {
		ret = add_map(g, type, map, v);
		if (ret)
			break;
	}
	return ret;
}

int bpftrace_json_read(struct gather *g, struct printed *printed)
{
	struct buf text = { 0 };
	size_t len;
	char *line;
	int ret;

	while ((ret = lines_next(g->r->lines, &line, &len)) > 0) {
		json_error_t error;
		json_t *o;

		if (!line[strspn(line, " \t")])
			continue;
		o = json_loadb(line, len, 0, &error);
		ret = o ? add_object(g, o, printed, &text) : reading_bad(g->r, "not JSON: %.100s", error.text);
		json_decref(o);
		if (ret)
			break;
	}
	if (!ret)
		ret = add_text(printed, &text, "\n");
	buf_free(&text);
	return ret ? ret : printed_end(printed);
}
