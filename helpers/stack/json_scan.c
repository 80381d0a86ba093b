/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/json_scan.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip(struct json_text *t, const char *more)
{
	while (t->s < t->end && (is_blank(*t->s) || (*t->s && strchr(more, *t->s))))
		t->s++;
}

/* Behind the string that begins at s; NULL: it does not end. */
static const char *string_end(const char *s, const char *end)
{
	for (s++; s < end; s++) {
		if (*s == '\\' && s + 1 < end)
			s++;
		else if (*s == '"')
			return s + 1;
	}
	return NULL;
}

static const char *value_end(const char *s, const char *end)
{
	size_t depth = 0;

	while (s && s < end) {
		switch (*s) {
		case '"':
			s = string_end(s, end);
			if (!depth)
				return s;
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (!depth)
				return s;
			if (!--depth)
				return s + 1;
			break;
		case ',':
			if (!depth)
				return s;
			break;
		default:
			if (!depth && is_blank(*s))
				return s;
		}
		s++;
	}
	return NULL;
}

bool json_scan(struct json_text *rest, struct json_text *ret)
{
	const char *end;

	skip(rest, "");
	end = rest->s < rest->end ? value_end(rest->s, rest->end) : NULL;
	if (!end || end == rest->s)
		return false;
	*ret = (struct json_text){ rest->s, end };
	rest->s = end;
	return true;
}

struct json_text json_inside(struct json_text value)
{
	skip(&value, "");
	if (value.s < value.end)
		value.s++;
	return value;
}

bool json_element(struct json_text *rest, struct json_text *ret)
{
	skip(rest, ",");
	if (rest->s < rest->end && (*rest->s == ']' || *rest->s == '}')) {
		*rest = (struct json_text){ 0 };
		return false;
	}
	return json_scan(rest, ret);
}

bool json_member(struct json_text *rest, struct json_text *ret_name, struct json_text *ret)
{
	if (!json_element(rest, ret_name) || ret_name->end - ret_name->s < 2 || *ret_name->s != '"')
		return false;
	ret_name->s++;
	ret_name->end--;
	skip(rest, ":");
	return json_scan(rest, ret);
}

bool json_is(struct json_text name, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(name.end - name.s) == n && !memcmp(name.s, word, n);
}

json_t *json_parse(struct json_text value)
{
	return json_loadb(value.s, value.end - value.s, JSON_DECODE_ANY, NULL);
}
