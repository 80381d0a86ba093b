/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

/* A type's size can be anything in a damaged file; no structure of the runtime is near this. */
#define MAX_OFFSET (16u << 20)
#define MAX_TYPEDEFS 8

struct strct {
	const char *name;	/* in the file's bytes */
	Dwarf_Off die;
};

struct elf_dwarf {
	int fd;
	Dwarf *dw;
	/* those met so far */
	struct strct *v;
	size_t n, cap;
	/* where to go on */
	Dwarf_Off next_cu;
	Dwarf_Die die;
	bool in_cu, end;
};

/*
 * libdw unpacks compressed sections by changing their headers, so it gets a mapping of its own,
 * made from the path again: of the same file?
 */
static bool same_file(int fd, const struct elf_file *e)
{
	uint8_t head[4096];
	size_t n = e->bytes.len < sizeof(head) ? e->bytes.len : sizeof(head);
	struct stat st;

	return !fstat(fd, &st) && (size_t)st.st_size == e->bytes.len &&
	       pread(fd, head, n, 0) == (ssize_t)n && !memcmp(head, e->bytes.p, n);
}

uint64_t elf_dwarf_size(const struct elf_file *e)
{
	const struct elf_section *plain = elf_section(e, ".debug_info");
	const struct elf_section *old = elf_section(e, ".zdebug_info");
	struct span b;

	if (plain) {
		/* Elf64_Chdr: u32 type, reserved; u64 size */
		b = elf_section_bytes(e, plain);
		return plain->compressed ? span_u64(&b, 8) : plain->size;
	}
	if (!old)
		return 0;
	/* "ZLIB" and the size, big-endian */
	b = elf_section_bytes(e, old);
	return __builtin_bswap64(span_u64(&b, 4));
}

struct elf_dwarf *elf_dwarf_open(const struct elf_file *e)
{
	struct elf_dwarf *d;

	if (!elf_section(e, ".debug_info") && !elf_section(e, ".zdebug_info"))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->fd = open(e->path, O_RDONLY | O_CLOEXEC);
	elf_version(EV_CURRENT);
	if (d->fd >= 0 && same_file(d->fd, e))
		d->dw = dwarf_begin(d->fd, DWARF_C_READ);
	if (d->dw)
		return d;
	elf_dwarf_close(d);
	return NULL;
}

void elf_dwarf_close(struct elf_dwarf *d)
{
	if (!d)
		return;
	if (d->dw)
		dwarf_end(d->dw);
	if (d->fd >= 0)
		close(d->fd);
	free(d->v);
	free(d);
}

/* The first entry of the next unit that has any. */
static bool enter_cu(struct elf_dwarf *d)
{
	Dwarf_Off here = d->next_cu, next;
	size_t header;
	Dwarf_Die cu;

	while (dwarf_nextcu(d->dw, here, &next, &header, NULL, NULL, NULL) == 0) {
		bool entered = dwarf_offdie(d->dw, here + header, &cu) &&
			       dwarf_child(&cu, &d->die) == 0;

		/* a damaged unit may claim to end where it began */
		if (next <= here)
			return false;
		d->next_cu = here = next;
		if (entered)
			return true;
	}
	return false;
}

/* The next structure with a name, put into v; NULL at the end. */
static const struct strct *read_on(struct elf_dwarf *d)
{
	while (!d->end) {
		if (!d->in_cu)
			d->in_cu = enter_cu(d);
		else if (dwarf_siblingof(&d->die, &d->die) != 0)
			d->in_cu = enter_cu(d);
		if (!d->in_cu || !ARRAY_ROOM(d->v, d->n, d->cap)) {
			d->end = true;
			break;
		}
		if (dwarf_tag(&d->die) != DW_TAG_structure_type)
			continue;
		d->v[d->n] = (struct strct){ dwarf_diename(&d->die), dwarf_dieoffset(&d->die) };
		if (d->v[d->n].name)
			return &d->v[d->n++];
	}
	return NULL;
}

static bool find_strct(struct elf_dwarf *d, const char *name, Dwarf_Die *ret)
{
	const struct strct *s;

	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->v[i].name, name))
			return dwarf_offdie(d->dw, d->v[i].die, ret);
	while ((s = read_on(d)))
		if (!strcmp(s->name, name))
			return dwarf_offdie(d->dw, s->die, ret);
	return false;
}

/* What a member is made of, typedefs looked through. */
static bool type_of(Dwarf_Die *member, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	*ret = *member;
	for (int i = 0; i < MAX_TYPEDEFS; i++) {
		if (!dwarf_attr(ret, DW_AT_type, &attr) || !dwarf_formref_die(&attr, ret))
			return false;
		if (dwarf_tag(ret) != DW_TAG_typedef)
			return true;
	}
	return false;
}

static bool find_member(Dwarf_Die *strct, const char *name, size_t len, Dwarf_Die *ret)
{
	bool more = dwarf_child(strct, ret) == 0;

	for (; more; more = dwarf_siblingof(ret, ret) == 0) {
		const char *n = dwarf_tag(ret) == DW_TAG_member ? dwarf_diename(ret) : NULL;

		if (n && !strncmp(n, name, len) && !n[len])
			return true;
	}
	return false;
}

static bool number(Dwarf_Die *die, unsigned attribute, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word w;

	if (!dwarf_attr(die, attribute, &attr) || dwarf_formudata(&attr, &w) || w > MAX_OFFSET)
		return false;
	*ret = w;
	return true;
}

int elf_dwarf_field(struct elf_dwarf *d, const char *strct, const char *path, uint32_t *ret_offset,
		    uint32_t *ret_size, bool *ret_strct)
{
	uint64_t offset = 0, size, at;
	Dwarf_Die type, member;
	Dwarf_Word bytes;
	bool found = find_strct(d, strct, &type);

	if (ret_strct)
		*ret_strct = found;
	if (!found)
		return -ENOENT;
	while (*path) {
		size_t len = strcspn(path, ".");

		if (!find_member(&type, path, len, &member) ||
		    !number(&member, DW_AT_data_member_location, &at) || !type_of(&member, &type))
			return -ENOENT;
		offset += at;
		path += len + (path[len] == '.');
	}
	if (dwarf_aggregate_size(&type, &bytes) || bytes > MAX_OFFSET || offset > MAX_OFFSET)
		return -ENOENT;
	size = bytes;
	*ret_offset = offset;
	*ret_size = size;
	return 0;
}
