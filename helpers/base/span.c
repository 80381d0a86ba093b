/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/span.h"

#include <string.h>

struct span span_sub(struct span *s, uint64_t off, uint64_t len)
{
	if (off > s->len || len > s->len - off) {
		s->bad = true;
		return (struct span){ .bad = true };
	}
	return (struct span){ .p = off ? s->p + off : s->p, .len = len };
}

struct span span_from(struct span *s, uint64_t off)
{
	return span_sub(s, off, off > s->len ? 0 : s->len - off);
}

uint64_t span_uint(struct span *s, uint64_t off, unsigned width)
{
	struct span b;
	uint64_t v = 0;

	if (width != 1 && width != 2 && width != 4 && width != 8) {
		s->bad = true;
		return 0;
	}
	b = span_sub(s, off, width);
	if (!b.bad)
		memcpy(&v, b.p, width);
	return v;
}

uint32_t span_uvarint32(struct span *s, uint64_t *off)
{
	uint32_t v = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t b = span_u8(s, (*off)++);

		v |= (uint32_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	s->bad = true;
	return 0;
}

struct span span_strings(struct span s)
{
	const uint8_t *last = s.len ? memrchr(s.p, 0, s.len) : NULL;

	s.len = last ? (size_t)(last - s.p) + 1 : 0;
	return s;
}

const char *span_str(struct span *s, uint64_t off)
{
	if (off >= s->len || !memchr(s->p + off, 0, s->len - off)) {
		s->bad = true;
		return "";
	}
	return (const char *)s->p + off;
}
