/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/process.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static int check_machine(const struct go_file *g)
{
	if (g->elf->machine == EM_X86_64)
		return 0;
	return err_set(EOPNOTSUPP, "%s: live processes are read on amd64 only", g->elf->path);
}

/*
 * Is that mapped file a Go library with its own runtime (-buildmode=c-shared)?  A plugin has the
 * program's (cmd/link/internal/ld/data.go: only plugins have go:plugin.tabs, go.plugin.tabs before 1.20).
 */
static bool has_runtime(const struct target *t, const struct map *m)
{
	int fd = target_mapped_fd(t, m);
	struct elf_file e;
	struct elf_sym s;
	char path[64];
	bool ret;

	if (fd < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = !elf_open(path, &e);
	if (ret) {
		ret = (elf_section(&e, ".gopclntab") || elf_section(&e, ".data.rel.ro.gopclntab") ||
		       elf_section(&e, ".go.buildinfo")) &&
		      !elf_symbol(&e, "go:plugin.tabs", &s) && !elf_symbol(&e, "go.plugin.tabs", &s);
		elf_close(&e);
	}
	close(fd);
	return ret;
}

/* The first library with a runtime, "" for none. */
static void find_other(const struct target *t, const struct maps *maps, char *ret, size_t size)
{
	enum { LIBRARIES_MAX = 256 };	/* to look at */
	unsigned looked = 0;

	ret[0] = '\0';
	for (size_t i = 0; !ret[0] && i < maps->n && looked < LIBRARIES_MAX; i++) {
		const struct map *m = &maps->v[i];

		/* overlayfs may show another inode here, and a path gets " (deleted)" behind it */
		if (!m->exec || !m->ino || m->path[0] != '/' || m->ino == t->exe_ino ||
		    !strncmp(m->path, t->exe_path, strlen(t->exe_path)))
			continue;
		looked++;
		if (has_runtime(t, m))
			snprintf(ret, size, "%s", m->path);
	}
}

/* Words for a process whose executable is no Go program: a library in it may be. */
static int not_go(const struct target *t, int err)
{
	char words[512], other[256] = "", *text;
	struct maps maps;

	snprintf(words, sizeof(words), "%s", err_text());
	if (err == -ENOEXEC && !target_text(t, "maps", &text, NULL) && !maps_parse(text, t->pid, &maps)) {
		find_other(t, &maps, other, sizeof(other));
		maps_free(&maps);
	}
	if (other[0])
		return err_set(ENOEXEC, "process %d (%s) is no Go program, but has a Go library, %s: Go runtimes "
			       "in libraries are not read", t->pid, t->comm, other);
	return err_set(-err, "process %d (%s): %s", t->pid, t->comm, words);
}

int go_process_open(const struct target *t, struct go_process *ret)
{
	struct go_process p = { .target = t };
	uint64_t entry;
	char *maps;
	int err;

	err = elf_open(t->exe, &p.elf);
	if (err)
		return err_in(err, "process %d (%s)", t->pid, t->comm);
	err = go_open(&p.elf, &p.go);
	if (!err)
		err = check_machine(&p.go);
	if (err) {
		not_go(t, err);
		goto out;
	}
	err = target_entry(t, &entry);
	if (err)
		goto out;
	p.bias = p.elf.pie ? entry - p.elf.entry : 0;
	err = target_text(t, "maps", &maps, NULL);
	if (!err)
		err = maps_parse(maps, t->pid, &p.maps);
	if (err)
		goto out;
	find_other(t, &p.maps, p.other, sizeof(p.other));
	err = mem_init(&p.mem, t);
	if (err)
		err_sys(-err, "process %d", t->pid);
out:
	if (err) {
		go_process_close(&p);
		return err;
	}
	*ret = p;
	ret->go.elf = &ret->elf;
	ret->native = (struct elf_native){ .elf = &ret->elf, .name = t->exe_path };
	ret->objects = (struct go_objects){ .maps = &ret->maps, .mem = &ret->mem, .target = t };
	return 0;
}

void go_process_close(struct go_process *p)
{
	go_objects_close(&p->objects);
	elf_native_close(&p->native);
	mem_free(&p->mem);
	maps_free(&p->maps);
	go_close(&p->go);
	elf_close(&p->elf);
}

/* What is known of an address without a function: its mapping's name, else itself. */
static int nameless(struct go_process *p, uint64_t pc, uint64_t look, struct frame *out)
{
	const struct map *m = maps_at(&p->maps, look);

	*out = (struct frame){ .addr = pc, .func = p->exec_name, .flags = FRAME_UNKNOWN };
	if (m && m->path[0]) {
		const char *base = strrchr(m->path, '/');

		snprintf(p->exec_name, sizeof(p->exec_name), m->path[0] == '[' ? "%s" : "[%s]",
			 base ? base + 1 : m->path);
	} else {
		snprintf(p->exec_name, sizeof(p->exec_name), "0x%llx", (unsigned long long)pc);
	}
	return 1;
}

static int process_frames(void *ctx, uint64_t pc, unsigned pc_flags, struct frame *out, int max)
{
	struct go_process *p = ctx;
	uint64_t look = pc - !!(pc_flags & PC_RETURN);
	int n = go_symbols_at(&p->go, &p->native, look - p->bias, pc, pc_flags, out, max);
	struct go_image *i = NULL;

	/* the executable itself is not to be opened again */
	if (!n && !elf_bytes_at(&p->elf, look - p->bias).len)
		i = go_objects_at(&p->objects, look);
	if (i)
		n = go_symbols_at(&i->go, &i->native, look - i->bias, pc, pc_flags, out, max);
	return n ? n : nameless(p, pc, look, out);
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

const char *go_process_object(const struct go_process *p, uint64_t pc)
{
	const struct map *m = maps_at(&p->maps, pc);

	return m ? m->path : "";
}

/* The library of mapping k, unless it is the executable, or one of a mapping before k. */
static struct go_image *new_library(struct go_process *p, size_t k)
{
	const struct map *m = p->maps.v;
	struct go_image *i = NULL;

	if (m[k].exec && !elf_bytes_at(&p->elf, m[k].start - p->bias).len)
		i = go_objects_at(&p->objects, m[k].start);
	for (size_t before = 0; i && before < k; before++)
		if (m[before].exec && p->objects.v[before] == i)
			return NULL;
	return i;
}

size_t go_process_named(struct go_process *p, const char *name, uint64_t *ret, size_t max)
{
	size_t n = go_symbols_named(&p->go, &p->native, p->bias, name, ret, max);

	for (size_t k = 0; k < p->maps.n; k++) {
		struct go_image *i = new_library(p, k);

		if (i)
			n += go_symbols_named(&i->go, &i->native, i->bias, name, ret + n, max - n);
	}
	return n;
}

static int image_frames(void *ctx, uint64_t pc, unsigned pc_flags, struct frame *out, int max)
{
	struct go_image *i = ctx;

	return go_symbols_at(&i->go, &i->native, pc - !!(pc_flags & PC_RETURN), pc, pc_flags, out, max);
}

struct symboliser go_image_symboliser(struct go_image *i)
{
	return (struct symboliser){ image_frames, allocator, never_shown, i };
}
