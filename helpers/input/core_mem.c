/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory in a core file, and the files that stand for what was left out of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "input/capture.h"
#include "input/core.h"

enum {
	IMAGES_MAX = 1024,
	HEADER_MAX = 64 << 10,	/* of a file in memory: ELF header, program headers, notes */
	PAGE = 4096,
};

static const char deleted[] = " (deleted)";	/* see input/target.c */

/* The last that begins at or before addr, if it is there, or NULL. */
static const struct core_segment *segment_at(const struct core *c, uint64_t addr)
{
	size_t lo = 0, hi = c->nsegments;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->segments[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr - c->segments[lo - 1].addr < c->segments[lo - 1].memsz ? &c->segments[lo - 1] :
										    NULL;
}

struct core_map *core_map_at(const struct core *c, uint64_t addr)
{
	size_t lo = 0, hi = c->nmaps;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->maps[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr < c->maps[lo - 1].end ? &c->maps[lo - 1] : NULL;
}

/* From the core file itself; how many. */
static size_t read_dumped(const struct core *c, uint64_t addr, void *out, size_t len)
{
	size_t have = 0;

	while (have < len) {
		const struct core_segment *s = segment_at(c, addr + have);
		uint64_t skip = s ? addr + have - s->addr : 0, n;

		if (!s || skip >= s->filesz)
			break;
		n = s->filesz - skip < len - have ? s->filesz - skip : len - have;
		memcpy((uint8_t *)out + have, c->bytes.p + s->offset + skip, n);
		have += n;
	}
	return have;
}

/* May what is at that place of the file be had from it: is it never written to, not even by the dynamic linker? */
static uint64_t unwritten(const struct elf_file *e, uint64_t offset)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < e->nsegments; i++) {
		const struct elf_segment *s = &e->segments[i];
		uint64_t from = s->offset & ~(uint64_t)(PAGE - 1);
		uint64_t end = (s->offset + s->filesz + PAGE - 1) & ~(uint64_t)(PAGE - 1);

		if (s->write && offset >= s->offset && offset < s->offset + s->filesz)
			return 0;
		if (!s->write && offset >= from && offset < end && end - offset > n)
			n = end - offset;
	}
	return n;
}

static size_t read_from_file(struct core *c, uint64_t addr, void *out, size_t len)
{
	const struct core_segment *s = segment_at(c, addr);
	struct core_map *m = core_map_at(c, addr);
	struct core_image *i = m && !(s && s->write) ? core_image(c, m) : NULL;
	uint64_t offset, n;

	if (!i)
		return 0;
	offset = m->offset + (addr - m->start);
	n = unwritten(&i->elf, offset);
	if (n > m->end - addr)
		n = m->end - addr;
	if (offset >= i->elf.bytes.len)
		return 0;
	if (n > i->elf.bytes.len - offset)
		n = i->elf.bytes.len - offset;
	if (n > len)
		n = len;
	memcpy(out, i->elf.bytes.p + offset, n);
	return n;
}

/* The block at addr as the present reader saw it, if that was changed later. */
static const struct core_old *old_at(const struct core *c, uint64_t addr)
{
	size_t lo = 0, hi = c->nold;

	addr -= addr % CAPTURE_BLOCK;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct core_old *o = &c->old[mid];

		if (o->addr < addr || (o->addr == addr && o->until <= c->reader))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->nold && c->old[lo].addr == addr ? &c->old[lo] : NULL;
}

static size_t read_old(const struct core_old *o, uint64_t addr, uint8_t *out, size_t len)
{
	size_t n = 0;

	for (unsigned at = addr % CAPTURE_BLOCK; n < len && at < CAPTURE_BLOCK; at++, n++) {
		if (!(o->valid[at / 8] >> at % 8 & 1))
			break;
		out[n] = o->bytes[at];
	}
	return n;
}

/* What can be read at addr, or some of it. */
static size_t read_some(struct core *c, uint64_t addr, uint8_t *out, size_t len)
{
	const struct core_old *o = c->nold ? old_at(c, addr) : NULL;
	size_t have, block = CAPTURE_BLOCK - addr % CAPTURE_BLOCK;

	if (addr + len < addr)
		return 0;
	if (o)
		return read_old(o, addr, out, len);
	if (c->nold && len > block)
		len = block;
	have = read_dumped(c, addr, out, len);
	return have ? have : read_from_file(c, addr, out, len);
}

ssize_t core_readv(struct core *c, void *out, const struct iovec *ranges, size_t n)
{
	uint8_t *to = out;

	for (size_t i = 0; i < n; i++) {
		uint64_t addr = (uintptr_t)ranges[i].iov_base;
		size_t left = ranges[i].iov_len, have;

		while (left) {
			have = read_some(c, addr, to, left);
			if (!have)
				return to > (uint8_t *)out ? to - (uint8_t *)out : -EFAULT;
			to += have;
			addr += have;
			left -= have;
		}
	}
	return to - (uint8_t *)out;
}

/* The length of a path without what the kernel puts behind it. */
static size_t path_len(const char *path)
{
	size_t n = strlen(path), d = strlen(deleted);

	return n > d && !strcmp(path + n - d, deleted) ? n - d : n;
}

static bool same_program_headers(const struct elf_file *a, const struct elf_file *b)
{
	bool same = a->nsegments == b->nsegments && a->entry == b->entry;

	for (unsigned i = 0; same && i < a->nsegments; i++) {
		const struct elf_segment *x = &a->segments[i], *y = &b->segments[i];

		same = x->addr == y->addr && x->filesz == y->filesz && x->memsz == y->memsz &&
		       x->offset == y->offset && x->exec == y->exec && x->write == y->write;
	}
	return same;
}

enum likeness { SAME, DIFFERENT, UNKNOWN };

/* The first n bytes of a file at head, in whole pages of its own; head must be free()d after elf_close(). */
static int open_header(uint8_t *head, size_t n, struct elf_file *ret)
{
	memset(head + n, 0, HEADER_MAX + PAGE - n);
	return elf_open_mem("header", (struct span){ head, n, false }, ret);
}

/*
 * Is the file the one whose beginning is in the core file at addr?  Of the file as much is looked at: build
 * IDs are of two kinds, and some are found only by the section headers at its end.
 */
static enum likeness compare(const struct core *c, uint64_t addr, const struct elf_file *e)
{
	uint8_t *was_head = aligned_alloc(PAGE, HEADER_MAX + PAGE);
	uint8_t *is_head = aligned_alloc(PAGE, HEADER_MAX + PAGE);
	size_t n = was_head && is_head ? read_dumped(c, addr, was_head, HEADER_MAX) : 0;
	enum likeness ret = UNKNOWN;
	struct elf_file was, is;

	if (n > e->bytes.len)
		n = e->bytes.len;
	if (n)
		memcpy(is_head, e->bytes.p, n);
	if (n && !open_header(was_head, n, &was)) {
		ret = DIFFERENT;
		if (!open_header(is_head, n, &is)) {
			if (!strcmp(elf_build_id(&was), elf_build_id(&is)) &&
			    (elf_build_id(&was)[0] || same_program_headers(&was, &is)))
				ret = SAME;
			elf_close(&is);
		}
		elf_close(&was);
	}
	free(was_head);
	free(is_head);
	return ret;
}

/* Where the file of m begins in memory; 0: nowhere. */
static uint64_t header_of(const struct core *c, const struct core_map *m)
{
	for (const struct core_map *k = m; k >= c->maps; k--)
		if (!k->offset && !strcmp(k->path, m->path))
			return k->start;
	return 0;
}

static struct core_image *new_image(struct core *c)
{
	struct core_image *i = c->nimages < IMAGES_MAX ? calloc(1, sizeof(*i)) : NULL;

	if (!i || !ARRAY_ROOM(c->images, c->nimages, c->images_cap)) {
		free(i);
		return NULL;
	}
	i->fd = -1;
	c->images[c->nimages++] = i;
	return i;
}

static int open_image(struct core_image *i, int fd)
{
	char path[64];

	i->fd = fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return elf_open(path, &i->elf);
}

/* A library: it must be the one that was mapped for certain, or it is none. */
static struct core_image *open_library(struct core *c, const struct core_map *m)
{
	struct core_image *i = new_image(c);
	char *path = i ? strndup(m->path, path_len(m->path)) : NULL;
	uint64_t header = header_of(c, m);
	int fd = path && c->open && header ? c->open(path) : -1;

	free(path);
	if (!i)
		return NULL;
	i->path = m->path;
	if (fd < 0 || open_image(i, fd))
		return i;
	if (compare(c, header, &i->elf) != SAME)
		elf_close(&i->elf);
	return i;
}

struct core_image *core_image(struct core *c, struct core_map *m)
{
	for (size_t k = 0; !m->image && k < c->nimages; k++)
		if (c->images[k]->path && !strcmp(c->images[k]->path, m->path))
			m->image = c->images[k];
	if (!m->image)
		m->image = open_library(c, m);
	return m->image && m->image->elf.path ? m->image : NULL;
}

/* The executable that a capture holds, as a file. */
static int kept_exe(const struct core *c)
{
	int fd = memfd_create("exe", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < c->kept_exe.len) {
		ssize_t n = write(fd, c->kept_exe.p + done, c->kept_exe.len - done);

		if (n <= 0) {
			close(fd);
			return err_sys(ENOMEM, "%s", c->name);
		}
		done += n;
	}
	return fd < 0 ? err_sys(ENOMEM, "%s", c->name) : fd;
}

static int check_exe(const struct core *c, const struct elf_file *e, const char *path, uint64_t header)
{
	enum likeness l = header ? compare(c, header, e) : UNKNOWN;

	if (l == UNKNOWN && (e->pie ? (c->entry - e->entry) % PAGE : c->entry != e->entry))
		l = DIFFERENT;
	if (l != DIFFERENT)
		return 0;
	return err_set(ENOEXEC, "%s is another build than the program that %s is of: name the right one "
		       "by --exe FILE", path, c->name);
}

int core_find_exe(struct core *c, const char *exe)
{
	const struct core_map *m = core_map_at(c, c->entry);
	struct core_image *i = new_image(c);
	int fd, err;

	if (!i)
		return err_sys(ENOMEM, "%s", c->name);
	if (!m)
		m = core_map_at(c, c->phdr);
	if (m && !c->exe_path[0])
		snprintf(c->exe_path, sizeof(c->exe_path), "%.*s", (int)path_len(m->path), m->path);
	if (m)
		i->path = m->path;
	if (!exe && c->kept_exe.len) {
		fd = kept_exe(c);
		if (fd < 0)
			return fd;
	} else if (!exe && !c->exe_path[0]) {
		return err_set(ENOEXEC, "%s doesn't say which file was run: name it by --exe FILE", c->name);
	} else {
		fd = c->open(exe ? exe : c->exe_path);
		if (fd < 0)
			return err_set(ENOEXEC, "%s, the program that %s is of, can't be read here: name "
				       "it by --exe FILE", exe ? exe : c->exe_path, c->name);
	}
	if (!c->exe_path[0])
		snprintf(c->exe_path, sizeof(c->exe_path), "%s", exe);
	err = open_image(i, fd);
	if (err)
		return err_in(err, "%s: %s", c->name, exe ? exe : c->exe_path);
	c->exe = i;
	return check_exe(c, &i->elf, exe ? exe : c->exe_path, m ? header_of(c, m) : 0);
}
