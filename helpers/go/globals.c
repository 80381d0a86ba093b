/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/globals.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals_sources.h"
#include "go/insn.h"
#include "go/layout.h"

/* What a variable holds in the file, so that no other is taken for it. */
enum holds {
	HOLDS_ZERO,		/* nothing yet */
	HOLDS_RATE,		/* 512 KiB; in Go 1.17 to 1.20 nothing, set by an init function */
	HOLDS_VERSION,		/* a string that begins as versions do */
	HOLDS_MODINFO,		/* a string that begins with the mark of module information, or none */
	HOLDS_REASONS,		/* strings, the first of them empty, then "GC assist marking" */
};

#define RATE (512 << 10)
#define RATE_BY_INIT_SINCE 17
#define RATE_IN_FILE_SINCE 21

static const struct variable {
	const char *name;
	const char *newer;	/* what it was renamed to */
	const char *strct;	/* of which sources name fields */
	enum holds holds;
	uint8_t align;
	uint8_t words;		/* 8 bytes each, all of which the sources may refer to */
	uint8_t witnesses;	/* functions that must vouch; 1 where the contents say enough */
	uint8_t since;		/* Go 1.x, 0: always */
} variables[GLOBALS] = {
	[GLOBAL_MBUCKETS] = { "runtime.mbuckets", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_XBUCKETS] = { "runtime.xbuckets", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_BBUCKETS] = { "runtime.bbuckets", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_MEMPROFILERATE] = { "runtime.MemProfileRate", NULL, NULL, HOLDS_RATE, 8, 1, 2 },
	[GLOBAL_MPROFCYCLE] = { "runtime.mProfCycle", NULL, NULL, HOLDS_ZERO, 4, 1, 2 },
	[GLOBAL_MHEAP] = { "runtime.mheap_", NULL, "runtime.mheap", HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_ALLGS] = { "runtime.allgs", NULL, NULL, HOLDS_ZERO, 8, 2, 2 },
	[GLOBAL_ALLGLEN] = { "runtime.allglen", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_ALLGPTR] = { "runtime.allgptr", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_ALLM] = { "runtime.allm", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_ALLP] = { "runtime.allp", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_M0] = { "runtime.m0", NULL, "runtime.m", HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_SCHED] = { "runtime.sched", NULL, "runtime.schedt", HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_MEMSTATS] = { "runtime.memstats", NULL, "runtime.mstats", HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_GCCONTROLLER] = { "runtime.gcController", NULL, "runtime.gcControllerState",
				  HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_WORK] = { "runtime.work", NULL, "runtime.workType", HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_GCPHASE] = { "runtime.gcphase", NULL, NULL, HOLDS_ZERO, 4, 1, 2 },
	[GLOBAL_GCBLACKENENABLED] = { "runtime.gcBlackenEnabled", NULL, NULL, HOLDS_ZERO, 4, 1, 2 },
	[GLOBAL_WRITEBARRIER] = { "runtime.writeBarrier", NULL, NULL, HOLDS_ZERO, 4, 1, 2 },
	[GLOBAL_BLOCKPROFILERATE] = { "runtime.blockprofilerate", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_MUTEXPROFILERATE] = { "runtime.mutexprofilerate", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_NCPU] = { "runtime.ncpu", "runtime.numCPUStartup", NULL, HOLDS_ZERO, 4, 1, 2 },
	[GLOBAL_GOMAXPROCS] = { "runtime.gomaxprocs", NULL, NULL, HOLDS_ZERO, 4, 1, 2 },
	[GLOBAL_RUNTIMEINITTIME] = { "runtime.runtimeInitTime", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_FINQ] = { "runtime.finq", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_ALLFIN] = { "runtime.allfin", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_GCCLEANUPS] = { "runtime.gcCleanups", NULL, "runtime.cleanupQueue",
				HOLDS_ZERO, 8, 1, 2, 25 },
	[GLOBAL_SEMTABLE] = { "runtime.semtable", NULL, NULL, HOLDS_ZERO, 8, 1, 2 },
	[GLOBAL_WAITREASONSTRINGS] = { "runtime.waitReasonStrings", NULL, NULL, HOLDS_REASONS, 8,
				       1, 1 },
	[GLOBAL_BUILDVERSION] = { "runtime.buildVersion", NULL, NULL, HOLDS_VERSION, 8, 1, 1 },
	[GLOBAL_MODINFO] = { "runtime.modinfo", NULL, NULL, HOLDS_MODINFO, 8, 1, 1 },
	/* found when the file was opened */
	[GLOBAL_FIRSTMODULEDATA] = { "runtime.firstmoduledata", NULL, NULL, HOLDS_ZERO, 8, 1, 0 },
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

static bool has_shape(const struct insn *i, const struct source *s)
{
	switch ((enum shape)s->shape) {
	case SHAPE_LOAD:
		return i->kind == INSN_MOV && !i->rip_written && i->rip_size == s->size;
	case SHAPE_STORE:
		return i->kind == INSN_MOV && i->rip_written && i->rip_size == s->size;
	case SHAPE_LEA:
		return i->kind == INSN_LEA;
	case SHAPE_CMP:
		return i->kind == INSN_CMP && i->rip_size == s->size;
	}
	return false;
}

/* What f refers to in this way, minus distance, each with one vote; -E2BIG when that is more than fits. */
static int references(const struct go_file *g, const struct go_func *f, const struct source *s,
		      uint32_t distance, struct addrs *ret)
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
		if (i.rip_addr < distance || !i.rip_addr || !has_shape(&i, s) ||
		    find(ret, i.rip_addr - distance) < ret->n)
			continue;
		if (!add(ret, i.rip_addr - distance, 1))
			err = -E2BIG;
	}
	insn_close(r);
	return err;
}

/* The segment of writable data that holds size bytes from addr on. */
static const struct elf_segment *data_at(const struct go_file *g, uint64_t addr, unsigned size)
{
	for (unsigned i = 0; i < g->elf->nsegments; i++) {
		const struct elf_segment *s = &g->elf->segments[i];

		if (addr >= s->addr && s->memsz >= size && addr - s->addr <= s->memsz - size)
			return s->write ? s : NULL;
	}
	return NULL;
}

/* Does the Go string at addr begin so? */
static bool begins(const struct go_file *g, uint64_t addr, const char *what, size_t len)
{
	struct span var = elf_bytes_at(g->elf, addr), text;
	uint64_t p = span_u64(&var, 0), n = span_u64(&var, 8);

	if (var.bad || n < len)
		return false;
	if (!len)
		return true;
	text = elf_bytes_at(g->elf, p);
	return text.len >= len && !memcmp(text.p, what, len);
}

/* Before module information: cmd/go/internal/modload/build.go, infoStart. */
static const char modinfo_mark[] = "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";

static bool holds_text(const struct go_file *g, enum holds holds, uint64_t addr)
{
	static const char reason[] = "GC assist marking";

	switch (holds) {
	case HOLDS_VERSION:
		return begins(g, addr, "go1.", 4) || begins(g, addr, "devel ", 6);
	case HOLDS_MODINFO:
		return begins(g, addr, modinfo_mark, sizeof(modinfo_mark) - 1);
	case HOLDS_REASONS:
		return begins(g, addr, "", 0) && begins(g, addr + 16, reason, sizeof(reason) - 1);
	default:
		return false;
	}
}

/* Writable data that begins as the variable does in files. */
static bool plausible(const struct go_file *g, const struct variable *v, uint64_t addr)
{
	const struct elf_segment *s = data_at(g, addr, v->align);
	uint64_t initial = 0;
	struct span b;

	if (!s || addr % v->align)
		return false;
	if (v->holds > HOLDS_RATE)
		return holds_text(g, v->holds, addr);
	if (v->holds == HOLDS_RATE && (g->version.minor < RATE_BY_INIT_SINCE ||
				       g->version.minor >= RATE_IN_FILE_SINCE))
		initial = RATE;
	if (addr - s->addr >= s->filesz)
		return initial == 0;
	b = elf_bytes_at(g->elf, addr);
	return span_uint(&b, 0, v->align) == initial && !b.bad;
}

/* How far inside the variable the source refers to; false: not known for this version. */
static bool distance_of(const struct go_file *g, const struct source *s, uint32_t *ret)
{
	struct layout_field f;

	*ret = s->offset;
	if (!s->field)
		return true;
	if (layout_by_table(g, variables[s->global].strct, s->field, &f))
		return false;
	*ret = f.offset;
	return true;
}

/* The plausible candidates, each with as many votes as there are functions that refer to it. */
static int vote(const struct go_file *g, enum go_global which, struct addrs *all)
{
	struct addrs here;

	all->n = 0;
	for (size_t n = 0; n < n_global_sources; n++) {
		const struct source *s = &global_sources[n];
		uint32_t distance;
		struct go_func f;
		int err;

		if (s->global != which || g->version.minor < s->from ||
		    g->version.minor > s->to || !distance_of(g, s, &distance) ||
		    !go_func_named(g, s->func, &f))
			continue;
		err = references(g, &f, s, distance, &here);
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

	if (g->version.minor && g->version.minor < v->since)
		return err_set(ENOENT, "Go 1.%u has no %s", g->version.minor, v->name);
	if (which == GLOBAL_FIRSTMODULEDATA) {
		*ret = g->moduledata_addr;
		return 0;
	}
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
	if (left.n != 1 || votes < v->witnesses)
		return err_set(ENOEXEC, "%s: stripped, and its code does not say for certain where "
			       "%s is (%u candidates, %d witnesses)", g->elf->path, v->name, left.n,
			       votes);
	*ret = left.v[0];
	return 0;
}

int global_find(const struct go_file *g, enum go_global which, uint64_t *ret, bool *from_symtab)
{
	struct elf_sym sym;
	const struct variable *v = &variables[which];
	bool symtab = elf_symbol(g->elf, v->name, &sym) ||
		      (v->newer && elf_symbol(g->elf, v->newer, &sym));

	if (from_symtab)
		*from_symtab = symtab;
	if (!symtab)
		return global_find_by_code(g, which, ret);
	*ret = sym.addr;
	return 0;
}
