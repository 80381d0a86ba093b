/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/process.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static int check_machine(const struct go_file *g)
{
	if (g->elf->machine == EM_X86_64)
		return 0;
	return err_set(EOPNOTSUPP, "%s: live processes are read on amd64 only", g->elf->path);
}

int go_process_open(const struct target *t, struct go_process *ret)
{
	struct go_process p = { .target = t };
	uint64_t entry;
	int err;

	err = elf_open(t->exe, &p.elf);
	if (err)
		return err_in(err, "process %d (%s)", t->pid, t->comm);
	err = go_open(&p.elf, &p.go);
	if (!err)
		err = check_machine(&p.go);
	if (err) {
		err_in(err, "process %d (%s)", t->pid, t->comm);
		goto out;
	}
	err = target_entry(t, &entry);
	if (err)
		goto out;
	p.bias = p.elf.pie ? entry - p.elf.entry : 0;
	err = maps_read(t->pid, &p.maps);
	if (err)
		goto out;
	err = mem_init(&p.mem, t->pid);
	if (err)
		err_sys(-err, "process %d", t->pid);
out:
	if (err) {
		go_process_close(&p);
		return err;
	}
	*ret = p;
	ret->go.elf = &ret->elf;
	return 0;
}

void go_process_close(struct go_process *p)
{
	mem_free(&p->mem);
	maps_free(&p->maps);
	go_close(&p->go);
	elf_close(&p->elf);
}

/* Logical frames of file address addr as pprof has them; 0 when it is no Go code. */
static int go_code(const struct go_file *g, uint64_t addr, uint64_t shown, unsigned pc_flags,
		   struct frame *out, int max)
{
	struct go_frame fr[64];
	int n = go_frames_at(g, addr, fr, max < 64 ? max : 64), kept = 0;
	/* the frame that it was inlined into has a program counter of its own */
	bool inlined = (pc_flags & PC_LOGICAL) && n > 1;

	if (pc_flags & PC_LOGICAL)
		n = n > 0;
	for (int i = 0; i < n; i++) {
		/* a wrapper is left out unless nothing else stands for this address */
		if (fr[i].wrapper && (kept || i + 1 < n))
			continue;
		out[kept++] = (struct frame){
			.func = fr[i].func,
			.file = fr[i].file,
			.line = fr[i].line,
			.start_line = fr[i].start_line,
			.addr = shown,
			.flags = i + 1 < n ? FRAME_INLINED : 0,
		};
	}
	/* when the outermost was a wrapper, the frame before it is the physical one now */
	if (kept)
		out[kept - 1].flags = inlined ? FRAME_INLINED : 0;
	if (n == 1 && fr[0].wrapper && !(pc_flags & PC_LOGICAL))
		out[0].flags |= FRAME_WRAPPER;
	return kept;
}

static int other_code(struct go_process *p, uint64_t pc, uint64_t look, struct frame *out)
{
	const struct map *m = maps_at(&p->maps, look);
	struct elf_sym sym;

	*out = (struct frame){ .addr = pc, .flags = FRAME_UNKNOWN };
	if (elf_symbol_at(&p->elf, look - p->bias, &sym)) {
		out->func = sym.name;
		out->flags = 0;
	} else if (m && m->path[0]) {
		const char *base = strrchr(m->path, '/');

		snprintf(p->exec_name, sizeof(p->exec_name), m->path[0] == '[' ? "%s" : "[%s]",
			 base ? base + 1 : m->path);
		out->func = p->exec_name;
	} else {
		snprintf(p->exec_name, sizeof(p->exec_name), "0x%llx", (unsigned long long)pc);
		out->func = p->exec_name;
	}
	return 1;
}

static int process_frames(void *ctx, uint64_t pc, unsigned pc_flags, struct frame *out, int max)
{
	struct go_process *p = ctx;
	uint64_t look = pc - !!(pc_flags & PC_RETURN);
	int n = go_code(&p->go, look - p->bias, pc, pc_flags, out, max);

	return n ? n : other_code(p, pc, look, out);
}

/* What is in no stack of the runtime's own (runtime/traceback.go, elideWrapperCalling). */
static bool never_shown(void *ctx, const struct frame *f)
{
	(void)ctx;
	return (f->flags & FRAME_WRAPPER) || !strcmp(f->func, "runtime.goexit");
}

/* runtime/pprof/protomem.go, writeHeapProto; internal/runtime since 1.24 (where it exists) */
static bool allocator(void *ctx, const struct frame *f)
{
	(void)ctx;
	return !strncmp(f->func, "runtime.", 8) || !strncmp(f->func, "internal/runtime/", 17);
}

struct symboliser go_process_symboliser(struct go_process *p)
{
	return (struct symboliser){ process_frames, allocator, never_shown, p };
}

static int file_frames(void *ctx, uint64_t pc, unsigned pc_flags, struct frame *out, int max)
{
	struct go_file *g = ctx;
	uint64_t look = pc - !!(pc_flags & PC_RETURN);
	int n = go_code(g, look, pc, pc_flags, out, max);
	struct elf_sym sym;

	if (n || !elf_symbol_at(g->elf, look, &sym))
		return n;
	*out = (struct frame){ .func = sym.name, .addr = pc };
	return 1;
}

struct symboliser go_file_symboliser(struct go_file *g)
{
	return (struct symboliser){ file_frames, allocator, never_shown, g };
}
