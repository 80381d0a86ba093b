/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_debug.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Counts of the executable's own headers are 16 bits wide; more sections than these have no symbols. */
enum { SECTIONS_MAX = SHN_LORESERVE - 8, ALIGN = 8 };

struct elf_debug_section {
	Elf64_Shdr h;		/* sh_name in section_names */
	struct span bytes;	/* of those that keep them */
};

/* A struct of the file, zero where the file ends. */
static bool read_at(struct span *s, uint64_t off, void *ret, size_t size)
{
	struct span b = span_sub(s, off, size);

	if (b.bad)
		memset(ret, 0, size);
	else
		memcpy(ret, b.p, size);
	return !b.bad;
}

static uint32_t add_name(struct buf *b, const char *name)
{
	uint32_t at = b->len;

	buf_add(b, name, strlen(name) + 1);
	return at;
}

static int add_section(struct elf_debug *d, const Elf64_Shdr *h, const char *name, struct span bytes)
{
	struct elf_debug_section *s;

	if (!ARRAY_ROOM(d->sections, d->nsections, d->sections_cap))
		return err_sys(ENOMEM, "debug file");
	s = &d->sections[d->nsections++];
	*s = (struct elf_debug_section){ .h = *h, .bytes = bytes };
	s->h.sh_name = add_name(&d->section_names, name);
	return 0;
}

/* The loaded sections, as they are but for their bytes. */
static int copy_sections(struct elf_debug *d, const Elf64_Ehdr *eh)
{
	struct span file = d->file, names;
	Elf64_Shdr h;
	int err = 0;

	if (eh->e_shentsize != sizeof(h) ||
	    !read_at(&file, eh->e_shoff + (uint64_t)eh->e_shstrndx * sizeof(h), &h, sizeof(h)))
		return 0;
	names = span_sub(&file, h.sh_offset, h.sh_size);
	for (unsigned i = 1; !err && i < eh->e_shnum && i < SECTIONS_MAX; i++) {
		struct span bytes = { 0 };

		if (!read_at(&file, eh->e_shoff + i * sizeof(h), &h, sizeof(h)))
			break;
		if (!(h.sh_flags & SHF_ALLOC))
			continue;
		if (h.sh_type == SHT_NOTE)
			bytes = span_sub(&file, h.sh_offset, h.sh_size);
		if (h.sh_type != SHT_NOTE || bytes.bad)
			h.sh_type = SHT_NOBITS;
		/* they would refer to sections that are not here */
		h.sh_link = h.sh_info = 0;
		h.sh_flags &= SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR | SHF_TLS;
		err = add_section(d, &h, span_str(&names, h.sh_name), bytes);
	}
	return err;
}

static int make_sections(struct elf_debug *d, const struct elf_file *e)
{
	int err = 0;

	for (unsigned i = 0; !err && i < e->nsegments; i++) {
		const struct elf_segment *s = &e->segments[i];
		Elf64_Shdr h = {
			.sh_type = SHT_NOBITS,
			.sh_flags = SHF_ALLOC | SHF_EXECINSTR,
			.sh_addr = s->addr,
			.sh_offset = s->offset,
			.sh_size = s->memsz,
			.sh_addralign = 16,
		};

		if (s->exec)
			err = add_section(d, &h, ".text", (struct span){ 0 });
	}
	return err;
}

int elf_debug_begin(struct elf_debug *d, const struct elf_file *e)
{
	Elf64_Ehdr eh;
	bool code = false;
	int err;

	*d = (struct elf_debug){ .file = e->bytes };
	read_at(&d->file, 0, &eh, sizeof(eh));
	buf_add(&d->section_names, "", 1);
	buf_add(&d->names, "", 1);
	buf_add(&d->locals, &(Elf64_Sym){ 0 }, sizeof(Elf64_Sym));
	err = copy_sections(d, &eh);
	for (size_t i = 0; i < d->nsections; i++)
		code |= !!(d->sections[i].h.sh_flags & SHF_EXECINSTR);
	return err || code ? err : make_sections(d, e);
}

/* Its number in the file; 0: none. */
static uint16_t section_of(const struct elf_debug *d, uint64_t addr)
{
	for (size_t i = 0; i < d->nsections; i++)
		if ((d->sections[i].h.sh_flags & SHF_EXECINSTR) &&
		    addr - d->sections[i].h.sh_addr < d->sections[i].h.sh_size)
			return i + 1;
	return 0;
}

void elf_debug_add(struct elf_debug *d, const char *name, uint64_t addr, uint64_t size, bool local)
{
	Elf64_Sym sym = {
		.st_info = ELF64_ST_INFO(local ? STB_LOCAL : STB_GLOBAL, STT_FUNC),
		.st_shndx = section_of(d, addr),
		.st_value = addr,
		.st_size = size,
	};

	if (!sym.st_shndx || d->names.len > UINT32_MAX / 2)
		return;
	sym.st_name = add_name(&d->names, name);
	buf_add(local ? &d->locals : &d->globals, &sym, sizeof(sym));
	d->nsymbols++;
}

static uint64_t add_bytes(struct buf *out, const void *p, size_t n)
{
	static const char zeroes[ALIGN];
	uint64_t at;

	buf_add(out, zeroes, -out->len & (ALIGN - 1));
	at = out->len;
	buf_add(out, p, n);
	return at;
}

/* As in the executable, but nothing of them is in this file, the place of these headers neither. */
static uint16_t add_segments(struct elf_debug *d, const Elf64_Ehdr *eh, struct buf *out)
{
	uint16_t n = 0;
	Elf64_Phdr h;

	if (eh->e_phentsize != sizeof(h))
		return 0;
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		if (!read_at(&d->file, eh->e_phoff + i * sizeof(h), &h, sizeof(h)))
			break;
		if (h.p_type == PT_PHDR)
			continue;
		h.p_filesz = 0;
		buf_add(out, &h, sizeof(h));
		n++;
	}
	return n;
}

static void add_tables(struct elf_debug *d, struct buf *out, uint16_t nsections)
{
	Elf64_Shdr symtab = { .sh_type = SHT_SYMTAB, .sh_entsize = sizeof(Elf64_Sym), .sh_addralign = 8 };
	Elf64_Shdr strtab = { .sh_type = SHT_STRTAB, .sh_addralign = 1 }, shstrtab = strtab;

	symtab.sh_link = nsections + 2;
	symtab.sh_info = d->locals.len / sizeof(Elf64_Sym);
	symtab.sh_size = d->locals.len + d->globals.len;
	symtab.sh_offset = add_bytes(out, d->locals.data, d->locals.len);
	buf_add(out, d->globals.data, d->globals.len);
	strtab.sh_size = d->names.len;
	strtab.sh_offset = add_bytes(out, d->names.data, d->names.len);
	add_section(d, &symtab, ".symtab", (struct span){ 0 });
	add_section(d, &strtab, ".strtab", (struct span){ 0 });
	shstrtab.sh_name = add_name(&d->section_names, ".shstrtab");
	shstrtab.sh_size = d->section_names.len;
	shstrtab.sh_offset = add_bytes(out, d->section_names.data, d->section_names.len);
	add_section(d, &shstrtab, ".shstrtab", (struct span){ 0 });
	d->sections[d->nsections - 1].h.sh_name = shstrtab.sh_name;
}

int elf_debug_end(struct elf_debug *d, struct buf *ret)
{
	uint16_t nsections = d->nsections;
	struct buf out = { 0 };
	Elf64_Shdr none = { 0 };
	Elf64_Ehdr eh;

	read_at(&d->file, 0, &eh, sizeof(eh));
	buf_add(&out, &eh, sizeof(eh));
	eh.e_phnum = add_segments(d, &eh, &out);
	eh.e_phoff = eh.e_phnum ? sizeof(eh) : 0;
	for (size_t i = 0; i < nsections; i++)
		if (d->sections[i].h.sh_type == SHT_NOTE)
			d->sections[i].h.sh_offset = add_bytes(&out, d->sections[i].bytes.p,
							       d->sections[i].bytes.len);
	add_tables(d, &out, nsections);
	eh.e_shoff = add_bytes(&out, &none, sizeof(none));
	for (size_t i = 0; i < d->nsections; i++)
		buf_add(&out, &d->sections[i].h, sizeof(none));
	eh.e_ehsize = sizeof(eh);
	eh.e_shentsize = sizeof(none);
	eh.e_shnum = nsections + 4;
	eh.e_shstrndx = nsections + 3;
	if (out.failed || d->names.failed || d->locals.failed || d->globals.failed ||
	    d->section_names.failed || d->nsections != nsections + 3u) {
		buf_free(&out);
		return err_sys(ENOMEM, "debug file");
	}
	memcpy(out.data, &eh, sizeof(eh));
	*ret = out;
	return 0;
}

void elf_debug_free(struct elf_debug *d)
{
	free(d->sections);
	buf_free(&d->locals);
	buf_free(&d->globals);
	buf_free(&d->names);
	buf_free(&d->section_names);
	*d = (struct elf_debug){ 0 };
}
