/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dwarflib.c - what input/elf_dwarf says of structures, and what libdw says, for tests/dwarf.bats
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/layout.h"
#include "golib.h"
#include "input/elf_dwarf.h"

/* A structure by libdw: the first of its name. */
struct strct {
	const char *name;
	Dwarf_Off die;
};

static struct {
	Dwarf *dw;
	struct strct *v;
	size_t n, cap;
} all;
static struct elf_dwarf *ours;
static unsigned compared, differ;

static int by_name(const void *a, const void *b)
{
	const struct strct *s = a, *t = b;
	int order = strcmp(s->name, t->name);

	return order ? order : (s->die > t->die) - (s->die < t->die);
}

static int collect(const char *path)
{
	Dwarf_Off next, here;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Dwarf_Die cu, die;
	size_t header;

	all.dw = dwarf_begin(fd, DWARF_C_READ);
	if (!all.dw)
		return err_set(ENOENT, "no DWARF for libdw");
	for (here = 0; !dwarf_nextcu(all.dw, here, &next, &header, NULL, NULL, NULL); here = next) {
		if (!dwarf_offdie(all.dw, here + header, &cu) || dwarf_srclang(&cu) != DW_LANG_Go ||
		    dwarf_child(&cu, &die))
			continue;
		do {
			if (dwarf_tag(&die) != DW_TAG_structure_type || !dwarf_diename(&die))
				continue;
			if (!ARRAY_ROOM(all.v, all.n, all.cap))
				return err_sys(ENOMEM, "structures");
			all.v[all.n++] = (struct strct){ dwarf_diename(&die), dwarf_dieoffset(&die) };
		} while (!dwarf_siblingof(&die, &die));
	}
	qsort(all.v, all.n, sizeof(*all.v), by_name);
	return 0;
}

static bool find(const char *name, Dwarf_Die *ret)
{
	for (size_t i = 0; i < all.n; i++)
		if (!strcmp(all.v[i].name, name))
			return dwarf_offdie(all.dw, all.v[i].die, ret);
	return false;
}

static void compare(uint64_t strct, const char *name, const char *field, bool has, uint64_t offset,
		    uint64_t size)
{
	uint32_t our_offset = 0, our_size = 0;
	bool found = !elf_dwarf_field(ours, strct, field, &our_offset, &our_size);

	compared++;
	if (found == has && (!has || (our_offset == offset && our_size == size)))
		return;
	differ++;
	printf("%s.%s: %s %u %u, libdw %s %lu %lu\n", name, field, found ? "at" : "none", our_offset,
	       our_size, has ? "at" : "none", offset, size);
}

static bool type_size(Dwarf_Die *die, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Die type;
	Dwarf_Word w;

	if (!dwarf_attr(die, DW_AT_type, &attr) || !dwarf_formref_die(&attr, &type) ||
	    dwarf_aggregate_size(&type, &w))
		return false;
	*ret = w;
	return true;
}

/* The structure, and each of its members. */
static void compare_struct(const struct strct *s)
{
	Dwarf_Die strct, die;
	Dwarf_Attribute attr;
	Dwarf_Word at, size;
	uint64_t here;
	bool has;

	if (!elf_dwarf_struct(ours, s->name, NULL, &here)) {
		printf("%s: not found\n", s->name);
		differ++;
		return;
	}
	dwarf_offdie(all.dw, s->die, &strct);
	has = !dwarf_aggregate_size(&strct, &size);
	compare(here, s->name, "", has, 0, size);
	for (int more = dwarf_child(&strct, &die); !more; more = dwarf_siblingof(&die, &die)) {
		has = dwarf_attr(&die, DW_AT_data_member_location, &attr) &&
		      !dwarf_formudata(&attr, &at) && type_size(&die, &size);
		/* two that are called _: each is asked for by the first's name */
		if (dwarf_tag(&die) == DW_TAG_member && strcmp(dwarf_diename(&die), "_") != 0 &&
		    !strchr(dwarf_diename(&die), '.'))
			compare(here, s->name, dwarf_diename(&die), has, at, size);
	}
}

/* compare FILE: "STRUCTURES FIELDS 0"; before that lines of what differs */
static int cmd_compare(char **a)
{
	unsigned n = 0;
	int err = collect(a[0]);

	if (err)
		return err;
	ours = elf_dwarf_open(&elf, "runtime");
	if (!ours)
		return err_set(ENOENT, "no DWARF");
	for (size_t i = 0; i < all.n; i++)
		if (!i || strcmp(all.v[i].name, all.v[i - 1].name) != 0) {
			compare_struct(&all.v[i]);
			n++;
		}
	printf("%u %u %u\n", n, compared, differ);
	elf_dwarf_close(ours);
	dwarf_end(all.dw);
	return 0;
}

/* libdw's answer for a path like "sched.sp". */
static bool by_libdw(const char *strct, const char *path, uint64_t *ret_offset, uint64_t *ret_size)
{
	Dwarf_Die die, member;
	Dwarf_Attribute attr;
	Dwarf_Word w = 0;

	if (!find(strct, &die))
		return false;
	*ret_offset = 0;
	while (*path) {
		size_t len = strcspn(path, ".");
		int more = dwarf_child(&die, &member);

		while (!more && (strncmp(dwarf_diename(&member), path, len) != 0 ||
				 dwarf_diename(&member)[len]))
			more = dwarf_siblingof(&member, &member);
		if (more || !dwarf_attr(&member, DW_AT_data_member_location, &attr) ||
		    dwarf_formudata(&attr, &w))
			return false;
		*ret_offset += w;
		if (!dwarf_attr(&member, DW_AT_type, &attr) || !dwarf_formref_die(&attr, &die))
			return false;
		while (dwarf_tag(&die) == DW_TAG_typedef && dwarf_attr(&die, DW_AT_type, &attr) &&
		       dwarf_formref_die(&attr, &die))
			;
		path += len + (path[len] == '.');
	}
	*ret_size = dwarf_aggregate_size(&die, &w) ? UINT64_MAX : w;
	return true;
}

/* table FILE: "STRUCT FIELD OFFSET SIZE" by layout_of(), each field of the table that DWARF has */
static int cmd_table(char **a)
{
	const char *strct, *field;
	struct layout_field f;
	struct layout l;

	(void)a;
	layout_open(&l, &go);
	for (unsigned i = 0; layout_name(i, &strct, &field); i++)
		if (!layout_of(&l, strct, field, &f) && f.source == LAYOUT_DWARF)
			printf("%s %s %u %u\n", strct, field, f.offset, f.size);
	layout_close(&l);
	return 0;
}

/*
 * libdw FILE: the same by libdw, for each line "STRUCT FIELD OLDER-STRUCT OLDER-FIELD" of standard
 * input; "-": there is no older name
 */
static int cmd_libdw(char **a)
{
	char strct[64], field[64], older_strct[64], older[64];
	uint64_t offset, size;
	int err = collect(a[0]);

	while (!err && scanf("%63s %63s %63s %63s", strct, field, older_strct, older) == 4) {
		const char *path = strcmp(field, "sizeof") != 0 ? field : "";

		if (by_libdw(strct, path, &offset, &size) || by_libdw(strct, older, &offset, &size) ||
		    by_libdw(older_strct, path, &offset, &size) ||
		    by_libdw(older_strct, older, &offset, &size))
			printf("%s %s %lu %lu\n", strct, field, offset, size);
	}
	dwarf_end(all.dw);
	return err;
}

/* field FILE STRUCT PATH: "OFFSET SIZE" or "none"; the file need not be Go's */
static int cmd_field(char **a)
{
	uint32_t offset, size;
	uint64_t at;
	int err = elf_open(a[0], &elf);

	if (err)
		return err;
	ours = elf_dwarf_open(&elf, "runtime");
	if (ours && elf_dwarf_struct(ours, a[1], NULL, &at) &&
	    !elf_dwarf_field(ours, at, a[2], &offset, &size))
		printf("%u %u\n", offset, size);
	else
		puts("none");
	elf_dwarf_close(ours);
	return 0;
}

static const struct unit_command commands[] = {
	{ "compare", 1, cmd_compare, true },
	{ "table", 1, cmd_table, true },
	{ "libdw", 1, cmd_libdw, false },
	{ "field", 3, cmd_field, false },
};

int main(int argc, char **argv)
{
	int status = run_command("dwarflib", commands, ARRAY_SIZE(commands), argc, argv);

	free(all.v);
	return status;
}
