/* SPDX-License-Identifier: GPL-2.0-only */
/* json_text.h - text of any origin as a JSON string */
#ifndef GOBPF_BASE_JSON_TEXT_H
#define GOBPF_BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* What is not UTF-8 is replaced, as utf8_clean() does; NULL s is "".  NULL: out of memory. */
json_t *json_text(const char *s);

/*
 * Writes what was made and frees it: a line of its own, or several when indented.  root NULL, as json_pack() is
 * then: -ENOMEM with words.  Write errors stay in f for its owner.
 */
int json_print(json_t *root, FILE *f, bool indented);

#endif
