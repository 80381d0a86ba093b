/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_dwarf_unit.h"

#include <dwarf.h>
#include <string.h>

#include "base/buf.h"

/* Go's table has 400 bytes, a C compiler's some thousand. */
enum { MAX_TABLE = 16 << 10 };
#define NONE UINT64_MAX

/* LEB128; what is shifted out above is lost. */
static uint64_t read_leb(struct span *s, uint64_t *at)
{
	uint64_t v = 0;
	uint8_t b;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		b = span_u8(s, (*at)++);
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	s->bad = true;
	return 0;
}

static uint64_t read_uint(struct span *s, uint64_t *at, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (uint64_t)span_u8(s, *at + i) << 8 * i;
	*at += width;
	return v;
}

bool dwarf_unit_read(struct span *s, uint64_t start, struct dwarf_unit *ret)
{
	struct dwarf_unit u = { .start = start, .offset_size = 4 };
	uint64_t version, at = 0, len = read_uint(s, &at, 4);

	if (len == UINT32_MAX) {
		u.offset_size = 8;
		len = read_uint(s, &at, 8);
	}
	if (len > INT64_MAX || start > INT64_MAX)
		return false;
	u.end = start + at + len;
	version = read_uint(s, &at, 2);
	if (version >= 5) {
		at++;	/* its type; those that are no DW_UT_compile have no name here */
		u.address_size = read_uint(s, &at, 1);
	}
	u.abbrevs = read_uint(s, &at, u.offset_size);
	if (version < 5)
		u.address_size = read_uint(s, &at, 1);
	u.entries = start + at;
	if (s->bad || version < 2 || version > 5 || u.address_size > 8)
		return false;
	u.version = version;
	*ret = u;
	return true;
}

void dwarf_abbrevs_begin(struct dwarf_abbrevs *a, struct span bytes)
{
	*a = (struct dwarf_abbrevs){ .bytes = bytes };
	if (a->bytes.len > MAX_TABLE)
		a->bytes.len = MAX_TABLE;
}

/* An attribute's name and how it is written; false at the list's end. */
static bool next_attribute(struct span *table, uint64_t *at, unsigned *name, unsigned *form,
			   uint64_t *constant)
{
	*name = read_leb(table, at);
	*form = read_leb(table, at);
	*constant = *form == DW_FORM_implicit_const ? read_leb(table, at) : 0;
	return !table->bad && (*name || *form);
}

/* Reads the table on until that code comes. */
static const struct dwarf_abbrev *find_abbrev(struct dwarf_abbrevs *a, uint64_t code)
{
	unsigned name, form;
	uint64_t constant;

	if (code >= DWARF_ABBREVS)
		return NULL;
	while (!a->v[code].attributes && !a->bytes.bad) {
		uint64_t at = a->next, here = read_leb(&a->bytes, &at), tag;
		struct dwarf_abbrev *v;

		if (!here || here >= DWARF_ABBREVS)
			return NULL;
		v = &a->v[here];
		tag = read_leb(&a->bytes, &at);
		*v = (struct dwarf_abbrev){ .tag = tag, .children = span_u8(&a->bytes, at) };
		v->attributes = ++at;
		while (next_attribute(&a->bytes, &at, &name, &form, &constant))
			;
		a->next = at;
	}
	return a->bytes.bad ? NULL : &a->v[code];
}

enum value { OTHER, NUMBER, HERE /* in the unit */, ANYWHERE /* in the section */, STRING };

/* How long a form is: bytes up to 16, or .. */
enum length {
	ADDRESS = 32, OFFSET, REFERENCE, LEB, TEXT,
	BLOCK,			/* a number of bytes, its LEB128 before it */
	BLOCK_1, BLOCK_2 = BLOCK_1 + 1, BLOCK_4 = BLOCK_1 + 3,	/* .. in so many bytes before it */
};

static const struct form {
	bool known;
	uint8_t length;
	uint8_t value;
} forms[] = {
	[DW_FORM_addr] = { true, ADDRESS, OTHER },
	[DW_FORM_block2] = { true, BLOCK_2, OTHER },
	[DW_FORM_block4] = { true, BLOCK_4, OTHER },
	[DW_FORM_data2] = { true, 2, NUMBER },
	[DW_FORM_data4] = { true, 4, NUMBER },
	[DW_FORM_data8] = { true, 8, NUMBER },
	[DW_FORM_string] = { true, TEXT, STRING },
	[DW_FORM_block] = { true, BLOCK, OTHER },
	[DW_FORM_block1] = { true, BLOCK_1, OTHER },
	[DW_FORM_data1] = { true, 1, NUMBER },
	[DW_FORM_flag] = { true, 1, OTHER },
	[DW_FORM_sdata] = { true, LEB, OTHER },
	[DW_FORM_strp] = { true, OFFSET, OTHER },
	[DW_FORM_udata] = { true, LEB, NUMBER },
	[DW_FORM_ref_addr] = { true, REFERENCE, ANYWHERE },
	[DW_FORM_ref1] = { true, 1, HERE },
	[DW_FORM_ref2] = { true, 2, HERE },
	[DW_FORM_ref4] = { true, 4, HERE },
	[DW_FORM_ref8] = { true, 8, HERE },
	[DW_FORM_ref_udata] = { true, LEB, HERE },
	[DW_FORM_sec_offset] = { true, OFFSET, OTHER },
	[DW_FORM_exprloc] = { true, BLOCK, OTHER },
	[DW_FORM_flag_present] = { true, 0, OTHER },
	[DW_FORM_strx] = { true, LEB, OTHER },
	[DW_FORM_addrx] = { true, LEB, OTHER },
	[DW_FORM_ref_sup4] = { true, 4, OTHER },
	[DW_FORM_strp_sup] = { true, OFFSET, OTHER },
	[DW_FORM_data16] = { true, 16, OTHER },
	[DW_FORM_line_strp] = { true, OFFSET, OTHER },
	[DW_FORM_ref_sig8] = { true, 8, OTHER },
	[DW_FORM_implicit_const] = { true, 0, NUMBER },
	[DW_FORM_loclistx] = { true, LEB, OTHER },
	[DW_FORM_rnglistx] = { true, LEB, OTHER },
	[DW_FORM_ref_sup8] = { true, 8, OTHER },
	[DW_FORM_strx1] = { true, 1, OTHER },
	[DW_FORM_strx2] = { true, 2, OTHER },
	[DW_FORM_strx3] = { true, 3, OTHER },
	[DW_FORM_strx4] = { true, 4, OTHER },
	[DW_FORM_addrx1] = { true, 1, OTHER },
	[DW_FORM_addrx2] = { true, 2, OTHER },
	[DW_FORM_addrx3] = { true, 3, OTHER },
	[DW_FORM_addrx4] = { true, 4, OTHER },
};

static unsigned length_of(const struct form *f, const struct dwarf_unit *u)
{
	switch (f->length) {
	case ADDRESS:
		return u->address_size;
	case OFFSET:
		return u->offset_size;
	case REFERENCE:
		return u->version > 2 ? u->offset_size : u->address_size;
	}
	return f->length;
}

/* *v: the number, of a string where it begins; as it was where the abbreviation has it. */
static void read_value(struct span *s, uint64_t *at, const struct form *f,
		       const struct dwarf_unit *u, uint64_t *v)
{
	unsigned n = length_of(f, u);
	uint64_t len = n;

	if (n == LEB) {
		*v = read_leb(s, at);
	} else if (n == TEXT) {
		*v = *at;
		*at += strlen(span_str(s, *at)) + 1;
	} else if (n && n <= 8) {
		*v = read_uint(s, at, n);
	} else if (n) {
		if (n >= BLOCK)
			len = n == BLOCK ? read_leb(s, at) : read_uint(s, at, n - BLOCK);
		span_sub(s, *at, len);
		*at += len;
	}
}

static void keep(struct dwarf_entry *e, unsigned name, enum value kind, uint64_t v,
		 const struct span *s, const struct dwarf_unit *u)
{
	if (name == DW_AT_name && kind == STRING)
		e->name = (const char *)s->p + v;
	else if (name == DW_AT_byte_size && kind == NUMBER)
		e->size = v;
	else if (name == DW_AT_data_member_location && kind == NUMBER)
		e->member_at = v;
	else if (name == DW_AT_type && kind == ANYWHERE)
		e->type = v;
	else if (name == DW_AT_type && kind == HERE)
		e->type = u->start + v;
}

bool dwarf_entry_read(struct span *s, uint64_t off, const struct dwarf_unit *u,
		      struct dwarf_abbrevs *a, struct dwarf_entry *ret)
{
	struct dwarf_entry e = { .size = NONE, .member_at = NONE, .type = NONE };
	uint64_t at = 0, spec, v, code = read_leb(s, &at);
	const struct dwarf_abbrev *abbrev;
	unsigned name, form;

	if (code) {
		abbrev = s->bad ? NULL : find_abbrev(a, code);
		if (!abbrev)
			return false;
		e.tag = abbrev->tag;
		e.children = abbrev->children;
		spec = abbrev->attributes;
		while (next_attribute(&a->bytes, &spec, &name, &form, &v)) {
			if (form >= ARRAY_SIZE(forms) || !forms[form].known)
				return false;
			read_value(s, &at, &forms[form], u, &v);
			if (s->bad)
				return false;
			keep(&e, name, forms[form].value, v, s, u);
		}
	}
	e.next = off + at;
	*ret = e;
	return !s->bad;
}
