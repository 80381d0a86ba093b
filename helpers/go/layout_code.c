/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/layout_code.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/insn.h"

#define FIRST_WITH_G_REGISTER 17
#define MAX_OFFSET 4096		/* the fields below lie near the beginning of their structures */
#define MAX_CODE (1u << 20)
#define MIN_VOTES 2

/* How a witness gets at the field: always 8 bytes, without an index. */
enum access {
	LOAD_G,			/* mov from r14 + offset */
	LOAD,			/* mov from another register + offset */
	STORE,			/* mov to any register + offset */
	COMPARE,		/* cmp with another register + offset */
	COMPARE_ANY,		/* .. or r14's */
};

static const struct witness {
	const char *strct, *field, *func;
	enum access access;
} witnesses[] = {
	/* traceback.go, proc.go, mprof.go */
	{ "runtime.g", "goid", "runtime.printcreatedby", COMPARE },
	{ "runtime.g", "goid", "runtime.saveAncestors", COMPARE },
	{ "runtime.g", "goid", "runtime.doRecordGoroutineProfile", LOAD },
	{ "runtime.g", "goid", "runtime.goroutineheader", LOAD },
	/* mstats.go, mheap.go, asm_amd64.s */
	{ "runtime.g", "m", "runtime.(*consistentHeapStats).acquire", LOAD_G },
	{ "runtime.g", "m", "runtime.(*consistentHeapStats).release", LOAD_G },
	{ "runtime.g", "m", "runtime.(*mheap).allocMSpanLocked", LOAD_G },
	{ "runtime.g", "m", "runtime.mcall", LOAD_G },
	/* mstats.go, proc.go */
	{ "runtime.m", "p", "runtime.(*consistentHeapStats).acquire", LOAD },
	{ "runtime.m", "p", "runtime.(*consistentHeapStats).release", LOAD },
	{ "runtime.m", "p", "runtime.allocm", COMPARE },
	/* traceback.go, sys_linux_amd64.s, asm_amd64.s */
	{ "runtime.m", "curg", "runtime.callCgoSymbolizer", COMPARE },
	{ "runtime.m", "curg", "runtime.cgoContextPCs", COMPARE },
	{ "runtime.m", "curg", "runtime.nanotime1", COMPARE_ANY },
	{ "runtime.m", "curg", "runtime.systemstack", COMPARE_ANY },
	{ "runtime.m", "g0", "runtime.mcall", LOAD },
	{ "runtime.m", "g0", "runtime.systemstack", LOAD },
	{ "runtime.m", "g0", "runtime.nanotime1", LOAD },
	/* os_linux.go */
	{ "runtime.m", "procid", "runtime.minit", STORE },
	{ "runtime.m", "procid", "runtime.setThreadCPUProfiler", LOAD },
	{ "runtime.m", "procid", "runtime.signalM", LOAD },
};

struct votes {
	uint8_t here[MAX_OFFSET], all[MAX_OFFSET];
};

static bool is_access(const struct insn *i, enum access access)
{
	bool g = i->mem_base == REG_R14;

	if (!i->mem || i->mem_base == REG_SP || i->mem_size != 8 || i->mem_offset < 0 ||
	    i->mem_offset >= MAX_OFFSET)
		return false;
	switch (access) {
	case LOAD_G:
		return i->kind == INSN_MOV && !i->mem_written && g;
	case LOAD:
		return i->kind == INSN_MOV && !i->mem_written && !g;
	case STORE:
		return i->kind == INSN_MOV && i->mem_written;
	case COMPARE:
		return i->kind == INSN_CMP && !g;
	case COMPARE_ANY:
		return i->kind == INSN_CMP;
	}
	return false;
}

/* One vote for each offset that f uses so. */
static int count(const struct go_file *g, const struct go_func *f, enum access access,
		 struct votes *v)
{
	struct span code = go_func_code(g, f);
	struct insn_reader *r;
	struct insn i;

	if (code.len > MAX_CODE)
		return 0;
	r = insn_open(code, f->entry);
	if (!r)
		return -ENOMEM;
	memset(v->here, 0, sizeof(v->here));
	while (insn_next(r, &i))
		if (is_access(&i, access))
			v->here[i.mem_offset] = 1;
	insn_close(r);
	for (unsigned n = 0; n < MAX_OFFSET; n++)
		v->all[n] += v->here[n];
	return 0;
}

/* The offset with more votes than all others; -ENOEXEC: none. */
static int winner(const struct votes *v, uint32_t *ret)
{
	unsigned best = 0, second = 0, at = 0;

	for (unsigned n = 0; n < MAX_OFFSET; n++) {
		if (v->all[n] > best) {
			second = best;
			best = v->all[n];
			at = n;
		} else if (v->all[n] > second) {
			second = v->all[n];
		}
	}
	if (best < MIN_VOTES || best == second)
		return -ENOEXEC;
	*ret = at;
	return 0;
}

bool layout_code_has(const struct go_file *g, const char *strct, const char *field)
{
	if (g->elf->machine != EM_X86_64 || g->version.first < FIRST_WITH_G_REGISTER)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(witnesses); i++)
		if (!strcmp(witnesses[i].strct, strct) && !strcmp(witnesses[i].field, field))
			return true;
	return false;
}

int layout_code_offset(const struct go_file *g, const char *strct, const char *field,
		       uint32_t *ret)
{
	struct votes v = { 0 };
	int err = 0;

	for (size_t i = 0; !err && layout_code_has(g, strct, field) && i < ARRAY_SIZE(witnesses);
	     i++) {
		const struct witness *w = &witnesses[i];
		struct go_func f;

		if (!strcmp(w->strct, strct) && !strcmp(w->field, field) &&
		    go_func_named(g, w->func, &f))
			err = count(g, &f, w->access, &v);
	}
	if (err)
		return err_sys(-err, "%s", g->elf->path);
	if (winner(&v, ret))
		return err_set(ENOEXEC, "%s: its code does not say for certain where %s.%s is",
			       g->elf->path, strct, field);
	return 0;
}
