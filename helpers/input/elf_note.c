/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "input/elf.h"

/* { u32 namesz, descsz, type; name, desc: each padded to 4 bytes } (elf(5), "Notes") */
bool elf_note(struct span notes, const char *owner, uint32_t type, struct span *ret)
{
	enum { HEADER = 12 };
	size_t owner_len = strlen(owner) + 1;

	for (uint64_t at = 0; at + HEADER <= notes.len;) {
		uint32_t namesz = span_u32(&notes, at), descsz = span_u32(&notes, at + 4);
		uint64_t name = at + HEADER, desc = name + (((uint64_t)namesz + 3) & ~3ull);
		struct span owner_bytes = notes, d = notes;

		owner_bytes = span_sub(&owner_bytes, name, namesz);
		d = span_sub(&d, desc, descsz);
		if (!d.bad && !owner_bytes.bad && span_u32(&notes, at + 8) == type && d.len &&
		    /* "Go" counts its padding */
		    namesz >= owner_len && !memcmp(owner_bytes.p, owner, owner_len)) {
			*ret = d;
			return true;
		}
		at = desc + (((uint64_t)descsz + 3) & ~3ull);
	}
	return false;
}
