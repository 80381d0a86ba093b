/* SPDX-License-Identifier: GPL-2.0-only */
/* gosym.c - the Go reading of helpers/go as a library */
#include "gosym/gosym.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "go/gofile.h"

enum { FRAMES_MAX = 64 };

struct gosym {
	struct elf_file elf;
	struct go_file go;
	const char *build_id;
};

int gosym_open(const char *path, struct gosym **ret)
{
	struct gosym *g = calloc(1, sizeof(*g));
	int err;

	*ret = NULL;
	if (!g)
		return err_sys(ENOMEM, "%s", path);
	err = elf_open(path, &g->elf);
	if (err) {
		free(g);
		return err;
	}
	err = go_open(&g->elf, &g->go);
	if (err) {
		elf_close(&g->elf);
		free(g);
		return err;
	}
	/* found out now, so that nothing is changed later when several threads ask */
	go_remember(&g->go, false);
	g->build_id = elf_build_id(&g->elf);
	*ret = g;
	return 0;
}

int gosym_open_fd(int fd, struct gosym **ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return gosym_open(path, ret);
}

void gosym_close(struct gosym *g)
{
	if (!g)
		return;
	go_close(&g->go);
	elf_close(&g->elf);
	free(g);
}

void gosym_prepare(struct gosym *g)
{
	go_remember(&g->go, true);
}

const char *gosym_error(void)
{
	return err_text();
}

const char *gosym_version(void)
{
	return GOSYM_VERSION;
}

const char *gosym_go_version(const struct gosym *g)
{
	return g->go.version.text;
}

const char *gosym_module(const struct gosym *g)
{
	return g->go.module;
}

const char *gosym_build_id(const struct gosym *g)
{
	return g->build_id;
}

uint64_t gosym_address(const struct gosym *g, uint64_t file_offset)
{
	for (unsigned i = 0; i < g->elf.nsegments; i++) {
		const struct elf_segment *s = &g->elf.segments[i];

		if (file_offset - s->offset < s->filesz)
			return s->addr + (file_offset - s->offset);
	}
	return UINT64_MAX;
}

static struct gosym_frame public_frame(const struct go_frame *f)
{
	return (struct gosym_frame){
		.func = f->func,
		.file = f->file,
		.line = f->line,
		.start_line = f->start_line,
		.flags = (f->inlined ? GOSYM_INLINED : 0) | (f->wrapper ? GOSYM_WRAPPER : 0),
	};
}

int gosym_frames(const struct gosym *g, uint64_t addr, struct gosym_frame *out, int max)
{
	struct go_frame fr[FRAMES_MAX];
	int n = go_frames_at(&g->go, addr, fr, max < FRAMES_MAX ? max : FRAMES_MAX);

	for (int i = 0; i < n; i++)
		out[i] = public_frame(&fr[i]);
	return n;
}

int gosym_frame(const struct gosym *g, uint64_t addr, struct gosym_frame *ret)
{
	struct go_frame at;
	struct go_func f;

	if (!go_func_at(&g->go, addr, &f))
		return 0;
	go_position(&g->go, &f, addr, &at);
	*ret = public_frame(&at);
	return 1;
}

void gosym_expect(const struct gosym *g, const uint64_t *addrs, size_t n)
{
	go_expect(&g->go, addrs, n);
}

/* false: nothing is known of it; the table's end and holes have no name */
static int describe(const struct gosym *g, bool found, const struct go_func *f, struct gosym_func *ret)
{
	struct go_frame at;

	if (!found || !f->name[0])
		return 0;
	at = go_func_begin(&g->go, f);
	*ret = (struct gosym_func){
		.addr = f->entry,
		.size = go_func_size(&g->go, f),
		.name = f->name,
		.file = at.file,
		.line = at.line,
		.index = f->index,
	};
	return 1;
}

int gosym_func_at(const struct gosym *g, uint64_t addr, struct gosym_func *ret)
{
	struct go_func f;

	return describe(g, go_func_at(&g->go, addr, &f), &f, ret);
}

int gosym_func_named(const struct gosym *g, const char *name, struct gosym_func *ret)
{
	struct go_func f;

	return describe(g, go_func_named(&g->go, name, &f), &f, ret);
}

uint32_t gosym_func_count(const struct gosym *g)
{
	return g->go.nfunc;
}

int gosym_func_nth(const struct gosym *g, uint32_t i, struct gosym_func *ret)
{
	struct go_func f;

	return describe(g, go_func_nth(&g->go, i, &f), &f, ret);
}
