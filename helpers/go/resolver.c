/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/resolver.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "go/resolver_priv.h"

static const char *const words[] = {
	[WHY_NO_FUNCTION] = NULL,	/* nothing to be done */
	[WHY_NO_SOURCE] = "pass -p PID while it runs, or --exe FILE",
	[WHY_OUTSIDE] = "outside of --exe",
	[WHY_OUTSIDE_PIE] = "outside of --exe, which is position-independent: where it was loaded isn't known; "
			    "pass -p PID while it runs",
	[WHY_NO_VDSO] = NULL,
	[WHY_NO_MAPPING] = "the process has no file mapped there",
	[WHY_NOT_HERE] = "not found here; pass --exe FILE, -p PID or --debug-dir DIR",
	[WHY_CHANGED] = "changed since the recording; pass --exe with the file that ran",
	[WHY_OTHER_EXE] = "--exe is another build than the one recorded",
	[WHY_UNPLACED] = "position-independent, and where it was loaded isn't known; pass -p PID while it runs",
	[WHY_UNFIT] = "another program or another build: most return addresses aren't behind calls there",
	[WHY_HIDDEN] = "/proc/kallsyms shows no addresses (kernel.kptr_restrict); run as root",
	[WHY_OTHER_KERNEL] = "another kernel than this one, or another boot",
	[WHY_ANY_KERNEL] = "of which kernel isn't known; pass -p PID if it was this one, since its last boot",
	[WHY_NO_CODE] = "no file, and no perf-PID.map of what was made at run time",
};

/* All that is mapped is opened, as far as it can be: then the process may end. */
static int open_process(struct go_resolver *r, const struct target *t)
{
	int err = maps_read(t->pid, &r->maps);

	if (err == -EACCES || err == -EPERM)
		return target_denied(t->pid, t->comm, "look into");
	if (!err)
		err = mem_init(&r->mem, t);
	if (err)
		return err;
	r->objects = (struct go_objects){ .maps = &r->maps, .mem = &r->mem, .target = t };
	for (size_t k = 0, opened = 0; k < r->maps.n && opened < IMAGES_MAX; k++)
		if (r->maps.v[k].exec)
			opened += go_objects_at(&r->objects, r->maps.v[k].start) != NULL;
	resolver_jit(r, t->pid);
	return target_check(t);
}

int go_resolver_open(const struct go_resolver_from *from, struct go_resolver **ret)
{
	struct go_resolver *r = calloc(1, sizeof(*r));
	int err = 0;

	if (!r)
		return err_sys(ENOMEM, "can't resolve");
	r->from = *from;
	r->kernel_err = 1;
	if (from->process)
		err = open_process(r, from->process);
	if (!err && from->exe) {
		r->exe = resolver_image(r, from->exe);
		err = r->exe ? 0 : err_in(-ENOEXEC, "--exe");
	}
	if (err)
		go_resolver_close(r);
	else
		*ret = r;
	return err;
}

void go_resolver_close(struct go_resolver *r)
{
	if (!r)
		return;
	go_objects_close(&r->objects);
	mem_free(&r->mem);
	maps_free(&r->maps);
	go_objects_close(&r->own);
	mem_free(&r->own_mem);
	maps_free(&r->own_maps);
	for (size_t k = 0; k < r->nimages; k++) {
		go_image_close(r->images[k]);
		free(r->images[k]);
	}
	for (size_t k = 0; k < r->njits; k++)
		symtext_free(&r->jits[k].text);
	symtext_free(&r->kernel);
	buf_free(&r->text);
	free(r->places);
	free(r);
}

static const struct profile_mapping *mapping_of(const struct go_resolver *r, size_t place)
{
	return place && place <= r->in->nmappings ? &r->in->mappings[place - 1] : NULL;
}

/* High addresses are the kernel's, or what a broken stack leads to where all mappings are known. */
static bool in_kernel(const struct go_resolver *r, const struct frame *f, const struct profile_mapping *m)
{
	return (f->flags & FRAME_KERNEL) || (m && m->kernel) || (f->addr >> 63 && !r->places_known);
}

static struct place *place_of(struct go_resolver *r, const struct frame *f)
{
	const struct profile_mapping *m = mapping_of(r, f->mapping);
	bool kernel = in_kernel(r, f, m);
	/* kernel frames without a mapping have the place behind all */
	struct place *p = &r->places[kernel && !m ? r->in->nmappings + 1 : f->mapping];

	if (p->how != HOW_UNKNOWN)
		return p;
	if (kernel) {
		resolver_find_kernel(r, m, p);
	} else if (m) {
		resolver_find_file(r, m, p);
	} else if (r->from.process) {
		*p = (struct place){ .how = HOW_PROCESS, .why = WHY_NO_MAPPING };
	} else if (r->exe) {
		*p = (struct place){ .how = HOW_FILE, .image = r->exe,
				     .why = r->exe->elf.pie ? WHY_OUTSIDE_PIE : WHY_OUTSIDE };
	} else {
		/* outside of all mappings of a recording: a broken stack */
		*p = (struct place){ .how = HOW_NONE,
				     .why = r->places_known ? WHY_NO_FUNCTION : WHY_NO_SOURCE };
	}
	return p;
}

static bool is_code(const struct elf_file *e, uint64_t addr)
{
	for (unsigned i = 0; i < e->nsegments; i++)
		if (e->segments[i].exec && addr - e->segments[i].addr < e->segments[i].memsz)
			return true;
	return false;
}

/*
 * Can a call end at the file address addr?  x86-64: e8 and four bytes, or ff /2 with any
 * operand (Intel's manual, CALL); arm64: bl, blr.  Of other machines nothing is known: true.
 */
static bool behind_call(const struct elf_file *e, uint64_t addr)
{
	struct span code = elf_bytes_at(e, addr - 8);
	const uint8_t *end = code.p + 8;
	uint32_t insn;

	if (code.len < 8)
		return false;
	if (e->machine == EM_X86_64) {
		for (int len = 2; len <= 7; len++)
			if (end[-len] == 0xff && (end[1 - len] & 0x38) == 0x10)
				return true;
		return end[-5] == 0xe8;
	}
	memcpy(&insn, end - 4, sizeof(insn));
	return e->machine != EM_AARCH64 || (insn & 0xfc000000) == 0x94000000 ||
	       (insn & 0xfffffc1f) == 0xd63f0000;
}

/* The root of each goroutine was never called (runtime/asm_amd64.s, goexit). */
static bool is_goexit(const struct go_image *i, uint64_t addr)
{
	struct go_func f;

	return i->go.elf && go_func_at(&i->go, addr - 1, &f) &&
	       !strncmp(f.name, "runtime.goexit", 14);
}

/* Counts where a recorded return address lies in a file that may be another than the one that ran. */
static void count_return(struct place *p, const struct frame *f)
{
	uint64_t at = f->addr - resolver_bias(p, f->addr - 1);

	if (!is_code(&p->image->elf, at - 1) || is_goexit(p->image, at))
		return;
	p->returns++;
	p->behind_calls += behind_call(&p->image->elf, at);
}

static bool to_look_up(const struct go_resolver *r, const struct frame *f)
{
	return f->addr && (!r->unnamed_only || (f->flags & FRAME_UNKNOWN));
}

static void check_files(struct go_resolver *r)
{
	enum { FEW = 3 };

	for (size_t i = 0; i < r->in->nframes; i++) {
		const struct frame *f = &r->in->frames[i];
		struct place *p = to_look_up(r, f) && (f->flags & FRAME_RETURN) ? place_of(r, f) : NULL;

		if (p && p->how == HOW_FILE && !p->checked)
			count_return(p, f);
	}
	for (size_t i = 0; i < r->in->nmappings + 2; i++) {
		struct place *p = &r->places[i];

		if (p->how == HOW_FILE && p->behind_calls < p->returns - p->returns / 4) {
			p->how = HOW_NONE;
			/* a broken stack leads anywhere */
			p->why = r->places_known && p->returns < FEW ? WHY_NO_FUNCTION : WHY_UNFIT;
		}
	}
}

static int text_frame(const struct symtext *s, const struct frame *f, uint64_t look, uint32_t flags,
		      struct frame *out)
{
	const struct symtext_row *row = symtext_at(s, look);

	if (row)
		out[0] = (struct frame){ .func = row->name, .addr = f->addr, .flags = flags };
	return row != NULL;
}

/*
 * Where to look for f, as an address in the file: a return address stands behind its call, in the same
 * function.  One that is a function's first is made up, at the root of a stack (runtime/symtab.go, Frames.Next).
 */
static uint64_t code_address(const struct go_image *i, uint64_t bias, const struct frame *f)
{
	uint64_t addr = f->addr - bias;
	struct go_func func;

	if (!(f->flags & FRAME_RETURN) ||
	    (i->go.elf && go_func_at(&i->go, addr, &func) && func.entry == addr))
		return addr;
	return addr - 1;
}

static int process_frames(struct go_resolver *r, const struct frame *f,
			  const struct profile_mapping *m, uint64_t look, struct frame *out, int max)
{
	const struct map *map = maps_at(&r->maps, look);
	struct go_image *i = map ? go_objects_at(&r->objects, look) : NULL;
	const struct symtext *jit;

	if (i && (!m || ((!m->path[0] || !strcmp(m->path, map->path)) && resolver_same_build(m, i))))
		return go_symbols_at(&i->go, &i->native, code_address(i, i->bias, f), f->addr, 0, out, max);
	jit = map && !map->ino ? resolver_jit(r, r->from.process->pid) : NULL;
	return jit ? text_frame(jit, f, look, 0, out) : 0;
}

/* "main.Map[go.shape.int]" in one table is "main.Map[...]" in another, assembly ends in ".abi0". */
static bool same_function(const char *a, const char *b)
{
	size_t n = strcspn(a, "[");

	if (a[n] && !strncmp(a, b, n) && b[n] == '[')
		return true;
	n = strlen(a);
	if (n > 5 && !strcmp(a + n - 5, ".abi0"))
		n -= 5;
	return !strncmp(a, b, n) && (!b[n] || !strcmp(b + n, ".abi0"));
}

/* A frame with a name keeps it, unless the file says the same and more. */
static bool agrees(const struct frame *f, const struct frame *out, int n)
{
	if (f->flags & FRAME_UNKNOWN)
		return true;
	for (int i = 0; i < n; i++)
		if (same_function(f->func, out[i].func))
			return true;
	return false;
}

static int resolver_frames(void *ctx, const struct frame *f, const struct profile_mapping *m,
			   struct frame *out, int max)
{
	struct go_resolver *r = ctx;
	struct place *p = place_of(r, f);
	uint64_t look = f->addr - !!(f->flags & FRAME_RETURN);
	uint64_t bias = p->how == HOW_FILE ? resolver_bias(p, look) : 0;
	int n = 0;

	if (p->how == HOW_PROCESS)
		n = process_frames(r, f, m, look, out, max);
	else if (p->how == HOW_KERNEL)
		n = text_frame(&r->kernel, f, look, FRAME_KERNEL, out);
	else if (p->how == HOW_JIT)
		n = text_frame(p->text, f, look, 0, out);
	else if (p->how == HOW_FILE && is_code(&p->image->elf, look - bias))
		n = go_symbols_at(&p->image->go, &p->image->native, code_address(p->image, bias, f),
				  f->addr, 0, out, max);
	if (!n && (f->flags & FRAME_UNKNOWN))
		p->missing++;
	if (!agrees(f, out, n))
		return 0;
	for (int i = 0; i < n; i++)
		out[i].mapping = f->mapping;
	return n;
}

int go_resolver_begin(struct go_resolver *r, const struct profile *in, bool unnamed_only,
		      struct resolver *ret)
{
	r->in = in;
	r->unnamed_only = unnamed_only;
	free(r->places);
	r->places = calloc(in->nmappings + 2, sizeof(*r->places));
	if (!r->places)
		return err_sys(ENOMEM, "can't resolve");
	r->places_known = false;
	for (size_t i = 0; i < in->nmappings; i++)
		r->places_known |= in->mappings[i].limit && !in->mappings[i].kernel;
	check_files(r);
	*ret = (struct resolver){ resolver_frames, r };
	return 0;
}

/* What the addresses of a place lie in, for people. */
static const char *subject(const struct go_resolver *r, size_t place)
{
	const struct profile_mapping *m = mapping_of(r, place);

	if (m && m->path[0])
		return m->path;
	if (place > r->in->nmappings)
		return "kernel";
	return r->exe ? r->exe->name : NULL;
}

const char *go_resolver_remark(struct go_resolver *r, size_t i)
{
	for (size_t k = 0; r->places && k < r->in->nmappings + 2; k++) {
		const struct place *p = &r->places[k];
		const char *what = subject(r, k);

		if (!p->missing || !words[p->why] || i--)
			continue;
		buf_clear(&r->text);
		if (what)
			buf_printf(&r->text, "%s: ", what);
		buf_printf(&r->text, "%llu address%s without a name: %s", (unsigned long long)p->missing,
			   p->missing == 1 ? "" : "es", words[p->why]);
		return r->text.failed ? NULL : r->text.data;
	}
	return NULL;
}
