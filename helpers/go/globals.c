/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/globals.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/insn.h"

/* How an instruction refers to the variable. */
enum shape {
	SHAPE_LOAD,		/* mov of 8 bytes from it */
	SHAPE_LEA,		/* its address is taken */
	SHAPE_CMP,		/* cmp of 8 bytes with it */
};

/* A function that refers to a variable; `not': refers to another one so, and not to this. */
struct source {
	uint8_t from, to;	/* Go versions */
	uint8_t global;
	const char *func;
	enum shape shape;
	bool not;
};

/* Each from the sources and the disassembly of the versions that globals.h names. */
static const struct source sources[] = {
	/* mprof.go: stkbucket() takes the address of the list for the bucket's type */
	{ 19, 27, GLOBAL_MBUCKETS, "runtime.stkbucket", SHAPE_LEA, false },
	{ 19, 27, GLOBAL_MBUCKETS, "runtime.mProf_FlushLocked", SHAPE_LOAD, false },
	{ 19, 22, GLOBAL_MBUCKETS, "runtime.MemProfile", SHAPE_LOAD, false },
	{ 23, 27, GLOBAL_MBUCKETS, "runtime.memProfileInternal", SHAPE_LOAD, false },
	{ 19, 27, GLOBAL_XBUCKETS, "runtime.stkbucket", SHAPE_LEA, false },
	{ 19, 22, GLOBAL_XBUCKETS, "runtime.MutexProfile", SHAPE_LOAD, false },
	{ 23, 27, GLOBAL_XBUCKETS, "runtime.mutexProfileInternal", SHAPE_LOAD, false },
	{ 19, 27, GLOBAL_BBUCKETS, "runtime.stkbucket", SHAPE_LEA, false },
	{ 19, 22, GLOBAL_BBUCKETS, "runtime.BlockProfile", SHAPE_LOAD, false },
	{ 23, 27, GLOBAL_BBUCKETS, "runtime.blockProfileInternal", SHAPE_LOAD, false },
	/* malloc.go: profilealloc() and, inlined everywhere, nextSample(); mcache.go: allocmcache() */
	{ 19, 27, GLOBAL_MEMPROFILERATE, "runtime.profilealloc", SHAPE_LOAD, false },
	{ 19, 27, GLOBAL_MEMPROFILERATE, "runtime.allocmcache", SHAPE_LOAD, false },
	{ 19, 27, GLOBAL_MEMPROFILERATE, "runtime.nextSample", SHAPE_LOAD, false },
	{ 19, 23, GLOBAL_MEMPROFILERATE, "runtime.mallocgc", SHAPE_LOAD, false },
	{ 24, 27, GLOBAL_MEMPROFILERATE, "runtime.mallocgcLarge", SHAPE_LOAD, false },
	/* mcache.go, mcentral.go, stack.go, malloc.go: the receiver of alloc(), allocManual(), init() */
	{ 19, 27, GLOBAL_MHEAP, "runtime.(*mcache).allocLarge", SHAPE_LEA, false },
	{ 19, 27, GLOBAL_MHEAP, "runtime.(*mcentral).grow", SHAPE_LEA, false },
	{ 19, 27, GLOBAL_MHEAP, "runtime.stackpoolalloc", SHAPE_LEA, false },
	{ 19, 27, GLOBAL_MHEAP, "runtime.mallocinit", SHAPE_LEA, false },
	/* proc.go: forEachG() reads the slice, so does the marking of its roots */
	{ 19, 27, GLOBAL_ALLGS, "runtime.forEachG", SHAPE_LOAD, false },
	{ 19, 24, GLOBAL_ALLGS, "runtime.gcMarkRootPrepare", SHAPE_LOAD, false },
	{ 25, 27, GLOBAL_ALLGS, "runtime.gcPrepareMarkRoots", SHAPE_LOAD, false },
	/* proc.go: atomicAllG() in forEachGRace(), the stores in allgadd(), which compares only allgptr */
	{ 19, 27, GLOBAL_ALLGLEN, "runtime.forEachGRace", SHAPE_LOAD, false },
	{ 19, 27, GLOBAL_ALLGLEN, "runtime.allgadd", SHAPE_LEA, false },
	{ 19, 27, GLOBAL_ALLGLEN, "runtime.allgadd", SHAPE_CMP, true },
	{ 19, 27, GLOBAL_ALLGPTR, "runtime.forEachGRace", SHAPE_LOAD, false },
	{ 19, 27, GLOBAL_ALLGPTR, "runtime.allgadd", SHAPE_LEA, false },
	{ 19, 27, GLOBAL_ALLGPTR, "runtime.allgadd", SHAPE_CMP, false },
};

static const struct variable {
	const char *name;
	uint64_t initial;	/* what the file holds there .. */
	uint8_t initial_since;	/* .. since this version: before, 0, set by an init function */
	unsigned words;		/* 8 bytes each, all of which the sources may refer to */
} variables[GLOBALS] = {
	[GLOBAL_MBUCKETS] = { "runtime.mbuckets", 0, 0, 1 },
	[GLOBAL_XBUCKETS] = { "runtime.xbuckets", 0, 0, 1 },
	[GLOBAL_BBUCKETS] = { "runtime.bbuckets", 0, 0, 1 },
	[GLOBAL_MEMPROFILERATE] = { "runtime.MemProfileRate", 512 << 10, 21, 1 },
	[GLOBAL_MHEAP] = { "runtime.mheap_", 0, 0, 1 },
	[GLOBAL_ALLGS] = { "runtime.allgs", 0, 0, 2 },
	[GLOBAL_ALLGLEN] = { "runtime.allglen", 0, 0, 1 },
	[GLOBAL_ALLGPTR] = { "runtime.allgptr", 0, 0, 1 },
};

#define MAX_ADDRS 64
#define MAX_CODE (1u << 20)	/* no function that is asked here is near that long */

/* Distinct addresses, and how many functions vouch for each. */
struct addrs {
	uint64_t v[MAX_ADDRS];
	int votes[MAX_ADDRS];
	unsigned n;
};
#define VETO (-100)

const char *global_name(enum go_global which)
{
	return variables[which].name;
}

/* Its index, or a->n. */
static unsigned find(const struct addrs *a, uint64_t addr)
{
	unsigned i = 0;

	while (i < a->n && a->v[i] != addr)
		i++;
	return i;
}

static bool add(struct addrs *a, uint64_t addr, int votes)
{
	unsigned i = find(a, addr);

	if (i == MAX_ADDRS)
		return false;
	if (i == a->n) {
		a->v[a->n] = addr;
		a->votes[a->n++] = 0;
	}
	a->votes[i] += votes;
	return true;
}

static bool has_shape(const struct insn *i, enum shape shape)
{
	switch (shape) {
	case SHAPE_LOAD:
		return i->kind == INSN_MOV && !i->writes_mem && i->rip_size == 8;
	case SHAPE_LEA:
		return i->kind == INSN_LEA;
	case SHAPE_CMP:
		return i->kind == INSN_CMP && i->rip_size == 8;
	}
	return false;
}

/* What f refers to in this way, each with one vote; -E2BIG when that is more than fits. */
static int references(const struct go_file *g, const struct go_func *f, enum shape shape,
		      struct addrs *ret)
{
	struct span code = go_func_code(g, f);
	struct insn_reader *r;
	struct insn i;
	int err = 0;

	ret->n = 0;
	if (code.len > MAX_CODE)
		return 0;
	r = insn_open(code, f->entry);
	if (!r)
		return -ENOMEM;
	while (!err && insn_next(r, &i)) {
		if (!i.rip_addr || !has_shape(&i, shape) || find(ret, i.rip_addr) < ret->n)
			continue;
		if (!add(ret, i.rip_addr, 1))
			err = -E2BIG;
	}
	insn_close(r);
	return err;
}

/* Writable data, beginning with the value that the variable has in files. */
static bool plausible(const struct go_file *g, const struct variable *v, uint64_t addr)
{
	uint64_t initial = g->version.minor < v->initial_since ? 0 : v->initial;

	for (unsigned i = 0; i < g->elf->nsegments; i++) {
		const struct elf_segment *s = &g->elf->segments[i];
		struct span b;

		if (addr < s->addr || s->memsz < 8 || addr - s->addr > s->memsz - 8)
			continue;
		if (!s->write || addr % 8)
			return false;
		if (addr - s->addr >= s->filesz)
			return initial == 0;
		b = elf_bytes_at(g->elf, addr);
		return span_u64(&b, 0) == initial && !b.bad;
	}
	return false;
}

/* The plausible candidates, each with as many votes as there are functions that refer to it. */
static int vote(const struct go_file *g, enum go_global which, struct addrs *all)
{
	struct addrs here;

	all->n = 0;
	for (size_t n = 0; n < ARRAY_SIZE(sources); n++) {
		const struct source *s = &sources[n];
		struct go_func f;
		int err;

		if (s->global != which || g->version.minor < s->from ||
		    g->version.minor > s->to || !go_func_named(g, s->func, &f))
			continue;
		err = references(g, &f, s->shape, &here);
		for (unsigned i = 0; !err && i < here.n; i++)
			if (plausible(g, &variables[which], here.v[i]) &&
			    !add(all, here.v[i], s->not ? VETO : 1))
				err = -E2BIG;
		if (err)
			return err_sys(-err, "%s: %s", g->elf->path, s->func);
	}
	return 0;
}

/* Leaves those with the most votes; how many votes that is. */
static int keep_best(struct addrs *a)
{
	unsigned n = 0;
	int best = 0;

	for (unsigned i = 0; i < a->n; i++)
		if (a->votes[i] > best)
			best = a->votes[i];
	for (unsigned i = 0; i < a->n; i++)
		if (a->votes[i] == best)
			a->v[n++] = a->v[i];
	a->n = n;
	return best;
}

int global_find_by_code(const struct go_file *g, enum go_global which, uint64_t *ret)
{
	const struct variable *v = &variables[which];
	struct addrs left;
	int err, votes;

	if (g->elf->machine != EM_X86_64)
		return err_set(EOPNOTSUPP, "%s: without a symbol table %s is found in x86-64 code only",
			       g->elf->path, v->name);
	err = vote(g, which, &left);
	if (err)
		return err;
	votes = keep_best(&left);
	/* of a slice the sources refer to pointer and length */
	if (left.n == 2 && v->words == 2) {
		uint64_t low = left.v[0] < left.v[1] ? left.v[0] : left.v[1];

		if (find(&left, low + 8) < left.n) {
			left.v[0] = low;
			left.n = 1;
		}
	}
	if (left.n != 1 || votes < 2)
		return err_set(ENOEXEC, "%s: stripped, and its code does not say for certain where "
			       "%s is (%u candidates, %d witnesses)", g->elf->path, v->name, left.n,
			       votes);
	*ret = left.v[0];
	return 0;
}

int global_find(const struct go_file *g, enum go_global which, uint64_t *ret, bool *from_symtab)
{
	struct elf_sym sym;
	bool symtab = elf_symbol(g->elf, variables[which].name, &sym);

	if (from_symtab)
		*from_symtab = symtab;
	if (!symtab)
		return global_find_by_code(g, which, ret);
	*ret = sym.addr;
	return 0;
}
