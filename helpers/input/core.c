/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/core.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "input/mapping.h"

/* The first bytes of compressed files. */
static const char gzip_magic[] = "\x1f\x8b\x08", zstd_magic[] = "\x28\xb5\x2f\xfd",
		  lz4_magic[] = "\x04\x22\x4d\x18", xz_magic[] = "\xfd" "7zXZ";

static bool begins_with(const uint8_t *head, const char *magic)
{
	return !memcmp(head, magic, strlen(magic));
}

bool core_match(const char *path)
{
	Elf64_Ehdr eh = { 0 };
	struct stat st;
	int fd = stat(path, &st) || !S_ISREG(st.st_mode) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, &eh, sizeof(eh));

	if (fd >= 0)
		close(fd);
	if (n < 5)
		return false;
	if (begins_with(eh.e_ident, gzip_magic) || begins_with(eh.e_ident, zstd_magic) ||
	    begins_with(eh.e_ident, lz4_magic) || begins_with(eh.e_ident, xz_magic))
		return true;
	/* in 32-bit files e_type is at the same place */
	return !memcmp(eh.e_ident, ELFMAG, SELFMAG) && eh.e_type == ET_CORE;
}

static int check_header(const struct core *c, const Elf64_Ehdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_type != ET_CORE)
		return err_set(ENOEXEC, "%s is no core file", c->name);
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_machine != EM_X86_64)
		return err_set(EOPNOTSUPP, "%s is a core file of another machine: amd64 only", c->name);
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return err_set(ENOEXEC, "%s: broken ELF header", c->name);
	return 0;
}

static int add_segment(struct core *c, const Elf64_Phdr *ph)
{
	struct core_segment s = { ph->p_vaddr, ph->p_filesz, ph->p_memsz, ph->p_offset,
				  ph->p_flags & PF_R, ph->p_flags & PF_W, ph->p_flags & PF_X };

	if (s.filesz > s.memsz)
		s.filesz = s.memsz;
	if (!s.memsz || s.addr + s.memsz < s.addr)
		return 0;
	if (s.filesz && (s.offset > c->bytes.len || s.filesz > c->bytes.len - s.offset)) {
		c->truncated = true;
		s.filesz = s.offset > c->bytes.len ? 0 : c->bytes.len - s.offset;
	}
	if (!ARRAY_ROOM(c->segments, c->nsegments, c->segments_cap))
		return err_sys(ENOMEM, "%s", c->name);
	c->segments[c->nsegments++] = s;
	return 0;
}

static int by_addr(const void *pa, const void *pb)
{
	const struct core_segment *a = pa, *b = pb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static int by_block(const void *pa, const void *pb)
{
	const struct core_old *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return a->until < b->until ? -1 : a->until > b->until;
}

/* What overlaps is cut: the later one begins where the earlier ends. */
static void part_segments(struct core *c)
{
	size_t n = 0;
	uint64_t end = 0;

	if (c->nsegments)
		qsort(c->segments, c->nsegments, sizeof(*c->segments), by_addr);
	for (size_t i = 0; i < c->nsegments; i++) {
		struct core_segment s = c->segments[i];
		uint64_t cut = s.addr < end ? end - s.addr : 0;

		if (cut >= s.memsz)
			continue;
		s.addr += cut;
		s.memsz -= cut;
		s.offset += cut;
		s.filesz -= cut < s.filesz ? cut : s.filesz;
		end = s.addr + s.memsz;
		c->segments[n++] = s;
	}
	c->nsegments = n;
}

/* More than 65534 program headers: their number is in the first section header (elf(5), PN_XNUM). */
static uint64_t count_phdrs(struct core *c, const Elf64_Ehdr *eh)
{
	struct span bytes = c->bytes;

	if (eh->e_phnum != PN_XNUM)
		return eh->e_phnum;
	return span_u32(&bytes, eh->e_shoff + offsetof(Elf64_Shdr, sh_info));
}

static int read_phdrs(struct core *c, const Elf64_Ehdr *eh)
{
	uint64_t n = count_phdrs(c, eh);
	struct span bytes = c->bytes, table = span_sub(&bytes, eh->e_phoff, n * sizeof(Elf64_Phdr));
	int err = 0;

	if (table.bad || !n)
		return err_set(ENOEXEC, "%s is cut off: its program headers are not all there", c->name);
	for (uint64_t i = 0; !err && i < n; i++) {
		Elf64_Phdr ph;

		memcpy(&ph, table.p + i * sizeof(ph), sizeof(ph));
		bytes = c->bytes;
		if (ph.p_type == PT_NOTE)
			err = core_read_notes(c, span_sub(&bytes, ph.p_offset, ph.p_filesz));
		else if (ph.p_type == PT_LOAD)
			err = add_segment(c, &ph);
	}
	if (!err)
		part_segments(c);
	if (c->nold)
		qsort(c->old, c->nold, sizeof(*c->old), by_block);
	return err;
}

static int read_core(struct core *c)
{
	Elf64_Ehdr eh;
	int err;

	if (c->bytes.len < sizeof(eh))
		return err_set(ENOEXEC, "%s is too short to be a core file", c->name);
	memcpy(&eh, c->bytes.p, sizeof(eh));
	err = check_header(c, &eh);
	if (!err)
		err = read_phdrs(c, &eh);
	if (!err && !c->entry)
		err = err_set(ENOEXEC, "%s: %s", c->name, c->truncated ? "it is cut off" :
			      "it doesn't say what was run (no NT_AUXV note)");
	return err;
}

int core_open_mem(const char *name, struct span bytes, struct core **ret)
{
	struct core *c = calloc(1, sizeof(*c));
	int err;

	if (c)
		c->name = strdup(name);
	if (!c || !c->name) {
		core_close(c);
		return err_sys(ENOMEM, "%s", name);
	}
	c->bytes = bytes;
	c->reader = UINT64_MAX;
	err = read_core(c);
	if (err)
		core_close(c);
	else
		*ret = c;
	return err;
}

int core_read_as(struct core *c, const char *command)
{
	bool known = !c->is_capture;

	c->reader = UINT64_MAX;
	for (unsigned i = 0; i < CORE_READERS; i++) {
		const struct core_reader *r = &c->readers[i];

		if (!r->name || strcmp(r->name, command))
			continue;
		known = true;
		c->reader = i;
		c->about.now_ns = r->now_ns;
		c->about.unix_ns = r->unix_ns;
		if (r->missing)
			return err_set(ENOEXEC, "%s doesn't have that: when it was made, %s", c->name,
				       r->missing);
	}
	if (!known)
		return err_set(ENOEXEC, "%s doesn't have that: '%s' wasn't run when it was made", c->name,
			       command);
	return 0;
}

/* Unpacks fd into memory; a new descriptor of that, or -errno with words. */
static int unpack(const char *path, int fd)
{
	int out = memfd_create("core", MFD_CLOEXEC), err = 0;
	gzFile gz = out < 0 ? NULL : gzdopen(dup(fd), "rb");
	char *part = malloc(1 << 20);
	uint64_t all = 0;

	if (!gz || !part)
		err = err_sys(ENOMEM, "unpacking %s", path);
	while (!err) {
		int n = gzread(gz, part, 1 << 20), no;

		if (n < 0 || (!n && (gzerror(gz, &no), no != Z_OK && no != Z_STREAM_END)))
			err = err_set(ENOEXEC, "%s: its gzipped data is damaged or breaks off", path);
		if (n <= 0)
			break;
		all += n;
		if (all > CORE_UNPACKED_MAX)
			err = err_set(EFBIG, "%s unpacks to more than %llu MiB: unpack it to a disk first "
				      "(gunzip)", path, CORE_UNPACKED_MAX >> 20);
		else if (write(out, part, n) != n)
			err = err_sys(errno ? errno : ENOMEM, "unpacking %s", path);
	}
	free(part);
	if (gz)
		gzclose(gz);
	if (err && out >= 0)
		close(out);
	return err ? err : out;
}

static int map_core(const char *path, struct span *ret)
{
	uint8_t head[8] = { 0 };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), unpacked, err = 0;

	if (fd < 0)
		return err_sys(errno, "can't open %s", path);
	if (pread(fd, head, sizeof(head), 0) < 0)
		err = err_sys(errno, "can't read %s", path);
	else if (begins_with(head, zstd_magic) || begins_with(head, lz4_magic) ||
		 begins_with(head, xz_magic))
		err = err_set(ENOEXEC, "%s is compressed by %s: unpack it first", path,
			      head[0] == 0x28 ? "zstd" : head[0] == 0x04 ? "lz4" : "xz");
	if (!err && begins_with(head, gzip_magic)) {
		unpacked = unpack(path, fd);
		close(fd);
		if (unpacked < 0)
			return unpacked;
		fd = unpacked;
	}
	if (!err && fstat(fd, &st))
		err = err_sys(errno, "%s", path);
	if (!err && !st.st_size)
		err = err_set(ENOEXEC, "%s is empty", path);
	if (!err) {
		err = mapping_open(fd, st.st_size, ret);
		if (err)
			err_sys(-err, "can't map %s", path);
	}
	close(fd);
	return err;
}

/* A device or a pipe is not even opened: that might hold us up, or do something. */
static int open_regular(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int core_open(const char *path, const char *exe, struct core **ret)
{
	struct span bytes;
	struct core *c = NULL;
	int err = map_core(path, &bytes);

	if (err)
		return err;
	err = core_open_mem(path, bytes, &c);
	if (err) {
		mapping_close(&bytes);
		return err;
	}
	c->mapped = true;
	c->open = open_regular;
	err = core_find_exe(c, exe);
	if (err)
		core_close(c);
	else
		*ret = c;
	return err;
}

void core_close(struct core *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nimages; i++) {
		if (c->images[i]->elf.path)
			elf_close(&c->images[i]->elf);
		if (c->images[i]->fd >= 0)
			close(c->images[i]->fd);
		free(c->images[i]);
	}
	if (c->mapped)
		mapping_close(&c->bytes);
	free(c->images);
	free(c->segments);
	free(c->maps);
	free(c->threads);
	free(c->texts);
	free(c->old);
	free(c->text);
	free(c->name);
	free(c);
}
