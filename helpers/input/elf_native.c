/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_native.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/demangle.h"

/* Calls inlined into one another at one address; what is deeper is left out. */
enum { DEPTH_MAX = 64, SCOPES_MAX = 256 };
/* Symbols that lie within others: how far to look back for the one around. */
enum { NESTED_MAX = 8 };

struct symbol {
	const char *name;	/* as in the file */
	uint64_t addr, size;
	unsigned char bind;
};

struct elf_native_priv {
	Dwfl *dwfl;
	Dwfl_Module *mod;
	struct symbol *v;	/* by address */
	size_t n;
	char *text[DEPTH_MAX];	/* demangled names of the newest answer */
	int ntext;
};

/* libdw would ask servers named here when a debug file is missing; a diagnosis must not wait for them. */
static int find_debuginfo(Dwfl_Module *mod, void **userdata, const char *modname, Dwarf_Addr base,
			  const char *file_name, const char *debuglink_file,
			  GElf_Word debuglink_crc, char **debuginfo_file_name)
{
	unsetenv("DEBUGINFOD_URLS");
	return dwfl_standard_find_debuginfo(mod, userdata, modname, base, file_name,
					    debuglink_file, debuglink_crc, debuginfo_file_name);
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static int underscores(const char *s)
{
	return strspn(s, "_");
}

/* Of several names of one address the one that people use comes first: malloc, not __libc_malloc. */
static int by_addr(const void *pa, const void *pb)
{
	const struct symbol *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (!a->size != !b->size)
		return !a->size - !b->size;
	if (underscores(a->name) != underscores(b->name))
		return underscores(a->name) - underscores(b->name);
	if ((a->bind == STB_LOCAL) != (b->bind == STB_LOCAL))
		return (a->bind == STB_LOCAL) - (b->bind == STB_LOCAL);
	return strcmp(a->name, b->name);
}

static void read_symbols(struct elf_native_priv *p)
{
	int count = dwfl_module_getsymtab(p->mod);
	size_t cap = 0, kept = 0;

	for (int i = 1; i < count; i++) {
		GElf_Sym sym;
		GElf_Word shndx;
		GElf_Addr addr;
		const char *name = dwfl_module_getsym_info(p->mod, i, &sym, &addr, &shndx, NULL, NULL);
		int type = GELF_ST_TYPE(sym.st_info);

		if (!name || !name[0] || shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC))
			continue;
		if (!ARRAY_ROOM(p->v, p->n, cap))
			break;
		p->v[p->n++] = (struct symbol){ name, sym.st_value, sym.st_size,
						GELF_ST_BIND(sym.st_info) };
	}
	if (!p->n)
		return;
	qsort(p->v, p->n, sizeof(*p->v), by_addr);
	for (size_t i = 0; i < p->n; i++)
		if (!kept || p->v[i].addr != p->v[kept - 1].addr)
			p->v[kept++] = p->v[i];
	p->n = kept;
}

static struct elf_native_priv *opened(struct elf_native *n)
{
	struct elf_native_priv *p;
	int fd;

	if (n->priv || n->failed)
		return n->priv;
	n->failed = true;
	p = calloc(1, sizeof(*p));
	fd = open(n->elf->path, O_RDONLY | O_CLOEXEC);
	if (p && fd >= 0)
		p->dwfl = dwfl_begin(&callbacks);
	if (p && p->dwfl) {
		/* loaded at its own addresses */
		p->mod = dwfl_report_elf(p->dwfl, n->name, n->name, fd, 0, true);
		dwfl_report_end(p->dwfl, NULL, NULL);
	}
	if (!p || !p->mod) {
		if (fd >= 0)
			close(fd);
		if (p && p->dwfl)
			dwfl_end(p->dwfl);
		free(p);
		return NULL;
	}
	read_symbols(p);
	n->failed = false;
	n->priv = p;
	return p;
}

void *elf_native_module(struct elf_native *n)
{
	struct elf_native_priv *p = opened(n);

	return p ? p->mod : NULL;
}

static void forget_text(struct elf_native_priv *p)
{
	while (p->ntext)
		free(p->text[--p->ntext]);
}

void elf_native_close(struct elf_native *n)
{
	struct elf_native_priv *p = n->priv;

	if (p) {
		forget_text(p);
		free(p->v);
		dwfl_end(p->dwfl);
		free(p);
	}
	n->priv = NULL;
	n->failed = false;
}

static const char *readable(struct elf_native_priv *p, const char *name)
{
	char *s = p->ntext < DEPTH_MAX ? demangle(name) : NULL;

	if (!s)
		return name;
	p->text[p->ntext++] = s;
	return s;
}

static const struct symbol *symbol_at(const struct elf_native_priv *p, uint64_t addr)
{
	size_t lo = 0, hi = p->n;

	while (lo < hi) {	/* the first beyond addr */
		size_t mid = lo + (hi - lo) / 2;

		if (p->v[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t back = 1; back <= NESTED_MAX && back <= lo; back++) {
		const struct symbol *s = &p->v[lo - back];

		/* assembly has no size: up to the next symbol */
		if (addr - s->addr < s->size || (!s->size && back == 1))
			return s;
	}
	return NULL;
}

static const char *name_of(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *s = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		s = dwarf_formstring(&attr);
	return s ? s : dwarf_diename(die);
}

static void call_site(Dwarf_Die *cu, Dwarf_Die *inlined, struct elf_native_frame *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Word no, line;
	size_t n;

	if (!dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attr), &line))
		ret->line = line;
	if (!dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attr), &no) &&
	    !dwarf_getsrcfiles(cu, &files, &n) && no < n)
		ret->file = dwarf_filesrc(files, no, NULL, NULL);
}

/* Entries with code of their own within a function, or a unit's functions: what else there is has no addresses. */
static bool may_hold(Dwarf_Die *die, uint64_t addr)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_with_stmt:
	case DW_TAG_common_block:
	case DW_TAG_entry_point:
	case DW_TAG_module:
	case DW_TAG_namespace:
		return dwarf_haspc(die, addr) > 0;
	default:
		return false;
	}
}

/*
 * The entries around addr as they lie in the code, innermost first; 0 without DWARF.  dwarf_getscopes()
 * goes on with the definition of what was inlined, and dwarf_getscopes_die() walks through all of the unit.
 */
static int code_scopes(struct elf_native_priv *p, uint64_t addr, Dwarf_Die *ret_cu, Dwarf_Die ret[SCOPES_MAX])
{
	Dwarf_Addr bias;
	Dwarf_Die *cu = dwfl_module_addrdie(p->mod, addr, &bias), die, path[SCOPES_MAX];
	int n = 0;

	if (!cu)
		return 0;
	*ret_cu = die = *cu;
	for (bool more = true; more && n < SCOPES_MAX;) {
		for (more = dwarf_child(&die, &die) == 0; more && !may_hold(&die, addr - bias);)
			more = dwarf_siblingof(&die, &die) == 0;
		if (more)
			path[n++] = die;
	}
	for (int i = 0; i < n; i++)
		ret[i] = path[n - 1 - i];
	return n;
}

/* outer: the name of the function that holds all, as other tools have it; NULL: DWARF's */
static int dwarf_frames(struct elf_native_priv *p, uint64_t addr, const char *outer,
			struct elf_native_frame *out, int max)
{
	Dwfl_Line *line = dwfl_module_getsrc(p->mod, addr);
	struct elf_native_frame at = { 0 };
	Dwarf_Die scopes[SCOPES_MAX], cu;
	int nscopes = code_scopes(p, addr, &cu, scopes), n = 0, lineno = 0;
	bool whole = false;

	if (line)
		at.file = dwfl_lineinfo(line, NULL, &lineno, NULL, NULL, NULL);
	at.line = lineno > 0 ? lineno : 0;
	for (int i = 0; i < nscopes && n < max && !whole; i++) {
		int tag = dwarf_tag(&scopes[i]);
		const char *name;

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		whole = tag == DW_TAG_subprogram;
		name = whole && outer ? outer : name_of(&scopes[i]);
		if (!name) {
			whole = false;
			break;
		}
		at.func = readable(p, name);
		at.inlined = !whole;
		out[n++] = at;
		at = (struct elf_native_frame){ 0 };
		if (!whole)
			call_site(&cu, &scopes[i], &at);
	}
	return whole ? n : 0;
}

static bool is_code(const struct elf_file *e, uint64_t addr)
{
	for (unsigned i = 0; i < e->nsegments; i++)
		if (e->segments[i].exec && addr - e->segments[i].addr < e->segments[i].memsz)
			return true;
	return false;
}

int elf_native_frames(struct elf_native *n, uint64_t addr, struct elf_native_frame *out, int max)
{
	struct elf_native_priv *p = max > 0 && is_code(n->elf, addr) ? opened(n) : NULL;
	const struct symbol *s;
	int count;

	if (!p)
		return 0;
	forget_text(p);
	s = symbol_at(p, addr);
	count = dwarf_frames(p, addr, s ? s->name : NULL, out, max);
	if (count || !s)
		return count;
	*out = (struct elf_native_frame){ .func = readable(p, s->name) };
	return 1;
}

bool elf_native_nth(struct elf_native *n, size_t i, struct elf_native_func *ret)
{
	struct elf_native_priv *p = opened(n);

	if (!p || i >= p->n)
		return false;
	forget_text(p);
	*ret = (struct elf_native_func){
		.name = readable(p, p->v[i].name),
		.addr = p->v[i].addr,
		.size = p->v[i].size,
		.local = p->v[i].bind == STB_LOCAL,
	};
	return true;
}

bool elf_native_named(struct elf_native *n, const char *name, struct elf_native_func *ret)
{
	struct elf_native_priv *p = opened(n);
	struct elf_native_func f;

	for (size_t i = 0; p && i < p->n; i++) {
		if (!strcmp(p->v[i].name, name))
			return elf_native_nth(n, i, ret);
		/* only these read differently */
		if (p->v[i].name[0] != '_' || !elf_native_nth(n, i, &f) || strcmp(f.name, name))
			continue;
		*ret = f;
		return true;
	}
	return false;
}
