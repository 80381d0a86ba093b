/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a process with goroutines, changed anywhere: what is read of them stays in bounds.
 *
 * Input: a byte for the Go version, then changes: 2 bytes say where, the rest of one says what: a byte
 * for how (so many bytes as they come, or an interesting number), then those.  A third of the memory that is
 * there without changes are g's, in every state, a third stacks.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/image.h"
#include "go/format.h"
#include "go/goroutines_priv.h"
#include "go/labels.h"
#include "go/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	BASE = 0x10000, SIZE = 0x6000,		/* the memory */
	GS = 0x400, MS = 0x3000, STACKS = 0x4000,
	NGS = 16, G_ROOM = 0x280, STACK = 0x200,
	REASONS_AT = 0x100,
	TEXT = 0x400000, FUNC = 64, NFUNC = 6,	/* the code */
	VERSIONS = 8,	/* 1.19, 1.21 to 1.27 */
	FRAME = 24,
};

static uint8_t memory[SIZE];
static struct core_segment segment = { BASE, SIZE, SIZE, 0, true, true, false };
static struct core_thread threads[] = { { 7, TEXT + FUNC + 9, BASE + STACKS + STACK / 2, 0 },
					{ 8, TEXT + 4 * FUNC + 9, BASE + STACKS + 3 * STACK + 64, 0 } };
static char name[] = "fuzz";
static struct core core = { .name = name, .segments = &segment, .nsegments = 1, .threads = threads,
			    .nthreads = 2 };
static struct target target = { .pid = 1, .pidfd = -1, .core = &core };
static struct go_process process = { .target = &target };
static struct go_g_layout layouts[VERSIONS];

static void must(bool right)
{
	if (!right)
		abort();
}

static void put(uint8_t *at, uint64_t value, unsigned width)
{
	memcpy(at, &value, width);
}

static uint32_t field(const struct go_file *g, const char *strct, const char *what, uint32_t *size)
{
	struct layout_field f;

	if (layout_by_table(g, strct, what, &f))
		return NOT_THERE;
	if (size)
		*size = f.size;
	return f.offset;
}

static void find_layout(unsigned minor, struct go_g_layout *l)
{
	struct elf_file elf = { .path = name, .machine = EM_X86_64 };
	struct go_file g = { .elf = &elf, .version.minor = minor };

	*l = (struct go_g_layout){
		.lo = 0, .hi = field(&g, "runtime.g", "stack.hi", NULL),
		.status = field(&g, "runtime.g", "atomicstatus", NULL),
		.goid = field(&g, "runtime.g", "goid", NULL),
		.gopc = field(&g, "runtime.g", "gopc", NULL),
		.startpc = field(&g, "runtime.g", "startpc", NULL),
		.m = field(&g, "runtime.g", "m", NULL),
		.labels = field(&g, "runtime.g", "labels", NULL),
		.waitsince = field(&g, "runtime.g", "waitsince", NULL),
		.reason = field(&g, "runtime.g", "waitreason", NULL),
		.locked = field(&g, "runtime.g", "lockedm", NULL),
		.sp = field(&g, "runtime.g", "sched.sp", NULL),
		.pc = field(&g, "runtime.g", "sched.pc", NULL),
		.syscallsp = field(&g, "runtime.g", "syscallsp", NULL),
		.syscallpc = field(&g, "runtime.g", "syscallpc", NULL),
		.m_procid = field(&g, "runtime.m", "procid", NULL),
		.m_id = field(&g, "runtime.m", "id", NULL),
		.m_g0 = 0,	/* the first of m (runtime/runtime2.go) */
		.parent = field(&g, "runtime.g", "parentGoid", NULL),
		.seq = field(&g, "runtime.g", "trackingSeq", NULL),
		.bubble = field(&g, "runtime.g", "bubble", NULL),
		.bubble_id = field(&g, "runtime.synctestBubble", "id", NULL),
		.bubble_root = field(&g, "runtime.synctestBubble", "root", NULL),
		.allglen = BASE, .allgptr = BASE + 8, .reasons = BASE + REASONS_AT,
	};
	field(&g, "runtime.g", "sizeof", &l->size);
	must(l->hi != NOT_THERE && l->m_id != NOT_THERE && l->size && l->size <= G_ROOM);
}

/* Functions that follow one another, all with the same frame; every address is behind a call. */
static void make_code(void)
{
	static const char *const names[NFUNC] = { "main.f", "main.g", "runtime.goexit", "runtime.sigpanic",
						  "runtime.systemstack_switch", "runtime.gopark" };
	static uint8_t text[4096], funcs[NFUNC * FUNC], functab[(NFUNC + 1) * 8], names_at[128];
	/* from -1 to FRAME for the whole function: zig-zag, then the length; then the end */
	static uint8_t pctab[] = { 0, 2 * (FRAME + 1), FUNC, 0 };
	static struct elf_segment segments[1];
	static Elf64_Ehdr eh = { .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
				 .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT } };
	struct go_file *g = &process.go;
	size_t at = 0;

	must(!elf_open_mem("image", image(&eh, sizeof(eh)), &process.elf));
	memset(text, 0xe8, sizeof(text));
	*g = (struct go_file){ .elf = &process.elf, .quantum = 1, .text = TEXT, .etext = TEXT + NFUNC * FUNC,
			       .nfunc = NFUNC, .format = go_format_of(21) };
	g->table = go_table_of(g->format);
	for (unsigned i = 0; i < NFUNC; i++) {
		put(functab + 8 * i, i * FUNC, 4);
		put(functab + 8 * i + 4, i * FUNC, 4);
		put(functab + 8 * i + 8, (i + 1) * FUNC, 4);
		put(funcs + i * FUNC + g->table->func_name, at, 4);
		put(funcs + i * FUNC + g->table->func_pcsp, 1, 4);
		strcpy((char *)names_at + at, names[i]);
		at += strlen(names[i]) + 1;
	}
	g->functab = (struct span){ functab, sizeof(functab), false };
	g->funcs = (struct span){ funcs, sizeof(funcs), false };
	g->pctab = (struct span){ pctab, sizeof(pctab), false };
	g->funcnames = (struct span){ names_at, at, false };
	free(process.elf.segments);
	segments[0] = (struct elf_segment){ .addr = TEXT, .filesz = sizeof(text), .memsz = sizeof(text),
					    .exec = true };
	process.elf.segments = segments;
	process.elf.nsegments = 1;
	process.elf.bytes = (struct span){ text, sizeof(text), false };
}

/* A stack of three frames that ends as goroutines do. */
static void make_stack(unsigned i)
{
	uint8_t *from = memory + STACKS + i * STACK + STACK / 2;
	uint64_t at = BASE + STACKS + i * STACK + STACK / 2;
	const uint64_t callers[] = { TEXT + 12, TEXT + FUNC + 15, TEXT + 2 * FUNC + 1 };

	for (unsigned k = 0; k < 3; k++) {
		put(from + k * (FRAME + 8) + FRAME - 8, at + (k + 1) * (FRAME + 8) + FRAME - 8, 8);
		put(from + k * (FRAME + 8) + FRAME, callers[k], 8);
	}
}

static void make_memory(const struct go_g_layout *l)
{
	memset(memory, 0, SIZE);
	put(memory, NGS, 8);
	put(memory + 8, BASE + 0x20, 8);
	for (unsigned i = 0; i < NGS; i++) {
		uint8_t *g = memory + GS + i * G_ROOM;
		uint64_t stack = BASE + STACKS + i * STACK;

		put(memory + 0x20 + 8 * i, BASE + GS + i * G_ROOM, 8);
		put(g + l->lo, stack, 8);
		put(g + l->hi, stack + STACK, 8);
		put(g + l->status, i % G_STATUSES, 4);
		put(g + l->goid, i + 1, 8);
		put(g + l->gopc, TEXT + 20, 8);
		put(g + l->startpc, TEXT, 8);
		put(g + l->m, BASE + MS + (i % 2) * 0x400, 8);
		put(g + l->labels, BASE + MS + 0x800, 8);
		put(g + l->reason, i, 1);
		put(g + l->sp, stack + STACK / 2, 8);
		put(g + l->pc, TEXT + (i % NFUNC) * FUNC + 8, 8);
		put(g + l->syscallsp, stack + STACK / 2, 8);
		put(g + l->syscallpc, TEXT + 8, 8);
		make_stack(i);
	}
	for (unsigned i = 0; i < 2; i++) {
		put(memory + MS + i * 0x400 + l->m_procid, 7 + i, 8);
		put(memory + MS + i * 0x400 + l->m_g0, BASE + GS + (3 * i) * G_ROOM, 8);
	}
}

static void change(const uint8_t *data, size_t size)
{
	static const uint64_t numbers[] = { 0, 1, 2, 1ull << 60, UINT64_MAX, INT64_MAX, 1ull << 31, 1ull << 47,
					    BASE, BASE + GS, BASE + SIZE - 8, BASE + STACKS, BASE + MS, TEXT,
					    TEXT + 9, TEXT + 2 * FUNC + 1 };

	for (size_t i = 0; i + 3 <= size;) {
		size_t at = (data[i] | data[i + 1] << 8) % (SIZE - 8), n = data[i + 2] % 16;

		i += 3;
		if (data[i - 1] & 0x80) {
			put(memory + (at & ~7ull), numbers[n], 8);
			continue;
		}
		n = n < size - i ? n : size - i;
		n = n < SIZE - at ? n : SIZE - at;
		memcpy(memory + at, data + i, n);
		i += n;
	}
}

static void check(struct go_g_reader *r, const struct go_goroutines *gs)
{
	struct go_label_table labels = { 0 };
	uint32_t set;
	int64_t id;

	for (size_t i = 0; i < gs->nstacks; i++)
		must(gs->stacks[i].first <= gs->npcs && gs->stacks[i].n <= gs->npcs - gs->stacks[i].first);
	for (size_t i = 0; i < gs->n; i++) {
		const struct goroutine *g = &gs->v[i];

		must(!i || g->goid >= gs->v[i - 1].goid);
		must(g->stack == UINT32_MAX || g->stack < gs->nstacks);
		must(g->status != G_DEAD && g->status <= G_STATUSES);
		must(strlen(go_wait_reason(r, g->reason)) < REASON_LEN);
		go_m_thread(r, g->m, &id);
		must(!go_labels_read(&labels, &process.mem, 19 + g->goid % 9, g->labels, &set));
	}
	go_labels_free(&labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct go_goroutines gs;
	struct go_g_layout layout;
	struct go_g_reader r = { .p = &process, .layout = &layout };
	unsigned version;

	if (!size)
		return 0;
	if (!process.elf.path) {
		for (unsigned i = 0; i < VERSIONS; i++)
			find_layout(i ? 20 + i : 19, &layouts[i]);
		make_code();
		must(!mem_init(&process.mem, &target));
		core.bytes = (struct span){ memory, SIZE, false };
	}
	version = data[0] % VERSIONS;
	layout = layouts[version];
	make_memory(&layout);
	change(data + 1, size - 1);
	must(!go_unwinder_open(&r.unwinder, &process.go, 0));
	if (!go_goroutines_read(&r, &gs))
		check(&r, &gs);
	go_goroutines_free(&gs);
	go_unwinder_close(&r.unwinder);
	return 0;
}
