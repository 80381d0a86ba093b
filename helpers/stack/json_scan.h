/* SPDX-License-Identifier: GPL-2.0-only */
/* json_scan.h - JSON as long as files are: the parts of it are found first, then read one by one */
#ifndef GOBPF_STACK_JSON_SCAN_H
#define GOBPF_STACK_JSON_SCAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A value's text, or what there is of it. */
struct json_text {
	const char *s, *end;
};

/*
 * The first value in *rest, which then begins behind it.  False when there is none, or
 * when it breaks off: then *rest is not empty.  Only brackets and strings are looked at.
 */
bool json_scan(struct json_text *rest, struct json_text *ret);

/* The text of an object or array without its first bracket, to be used with the two below. */
struct json_text json_inside(struct json_text value);

/* The next element of an array, commas left out.  As json_scan(), but behind the last *rest is { NULL }. */
bool json_element(struct json_text *rest, struct json_text *ret);

/* The next member of an object: its name as it is written between the quotes, and its value. */
bool json_member(struct json_text *rest, struct json_text *ret_name, struct json_text *ret);

bool json_is(struct json_text name, const char *word);

/* The value read; NULL when it is none. To be dropped by json_decref(). */
json_t *json_parse(struct json_text value);

#endif
