/* SPDX-License-Identifier: GPL-2.0-only */
/* utf8.h - text that may be anything, for places that want clean UTF-8 */
#ifndef GOBPF_BASE_UTF8_H
#define GOBPF_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { UTF8_BAD = 0xfffd };	/* stands for each byte that is not UTF-8 */

/* Decodes the first character of the NUL-terminated s (not ""); returns its length in bytes, at least 1. */
size_t utf8_decode(const char *s, uint32_t *ret);

/* Columns that a character takes on a terminal: 0, 1 or 2. */
unsigned utf8_width(uint32_t c);

/* Columns of a whole text. */
size_t utf8_columns(const char *s);

/* Adds s as clean UTF-8: what is not UTF-8, not a character of XML 1.0, or a control character, becomes U+FFFD. */
void utf8_clean(struct buf *b, const char *s);

#endif
