/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_dwarf_bytes.h - a section of DWARF from its beginning on, compressed or not */
#ifndef GOBPF_INPUT_ELF_DWARF_BYTES_H
#define GOBPF_INPUT_ELF_DWARF_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

#include "input/elf.h"

/*
 * A compressed section (SHF_COMPRESSED with zlib; .zdebug_ as Go wrote it up to 1.18) is
 * unpacked as far as it was asked for, and what was passed over is not kept.  Of any other all is
 * at hand, in the file's own bytes.
 */
struct dwarf_bytes {
	struct span here;	/* what is at hand .. */
	uint64_t from;		/* .. from this offset of the section on */
	/* of a compressed one */
	z_stream z;
	bool packed;
	uint8_t *room;
	size_t cap;
};

/*
 * name: ".debug_info". false: the file has no such section, or none that can be read.  The ELF
 * file must outlive b.
 */
bool dwarf_bytes_open(struct dwarf_bytes *b, const struct elf_file *e, const char *name);
void dwarf_bytes_close(struct dwarf_bytes *b);	/* also of what was not opened, but zero */

/* What is at hand from that offset of the section on; bad when that is before or behind it. */
struct span dwarf_bytes_at(const struct dwarf_bytes *b, uint64_t off);

/* Has more at hand, pointers into it are no longer good. false: that is all that can be read. */
bool dwarf_bytes_more(struct dwarf_bytes *b);

/* What is before off is not needed any more. */
void dwarf_bytes_forget(struct dwarf_bytes *b, uint64_t off);

#endif
