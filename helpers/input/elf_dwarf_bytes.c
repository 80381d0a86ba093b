/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_dwarf_bytes.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A few hundred bytes may unpack to anything.  The types of a program of 34 MB take 4 MB, and
 * offsets of the usual 32-bit DWARF end at 4 GB.
 */
enum { PIECE = 32 << 10, MAX_KEPT = 128 << 20 };
#define MAX_UNPACKED (UINT64_C(4) << 30)

/* The compressed bytes; empty: there are none, or compressed in another way. */
static struct span packed_bytes(const struct elf_file *e, const struct elf_section *s, bool old)
{
	struct span b = elf_section_bytes(e, s), none = { 0 };

	if (old) {
		/* "ZLIB" and the unpacked size, big-endian */
		if (b.len < 12 || memcmp(b.p, "ZLIB", 4) != 0)
			return none;
		return span_from(&b, 12);
	}
	if (span_u32(&b, 0) != ELFCOMPRESS_ZLIB)
		return none;
	return span_from(&b, sizeof(Elf64_Chdr));
}

bool dwarf_bytes_open(struct dwarf_bytes *b, const struct elf_file *e, const char *name)
{
	const struct elf_section *s = elf_section(e, name);
	bool old = !s;
	struct span packed;
	char zname[32];

	*b = (struct dwarf_bytes){ 0 };
	if (old) {
		snprintf(zname, sizeof(zname), ".z%s", name + 1);
		s = elf_section(e, zname);
	}
	if (!s)
		return false;
	if (!old && !s->compressed) {
		b->here = elf_section_bytes(e, s);
		return b->here.len > 0;
	}
	packed = packed_bytes(e, s, old);
	if (!packed.len || packed.len > UINT32_MAX || inflateInit(&b->z) != Z_OK)
		return false;
	b->packed = true;
	b->z.next_in = (Bytef *)(uintptr_t)packed.p;
	b->z.avail_in = packed.len;
	return true;
}

void dwarf_bytes_close(struct dwarf_bytes *b)
{
	if (b->packed)
		inflateEnd(&b->z);
	free(b->room);
	*b = (struct dwarf_bytes){ 0 };
}

struct span dwarf_bytes_at(const struct dwarf_bytes *b, uint64_t off)
{
	struct span here = b->here;

	if (off < b->from)
		return (struct span){ .bad = true };
	return span_from(&here, off - b->from);
}

bool dwarf_bytes_more(struct dwarf_bytes *b)
{
	size_t want = b->here.len / 8 > PIECE ? b->here.len / 8 : PIECE;
	uint8_t *room;

	if (!b->packed || b->here.len > MAX_KEPT || b->from > MAX_UNPACKED)
		return false;
	if (b->cap - b->here.len < want) {
		room = realloc(b->room, b->here.len + 2 * want);
		if (!room)
			return false;
		b->room = room;
		b->cap = b->here.len + 2 * want;
	}
	b->z.next_out = b->room + b->here.len;
	b->z.avail_out = want;
	inflate(&b->z, Z_NO_FLUSH);
	/* also what stands before damage */
	b->here = (struct span){ .p = b->room, .len = b->z.next_out - b->room };
	return b->z.avail_out < want;
}

void dwarf_bytes_forget(struct dwarf_bytes *b, uint64_t off)
{
	while (b->packed && off > b->from && (b->here.len || dwarf_bytes_more(b))) {
		size_t n = off - b->from < b->here.len ? off - b->from : b->here.len;

		memmove(b->room, b->room + n, b->here.len - n);
		b->here.len -= n;
		b->from += n;
	}
}
