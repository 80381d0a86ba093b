/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_dwarf_unit.h - units and entries of .debug_info, DWARF 2 to 5 */
#ifndef GOBPF_INPUT_ELF_DWARF_UNIT_H
#define GOBPF_INPUT_ELF_DWARF_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Offsets are those of .debug_info, but for abbrevs.  Sources: DWARF 5, 7.5; DWARF 4, 7.5. */
struct dwarf_unit {
	uint64_t start, entries, end;	/* end: the next unit's start */
	uint64_t abbrevs;		/* its table's offset in .debug_abbrev */
	uint8_t version, offset_size, address_size;
};

/* The unit at start, where s begins; bad when s ends within its header. false: this is none. */
bool dwarf_unit_read(struct span *s, uint64_t start, struct dwarf_unit *ret);

/* What the entries of a unit are made of, read as far as was needed. */
#define DWARF_ABBREVS 512
struct dwarf_abbrevs {
	struct span bytes;	/* from the table's beginning on */
	uint64_t next;
	struct dwarf_abbrev {
		uint32_t attributes;	/* offset in bytes, 0: there is no such */
		uint16_t tag;
		bool children;
	} v[DWARF_ABBREVS];	/* by code */
};
void dwarf_abbrevs_begin(struct dwarf_abbrevs *a, struct span bytes);

/* What fields are made of; nothing else of an entry is kept. */
struct dwarf_entry {
	uint64_t next;		/* offset of what follows: its first child, if it has any */
	uint16_t tag;		/* 0: the end of a list of children */
	bool children;
	const char *name;	/* in the bytes read, NULL: none */
	uint64_t size;		/* DW_AT_byte_size; UINT64_MAX: none, or no plain number, as below */
	uint64_t member_at;	/* DW_AT_data_member_location */
	uint64_t type;		/* DW_AT_type, an offset */
};

/* The entry at offset off, where s begins; bad when s ends within it. false: not understood. */
bool dwarf_entry_read(struct span *s, uint64_t off, const struct dwarf_unit *u,
		      struct dwarf_abbrevs *a, struct dwarf_entry *ret);

#endif
