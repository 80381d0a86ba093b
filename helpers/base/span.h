/* SPDX-License-Identifier: GPL-2.0-only */
/* span.h - bytes we do not trust, and how to read them */
#ifndef GOBPF_BASE_SPAN_H
#define GOBPF_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A span is bytes we do not trust: a section of an ELF file, a page of another
 * process.  A read past the end yields 0 (or "") and sets `bad`, which stays
 * set, so a parser reads a whole record and checks once.  Little-endian.
 */
struct span {
	const uint8_t *p;
	size_t len;
	bool bad;
};

/* The part [off, off+len) of s; an empty bad span (and s marked bad) when it does not fit. */
struct span span_sub(struct span *s, uint64_t off, uint64_t len);
/* The part from off to the end. */
struct span span_from(struct span *s, uint64_t off);

/* Inline: whole tables are read by these, value by value. */
#define SPAN_READ(type, name)								\
	static inline type name(struct span *s, uint64_t off)				\
	{										\
		type v = 0;								\
											\
		if (off < s->len && s->len - off >= sizeof(v))				\
			memcpy(&v, s->p + off, sizeof(v));				\
		else									\
			s->bad = true;							\
		return v;								\
	}
SPAN_READ(uint8_t, span_u8)
SPAN_READ(uint32_t, span_u32)
SPAN_READ(uint64_t, span_u64)
#undef SPAN_READ
/* width is 1, 2, 4 or 8 bytes, zero-extended; any other width is bad */
uint64_t span_uint(struct span *s, uint64_t off, unsigned width);

/*
 * A variable-length unsigned integer (LEB128, as encoding/binary.Uvarint, at
 * most 5 bytes, 32 bits): *off moves behind it.
 */
uint32_t span_uvarint32(struct span *s, uint64_t *off);

/* s without what follows its last NUL, so that a string begins at each offset: span_text() needs that. */
struct span span_strings(struct span s);
/* The string at off of what span_strings() returned; "" and bad when off is outside. */
static inline const char *span_text(struct span *s, uint64_t off)
{
	if (off < s->len)
		return (const char *)s->p + off;
	s->bad = true;
	return "";
}

/* The NUL-terminated string at off, in place; "" and bad when it does not end inside the span. */
const char *span_str(struct span *s, uint64_t off);

#endif
