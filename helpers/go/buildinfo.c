/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/buildinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum {
	HEADER = 32,		/* magic, pointer size, flags, padding */
	FLAGS = 15,
	FLAG_INLINE = 2,	/* since 1.18: strings with lengths follow the header */
	MODINFO_MARK = 16,	/* sentinel bytes before and behind the module text */
	SCAN_LIMIT = 1 << 20,
};

static const char magic[] = "\xff Go buildinf:";

static struct span find_in(struct span b)
{
	size_t limit = b.len < SCAN_LIMIT ? b.len : SCAN_LIMIT;

	for (size_t off = 0; off + HEADER <= limit; off += 16)
		if (!memcmp(b.p + off, magic, sizeof(magic) - 1))
			return span_from(&b, off);
	return (struct span){ 0 };
}

/* The section has a name of its own; without section headers it stands early in the data. */
static struct span find(const struct elf_file *elf)
{
	const struct elf_section *s = elf_section(elf, ".go.buildinfo");
	struct span b = { 0 };

	if (s)
		b = find_in(elf_section_bytes(elf, s));
	for (unsigned i = 0; !b.len && i < elf->nsegments; i++)
		if (!elf->segments[i].exec)
			b = find_in(elf_bytes_at(elf, elf->segments[i].addr));
	return b;
}

static struct span counted_string(struct span *b, uint64_t *off)
{
	uint32_t len = span_uvarint32(b, off);
	struct span s = span_sub(b, *off, len);

	*off += len;
	return s;
}

/* "go1.19.8", "go1.27-devel_abc", "devel go1.28-0123abc …": 19, 27, 28; 0 when it is none. */
static unsigned minor_of(const char *text)
{
	const char *p = strstr(text, "go1.");
	unsigned long v;
	char *end;

	if (!p)
		return 0;
	v = strtoul(p + 4, &end, 10);
	return end == p + 4 || v > 999 ? 0 : v;
}

static void main_module(struct span mod, char ret[256])
{
	const char *text = (const char *)mod.p, *end = text + mod.len, *p;

	ret[0] = '\0';
	if (mod.len < 2 * MODINFO_MARK)
		return;
	text += MODINFO_MARK;
	end -= MODINFO_MARK;
	for (p = text; p < end; p++) {
		const char *eol = memchr(p, '\n', end - p);

		if (!eol)
			eol = end;
		if (eol - p >= 5 && !memcmp(p, "path\t", 5)) {
			snprintf(ret, 256, "%.*s", eol - p < 261 ? (int)(eol - p - 5) : 255, p + 5);
			return;
		}
		p = eol;
	}
}

int go_buildinfo(const struct elf_file *elf, struct go_version *ret_version, char ret_module[256])
{
	struct span b = find(elf), version, mod;
	struct go_version v = { 0 };
	uint64_t off = HEADER;

	if (!b.len)
		return err_set(ENOEXEC,
			       "%s is not a Go program, or its build information is gone: "
			       "the Go version is unknown",
			       elf->path);
	if (!(span_u8(&b, FLAGS) & FLAG_INLINE))
		return err_set(ENOEXEC, "%s was built by a Go older than 1.18, which is not supported",
			       elf->path);
	version = counted_string(&b, &off);
	mod = counted_string(&b, &off);
	if (b.bad || version.len >= sizeof(v.text))
		return err_set(ENOEXEC, "%s: broken Go build information", elf->path);
	memcpy(v.text, version.p, version.len);
	v.minor = minor_of(v.text);
	if (!v.minor)
		return err_set(ENOEXEC, "%s: unknown Go version '%s'", elf->path, v.text);
	main_module(mod, ret_module);
	*ret_version = v;
	return 0;
}
