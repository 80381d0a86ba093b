/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/layout.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/layout_code.h"
#include "input/elf_dwarf.h"

#define LAYOUT_AMD64 1
#define LAYOUT_ARM64 2

struct version_row {
	unsigned minor;
	const char *text;
};

struct field_row {
	uint8_t from, to, arch;
	const char *strct, *field;
	uint32_t offset, size;
};

struct class_row {
	uint8_t from, to, index;
	uint32_t size, npages;
};

/* What a field was called once, or, for the field "-", the structure. */
struct alias_row {
	const char *strct, *field, *older;
};

/*
 * Something that came into the structure before offset: from there on all is by bytes further.
 * by < 0: the table's version has it, and before that patch release the structure ended at offset.
 */
struct shift_row {
	uint8_t minor, patch;
	const char *strct;
	const char *mark;	/* the function that came with it; "": the version says it */
	uint32_t offset;
	int32_t by;
};

#define LAYOUT_VERSION(minor, text) { minor, text },
#define LAYOUT_FIELD(...)
#define LAYOUT_CLASS(...)
#define LAYOUT_ALIAS(...)
#define LAYOUT_SHIFT(...)
static const struct version_row versions[] = {
#include "layouts.inc"
};
#undef LAYOUT_VERSION
#undef LAYOUT_FIELD
#undef LAYOUT_CLASS
#undef LAYOUT_ALIAS

#define LAYOUT_VERSION(...)
#define LAYOUT_FIELD(from, to, arch, strct, field, offset, size) \
	{ from, to, arch, strct, field, offset, size },
#define LAYOUT_CLASS(...)
#define LAYOUT_ALIAS(...)
static const struct field_row fields[] = {
#include "layouts.inc"
};
#undef LAYOUT_FIELD
#undef LAYOUT_CLASS
#undef LAYOUT_ALIAS

#define LAYOUT_FIELD(...)
#define LAYOUT_CLASS(from, to, index, size, npages) { from, to, index, size, npages },
#define LAYOUT_ALIAS(...)
static const struct class_row classes[] = {
#include "layouts.inc"
};
#undef LAYOUT_CLASS
#undef LAYOUT_ALIAS

#define LAYOUT_CLASS(...)
#define LAYOUT_ALIAS(strct, field, older) { strct, field, older },
static const struct alias_row aliases[] = {
#include "layouts.inc"
};
#undef LAYOUT_ALIAS
#undef LAYOUT_SHIFT

#define LAYOUT_ALIAS(...)
#define LAYOUT_SHIFT(minor, patch, strct, mark, offset, by) \
	{ minor, patch, strct, mark, offset, by },
static const struct shift_row shifts[] = {
#include "layouts.inc"
};

const char *layout_toolchain(unsigned go_minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++)
		if (versions[i].minor == go_minor)
			return versions[i].text;
	return NULL;
}

static bool covers(unsigned minor, unsigned from, unsigned to)
{
	return from <= minor && minor <= to;
}

static int offset_for(unsigned arch, unsigned go_minor, const char *strct, const char *field,
		      struct layout_field *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field_row *r = &fields[i];

		if (!covers(go_minor, r->from, r->to) || !(r->arch & arch) ||
		    strcmp(r->strct, strct) != 0 || strcmp(r->field, field) != 0)
			continue;
		*ret = (struct layout_field){
			.offset = r->offset,
			.size = r->size,
			.source = layout_toolchain(go_minor) ? LAYOUT_TABLE : LAYOUT_INTERPOLATED,
		};
		return 0;
	}
	if (!go_minor)
		return err_set(ENOEXEC, "which Go built it is not known for certain, nor where that keeps %s.%s",
			       strct, field);
	if (layout_toolchain(go_minor))
		return err_set(ENOENT, "Go 1.%u has no %s.%s", go_minor, strct, field);
	return err_set(ENOEXEC, "no table says where Go 1.%u keeps %s.%s", go_minor, strct, field);
}

/* 6 for go1.24.6, 0 for go1.24 and go1.24rc1; -1: not known, as of a development version. */
static int patch_of(const struct go_version *v)
{
	const char *p = v->source != GO_VERSION_TABLES ? strstr(v->text, "go1.") : NULL;

	if (!p)
		return -1;
	p += 4;
	p += strspn(p, "0123456789");
	if (p[0] == '.' && p[1] >= '0' && p[1] <= '9')
		return strtoul(p + 1, NULL, 10) & INT16_MAX;
	return !p[0] || p[0] == ' ' || !strncmp(p, "rc", 2) || !strncmp(p, "beta", 4) ? 0 : -1;
}

/* Nothing says whether this patch release moved the field. */
static int unsure(const struct go_file *g, const struct shift_row *r, const char *field)
{
	return err_set(ENOEXEC, "%s: go1.%u.%u moved %s.%s, and nothing says whether it did here",
		       g->elf->path, r->minor, r->patch, r->strct, field);
}

/* What the table has at the structure's end, and the version perhaps not yet. */
static int unshift(const struct go_file *g, const struct shift_row *r, int patch,
		   const char *field, struct layout_field *f)
{
	if (patch < 0)
		return unsure(g, r, field);
	if (patch >= r->patch)
		return 0;
	if (f->offset >= r->offset)
		return err_set(ENOENT, "%s has no %s.%s, which came with go1.%u.%u",
			       g->version.text, r->strct, field, r->minor, r->patch);
	f->size += r->by;
	f->source = LAYOUT_SHIFTED;
	return 0;
}

/*
 * What came into a structure after the table's toolchain was made.  The function that came
 * with it is believed, also in a version that had the change put into it later; that it is
 * missing is believed of versions from before only.
 */
static int shift(const struct go_file *g, unsigned minor, const char *strct, const char *field,
		 struct layout_field *f)
{
	bool whole = !strcmp(field, "sizeof");
	int patch = patch_of(&g->version);
	struct go_func mark;
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(shifts); i++) {
		const struct shift_row *r = &shifts[i];

		if (r->minor != minor || strcmp(r->strct, strct) != 0 ||
		    (!whole && f->offset < r->offset))
			continue;
		if (r->by < 0) {
			err = unshift(g, r, patch, field, f);
		} else if (!r->mark[0] || go_func_named(g, r->mark, &mark)) {
			*(whole ? &f->size : &f->offset) += r->by;
			f->source = LAYOUT_SHIFTED;
		} else if (patch < 0 || patch >= r->patch) {
			err = unsure(g, r, field);
		}
	}
	return err;
}

static int in_version(const struct go_file *g, unsigned minor, const char *strct,
		      const char *field, struct layout_field *ret)
{
	unsigned arch = g->elf->machine == EM_AARCH64 ? LAYOUT_ARM64 : LAYOUT_AMD64;
	struct layout_field f;
	int err = offset_for(arch, minor, strct, field, &f);

	if (!err)
		err = shift(g, minor, strct, field, &f);
	if (!err)
		*ret = f;
	return err;
}

void layout_open(struct layout *l, const struct go_file *g)
{
	*l = (struct layout){ .go = g, .dwarf = elf_dwarf_open(g->elf, "runtime") };
}

void layout_close(struct layout *l)
{
	elf_dwarf_close(l->dwarf);
	*l = (struct layout){ 0 };
}

/* The older name of the field, or, for the field "-", of the structure; NULL: it has none. */
static const char *older_name(const char *strct, const char *field)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (!strcmp(aliases[i].strct, strct) && !strcmp(aliases[i].field, field))
			return aliases[i].older;
	return NULL;
}

/* *known: DWARF has the structure. */
static bool by_dwarf(const struct layout *l, const char *strct, const char *field,
		     struct layout_field *ret, bool *known)
{
	const char *path = strcmp(field, "sizeof") != 0 ? field : "";
	const char *older = older_name(strct, field);
	uint64_t at;

	*known = elf_dwarf_struct(l->dwarf, strct, older_name(strct, "-"), &at);
	ret->source = LAYOUT_DWARF;
	return *known && (!elf_dwarf_field(l->dwarf, at, path, &ret->offset, &ret->size) ||
			  (older && !elf_dwarf_field(l->dwarf, at, older, &ret->offset,
						     &ret->size)));
}

/* When only a range of versions is known, all of them must say the same. */
int layout_by_table(const struct go_file *g, const char *strct, const char *field,
		    struct layout_field *ret)
{
	const struct go_version *v = &g->version;
	struct layout_field one, f = { 0 };
	int err;

	if (g->elf->machine != EM_AARCH64 && g->elf->machine != EM_X86_64)
		return err_set(ENOEXEC, "%s: the layouts of amd64 and arm64 are known, no others",
			       g->elf->path);
	if (v->minor)
		return in_version(g, v->minor, strct, field, ret);
	for (unsigned minor = v->first; minor <= v->last; minor++) {
		err = in_version(g, minor, strct, field, &one);
		if (err)
			return err;
		if (minor > v->first && (one.offset != f.offset || one.size != f.size))
			return err_set(ENOEXEC, "%s: its Go version is not known exactly (%s), and "
				       "%s.%s is not at one place in all of them", g->elf->path,
				       v->text, strct, field);
		f = one;
	}
	f.source = LAYOUT_RANGE;
	*ret = f;
	return 0;
}

/* table_err 0: f is what the table says, to be confirmed; else f is to be found. */
static int by_code(const struct go_file *g, const char *strct, const char *field, int table_err,
		   struct layout_field *f)
{
	uint32_t offset;
	int err = layout_code_offset(g, strct, field, &offset);

	if (table_err) {
		/* witnesses are of fields of one word */
		*f = (struct layout_field){ offset, 8, LAYOUT_CODE };
		return err;
	}
	if (!err && offset != f->offset)
		return err_set(ENOEXEC, "%s: %s.%s is at %u in %s, but its code uses %u: a runtime "
			       "that was changed", g->elf->path, strct, field, f->offset,
			       g->version.text, offset);
	return 0;
}

int layout_of(struct layout *l, const char *strct, const char *field, struct layout_field *ret)
{
	struct layout_field f = { 0 };
	bool known = false;
	int err;

	if (l->dwarf && by_dwarf(l, strct, field, &f, &known)) {
		*ret = f;
		return 0;
	}
	if (known)
		return err_set(ENOENT, "%s: its DWARF has no %s.%s", l->go->elf->path, strct, field);
	err = layout_by_table(l->go, strct, field, &f);
	if (layout_code_has(l->go, strct, field) && (!err || l->go->newer))
		err = by_code(l->go, strct, field, err, &f);
	if (!err)
		*ret = f;
	return err;
}

int layout_fields(const struct go_file *g, const struct layout_want *want, size_t n)
{
	struct layout l;
	int err = 0;

	layout_open(&l, g);
	for (size_t i = 0; !err && i < n; i++)
		err = layout_of(&l, want[i].strct, want[i].field, want[i].ret);
	layout_close(&l);
	return err;
}

/* The nearest versions on both sides for which there was a toolchain. */
static void neighbours(unsigned minor, unsigned *before, unsigned *after)
{
	*before = *after = 0;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		unsigned v = versions[i].minor;

		if (v < minor && v > *before)
			*before = v;
		if (v > minor && (!*after || v < *after))
			*after = v;
	}
}

const char *layout_source_words(enum layout_source source, const struct go_version *version,
				char out[LAYOUT_WORDS])
{
	unsigned before, after;

	switch (source) {
	case LAYOUT_DWARF:
		return "DWARF";
	case LAYOUT_CODE:
		return "code that uses it";
	case LAYOUT_TABLE:
		snprintf(out, LAYOUT_WORDS, "table for go1.%u", version->minor);
		return out;
	case LAYOUT_INTERPOLATED:
		neighbours(version->minor, &before, &after);
		snprintf(out, LAYOUT_WORDS, "table, go1.%u and go1.%u agree", before, after);
		return out;
	case LAYOUT_SHIFTED:
		snprintf(out, LAYOUT_WORDS, "table, corrected for %.40s", version->text);
		return out;
	case LAYOUT_RANGE:
		snprintf(out, LAYOUT_WORDS, "table, go1.%u to go1.%u agree", version->first,
			 version->last);
		return out;
	}
	return "";
}

/* Rows of one field stand together (gen.go sorts them), but the architectures come in between. */
static bool seen_before(size_t at)
{
	for (size_t i = at; i-- > 0 && !strcmp(fields[i].strct, fields[at].strct);)
		if (!strcmp(fields[i].field, fields[at].field))
			return true;
	return false;
}

bool layout_name(unsigned i, const char **ret_strct, const char **ret_field)
{
	for (size_t at = 0; at < ARRAY_SIZE(fields); at++) {
		if (seen_before(at) || i--)
			continue;
		*ret_strct = fields[at].strct;
		*ret_field = fields[at].field;
		return true;
	}
	return false;
}

int layout_classes(unsigned go_minor, struct layout_class ret[LAYOUT_CLASSES])
{
	struct layout_class found[LAYOUT_CLASSES] = { 0 };
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const struct class_row *r = &classes[i];

		if (!covers(go_minor, r->from, r->to) || r->index >= LAYOUT_CLASSES)
			continue;
		found[r->index] = (struct layout_class){ r->size, r->npages };
		n++;
	}
	if (!go_minor)
		return err_set(ENOEXEC, "which Go built it is not known for certain, nor its size classes");
	if (n != LAYOUT_CLASSES)
		return err_set(ENOEXEC, "no table of size classes for Go 1.%u", go_minor);
	memcpy(ret, found, sizeof(found));
	return 0;
}
