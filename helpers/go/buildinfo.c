/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/buildinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum {
	HEADER = 32,		/* magic, pointer size, flags, padding; in the old form two pointers */
	POINTER_SIZE = 14, FLAGS = 15, VERSION = 16, MODINFO = 24,
	FLAG_INLINE = 2,	/* since 1.18: strings with lengths follow the header */
	MODINFO_MARK = 16,	/* sentinel bytes before and behind the module text */
	SCAN_LIMIT = 1 << 20,
	DATA_LIMIT = 64 << 20,	/* of all data together */
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
		if (elf->segments[i].write)
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

/* A Go string {address, length} at addr; 0 there is the empty string. */
static struct span string_at(const struct elf_file *elf, uint64_t addr)
{
	struct span header = elf_bytes_at(elf, addr), text;
	uint64_t p = span_u64(&header, 0), len = span_u64(&header, 8);

	if (header.bad)
		return (struct span){ .bad = true };
	if (!len)
		return (struct span){ 0 };
	text = elf_bytes_at(elf, p);
	return span_sub(&text, 0, len);
}

/* "go1.19.8", "go1.27-devel_abc", "devel go1.28-0123abc …": 19, 27, 28; 0 when it is none. */
static unsigned minor_of(const char *text)
{
	const char *p = strstr(text, "go1.");
	unsigned long v;
	char *end;

	if (!p || p[4] < '0' || p[4] > '9')
		return 0;
	v = strtoul(p + 4, &end, 10);
	return v > 999 ? 0 : v;
}

static bool set_version(struct go_version *v, struct span text, enum go_version_source source)
{
	*v = (struct go_version){ .source = source };
	if (text.len >= sizeof(v->text))
		return false;
	if (text.len)
		memcpy(v->text, text.p, text.len);
	v->minor = v->first = v->last = minor_of(v->text);
	return v->minor;
}

static void main_module(struct span mod, char ret[256])
{
	const char *end;

	ret[0] = '\0';
	if (mod.len < 2 * MODINFO_MARK)
		return;
	end = (const char *)mod.p + mod.len - MODINFO_MARK;
	for (const char *p = (const char *)mod.p + MODINFO_MARK; p < end; p++) {
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

/* The two strings in the build information b. */
static void read_strings(const struct elf_file *elf, struct span *b, struct span *version,
			 struct span *mod)
{
	uint64_t off = HEADER;

	if (span_u8(b, FLAGS) & FLAG_INLINE) {
		*version = counted_string(b, &off);
		*mod = counted_string(b, &off);
	} else {
		*version = string_at(elf, span_u64(b, VERSION));
		*mod = string_at(elf, span_u64(b, MODINFO));
		b->bad |= version->bad || mod->bad || span_u8(b, POINTER_SIZE) != 8;
	}
}

static bool begins(struct span s, const char *with)
{
	return s.len >= strlen(with) && !memcmp(s.p, with, strlen(with));
}

/* "build\tKEY=VALUE"; VALUE in quotes where it has blanks or quotes (runtime/debug/mod.go). */
static bool split_setting(struct span line, struct span *key, struct span *value)
{
	const uint8_t *equals;

	if (!begins(line, "build\t"))
		return false;
	line = span_from(&line, 6);
	equals = line.len ? memchr(line.p, '=', line.len) : NULL;
	if (!equals)
		return false;
	*key = span_sub(&line, 0, equals - line.p);
	*value = span_from(&line, equals - line.p + 1);
	if (value->len >= 2 && (value->p[0] == '"' || value->p[0] == '`') &&
	    value->p[value->len - 1] == value->p[0])
		*value = span_sub(value, 1, value->len - 2);
	return true;
}

void go_build_settings(const struct elf_file *elf,
		       void (*each)(struct span key, struct span value, void *arg), void *arg)
{
	struct span b = find(elf), version, mod, key, value;

	if (!b.len)
		return;
	read_strings(elf, &b, &version, &mod);
	if (b.bad || mod.len < 2 * MODINFO_MARK)
		return;
	mod = span_sub(&mod, MODINFO_MARK, mod.len - 2 * MODINFO_MARK);
	while (mod.len) {
		const uint8_t *eol = memchr(mod.p, '\n', mod.len);
		size_t len = eol ? (size_t)(eol - mod.p) : mod.len;

		if (split_setting(span_sub(&mod, 0, len), &key, &value))
			each(key, value, arg);
		mod = span_from(&mod, eol ? len + 1 : len);
	}
}

int go_buildinfo(const struct elf_file *elf, struct go_version *ret_version, char ret_module[256])
{
	struct span b = find(elf), version, mod;
	struct go_version v;

	if (!b.len)
		return err_set(ENOENT, "%s has no Go build information", elf->path);
	read_strings(elf, &b, &version, &mod);
	if (b.bad || version.len >= sizeof(v.text))
		return err_set(ENOEXEC, "%s: broken Go build information", elf->path);
	if (!set_version(&v, version, GO_VERSION_BUILDINFO))
		return err_set(ENOENT, "%s: unknown Go version '%s'", elf->path, v.text);
	main_module(mod, ret_module);
	*ret_version = v;
	return 0;
}

/* Strings as the linker writes them into runtime.buildVersion. */
static bool is_version(struct span s)
{
	if (s.bad || s.len < 5 || memcmp(s.p, "go1.", 4) != 0)
		return false;
	for (size_t i = 4; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.p[4] >= '0' && s.p[4] <= '9';
}

bool go_buildversion(const struct elf_file *elf, struct go_version *ret)
{
	struct go_version found = { 0 }, v;
	size_t left = DATA_LIMIT;
	struct elf_sym sym;

	if (elf_has_symtab(elf) && elf_symbol(elf, "runtime.buildVersion", &sym)) {
		struct span s = string_at(elf, sym.addr);

		return is_version(s) && set_version(ret, s, GO_VERSION_VARIABLE);
	}
	for (unsigned i = 0; i < elf->nsegments; i++) {
		const struct elf_segment *seg = &elf->segments[i];
		struct span b = elf_bytes_at(elf, seg->addr);
		size_t limit = b.len < left ? b.len : left;

		if (!seg->write)
			continue;
		left -= limit;
		for (size_t off = -seg->addr & 7; off + 16 <= limit; off += 8) {
			uint64_t len;
			struct span s;

			memcpy(&len, b.p + off + 8, sizeof(len));
			if (len < 5 || len >= sizeof(v.text))
				continue;
			s = string_at(elf, seg->addr + off);
			if (!is_version(s) || !set_version(&v, s, GO_VERSION_VARIABLE))
				continue;
			if (found.minor && strcmp(found.text, v.text) != 0)
				return false;
			found = v;
		}
	}
	if (!found.minor)
		return false;
	*ret = found;
	return true;
}
