/* SPDX-License-Identifier: GPL-2.0-only */
/* objects.c - the files that a process has mapped */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "go/symbols.h"

/* The vDSO is two pages; what is much longer is something else. */
enum { VDSO_MAX = 1 << 20 };

/* The kernel's image of itself in the process, as a file. */
static int vdso_fd(struct mem *mem, const struct map *m)
{
	size_t len = m->end - m->start;
	void *bytes = len <= VDSO_MAX ? malloc(len) : NULL;
	int fd = -1;

	if (bytes && !mem_read(mem, m->start, bytes, len))
		fd = memfd_create("vdso", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, bytes, len) != (ssize_t)len) {
		close(fd);
		fd = -1;
	}
	free(bytes);
	return fd;
}

bool go_image_bias(const struct elf_file *elf, uint64_t start, uint64_t offset, uint64_t *ret)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	for (unsigned k = 0; k < elf->nsegments; k++) {
		const struct elf_segment *s = &elf->segments[k];

		if (!s->exec || offset < (s->offset & ~(page - 1)) ||
		    offset >= s->offset + s->filesz)
			continue;
		*ret = start - (s->addr - s->offset + offset);
		return true;
	}
	return false;
}

static void open_image(struct go_objects *o, const struct map *m, struct go_image *i)
{
	char path[64];

	*i = (struct go_image){
		.fd = m->ino ? target_mapped_fd(o->target, m) : vdso_fd(o->mem, m),
		.name = strdup(m->path),
	};
	if (i->fd < 0 || !i->name)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", i->fd);
	if (elf_open(path, &i->elf))
		return;
	if (!go_image_bias(&i->elf, m->start, m->offset, &i->bias)) {
		elf_close(&i->elf);
		return;
	}
	i->native = (struct elf_native){ .elf = &i->elf, .name = i->name };
	/* a plugin or a C-shared library has tables of its own */
	if (go_open(&i->elf, &i->go))
		i->go = (struct go_file){ 0 };
}

/* Several mappings show one file; loaded twice it is two images. */
static struct go_image *known_image(const struct go_objects *o, size_t at)
{
	const struct map *m = o->maps->v;
	uint64_t bias;

	for (size_t k = 0; k < o->maps->n; k++)
		if (o->v[k] && o->v[k]->native.elf && m[at].ino && m[k].ino == m[at].ino &&
		    !strcmp(m[k].path, m[at].path) &&
		    go_image_bias(&o->v[k]->elf, m[at].start, m[at].offset, &bias) && bias == o->v[k]->bias)
			return o->v[k];
	return NULL;
}

struct go_image *go_objects_at(struct go_objects *o, uint64_t addr)
{
	const struct map *m = maps_at(o->maps, addr);
	size_t at;

	if (!m || !m->exec || (!m->ino && strcmp(m->path, "[vdso]")))
		return NULL;
	if (!o->v)
		o->v = calloc(o->maps->n, sizeof(*o->v));
	if (!o->v)
		return NULL;
	at = m - o->maps->v;
	if (!o->v[at])
		o->v[at] = known_image(o, at);
	if (!o->v[at]) {
		o->v[at] = calloc(1, sizeof(**o->v));
		if (o->v[at])
			open_image(o, m, o->v[at]);
	}
	return o->v[at] && o->v[at]->native.elf ? o->v[at] : NULL;
}

void go_objects_close(struct go_objects *o)
{
	for (size_t k = 0; o->v && k < o->maps->n; k++) {
		struct go_image *i = o->v[k];

		for (size_t later = k; i && later < o->maps->n; later++)
			if (o->v[later] == i)
				o->v[later] = NULL;
		if (i) {
			go_image_close(i);
			free(i);
		}
	}
	free(o->v);
	o->v = NULL;
}
