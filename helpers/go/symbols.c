/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "input/elf_named.h"

enum { FRAMES_MAX = 64 };

int go_image_open(struct go_image *i, const char *path)
{
	int err;

	*i = (struct go_image){ .fd = -1, .name = strdup(path) };
	if (!i->name)
		return err_sys(ENOMEM, "%s", path);
	err = elf_open(path, &i->elf);
	if (err)
		return err;
	i->native = (struct elf_native){ .elf = &i->elf, .name = i->name };
	return go_open(&i->elf, &i->go);
}

void go_image_close(struct go_image *i)
{
	elf_native_close(&i->native);
	if (i->go.elf)
		go_close(&i->go);
	if (i->elf.priv)
		elf_close(&i->elf);
	if (i->name && i->fd >= 0)
		close(i->fd);
	free(i->name);
	*i = (struct go_image){ .fd = -1 };
}

/* Logical frames of file address addr as pprof has them; 0 when it is no Go code. */
static int go_code(const struct go_file *g, uint64_t addr, uint64_t shown, unsigned pc_flags,
		   struct frame *out, int max)
{
	struct go_frame fr[FRAMES_MAX];
	int n = go_frames_at(g, addr, fr, max < FRAMES_MAX ? max : FRAMES_MAX), kept = 0;
	/* the frame that it was inlined into has a program counter of its own, unless it is a wrapper */
	bool inlined = false;

	if (pc_flags & PC_LOGICAL) {
		for (int i = 1; i < n; i++)
			inlined |= !fr[i].wrapper;
		n = n > 0;
	}
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

static int native_code(struct elf_native *native, uint64_t addr, uint64_t shown, struct frame *out,
		       int max)
{
	struct elf_native_frame fr[FRAMES_MAX];
	int n = elf_native_frames(native, addr, fr, max < FRAMES_MAX ? max : FRAMES_MAX);

	for (int i = 0; i < n; i++)
		out[i] = (struct frame){
			.func = fr[i].func,
			.file = fr[i].file,
			.line = fr[i].line,
			.addr = shown,
			.flags = fr[i].inlined ? FRAME_INLINED : 0,
		};
	return n;
}

size_t go_symbols_named(const struct go_file *g, struct elf_native *native, uint64_t bias,
			const char *name, uint64_t *ret, size_t max)
{
	struct go_func f;
	size_t n = 0;

	/* the symbol table, if there is one, has the Go function, too */
	if (max && g && g->elf && go_func_named(g, name, &f))
		ret[n++] = f.entry;
	else if (max)
		n = elf_named(native, name, ret, max);
	for (size_t i = 0; i < n; i++)
		ret[i] += bias;
	return n;
}

int go_symbols_at(const struct go_file *g, struct elf_native *native, uint64_t addr, uint64_t shown,
		  unsigned pc_flags, struct frame *out, int max)
{
	int n = g && g->elf ? go_code(g, addr, shown, pc_flags, out, max) : 0;

	return n || !native ? n : native_code(native, addr, shown, out, max);
}
