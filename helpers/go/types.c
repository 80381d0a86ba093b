/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/types.h"

#include <string.h>

#include "go/format.h"

enum {
	TYPE_FLAGS = 20, TYPE_NAME = 40, TYPE_SIZE = 48,	/* in a type descriptor */
	TYPE_KIND = 23, KIND_MASK = 0x1f, KIND_STRUCT = 25,
	STRUCT_PACKAGE = 48, STRUCT_FIELDS = 56, STRUCT_NFIELDS = 64, STRUCT_SIZE = 80,
	FIELD_NAME = 0, FIELD_TYPE = 8, FIELD_OFFSET = 16, FIELD_SIZE = 24,
	FIELDS_MAX = 4096,
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

/* The bytes in which descriptors and their names lie. */
static struct span types_of(const struct go_file *g)
{
	struct span types = { 0 };

	if (!g->types)
		return types;
	types = elf_bytes_at(g->elf, g->types);
	if (g->etypes - g->types < types.len)
		types.len = g->etypes - g->types;
	return types;
}

bool go_type_name(const struct go_file *g, uint64_t addr, char *ret, size_t size)
{
	struct span types = types_of(g), name;
	uint64_t off = addr - g->types;
	uint8_t flags;

	if (!g->types || addr < g->types || addr >= g->etypes || addr % 8 || !size)
		return false;
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

/* Is the name that a pointer at off leads to this one? */
static bool named_at(const struct go_file *g, struct span *types, uint64_t off, const char *want)
{
	uint64_t at = span_u64(types, off);
	struct span name;

	if (types->bad || at < g->types)
		return false;
	name = name_at(g, types, at - g->types);
	return !name.bad && name.len == strlen(want) && !memcmp(name.p, want, name.len);
}

static bool is_struct(const struct go_file *g, struct span types, uint64_t off, const char *package,
		      const char *name)
{
	char text[256];

	return (types.p[off + TYPE_KIND] & KIND_MASK) == KIND_STRUCT &&
	       named_at(g, &types, off + STRUCT_PACKAGE, package) &&
	       go_type_name(g, g->types + off, text, sizeof(text)) && !strcmp(text, name);
}

bool go_type_struct(const struct go_file *g, const char *package, const char *name, uint64_t *ret)
{
	struct span types = types_of(g);

	if (g->version.minor < 19)
		return false;
	for (uint64_t off = 0; off + STRUCT_SIZE <= types.len; off += 8) {
		if (!is_struct(g, types, off, package, name))
			continue;
		*ret = g->types + off;
		return true;
	}
	return false;
}

bool go_type_field(const struct go_file *g, uint64_t strct, const char *name, struct go_type_field *ret)
{
	struct span types = types_of(g);
	uint64_t off = strct - g->types, fields, n;

	fields = span_u64(&types, off + STRUCT_FIELDS) - g->types;
	n = span_u64(&types, off + STRUCT_NFIELDS);
	if (types.bad || n > FIELDS_MAX || fields >= types.len)
		return false;
	for (uint64_t at = fields; n--; at += FIELD_SIZE) {
		struct span one = types;

		if (!named_at(g, &one, at + FIELD_NAME, name))
			continue;
		*ret = (struct go_type_field){ span_u64(&one, at + FIELD_OFFSET), span_u64(&one, at + FIELD_TYPE) };
		return !one.bad;
	}
	return false;
}
