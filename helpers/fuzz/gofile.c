/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as an executable: ELF, Go's tables, frames, variables, places.
 *
 * Input that begins as ELF files do is the file.  Any other is a row of changes
 * to the Go program that $GOBPF_FUZZ_GO names: a byte that says what to try and how much
 * of it is left, then changes of 4 bytes {part, offset} and 8 that go there.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "go/alloc.h"
#include "go/globals.h"
#include "go/gofile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS = 12, CHANGE = 12, DEAR = 7, CUT = 0xc0, LEFT = 0x3f };

/* The program to change, and where its interesting parts are. */
static struct base {
	uint8_t *data;
	size_t size;
	struct {
		size_t from, len;
	} parts[PARTS];
	unsigned nparts;
} base;

static int fd = -1;
static char path[64];

static void part(size_t from, size_t len)
{
	if (from >= base.size || !len)
		return;
	base.parts[base.nparts].from = from;
	base.parts[base.nparts++].len = len < base.size - from ? len : base.size - from;
}

static void find_parts(const struct elf_file *e, const struct go_file *g)
{
	size_t table = g->pclntab.p - e->bytes.p, funcs = g->functab.p - e->bytes.p;
	const struct elf_section *info = elf_section(e, ".go.buildinfo");
	Elf64_Ehdr eh;

	memcpy(&eh, e->bytes.p, sizeof(eh));
	part(0, base.size);
	part(0, sizeof(eh));
	part(eh.e_phoff, eh.e_phnum * sizeof(Elf64_Phdr));
	part(eh.e_shoff, eh.e_shnum * sizeof(Elf64_Shdr));
	part(table, 72);
	part(funcs, 8 * g->nfunc);
	part(funcs + 8 * g->nfunc, base.size);
	part(g->pctab.p - e->bytes.p, g->pctab.len);
	part(elf_offset_of(e, g->moduledata_addr), 400);
	part(elf_offset_of(e, g->gofunc), 1 << 16);
	part(elf_offset_of(e, g->text), g->etext - g->text);
	if (info)
		part(info->offset, info->size);
}

static void read_base(const char *from)
{
	FILE *f = fopen(from, "r");
	struct elf_file e;
	struct go_file g;
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) <= 0 || fseek(f, 0, SEEK_SET))
		abort();
	base.size = size;
	base.data = malloc(base.size);
	if (!base.data || fread(base.data, 1, base.size, f) != base.size)
		abort();
	fclose(f);
	if (elf_open(from, &e) || go_open(&e, &g))
		abort();
	find_parts(&e, &g);
	go_close(&g);
	elf_close(&e);
}

static void begin(void)
{
	const char *from = getenv("GOBPF_FUZZ_GO");

	fd = memfd_create("fuzz", 0);
	if (fd < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (from && *from)
		read_base(from);
}

static void put(const void *p, size_t len, size_t at)
{
	if (pwrite(fd, p, len, (off_t)at) != (ssize_t)len)
		abort();
}

/* The file to be read. */
static void make_file(const uint8_t *data, size_t size)
{
	if (ftruncate(fd, 0))
		abort();
	if (!base.data || (size >= 4 && !memcmp(data, ELFMAG, 4))) {
		put(data, size, 0);
		return;
	}
	put(base.data, base.size, 0);
	for (size_t i = 1; i + CHANGE <= size; i += CHANGE) {
		uint32_t where;
		size_t len, at;

		memcpy(&where, data + i, 4);
		at = (where >> 4) % base.parts[(where & 15) % base.nparts].len;
		at += base.parts[(where & 15) % base.nparts].from;
		len = base.size - at < 8 ? base.size - at : 8;
		put(data + i + 4, len, at);
	}
	if (size && (data[0] & CUT) == CUT &&
	    ftruncate(fd, (off_t)(base.size * (data[0] & LEFT) / LEFT)))
		abort();
}

static size_t use(const char *s)
{
	return s ? strlen(s) : 0;
}

static void try_frames(const struct go_file *g, uint64_t addr)
{
	struct go_frame fr[32];
	int n = go_frames_at(g, addr, fr, 32);
	size_t sum = 0;

	if (n < 0 || n > 32)
		abort();
	for (int i = 0; i < n; i++)
		sum += use(fr[i].func) + use(fr[i].file);
	if (n && sum > g->elf->bytes.len * 2 * 32)
		abort();
}

static void try_function(const struct go_file *g, const struct go_func *f)
{
	struct probe_place p;

	if (!f->name || f->end <= f->entry)
		abort();
	for (unsigned i = 0; i < 16; i++)
		try_frames(g, f->entry + (f->end - f->entry) * i / 16);
	if (!probe_place(g, f, &p) && (p.addr < f->entry || p.addr >= f->end))
		abort();
}

static void try_go(const struct go_file *g, bool dear)
{
	struct alloc_sampling sampling;
	struct alloc_exact exact;
	struct go_func f;
	uint64_t addr;

	for (uint32_t i = 0; i < 64; i++)
		if (go_func_nth(g, (uint64_t)g->nfunc * i / 64, &f))
			try_function(g, &f);
	if (go_func_named(g, "main.main", &f))
		try_function(g, &f);
	for (uint64_t i = 0; i < 16; i++)
		try_frames(g, g->text + (g->etext - g->text) / 16 * i);
	for (int i = 0; dear && i < GLOBALS; i++)
		global_find(g, i, &addr, NULL);
	if (dear) {
		alloc_sampling(g, &sampling);
		alloc_exact(g, &exact);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_file e;
	struct elf_sym sym;
	struct go_file g;

	if (fd < 0)
		begin();
	make_file(data, size);
	if (elf_open(path, &e))
		return 0;
	use(elf_build_id(&e));
	if (elf_symbol_at(&e, e.entry, &sym))
		use(sym.name);
	if (elf_symbol(&e, "main.main", &sym))
		use(sym.name);
	if (!go_open(&e, &g)) {
		try_go(&g, size && (data[0] & DEAR) == DEAR);
		use(g.module);
		go_close(&g);
	}
	elf_close(&e);
	return 0;
}
