/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "input/mapping.h"

enum { NOTES_MAX = 8 };	/* segments of notes: there are one or two */

struct elf_priv {
	Elf *elf;
	struct elf_sym *funcs;	/* function symbols by address, made on first use */
	size_t nfuncs;
	bool funcs_known;
	bool mapped;		/* the file's bytes, by us */
	char build_id[256];
	struct {
		uint64_t offset, size;
	} notes[NOTES_MAX];	/* PT_NOTE */
	size_t nnotes;
};

static int map_file(const char *path, struct span *ret_bytes)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);	/* a pipe would hold us up */
	int ret = 0;

	if (fd < 0)
		return err_sys(errno, "can't open %s", path);
	if (fstat(fd, &st)) {
		ret = err_sys(errno, "%s", path);
	} else if (!S_ISREG(st.st_mode)) {
		ret = err_set(ENOEXEC, "%s is not a regular file", path);
	} else if (st.st_size) {
		ret = mapping_open(fd, st.st_size, ret_bytes);
		if (ret)
			err_sys(-ret, "can't map %s", path);
	}
	close(fd);
	return ret;
}

static int check_ident(struct elf_file *e)
{
	const uint8_t *id = e->bytes.p;

	if (e->bytes.len < sizeof(Elf64_Ehdr))
		return err_set(ENOEXEC, "%s is too short to be an ELF executable", e->path);
	if (memcmp(id, ELFMAG, SELFMAG))
		return err_set(ENOEXEC, "%s is not an ELF executable", e->path);
	if (id[EI_CLASS] != ELFCLASS64)
		return err_set(ENOEXEC, "%s is a 32-bit executable; only 64-bit ones are supported",
			       e->path);
	if (id[EI_DATA] != ELFDATA2LSB)
		return err_set(ENOEXEC, "%s is big-endian; only little-endian ones are supported",
			       e->path);
	return 0;
}

/* Executables have a dozen program headers; each that is loaded may be searched as a whole. */
#define MAX_PHDRS 256

static int read_segments(struct elf_file *e, Elf *elf)
{
	struct elf_priv *priv = e->priv;
	size_t n;

	if (elf_getphdrnum(elf, &n))
		return err_set(ENOEXEC, "%s: broken program headers: %s", e->path, elf_errmsg(-1));
	if (n > MAX_PHDRS)
		return err_set(ENOEXEC, "%s: %zu program headers are more than an executable has",
			       e->path, n);
	e->segments = calloc(n + 1, sizeof(*e->segments));
	if (!e->segments)
		return err_sys(ENOMEM, "%s", e->path);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, i, &ph))
			return err_set(ENOEXEC, "%s: broken program headers: %s", e->path,
				       elf_errmsg(-1));
		if (ph.p_type == PT_DYNAMIC)
			e->dynamic = ph.p_vaddr;
		if (ph.p_type == PT_NOTE && priv->nnotes < NOTES_MAX) {
			priv->notes[priv->nnotes].offset = ph.p_offset;
			priv->notes[priv->nnotes++].size = ph.p_filesz;
		}
		if (ph.p_type != PT_LOAD || ph.p_vaddr + ph.p_memsz < ph.p_vaddr)
			continue;
		e->segments[e->nsegments++] = (struct elf_segment){
			.addr = ph.p_vaddr,
			.filesz = ph.p_filesz,
			.memsz = ph.p_memsz,
			.offset = ph.p_offset,
			.exec = ph.p_flags & PF_X,
			.write = ph.p_flags & PF_W,
		};
	}
	return 0;
}

/* Missing or broken section headers are no error: everything can do without them. */
static int read_sections(struct elf_file *e, Elf *elf)
{
	size_t n, names;

	if (elf_getshdrnum(elf, &n) || elf_getshdrstrndx(elf, &names) || n < 2)
		return 0;
	e->sections = calloc(n, sizeof(*e->sections));
	if (!e->sections)
		return err_sys(ENOMEM, "%s", e->path);
	for (size_t i = 1; i < n; i++) {
		Elf_Scn *scn = elf_getscn(elf, i);
		GElf_Shdr sh;
		const char *name;

		if (!scn || !gelf_getshdr(scn, &sh))
			continue;
		name = elf_strptr(elf, names, sh.sh_name);
		e->sections[e->nsections++] = (struct elf_section){
			.name = name ? name : "",
			.addr = sh.sh_addr,
			.size = sh.sh_size,
			.offset = sh.sh_offset,
			.nobits = sh.sh_type == SHT_NOBITS,
			.compressed = sh.sh_flags & SHF_COMPRESSED,
		};
	}
	return 0;
}

static int read_headers(struct elf_file *e, struct elf_priv *priv)
{
	GElf_Ehdr eh;
	int err = check_ident(e);

	if (err)
		return err;
	elf_version(EV_CURRENT);
	priv->elf = elf_memory((char *)(uintptr_t)e->bytes.p, e->bytes.len);
	if (!priv->elf || !gelf_getehdr(priv->elf, &eh))
		return err_set(ENOEXEC, "%s: broken ELF header: %s", e->path, elf_errmsg(-1));
	e->machine = eh.e_machine;
	e->entry = eh.e_entry;
	e->pie = eh.e_type == ET_DYN;
	if (eh.e_type != ET_DYN && eh.e_type != ET_EXEC)
		return err_set(ENOEXEC, "%s is an ELF file but not an executable", e->path);
	err = read_segments(e, priv->elf);
	return err ? err : read_sections(e, priv->elf);
}

int elf_open_mem(const char *name, struct span bytes, struct elf_file *ret)
{
	struct elf_priv *priv = calloc(1, sizeof(*priv));
	struct elf_file e = { .path = strdup(name), .bytes = bytes, .priv = priv };
	int err = priv && e.path ? read_headers(&e, priv) : err_sys(ENOMEM, "%s", name);

	if (err)
		elf_close(&e);
	else
		*ret = e;
	return err;
}

int elf_open(const char *path, struct elf_file *ret)
{
	struct span bytes = { 0 };
	struct elf_file e;
	int err = map_file(path, &bytes);

	if (err)
		return err;
	err = elf_open_mem(path, bytes, &e);
	if (err) {
		mapping_close(&bytes);
		return err;
	}
	((struct elf_priv *)e.priv)->mapped = true;
	*ret = e;
	return 0;
}

void elf_close(struct elf_file *e)
{
	struct elf_priv *priv = e->priv;

	if (priv) {
		if (priv->elf)
			elf_end(priv->elf);
		free(priv->funcs);
		if (priv->mapped)
			mapping_close(&e->bytes);
		free(priv);
	}
	free(e->segments);
	free(e->sections);
	free(e->path);
	*e = (struct elf_file){ 0 };
}

const struct elf_section *elf_section(const struct elf_file *e, const char *name)
{
	for (unsigned i = 0; i < e->nsections; i++)
		if (!strcmp(e->sections[i].name, name))
			return &e->sections[i];
	return NULL;
}

struct span elf_section_bytes(const struct elf_file *e, const struct elf_section *s)
{
	struct span all = e->bytes;

	if (s->nobits)
		return (struct span){ 0 };
	return span_sub(&all, s->offset, s->size);
}

static const struct elf_segment *segment_at(const struct elf_file *e, uint64_t addr)
{
	for (unsigned i = 0; i < e->nsegments; i++)
		if (addr - e->segments[i].addr < e->segments[i].filesz)
			return &e->segments[i];
	return NULL;
}

struct span elf_bytes_at(const struct elf_file *e, uint64_t addr)
{
	const struct elf_segment *s = segment_at(e, addr);
	struct span all = e->bytes;
	uint64_t skip;

	if (!s)
		return (struct span){ 0 };
	skip = addr - s->addr;
	if (s->offset > all.len || skip > all.len - s->offset)
		return (struct span){ 0 };
	if (s->filesz - skip > all.len - s->offset - skip)	/* truncated file: what there is */
		return span_from(&all, s->offset + skip);
	return span_sub(&all, s->offset + skip, s->filesz - skip);
}

uint64_t elf_offset_of(const struct elf_file *e, uint64_t addr)
{
	const struct elf_segment *s = segment_at(e, addr);

	return s ? addr - s->addr + s->offset : UINT64_MAX;
}

/*
 * Calls fn for each defined symbol of the table of that type until it returns true.  A
 * file has one table of each type (gABI); a broken one may have thousands, one over the other.
 */
static bool each_symbol(const struct elf_file *e, GElf_Word type,
			bool (*fn)(const struct elf_sym *sym, unsigned char info, void *arg),
			void *arg)
{
	struct elf_priv *priv = e->priv;
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(priv->elf, scn))) {
		Elf_Data *data;
		GElf_Shdr sh;
		size_t n;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != type || !sh.sh_entsize)
			continue;
		data = elf_getdata(scn, NULL);
		n = data ? data->d_size / sh.sh_entsize : 0;
		for (size_t i = 0; i < n; i++) {
			struct elf_sym s;
			GElf_Sym sym;

			if (!gelf_getsym(data, i, &sym) || sym.st_shndx == SHN_UNDEF)
				continue;
			s.name = elf_strptr(priv->elf, sh.sh_link, sym.st_name);
			s.addr = sym.st_value;
			s.size = sym.st_size;
			if (s.name && fn(&s, sym.st_info, arg))
				return true;
		}
		return false;
	}
	return false;
}

struct wanted {
	const char *name;
	struct elf_sym *ret;
};

static bool is_wanted(const struct elf_sym *sym, unsigned char info, void *arg)
{
	struct wanted *w = arg;

	(void)info;
	if (strcmp(sym->name, w->name))
		return false;
	*w->ret = *sym;
	return true;
}

bool elf_symbol(const struct elf_file *e, const char *name, struct elf_sym *ret)
{
	struct wanted w = { name, ret };

	return each_symbol(e, SHT_SYMTAB, is_wanted, &w) ||
	       each_symbol(e, SHT_DYNSYM, is_wanted, &w);
}

bool elf_has_symtab(const struct elf_file *e)
{
	return elf_section(e, ".symtab");
}

struct func_list {
	struct elf_sym *v;
	size_t n, cap;
};

static bool add_func(const struct elf_sym *sym, unsigned char info, void *arg)
{
	struct func_list *l = arg;

	if (GELF_ST_TYPE(info) != STT_FUNC || !ARRAY_ROOM(l->v, l->n, l->cap))
		return false;
	l->v[l->n++] = *sym;
	return false;
}

static int by_addr(const void *a, const void *b)
{
	const struct elf_sym *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

bool elf_symbol_at(const struct elf_file *e, uint64_t addr, struct elf_sym *ret)
{
	struct elf_priv *priv = e->priv;
	const struct elf_segment *segment;
	size_t lo = 0, hi;

	if (!priv->funcs_known) {
		struct func_list l = { 0 };

		priv->funcs_known = true;
		each_symbol(e, SHT_SYMTAB, add_func, &l);
		if (!l.n)
			each_symbol(e, SHT_DYNSYM, add_func, &l);
		if (l.n)
			qsort(l.v, l.n, sizeof(*l.v), by_addr);
		priv->funcs = l.v;
		priv->nfuncs = l.n;
	}
	hi = priv->nfuncs;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (priv->funcs[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	segment = segment_at(e, addr);
	if (!lo || !segment || !segment->exec)
		return false;
	*ret = priv->funcs[lo - 1];
	return !ret->size || addr - ret->addr < ret->size;
}

/* Where notes may stand: sections that are called so; without section headers, segments. */
static bool note_of(const struct elf_file *e, const char *owner, uint32_t type, struct span *ret)
{
	struct elf_priv *priv = e->priv;
	struct span all = e->bytes;

	for (unsigned i = 0; i < e->nsections; i++)
		if (!strncmp(e->sections[i].name, ".note", 5) &&
		    elf_note(elf_section_bytes(e, &e->sections[i]), owner, type, ret))
			return true;
	for (size_t i = 0; i < priv->nnotes; i++)
		if (elf_note(span_sub(&all, priv->notes[i].offset, priv->notes[i].size), owner, type, ret))
			return true;
	return false;
}

const char *elf_build_id(const struct elf_file *e)
{
	enum { GO_BUILD_ID = 4 };	/* cmd/internal/buildid/note.go */
	struct elf_priv *priv = e->priv;
	struct span d;

	if (priv->build_id[0])
		return priv->build_id;
	if (note_of(e, "GNU", NT_GNU_BUILD_ID, &d)) {
		for (size_t i = 0; i < d.len && i < 32; i++)
			sprintf(priv->build_id + 2 * i, "%02x", d.p[i]);
	} else if (note_of(e, "Go", GO_BUILD_ID, &d)) {
		snprintf(priv->build_id, sizeof(priv->build_id), "%.*s",
			 d.len < sizeof(priv->build_id) ? (int)d.len : (int)sizeof(priv->build_id),
			 (const char *)d.p);
	}
	return priv->build_id;
}
