/* SPDX-License-Identifier: GPL-2.0-only */
/* markup.h - text that may be anything, put into XML, HTML and JSON: it stays text */
#ifndef GOBPF_STACK_MARKUP_H
#define GOBPF_STACK_MARKUP_H

#include <stdio.h>

#include "base/buf.h"
#include "stack/profile.h"

/* Adds s as clean UTF-8 (utf8_clean) for XML and HTML: in elements and in quoted attributes. */
void markup_xml(struct buf *b, const char *s);

/* The same with its line ends kept. */
void markup_lines(struct buf *b, const char *s);

/* One line of a <text>: of one with more columns its beginning and "…", and all of it as a <title>. */
void markup_line(struct buf *b, const char *s, size_t columns);

/* Adds s, clean too, as a JSON string with its quotes; "<" is escaped, so that it may stand in a <script>. */
void markup_json(struct buf *b, const char *s);

/* A frame's name in pictures: "[unknown]" for "", kernel functions marked with "_[k]". */
void markup_name(struct buf *b, const struct frame *f);

/* Writes all that b holds; -ENOMEM if something could not be added to it. */
int markup_write(FILE *f, const struct buf *b);

#endif
