/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format: DWARF 5, 6.4; Linux Standard Base 5.0, Core, 10.6 (.eh_frame, .eh_frame_hdr, encodings of
 * pointers, augmentations).  Every read is bounded by the section.
 */
#include "input/elf_cfi_table.h"

#include <dwarf.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"

enum { MAX_PROGRAM = 1 << 20, MAX_WORDS = 16, REMEMBERED = 8, WIDE = 0xffffffff };
enum { PHOFF = 32, PHENTSIZE = 54, PHNUM = 56, P_VADDR = 16 };	/* Elf64_Ehdr, Elf64_Phdr */
enum { HDR_PCREL_SDATA4 = DW_EH_PE_pcrel | DW_EH_PE_sdata4 };

uint64_t cfi_uleb(struct span *s, uint64_t *at)
{
	uint64_t v = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = span_u8(s, (*at)++);
		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !s->bad);
	return v;
}

int64_t cfi_sleb(struct span *s, uint64_t *at)
{
	uint64_t before = *at, v = cfi_uleb(s, at), bits = 7 * (*at - before);

	/* the highest bit of the last byte is the sign */
	if (bits < 64 && v >> (bits - 1) & 1)
		v |= UINT64_MAX << bits;
	return (int64_t)v;
}

/* What FDEs that refer to it have in common. */
struct cie {
	uint64_t at;		/* in the section */
	uint64_t code, reg;
	int64_t data;
	uint8_t pointers;	/* how they are encoded */
	bool sized;		/* FDEs have augmentation data, and say how much */
	struct span program;
};

/* An encoded pointer at *at, which moves behind it.  What is not needed for code is not read: s is bad then. */
static uint64_t read_pointer(const struct cfi_table *t, struct span *s, uint64_t *at, uint8_t encoding)
{
	static const uint8_t widths[16] = { [DW_EH_PE_absptr] = 8, [DW_EH_PE_udata2] = 2, [DW_EH_PE_udata4] = 4,
					    [DW_EH_PE_udata8] = 8, [DW_EH_PE_sdata2] = 2, [DW_EH_PE_sdata4] = 4,
					    [DW_EH_PE_sdata8] = 8 };
	unsigned width = widths[encoding & 15], unused = 64 - 8 * width;
	uint64_t place = t->addr + (uint64_t)(s->p - t->section.p) + *at, v = span_uint(s, *at, width);

	*at += width;
	if (width && encoding & DW_EH_PE_signed)
		v = (uint64_t)((int64_t)(v << unused) >> unused);
	if ((encoding & 0xf0) == DW_EH_PE_pcrel)
		v += place;
	else if (encoding & 0xf0)
		s->bad = true;
	return v;
}

/* "zPLR" and what belongs to it */
static void read_augmentation(const struct cfi_table *t, struct span *s, uint64_t *at, const char *words,
			      struct cie *c)
{
	uint64_t end;

	c->sized = *words == 'z';
	if (!c->sized) {
		s->bad |= *words != '\0';
		return;
	}
	end = cfi_uleb(s, at);
	end += *at;
	for (words++; *words && !s->bad; words++) {
		uint8_t encoding;

		switch (*words) {
		case 'R':
			c->pointers = span_u8(s, (*at)++);
			break;
		case 'L':
			(*at)++;
			break;
		case 'P':
			/* its width alone matters */
			encoding = span_u8(s, (*at)++);
			read_pointer(t, s, at, encoding & 15);
			break;
		case 'S':
		case 'B':
			break;
		default:
			s->bad = true;
		}
	}
	s->bad |= end < *at;
	*at = end;
}

/* The record at `at': what is behind its length.  Empty: the last one, or none. */
static struct span record_at(struct span *section, uint64_t at, uint64_t *ret_start)
{
	uint64_t len = span_u32(section, at);

	*ret_start = at + 4;
	if (len == WIDE) {
		len = span_u64(section, at + 4);
		*ret_start += 8;
	}
	return section->bad || !len ? (struct span){ 0 } : span_sub(section, *ret_start, len);
}

static bool read_cie(const struct cfi_table *t, uint64_t at, struct cie *c)
{
	struct span section = t->section, s, head;
	uint64_t start, pos = 5;
	const char *words;
	uint8_t version;

	*c = (struct cie){ .at = at };
	s = record_at(&section, at, &start);
	version = span_u8(&s, 4);
	head = (struct span){ .p = s.p, .len = s.len < 5 + MAX_WORDS ? s.len : 5 + MAX_WORDS };
	words = span_str(&head, pos);
	pos += strlen(words) + 1;
	if (s.bad || head.bad || span_u32(&s, 0) || (version != 1 && version != 3))
		return false;
	c->code = cfi_uleb(&s, &pos);
	c->data = cfi_sleb(&s, &pos);
	c->reg = version == 1 ? span_u8(&s, pos++) : cfi_uleb(&s, &pos);
	read_augmentation(t, &s, &pos, words, c);
	c->program = span_from(&s, pos);
	return !s.bad && c->reg == CFI_RETURN;
}

/* The FDE in s, which stands at start in the section; cie is that of the one before, or of this one. */
static bool read_fde(const struct cfi_table *t, struct span s, uint64_t start, struct cie *cie,
		     struct cfi_entry *ret, struct span *ret_program)
{
	uint64_t back = span_u32(&s, 0), pos = 4, len;

	if (!back || back > start || s.bad)
		return false;
	if ((cie->at != start - back || !cie->code) && !read_cie(t, start - back, cie))
		return false;
	ret->start = read_pointer(t, &s, &pos, cie->pointers);
	len = read_pointer(t, &s, &pos, cie->pointers & 15);
	ret->end = ret->start + len;
	if (cie->sized) {
		len = cfi_uleb(&s, &pos);
		pos += len;
		s.bad |= pos < len;
	}
	*ret_program = span_from(&s, pos);
	return !s.bad && ret->end > ret->start;
}

static int by_start(const void *pa, const void *pb)
{
	const struct cfi_entry *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* Every FDE that makes sense. */
static int find_entries(struct cfi_table *t)
{
	struct span section = t->section, program, s;
	struct cie cie = { 0 };
	uint64_t at = 0, start;

	while (at < section.len && (s = record_at(&section, at, &start)).len) {
		struct cfi_entry entry = { .at = at };

		if (span_u32(&s, 0) && read_fde(t, s, start, &cie, &entry, &program)) {
			if (!ARRAY_ROOM(t->entries, t->n, t->cap))
				return -ENOMEM;
			t->entries[t->n++] = entry;
		}
		at = start + s.len;
	}
	if (t->n)
		qsort(t->entries, t->n, sizeof(*t->entries), by_start);
	return 0;
}

/* By .eh_frame_hdr, which the program header shows. */
static void find_section(struct cfi_table *t, const struct elf_file *e)
{
	struct span file = e->bytes, header;
	uint64_t at = span_u64(&file, PHOFF), n = span_uint(&file, PHNUM, 2),
		 size = span_uint(&file, PHENTSIZE, 2), addr;

	for (; n && !file.bad; n--, at += size) {
		if (span_u32(&file, at) != PT_GNU_EH_FRAME)
			continue;
		addr = span_u64(&file, at + P_VADDR);
		header = elf_bytes_at(e, addr);
		if (span_u8(&header, 0) != 1 || span_u8(&header, 1) != HDR_PCREL_SDATA4)
			return;
		t->addr = addr + 4 + (uint64_t)(int32_t)span_u32(&header, 4);
		t->section = elf_bytes_at(e, t->addr);
		return;
	}
}

int cfi_table_open(struct cfi_table *t, const struct elf_file *e)
{
	const struct elf_section *section = elf_section(e, ".eh_frame");
	int ret;

	*t = (struct cfi_table){ 0 };
	if (section && !section->compressed) {
		t->section = elf_section_bytes(e, section);
		t->addr = section->addr;
	} else if (!section) {
		find_section(t, e);
	}
	ret = find_entries(t);
	if (!ret && !t->n)
		ret = -ENODATA;
	if (ret)
		cfi_table_close(t);
	return ret;
}

void cfi_table_close(struct cfi_table *t)
{
	free(t->entries);
	*t = (struct cfi_table){ 0 };
}

/* A program that makes rows, one after the other. */
struct run {
	const struct cfi_table *table;
	const struct cie *cie;
	struct cfi_row row, first;	/* first: as the CIE leaves it */
	struct cfi_row remembered[REMEMBERED];
	struct cfi_rule other;
	unsigned n;
	uint64_t addr, until;
	bool bad;
};

/* What is said of other registers is read, and of no use. */
static struct cfi_rule *rule_of(struct run *r, uint64_t reg)
{
	return reg < CFI_REGS ? &r->row.regs[reg] : &r->other;
}

static void set(struct run *r, uint64_t reg, enum cfi_how how, int64_t offset)
{
	*rule_of(r, reg) = (struct cfi_rule){ .how = how, .offset = offset };
}

static void restore(struct run *r, uint64_t reg)
{
	if (reg < CFI_REGS)
		r->row.regs[reg] = r->first.regs[reg];
}

static struct span expression(struct span *s, uint64_t *at)
{
	uint64_t len = cfi_uleb(s, at), start = *at;

	*at += len;
	return span_sub(s, start, len);
}

static int64_t scaled(const struct run *r, uint64_t v)
{
	return (int64_t)(v * (uint64_t)r->cie->data);
}

static void set_cfa(struct run *r, uint64_t reg, uint64_t offset)
{
	r->row.cfa = (struct cfi_rule){ .how = CFI_IN_REGISTER, .reg = reg, .offset = (int64_t)offset };
}

/* The operations that say how the CFA is found. False: it is none of them. */
static bool cfa_operation(struct run *r, uint8_t op, struct span *s, uint64_t *at)
{
	uint64_t reg;

	switch (op) {
	case DW_CFA_def_cfa:
		reg = cfi_uleb(s, at);
		set_cfa(r, reg, cfi_uleb(s, at));
		return true;
	case DW_CFA_def_cfa_sf:
		reg = cfi_uleb(s, at);
		set_cfa(r, reg, scaled(r, cfi_sleb(s, at)));
		return true;
	case DW_CFA_def_cfa_register:
		r->bad |= r->row.cfa.how != CFI_IN_REGISTER;
		r->row.cfa.reg = cfi_uleb(s, at);
		return true;
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
		r->bad |= r->row.cfa.how != CFI_IN_REGISTER;
		r->row.cfa.offset = op == DW_CFA_def_cfa_offset ? (int64_t)cfi_uleb(s, at) :
								  scaled(r, cfi_sleb(s, at));
		return true;
	case DW_CFA_def_cfa_expression:
		r->row.cfa = (struct cfi_rule){ .how = CFI_IS_EXPRESSION, .expression = expression(s, at) };
		return true;
	}
	return false;
}

/* The operations that say how a register is found. False: it is none of them. */
static bool register_operation(struct run *r, uint8_t op, struct span *s, uint64_t *at)
{
	struct span before = *s;
	uint64_t start = *at, reg = cfi_uleb(s, at);

	switch (op) {
	case DW_CFA_offset_extended:
		set(r, reg, CFI_AT_OFFSET, scaled(r, cfi_uleb(s, at)));
		return true;
	case DW_CFA_offset_extended_sf:
		set(r, reg, CFI_AT_OFFSET, scaled(r, cfi_sleb(s, at)));
		return true;
	case DW_CFA_val_offset:
		set(r, reg, CFI_IS_OFFSET, scaled(r, cfi_uleb(s, at)));
		return true;
	case DW_CFA_val_offset_sf:
		set(r, reg, CFI_IS_OFFSET, scaled(r, cfi_sleb(s, at)));
		return true;
	case DW_CFA_undefined:
		set(r, reg, CFI_UNDEFINED, 0);
		return true;
	case DW_CFA_same_value:
		set(r, reg, CFI_SAME, 0);
		return true;
	case DW_CFA_restore_extended:
		restore(r, reg);
		return true;
	case DW_CFA_register:
		set(r, reg, CFI_IN_REGISTER, 0);
		rule_of(r, reg)->reg = cfi_uleb(s, at);
		return true;
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		set(r, reg, op == DW_CFA_expression ? CFI_AT_EXPRESSION : CFI_IS_EXPRESSION, 0);
		rule_of(r, reg)->expression = expression(s, at);
		return true;
	}
	*at = start;
	*s = before;
	return false;
}

static void advance(struct run *r, uint64_t delta)
{
	r->addr += delta * r->cie->code;
}

static void operation(struct run *r, uint8_t op, struct span *s, uint64_t *at)
{
	if (cfa_operation(r, op, s, at) || register_operation(r, op, s, at))
		return;
	switch (op) {
	case DW_CFA_nop:
		break;
	case DW_CFA_set_loc:
		r->addr = read_pointer(r->table, s, at, r->cie->pointers);
		break;
	case DW_CFA_advance_loc1:
	case DW_CFA_advance_loc2:
	case DW_CFA_advance_loc4:
		advance(r, span_uint(s, *at, 1u << (op - DW_CFA_advance_loc1)));
		*at += 1u << (op - DW_CFA_advance_loc1);
		break;
	case DW_CFA_remember_state:
		r->bad |= r->n == REMEMBERED;
		if (!r->bad)
			r->remembered[r->n++] = r->row;
		break;
	case DW_CFA_restore_state:
		r->bad |= !r->n;
		if (!r->bad)
			r->row = r->remembered[--r->n];
		break;
	case DW_CFA_GNU_args_size:
		cfi_uleb(s, at);
		break;
	default:
		r->bad = true;
	}
}

/* Up to the row of the place wanted. False: it can't be followed. */
static bool follow(struct run *r, struct span s)
{
	uint64_t at = 0;

	while (at < s.len && !r->bad && !s.bad) {
		uint8_t op = span_u8(&s, at++), low = op & 0x3f;

		switch (op & 0xc0) {
		case DW_CFA_advance_loc:
			advance(r, low);
			break;
		case DW_CFA_offset:
			set(r, low, CFI_AT_OFFSET, scaled(r, cfi_uleb(&s, &at)));
			break;
		case DW_CFA_restore:
			restore(r, low);
			break;
		default:
			operation(r, op, &s, &at);
		}
		/* what changes the place changes nothing else */
		if (r->addr > r->until)
			break;
	}
	return !r->bad && !s.bad;
}

/* What a caller's registers are when nothing is said: those that a function has to keep are the same. */
static void begin(struct cfi_row *row)
{
	static const uint8_t kept[] = { 3, 6, 12, 13, 14, 15 };	/* System V ABI, AMD64 supplement, figure 3.4 */

	*row = (struct cfi_row){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		row->regs[kept[i]].how = CFI_SAME;
}

/* The last entry that begins at or before addr. */
static const struct cfi_entry *entry_at(const struct cfi_table *t, uint64_t addr)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->entries[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && addr < t->entries[low - 1].end ? &t->entries[low - 1] : NULL;
}

bool cfi_table_row(const struct cfi_table *t, uint64_t addr, struct cfi_row *ret)
{
	const struct cfi_entry *found = entry_at(t, addr);
	struct span section = t->section, program, s;
	struct cie cie = { 0 };
	struct run r = { .table = t, .cie = &cie, .until = UINT64_MAX };
	struct cfi_entry entry;
	uint64_t start;

	if (!found)
		return false;
	s = record_at(&section, found->at, &start);
	if (!read_fde(t, s, start, &cie, &entry, &program) || program.len > MAX_PROGRAM ||
	    cie.program.len > MAX_PROGRAM)
		return false;
	begin(&r.row);
	if (!follow(&r, cie.program))
		return false;
	r.first = r.row;
	r.n = 0;
	r.addr = entry.start;
	r.until = addr;
	if (!follow(&r, program))
		return false;
	*ret = r.row;
	return true;
}
