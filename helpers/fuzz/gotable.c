/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of every Go release, damaged: functions, lines, inlined calls, types.
 *
 * Each format has a small program here, made from the same facts that are read; whole it must
 * give what was put in.  Input: a byte that says which one, a byte of ways to look at
 * it (WAYS), then changes: 13 bits of offset, 3 bits of length - 1, that many bytes.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "go/format.h"
#include "go/gofile.h"
#include "go/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SIZE = 0xb80, BASE = 0x400000,	/* an address is BASE + an offset in the image */
	TEXT = 0, PCLNTAB = 0x100, RODATA = 0x4c0, TYPES = 0x540, DATA = 0x600, MODULE = 0x660,
	STRINGS = 0x800, DYNAMIC = 0x840, RELA = 0x880, END = SIZE,
	FUNCS = 3, CODE = 64,		/* bytes of each function */
	INFO = 96,			/* room for a _func */
	WORDS = 48,			/* of moduledata */
	SECTIONS = 1, PIE = 2, BARE = 4, /* WAYS: with section names, relocated, without a version */
	FIRST = 8, VERSIONS = 20,	/* go1.8 to go1.27 */
};

static uint8_t *image;			/* to be read */
static uint8_t whole[VERSIONS][2][SIZE]; /* [1]: its pointers stand in relocations only */

static void put(uint8_t *at, uint64_t value, unsigned width)
{
	memcpy(at, &value, width);
}

/* Puts bytes at *at, moves *at behind them, returns where they are. */
static size_t add(uint8_t *b, size_t *at, const void *p, size_t len)
{
	size_t here = *at;

	memcpy(b + here, p, len);
	*at += len;
	return here;
}

/*
 * Line 10 + f from the entry on, file 1; from 16 to 32 bytes on line 60, 8 bytes of inlined call
 * 1 and 8 of call 0 that it is in; a frame of 24 bytes from 8 bytes on.  Deltas of the pc count in bytes: quantum 1.
 */
struct pctabs {
	size_t sp, file, line, inl;
};

static struct pctabs add_pctabs(uint8_t *b, size_t *at, unsigned f)
{
	const uint8_t sp[] = { 2, 8, 48, CODE - 8, 0 };
	const uint8_t file[] = { 4, CODE, 0 };
	const uint8_t line[] = { (uint8_t)(2 * (11 + f)), 16, (uint8_t)(2 * (50 - f)), 16,
				 (uint8_t)(2 * (50 - f) - 1), CODE - 32, 0 };
	const uint8_t inl[] = { 0, 16, 4, 8, 1, 8, 1, CODE - 32, 0 };

	return (struct pctabs){
		add(b, at, sp, sizeof(sp)), add(b, at, file, sizeof(file)),
		add(b, at, line, sizeof(line)), add(b, at, inl, sizeof(inl)),
	};
}

/* Two inlined calls, main.a in f at line 11, main.b in main.a at line 60, and their table's address. */
static uint64_t add_tree(uint8_t *b, const struct go_format *fmt, const size_t names[2])
{
	uint8_t *tree = b + RODATA + 0x40;

	for (unsigned i = 0; i < 2; i++, tree += fmt->call_size) {
		put(tree + fmt->call_name, names[i], 4);
		if (fmt->call_parent_pc) {
			put(tree + fmt->call_parent_pc, i ? 24 : 8, 4);
			put(tree + fmt->call_start_line, 7, 4);
			continue;
		}
		put(tree, i ? 0 : UINT32_MAX, fmt->call_parent_size);
		put(tree + CALL_FILE, 1, 4);
		put(tree + CALL_LINE, i ? 60 : 11, 4);
	}
	return BASE + RODATA + 0x40;
}

static void put_func(uint8_t *b, size_t at, const struct go_table *t, const struct go_format *fmt,
		     unsigned f, size_t name, const struct pctabs *pc, size_t tabs, uint64_t tree)
{
	size_t funcdata = at + t->func_size + 4 * (fmt->pcdata_inline + 1);

	put(b + at, (t->entry == 8 ? BASE + TEXT : 0) + f * CODE, t->entry);
	put(b + at + t->func_name, name, 4);
	put(b + at + t->func_pcsp, pc->sp - tabs, 4);
	put(b + at + t->func_pcfile, pc->file - tabs, 4);
	put(b + at + t->func_pcln, pc->line - tabs, 4);
	put(b + at + t->func_npcdata, fmt->pcdata_inline + 1, 4);
	if (t->func_start_line)
		put(b + at + t->func_start_line, 9 + f, 4);
	if (fmt->func_id && f == FUNCS - 1)
		b[at + fmt->func_id] = fmt->wrapper;
	b[at + fmt->nfuncdata] = fmt->funcdata_inline + 1;
	put(b + at + t->func_size + 4 * fmt->pcdata_inline, pc->inl - tabs, 4);
	if (t->entry == 8)
		put(b + ((funcdata + 7) & ~7ul) + 8 * fmt->funcdata_inline, f == 1 ? tree : 0, 8);
	else
		put(b + funcdata + 4 * fmt->funcdata_inline,
		    f == 1 ? tree - BASE - RODATA : UINT32_MAX, 4);
}

struct parts {
	size_t names, cu, files, pctab, pcln;	/* offsets in the image */
};

/* The header and the table of functions. */
static void put_header(uint8_t *b, const struct go_table *t, const struct parts *p, size_t functab,
		       size_t funcs)
{
	put(b + PCLNTAB, t->magic, 4);
	b[PCLNTAB + 6] = 1;
	b[PCLNTAB + 7] = 8;
	put(b + PCLNTAB + 8, FUNCS, 8);
	if (t->pcln) {
		put(b + PCLNTAB + t->names, p->names - PCLNTAB, 8);
		put(b + PCLNTAB + t->cu, p->cu - PCLNTAB, 8);
		put(b + PCLNTAB + t->files, p->files - PCLNTAB, 8);
		put(b + PCLNTAB + t->pctab, p->pctab - PCLNTAB, 8);
		put(b + PCLNTAB + t->pcln, p->pcln - PCLNTAB, 8);
	}
	for (unsigned f = 0; f <= FUNCS; f++) {
		put(b + functab, (t->entry == 8 ? BASE + TEXT : 0) + f * CODE, t->entry);
		if (f < FUNCS)
			put(b + functab + t->entry, funcs + INFO * f - (t->pcln ? p->pcln : PCLNTAB),
			    t->entry);
		functab += 2 * t->entry;
	}
	if (!t->pcln)
		put(b + functab - 8, p->files - PCLNTAB, 4);
}

static struct parts make_pclntab(uint8_t *b, const struct go_table *t, const struct go_format *fmt)
{
	static const char names[] = "main.f0\0main.f1\0main.f2\0main.a\0main.b";
	static const char files[] = "/a.go\0/b.go";
	size_t at = PCLNTAB + 144, base, calls[2], functab = PCLNTAB + t->header, funcs;
	struct parts p = { .names = add(b, &at, names, sizeof(names)) };
	struct pctabs pc[FUNCS];
	uint64_t tree;

	base = t->pcln ? p.names : PCLNTAB;
	calls[0] = p.names + 24 - base;
	calls[1] = p.names + 31 - base;
	at = (at + 7) & ~7ul;
	p.cu = at;
	if (t->pcln) {
		put(b + at, 0, 4);
		put(b + at + 4, 6, 4);
		at += 8;
	}
	p.files = at;
	if (!t->pcln) {
		put(b + at, 2, 4);
		put(b + at + 4, at + 12 - PCLNTAB, 4);
		put(b + at + 8, at + 18 - PCLNTAB, 4);
		at += 12;
	}
	add(b, &at, files, sizeof(files));
	p.pctab = at++;
	for (unsigned f = 0; f < FUNCS; f++)
		pc[f] = add_pctabs(b, &at, f);
	at = (at + 7) & ~7ul;
	p.pcln = at;
	if (t->pcln) {
		functab = at;
		at += 2 * t->entry * (FUNCS + 1);
	}
	funcs = (at + 7) & ~7ul;
	put_header(b, t, &p, functab, funcs);
	tree = add_tree(b, fmt, calls);
	for (unsigned f = 0; f < FUNCS; f++)
		put_func(b, funcs + INFO * f, t, fmt, f, p.names + 8 * f - base, &pc[f],
			 t->pcln ? p.pctab : PCLNTAB, tree);
	if (funcs + INFO * FUNCS > RODATA)
		abort();
	return p;
}

static void make_moduledata(uint8_t *b, const struct go_table *t, const struct go_format *fmt,
			    const struct parts *p)
{
	uint64_t functab = t->pcln ? p->pcln : (size_t)PCLNTAB + t->header;
	uint8_t *m = b + MODULE;

	put(m, BASE + PCLNTAB, 8);
	if (t->pcln) {
		put(m + 8, BASE + p->names, 8);
		put(m + 32, BASE + p->cu, 8);
		put(m + 56, BASE + p->files, 8);
		put(m + 80, BASE + p->pctab, 8);
	}
	put(m + 8 * fmt->ftab, BASE + functab, 8);
	put(m + 8 * fmt->ftab + 8, FUNCS + 1, 8);
	put(m + 8 * fmt->findfunctab, BASE + RODATA + 0x20, 8);
	put(m + 8 * (fmt->findfunctab + MODULE_MINPC), BASE + TEXT, 8);
	put(m + 8 * (fmt->findfunctab + MODULE_MAXPC), BASE + TEXT + FUNCS * CODE, 8);
	put(m + 8 * fmt->text, BASE + TEXT, 8);
	put(m + 8 * (fmt->text + MODULE_ETEXT), BASE + TEXT + FUNCS * CODE, 8);
	put(m + 8 * fmt->types, BASE + TYPES, 8);
	put(m + 8 * fmt->etypes, BASE + TYPES + 0xa0, 8);
	if (fmt->gofunc)
		put(m + 8 * fmt->gofunc, BASE + RODATA, 8);
	put(m + 8 * fmt->textsectmap, BASE + RODATA, 8);
	put(m + 8 * fmt->textsectmap + 8, 1, 8);
	put(m + 8 * fmt->textsectmap + 16, 1, 8);
}

/* Build information in its two forms, and runtime.buildVersion. */
static void make_version(uint8_t *b, unsigned minor)
{
	char text[16];
	size_t len = (size_t)snprintf(text, sizeof(text), "go1.%u", minor), at = DATA;

	memcpy(b + STRINGS, text, len);
	put(b + MODULE - 16, BASE + STRINGS, 8);
	put(b + MODULE - 8, len, 8);
	if (minor < 13)
		return;
	add(b, &at, "\xff Go buildinf:\x08", 15);
	if (minor < 18) {
		put(b + DATA + 16, BASE + MODULE - 16, 8);
		put(b + DATA + 24, BASE + STRINGS + 32, 8);
		return;
	}
	b[DATA + 15] = 2;
	b[DATA + 32] = (uint8_t)len;
	memcpy(b + DATA + 33, text, len);
}

/* Moves every pointer of moduledata and the strings' headers into relocations. */
static void move_pointers(uint8_t *b)
{
	size_t at = RELA;

	for (size_t off = DATA; off < MODULE + 8 * WORDS; off += 8) {
		uint64_t v;

		memcpy(&v, b + off, 8);
		if (v < BASE || v >= BASE + SIZE)
			continue;
		put(b + at, BASE + off, 8);
		put(b + at + 8, R_X86_64_RELATIVE, 8);
		put(b + at + 16, v, 8);
		at += 24;
		put(b + off, 0, 8);
	}
	put(b + DYNAMIC, DT_RELA, 8);
	put(b + DYNAMIC + 8, BASE + RELA, 8);
	put(b + DYNAMIC + 16, DT_RELASZ, 8);
	put(b + DYNAMIC + 24, at - RELA, 8);
	if (at > SIZE)
		abort();
}

static void make(unsigned i)
{
	const struct go_format *fmt = go_format_of(FIRST + i);
	const struct go_table *t = go_table_of(fmt);
	static const char name[] = "**main.thing";
	uint8_t *b = whole[i][0], *type = b + TYPES + 0x40, *text = b + TYPES + 0x80;
	struct parts p = make_pclntab(b, t, fmt);

	make_moduledata(b, t, fmt, &p);
	make_version(b, FIRST + i);
	type[20] = 2;
	put(type + 40, 0x80, 4);
	text[fmt->short_names ? 2 : 1] = sizeof(name) - 1;
	memcpy(text + (fmt->short_names ? 3 : 2), name, sizeof(name) - 1);
	memcpy(whole[i][1], b, SIZE);
	move_pointers(whole[i][1]);
}

static int open_image(struct elf_file *e, struct go_file *g, unsigned ways, size_t size)
{
	static char path[] = "image";
	static struct elf_segment segments[] = {
		{ BASE, RODATA, RODATA, 0, true, false },
		{ BASE + RODATA, DATA - RODATA, DATA - RODATA, RODATA, false, false },
		{ BASE + DATA, END - DATA, END - DATA, DATA, false, true },
	};
	static struct elf_section sections[] = {
		{ .name = ".gopclntab", .addr = BASE + PCLNTAB, .size = RODATA - PCLNTAB, .offset = PCLNTAB },
		{ .name = ".go.buildinfo", .addr = BASE + DATA, .size = MODULE - DATA, .offset = DATA },
		{ .name = ".noptrdata", .addr = BASE + MODULE, .size = END - MODULE, .offset = MODULE },
	};

	*e = (struct elf_file){
		.path = path,
		.bytes = { .p = image, .len = size },
		.machine = EM_X86_64,
		.segments = segments,
		.nsegments = ARRAY_SIZE(segments),
		.sections = sections,
		.nsections = ways & SECTIONS ? ARRAY_SIZE(sections) : 0,
		.pie = ways & PIE,
		.dynamic = ways & PIE ? BASE + DYNAMIC : 0,
	};
	return go_open(e, g);
}

static size_t in_image(const char *s)
{
	if (!s || !*s)
		return 0;
	if ((const uint8_t *)s < image || (const uint8_t *)s >= image + SIZE)
		abort();
	return strlen(s);
}

static void look(const struct go_file *g)
{
	struct go_frame fr[8];
	struct go_func f;
	uint64_t some[] = { g->text, g->text + 20, g->text + CODE + 20, g->etext, 0, UINT64_MAX };
	struct go_type_field field;
	uint64_t strct;
	char name[64];
	int32_t sp;

	go_expect(g, some, ARRAY_SIZE(some));
	for (uint32_t i = 0; i < 8; i++) {
		if (!go_func_nth(g, i, &f))
			continue;
		in_image(f.name);
		if (f.end <= f.entry || go_func_size(g, &f) > f.end - f.entry)
			abort();
		for (uint64_t off = 0; off < 80; off += 8)
			go_pcsp(g, &f, f.entry + off, &sp);
	}
	for (uint64_t addr = g->text - 8; addr != g->text + FUNCS * CODE + 8; addr += 8) {
		int n = go_frames_at(g, addr, fr, ARRAY_SIZE(fr));

		if (n < 0 || n > (int)ARRAY_SIZE(fr))
			abort();
		for (int i = 0; i < n; i++)
			if (fr[i].inlined != (i + 1 < n) || in_image(fr[i].func) + in_image(fr[i].file) > SIZE)
				abort();
	}
	for (uint64_t addr = g->types; addr < g->types + 0xa0; addr += 8) {
		go_type_name(g, addr, name, sizeof(name));
		go_type_field(g, addr, "f", &field);
	}
	go_type_struct(g, "main", "main.t", &strct);
	go_func_named(g, "main.f2", &f);
}

static void must(bool right, unsigned minor, unsigned ways, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "go1.%u, ways %u: %s\n", minor, ways, what);
	abort();
}

static bool is_frame(const struct go_frame *fr, const char *func, const char *file, unsigned line)
{
	return fr->file && !strcmp(fr->func, func) && !strcmp(fr->file, file) && fr->line == line;
}

/* An image without changes gives what was put in. */
static void check(const struct go_file *g, unsigned minor, unsigned ways)
{
	bool inl = minor >= 9 && g->format->call_size, wrapper = inl && minor >= 12;
	const char *file = g->table->pcln ? "/b.go" : "/a.go";
	char name[16];
	struct go_frame fr[8];
	struct go_func f;
	int32_t sp = 0;

	must(ways & BARE || g->version.minor == minor, minor, ways, "version");
	must(go_func_named(g, "main.f2", &f) && f.entry == BASE + TEXT + 2 * CODE, minor, ways, "name");
	must(go_pcsp(g, &f, f.entry + 9, &sp) && sp == 24, minor, ways, "frame size");
	must(go_func_at(g, BASE + TEXT + CODE + 40, &f) && f.index == 1, minor, ways, "function");
	must(go_frames_at(g, f.entry + 40, fr, 8) == 1 && is_frame(fr, "main.f1", file, 11), minor,
	     ways, "line");
	must(go_frames_at(g, f.entry + 20, fr, 8) == (inl ? 3 : 1), minor, ways, "frames");
	must(is_frame(fr, inl ? "main.b" : "main.f1", file, 60), minor, ways, "inlined frame");
	must(!inl || (is_frame(&fr[1], "main.a", file, 60) && is_frame(&fr[2], "main.f1", file, 11)),
	     minor, ways, "frame with inlined ones");
	must(go_frames_at(g, BASE + 2 * CODE, fr, 8) == 1 && fr[0].wrapper == wrapper, minor, ways,
	     "wrapper");
	must(!g->types || (go_type_name(g, BASE + TYPES + 0x40, name, sizeof(name)) &&
			   !strcmp(name, "*main.thing")), minor, ways, "type");
}

static void begin(void)
{
	image = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (image == MAP_FAILED)
		abort();
	for (unsigned i = 0; i < VERSIONS; i++)
		make(i);
	for (unsigned i = 0; i < VERSIONS; i++)
		for (unsigned ways = 0; ways < 8; ways++) {
			uint8_t none[] = { (uint8_t)i, (uint8_t)ways };

			LLVMFuzzerTestOneInput(none, sizeof(none));
		}
}

static bool change(const uint8_t *data, size_t size)
{
	bool changed = false;

	for (size_t i = 0; i + 2 < size;) {
		size_t at = (data[i] | data[i + 1] << 8) % SIZE, len = (data[i + 1] >> 5) + 1;

		i += 2;
		if (len > size - i)
			len = size - i;
		if (len > SIZE - at)
			len = SIZE - at;
		memcpy(image + at, data + i, len);
		i += len;
		changed = true;
	}
	return changed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned i, ways;
	struct elf_file e;
	struct go_file g;
	bool changed;
	int err;

	if (size < 2)
		return 0;
	if (!image)
		begin();
	i = data[0] % VERSIONS;
	ways = data[1];
	mprotect(image, SIZE, PROT_READ | PROT_WRITE);
	memcpy(image, whole[i][!!(ways & PIE)], SIZE);
	if (ways & BARE) {
		memset(image + DATA, 0, 15);
		memset(image + STRINGS, 0, 4);
	}
	changed = change(data + 2, size - 2);
	/* the rest of its bits: where the file ends */
	err = open_image(&e, &g, ways, SIZE - (ways >> 3) * (SIZE / 32));
	if (err)
		must(changed || ways >> 3, FIRST + i, ways, "refused");
	if (!err) {
		look(&g);
		if (!changed && ways < 8)
			check(&g, FIRST + i, ways);
		go_close(&g);
	}
	return 0;
}
