/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as functions of the runtime: variables, fields, the current goroutine and
 * allocations by the code that uses them, probe places, ways out.
 *
 * Input: a byte for the Go version and which field, one for what is asked (enum question, or a variable),
 * then functions: a byte each for the length of the name and of the code, both of them.  A function
 * without a name is no code but what the data holds.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/image.h"
#include "go/alloc.h"
#include "go/args.h"
#include "go/current.h"
#include "go/format.h"
#include "go/globals.h"
#include "go/layout.h"
#include "go/layout_code.h"
#include "go/leave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum question { FIELDS = GLOBALS, CURRENT, SAMPLING, EXACT, PLACES, QUESTIONS };

enum {
	BASE = 0x400000,	/* of the file, which is data, then code */
	DATA = 512, FILLED = 128, TEXT = 256,	/* the data of which something is in the file */
	BSS = 4096,		/* its other end */
	FUNCS = 12, NAMES = 1024, CODE = 2048,
	FIRST = 18, VERSIONS = 10,	/* those with offsets in functab */
	INFO = 64,		/* room for a _func */
};

static struct program {
	uint8_t file[DATA + CODE], names[NAMES], funcs[FUNCS * INFO], functab[(FUNCS + 1) * 8];
	size_t code, nnames;
	uint32_t nfunc;
	struct elf_file elf;
	struct go_file go;
} prog;

static void put(uint8_t *at, uint64_t value, unsigned width)
{
	memcpy(at, &value, width);
}

/* What variables hold in the file, and what strings say. */
static void fill_data(void)
{
	static const char text[] = "go1.27\0\0" "GC assist marking\0\0\0\0\0\0\0"
		"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
	/* buildVersion, modinfo, and the second of waitReasonStrings */
	static const struct {
		uint16_t at, text, len;
	} strings[] = { { 16, 0, 6 }, { 32, 32, 16 }, { 64, 8, 17 } };
	uint8_t *d = prog.file;

	memset(d, 0, DATA);
	put(d + FILLED, 512 << 10, 8);
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		put(d + FILLED + strings[i].at, BASE + TEXT + strings[i].text, 8);
		put(d + FILLED + strings[i].at + 8, strings[i].len, 8);
	}
	memcpy(d + TEXT, text, sizeof(text));
	put(d + DATA - 8, (uint64_t)-8, 8);	/* a slot of thread-local storage */
}

static void add_function(const uint8_t *name, size_t nname, const uint8_t *code, size_t len)
{
	uint8_t *entry = prog.functab + 8 * prog.nfunc, *info = prog.funcs + INFO * prog.nfunc;

	if (!nname) {
		memcpy(prog.file, code, len < DATA ? len : DATA);
		return;
	}
	if (prog.nfunc == FUNCS || prog.nnames + nname + 1 > NAMES || prog.code + len > CODE || !len)
		return;
	put(entry, prog.code, 4);
	put(entry + 4, INFO * prog.nfunc, 4);
	memset(info, 0, INFO);
	put(info + prog.go.table->func_name, prog.nnames, 4);
	memcpy(prog.names + prog.nnames, name, nname);
	prog.names[prog.nnames + nname] = '\0';
	prog.nnames += nname + 1;
	memcpy(prog.file + DATA + prog.code, code, len);
	prog.code += len;
	put(entry + 8, prog.code, 4);
	prog.nfunc++;
}

/* An ELF file that says nothing, for what belongs to libelf. */
static void begin(void)
{
	static _Alignas(4096) uint8_t page[4096];
	Elf64_Ehdr eh = { .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			  .e_ehsize = sizeof(eh) };

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	eh.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(page, &eh, sizeof(eh));
	if (elf_open_mem("image", (struct span){ page, sizeof(eh), false }, &prog.elf))
		abort();
	free(prog.elf.segments);	/* make() has others */
}

static void make(const uint8_t *data, size_t size)
{
	static struct elf_segment segments[2];
	unsigned minor = FIRST + *data % VERSIONS;
	struct go_file *g = &prog.go;

	*g = (struct go_file){ .elf = &prog.elf, .quantum = 1, .format = go_format_of(minor),
			       .version = { .minor = minor, .first = minor, .last = minor } };
	g->table = go_table_of(g->format);
	prog.code = prog.nnames = prog.nfunc = 0;
	fill_data();
	for (size_t i = 2, n; i + 2 < size; i = n) {
		size_t name = i + 2, code = name + data[i];

		n = code + data[i + 1];
		if (n > size)
			break;
		add_function(data + name, data[i], data + code, data[i + 1]);
	}
	prog.elf.bytes = image(prog.file, DATA + prog.code);
	segments[0] = (struct elf_segment){ .addr = BASE + BSS, .filesz = prog.code, .memsz = prog.code,
					    .offset = DATA, .exec = true };
	segments[1] = (struct elf_segment){ .addr = BASE, .filesz = DATA, .memsz = BSS, .write = true };
	prog.elf.segments = segments;
	prog.elf.nsegments = ARRAY_SIZE(segments);
	g->text = BASE + BSS;
	g->etext = g->text + prog.code;
	g->nfunc = prog.nfunc;
	g->functab = (struct span){ .p = prog.functab, .len = 8 * (prog.nfunc + 1) };
	g->funcs = (struct span){ .p = prog.funcs, .len = INFO * prog.nfunc };
	g->funcnames = (struct span){ .p = prog.names, .len = prog.nnames };
}

static void must(bool right)
{
	if (!right)
		abort();
}

static void try_global(const struct go_file *g, enum go_global which)
{
	uint64_t addr;

	if (!global_find(g, which, &addr, NULL) && which != GLOBAL_FIRSTMODULEDATA)
		must(addr >= BASE && addr < BASE + BSS && addr % 4 == 0);
}

static void try_field(const struct go_file *g, unsigned which)
{
	static const char *const fields[][2] = {
		{ "runtime.g", "goid" }, { "runtime.g", "m" }, { "runtime.m", "p" },
		{ "runtime.m", "curg" }, { "runtime.m", "g0" }, { "runtime.m", "procid" },
	};
	const char *const *field = fields[which % ARRAY_SIZE(fields)];
	struct layout_field f;
	struct layout l;
	uint32_t offset;
	int err = layout_code_offset(g, field[0], field[1], &offset);

	must(err || offset < 4096);
	layout_open(&l, g);
	if (!layout_of(&l, field[0], field[1], &f))
		must(err || f.offset == offset);
	layout_close(&l);
}

static void must_lie_in(const struct probe_place *p, const struct go_func *f)
{
	must(p->addr >= f->entry && p->addr < f->end && p->offset == p->addr - BASE - BSS + DATA);
}

static void try_places(const struct go_file *g)
{
	struct go_func f, callee;
	struct probe_place p[4];
	struct go_leaves l = { 0 };
	struct go_args args;
	unsigned n;

	for (uint32_t i = 0; i < g->nfunc; i++) {
		must(go_func_nth(g, i, &f) && go_func_nth(g, (i + 1) % g->nfunc, &callee));
		if (!probe_place(g, &f, p))
			must_lie_in(p, &f);
		if (!probe_after_calls(g, &f, &callee, p, ARRAY_SIZE(p), &n))
			while (n-- > 0)
				must_lie_in(&p[n], &f);
		if (!probe_calls(g, &f, &callee, p, ARRAY_SIZE(p), &n))
			while (n-- > 0)
				must_lie_in(&p[n], &f);
		if (!go_leaves_of(g, &f, &l))
			for (size_t k = 0; k < l.n; k++)
				must(l.v[k].addr >= f.entry && l.v[k].addr < f.end);
		must(!go_args_of(g, &f, &args));
	}
	go_leaves_free(&l);
}

static void try_allocations(const struct go_file *g, bool exactly)
{
	struct alloc_sampling s;
	struct alloc_exact e;

	if (!exactly && !alloc_sampling(g, &s))
		must(s.nspans && s.nspans <= ALLOC_SPANS && s.nreturns <= ALLOC_SPANS);
	if (exactly && !alloc_exact(g, &e))
		for (unsigned i = 0; i < e.n; i++)
			must_lie_in(&e.v[i].place, &e.v[i].func);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct go_current current;
	unsigned what;

	if (size < 2)
		return 0;
	if (!prog.elf.path)
		begin();
	make(data, size);
	what = data[1] % QUESTIONS;
	switch (what) {
	case FIELDS:
		try_field(&prog.go, data[0] / VERSIONS);
		break;
	case CURRENT:
		if (!go_current(&prog.go, &current))
			must(!current.tls || current.tls_offset < 0);
		break;
	case SAMPLING:
	case EXACT:
		try_allocations(&prog.go, what == EXACT);
		break;
	case PLACES:
		try_places(&prog.go);
		break;
	default:
		try_global(&prog.go, what);
	}
	return 0;
}
