/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as .debug_abbrev and .debug_info: structures and their fields, read in place and
 * from compressed sections of both kinds, which must say the same.
 *
 * Input: u8, 1: .debug_info is the compressed section itself; u16 the length of .debug_abbrev, its
 * bytes; the rest is .debug_info.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "input/elf_dwarf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 4 << 10, ROOM = 2 * LONGEST, FARTHEST = 16 << 20 };
enum form { PLAIN, GABI, GNU, FORMS };

static void must(bool right)
{
	if (!right)
		abort();
}

/* What all look-ups say, to be compared. */
struct answers {
	struct {
		int found, err[4];
		uint64_t at;
		uint32_t offset[4], size[4];
	} v[4];
};

static void ask(const struct elf_file *e, struct answers *ret)
{
	static const char *const names[] = { "runtime.g", "runtime.new", "runtime.missing", "runtime.m" };
	static const char *const fields[] = { "", "goid", "sched.sp", "m" };
	struct elf_dwarf *d = elf_dwarf_open(e, "runtime");

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; d && i < ARRAY_SIZE(names); i++) {
		uint64_t at = 0, again;
		bool found = elf_dwarf_struct(d, names[i], i == 1 ? "runtime.old" : NULL, &at);

		must(!found || (elf_dwarf_struct(d, names[i], i == 1 ? "runtime.old" : NULL, &again) &&
				at == again));
		ret->v[i].found = found;
		ret->v[i].at = at;
		for (unsigned k = 0; found && k < ARRAY_SIZE(fields); k++) {
			uint32_t offset = 0, bytes = 0;

			ret->v[i].err[k] = elf_dwarf_field(d, at, fields[k], &offset, &bytes);
			must(offset <= FARTHEST && bytes <= FARTHEST);
			ret->v[i].offset[k] = offset;
			ret->v[i].size[k] = bytes;
		}
	}
	elf_dwarf_close(d);
}

/* compress() takes a quarter of a MB each time */
static size_t pack(uint8_t *out, const uint8_t *p, size_t n)
{
	static z_stream z;

	if (!z.state)
		must(deflateInit(&z, 1) == Z_OK);
	must(deflateReset(&z) == Z_OK);
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = n;
	z.next_out = out;
	z.avail_out = ROOM;
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	return z.total_out;
}

/* A section at the end of the image, as it is or compressed. */
static void add(uint8_t *image, size_t *len, struct elf_section *s, enum form form,
		const uint8_t *p, size_t n)
{
	Elf64_Chdr gabi = { .ch_type = ELFCOMPRESS_ZLIB, .ch_size = n, .ch_addralign = 1 };
	size_t head = form == GABI ? sizeof(gabi) : form == GNU ? 12 : 0;

	s->offset = *len;
	s->compressed = form == GABI;
	memcpy(image + *len, form == GABI ? (const char *)&gabi : "ZLIB\0\0\0\0\0\0\0", head);
	*len += head;
	if (form == PLAIN)
		memcpy(image + *len, p, n);
	*len += form == PLAIN ? n : pack(image + *len, p, n);
	s->size = *len - s->offset;
}

static void try(enum form form, struct span abbrev, struct span info, bool packed,
		struct answers *ret)
{
	size_t len = 0;
	uint8_t *image = calloc(2, ROOM), *exact;
	struct elf_section s[2] = {
		{ .name = form == GNU ? ".zdebug_abbrev" : ".debug_abbrev" },
		{ .name = form == GNU ? ".zdebug_info" : ".debug_info" },
	};
	struct elf_file e = { .sections = s, .nsections = 2 };

	must(image);
	add(image, &len, &s[0], form, abbrev.p, abbrev.len);
	add(image, &len, &s[1], packed ? PLAIN : form, info.p, info.len);
	s[1].compressed = form == GABI;
	/* nothing behind it */
	exact = malloc(len ? len : 1);
	must(exact);
	memcpy(exact, image, len);
	free(image);
	e.bytes = (struct span){ .p = exact, .len = len };
	ask(&e, ret);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answers a[FORMS];
	struct span abbrev, info;
	size_t n;

	if (size < 3 || size > LONGEST)
		return 0;
	n = data[1] | data[2] << 8;
	if (n > size - 3)
		n = size - 3;
	abbrev = (struct span){ .p = data + 3, .len = n };
	info = (struct span){ .p = data + 3 + n, .len = size - 3 - n };
	for (enum form form = PLAIN; form < FORMS; form++) {
		if (data[0] == 1 && form == PLAIN)
			continue;
		try(form, abbrev, info, data[0] == 1, &a[form]);
		if (data[0] != 1)
			must(!memcmp(&a[form], &a[PLAIN], sizeof(a[form])));
	}
	return 0;
}
