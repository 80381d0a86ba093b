/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/types.h"

#include <string.h>

#include "go/format.h"

enum {
	TYPE_FLAGS = 20, TYPE_NAME = 40, TYPE_SIZE = 48,	/* in a type descriptor */
	EXTRA_STAR = 2,		/* the name has a star that is not the type's */
	NAME_FLAGS_UNUSED = 0xf0,
};

/* The name at off: flags, its length, its bytes; empty and bad when that is not one. */
static struct span name_at(const struct go_file *g, struct span *types, uint64_t off)
{
	uint64_t text = off + 1;
	uint32_t len;

	if (span_u8(types, off) & NAME_FLAGS_UNUSED) {
		types->bad = true;
	} else if (g->format->short_names) {
		len = (uint32_t)span_u8(types, off + 1) << 8 | span_u8(types, off + 2);
		text = off + 3;
	} else {
		len = span_uvarint32(types, &text);
	}
	return types->bad ? (struct span){ .bad = true } : span_sub(types, text, len);
}

bool go_type_name(const struct go_file *g, uint64_t addr, char *ret, size_t size)
{
	struct span types = elf_bytes_at(g->elf, g->types), name;
	uint64_t off = addr - g->types;
	uint8_t flags;

	if (!g->types || addr < g->types || addr >= g->etypes || addr % 8 || !size)
		return false;
	if (g->etypes - g->types < types.len)
		types.len = g->etypes - g->types;
	span_sub(&types, off, TYPE_SIZE);
	flags = span_u8(&types, off + TYPE_FLAGS);
	name = name_at(g, &types, span_u32(&types, off + TYPE_NAME));
	if (types.bad || !name.len)
		return false;
	if (flags & EXTRA_STAR) {
		name.p++;
		name.len--;
	}
	if (name.len > size - 1)
		name.len = size - 1;
	memcpy(ret, name.p, name.len);
	ret[name.len] = '\0';
	return name.len;
}
