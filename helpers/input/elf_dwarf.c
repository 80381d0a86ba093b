/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_dwarf.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "input/elf_dwarf_bytes.h"
#include "input/elf_dwarf_unit.h"

/* A type's size can be anything in a damaged file; no structure of the runtime is near this. */
#define MAX_OFFSET (16u << 20)
/* .. and types of types may go round in circles, units may be without end */
enum { MAX_TYPEDEFS = 8, MAX_UNITS = 1 << 16 };

struct strct {
	uint64_t at, name;	/* offsets in .debug_info */
};

struct elf_dwarf {
	char *unit_name;
	struct dwarf_bytes info, abbrev;
	struct dwarf_unit unit;
	struct dwarf_abbrevs abbrevs;	/* of the unit */
	unsigned units;
	/* those met so far, and where to go on, so deep in entries inside others; 0: behind the unit */
	struct strct *v;
	size_t n, cap;
	uint64_t at;
	unsigned depth;
	bool end;
};

struct elf_dwarf *elf_dwarf_open(const struct elf_file *e, const char *unit)
{
	struct elf_dwarf *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->unit_name = strdup(unit);
	if (d->unit_name && dwarf_bytes_open(&d->info, e, ".debug_info") &&
	    dwarf_bytes_open(&d->abbrev, e, ".debug_abbrev")) {
		/* all tables together are small */
		while (dwarf_bytes_more(&d->abbrev))
			;
		return d;
	}
	elf_dwarf_close(d);
	return NULL;
}

void elf_dwarf_close(struct elf_dwarf *d)
{
	if (!d)
		return;
	dwarf_bytes_close(&d->info);
	dwarf_bytes_close(&d->abbrev);
	free(d->unit_name);
	free(d->v);
	free(d);
}

/* The unit's entry at that offset; its name is good until the next call. */
static bool entry_at(struct elf_dwarf *d, uint64_t off, struct dwarf_entry *ret)
{
	struct span s;

	if (off < d->unit.entries || off >= d->unit.end)
		return false;
	do {
		s = dwarf_bytes_at(&d->info, off);
		if (dwarf_entry_read(&s, off, &d->unit, &d->abbrevs, ret))
			return true;
	} while (s.bad && dwarf_bytes_more(&d->info));
	return false;
}

static bool unit_at(struct elf_dwarf *d, uint64_t off)
{
	struct span s;

	dwarf_bytes_forget(&d->info, off);
	do {
		s = dwarf_bytes_at(&d->info, off);
		if (dwarf_unit_read(&s, off, &d->unit)) {
			s = dwarf_bytes_at(&d->abbrev, d->unit.abbrevs);
			dwarf_abbrevs_begin(&d->abbrevs, s);
			return true;
		}
	} while (s.bad && dwarf_bytes_more(&d->info));
	return false;
}

/* The first entry of the next unit of that name. */
static bool enter_unit(struct elf_dwarf *d)
{
	struct dwarf_entry e;

	while (d->units++ < MAX_UNITS && unit_at(d, d->unit.end)) {
		if (!entry_at(d, d->unit.entries, &e) || !e.children ||
		    !e.name || strcmp(e.name, d->unit_name) != 0)
			continue;
		d->at = e.next;
		d->depth = 1;
		return true;
	}
	return false;
}

/* The next structure with a name, put into v; NULL at the end. */
static const char *read_on(struct elf_dwarf *d)
{
	struct dwarf_entry e;

	while (!d->end) {
		uint64_t at = d->at;
		unsigned depth = d->depth;

		if (!depth) {
			d->end = d->n || !enter_unit(d);
			continue;
		}
		if (!entry_at(d, at, &e)) {
			d->depth = 0;
			continue;
		}
		d->at = e.next;
		d->depth += e.tag ? e.children : -1;
		if (depth != 1 || e.tag != DW_TAG_structure_type || !e.name)
			continue;
		if (!ARRAY_ROOM(d->v, d->n, d->cap))
			break;
		d->v[d->n++] = (struct strct){
			at, d->info.from + (e.name - (const char *)d->info.here.p)
		};
		return e.name;
	}
	d->end = true;
	return NULL;
}

/* The name was read before, to its end. */
static const char *name_of(const struct elf_dwarf *d, const struct strct *s)
{
	return (const char *)d->info.here.p + (s->name - d->info.from);
}

bool elf_dwarf_struct(struct elf_dwarf *d, const char *name, const char *older, uint64_t *ret)
{
	const char *found;
	size_t i = 0;

	for (; (found = i < d->n ? name_of(d, &d->v[i]) : read_on(d)); i++)
		if (!strcmp(found, name) || (older && !strcmp(found, older))) {
			*ret = d->v[i].at;
			return true;
		}
	return false;
}

/* What a member is made of, typedefs looked through. */
static bool type_of(struct elf_dwarf *d, const struct dwarf_entry *member,
		    struct dwarf_entry *ret)
{
	*ret = *member;
	for (int i = 0; i < MAX_TYPEDEFS; i++) {
		if (!entry_at(d, ret->type, ret))
			return false;
		if (ret->tag != DW_TAG_typedef)
			return true;
	}
	return false;
}

static bool find_member(struct elf_dwarf *d, const struct dwarf_entry *strct, const char *name,
			size_t len, struct dwarf_entry *ret)
{
	uint64_t at = strct->next;
	unsigned depth = strct->children;

	while (depth && entry_at(d, at, ret)) {
		if (depth == 1 && ret->tag == DW_TAG_member && ret->name &&
		    !strncmp(ret->name, name, len) && !ret->name[len])
			return true;
		at = ret->next;
		depth += ret->tag ? ret->children : -1;
	}
	return false;
}

int elf_dwarf_field(struct elf_dwarf *d, uint64_t strct, const char *path, uint32_t *ret_offset,
		    uint32_t *ret_size)
{
	struct dwarf_entry type, member;
	uint64_t offset = 0;

	if (!entry_at(d, strct, &type))
		return -ENOENT;
	while (*path) {
		size_t len = strcspn(path, ".");

		if (!find_member(d, &type, path, len, &member) || member.member_at > MAX_OFFSET ||
		    !type_of(d, &member, &type))
			return -ENOENT;
		offset += member.member_at;
		path += len + (path[len] == '.');
	}
	if (type.size == UINT64_MAX && type.tag == DW_TAG_pointer_type)
		type.size = d->unit.address_size;
	if (type.size > MAX_OFFSET || offset > MAX_OFFSET)
		return -ENOENT;
	*ret_offset = offset;
	*ret_size = type.size;
	return 0;
}
