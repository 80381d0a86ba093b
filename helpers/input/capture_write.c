/* SPDX-License-Identifier: GPL-2.0-only */
/* A capture as an ELF core file: header, program headers, notes, the executable, memory. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "input/capture_block.h"
#include "input/capture_format.h"
#include "input/target.h"

/* Memory that was read as one. */
struct run {
	uint64_t addr, len;
};

struct runs {
	struct run *v;
	size_t n, cap;
	bool failed;
};

struct sink {
	FILE *f;
	gzFile gz;
	bool failed;
};

static int by_addr(const void *pa, const void *pb)
{
	const struct capture_block *a = *(struct capture_block *const *)pa;
	const struct capture_block *b = *(struct capture_block *const *)pb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static void add_run(struct runs *r, uint64_t addr, unsigned len)
{
	if (r->n && r->v[r->n - 1].addr + r->v[r->n - 1].len == addr) {
		r->v[r->n - 1].len += len;
		return;
	}
	if (!ARRAY_ROOM(r->v, r->n, r->cap)) {
		r->failed = true;
		return;
	}
	r->v[r->n++] = (struct run){ addr, len };
}

/* The first bit from `from' on that is `value', or CAPTURE_BLOCK. */
static unsigned next_bit(const struct capture_block *b, unsigned from, bool value)
{
	while (from < CAPTURE_BLOCK) {
		uint64_t word = (value ? b->valid[from / 64] : ~b->valid[from / 64]) >> from % 64;

		if (word)
			return from + __builtin_ctzll(word);
		from = (from / 64 + 1) * 64;
	}
	return CAPTURE_BLOCK;
}

static void find_runs(const struct capture *c, struct runs *ret)
{
	for (size_t i = 0; i < c->nblocks; i++) {
		const struct capture_block *b = c->blocks[i];

		for (unsigned from = next_bit(b, 0, true), end; from < CAPTURE_BLOCK;
		     from = next_bit(b, end, true)) {
			end = next_bit(b, from, false);
			add_run(ret, b->addr + from, end - from);
		}
	}
}

static void put(struct sink *s, const void *p, size_t len)
{
	const uint8_t *from = p;

	while (len && !s->failed) {
		size_t part = len < (1 << 20) ? len : 1 << 20;

		s->failed = s->gz ? gzwrite(s->gz, from, part) != (int)part : fwrite(from, 1, part, s->f) != part;
		from += part;
		len -= part;
	}
}

static void put_memory(struct sink *s, const struct capture *c)
{
	for (size_t i = 0; i < c->nblocks; i++) {
		const struct capture_block *b = c->blocks[i];

		for (unsigned from = next_bit(b, 0, true), end; from < CAPTURE_BLOCK;
		     from = next_bit(b, end, true)) {
			end = next_bit(b, from, false);
			put(s, b->bytes + from, end - from);
		}
	}
}

/* All but the bytes of what it says. */
static void note_head(struct buf *b, const char *owner, uint32_t type, size_t len)
{
	Elf64_Nhdr n = { strlen(owner) + 1, len, type };

	buf_add(b, &n, sizeof(n));
	buf_add(b, owner, n.n_namesz);
	buf_add(b, "\0\0\0", -n.n_namesz & 3);
}

static void note(struct buf *b, const char *owner, uint32_t type, const void *p, size_t len)
{
	note_head(b, owner, type, len);
	buf_add(b, p, len);
	buf_add(b, "\0\0\0", -len & 3);
}

/* KEY VALUE, in one line whatever the value is. */
static void manifest(struct buf *b, const char *key, const char *value)
{
	size_t at = b->len + strlen(key) + 1;

	buf_printf(b, "%s %s", key, value);
	for (; !b->failed && at < b->len; at++)
		if (b->data[at] == '\n')
			b->data[at] = '?';
	buf_char(b, '\n');
}

/* The words of the command line, blanks between them. */
static void command_words(struct buf *b, const struct capture *c)
{
	for (size_t i = 0; i < c->ntexts; i++)
		if (!strcmp(c->texts[i].name, "cmdline") && c->texts[i].len && !c->texts[i].until)
			buf_add(b, c->texts[i].bytes, c->texts[i].len - 1);
	for (size_t k = 0; k < b->len; k++)
		if (!b->data[k])
			b->data[k] = ' ';
}

static void add_manifest(struct buf *b, const struct capture *c, const struct capture_about *about)
{
	struct buf m = { 0 }, line = { 0 };
	struct utsname u;

	buf_printf(&m, CAPTURE_FIRST_LINE "\npid %d\n", about->target->pid);
	manifest(&m, "comm", about->target->comm);
	manifest(&m, "exe", about->target->exe_path);
	manifest(&m, "build-id", about->build_id);
	manifest(&m, "program", about->program);
	if (!uname(&u))
		manifest(&m, "kernel", u.release);
	for (size_t i = 0; i < c->nreaders; i++)
		buf_printf(&m, "reader %zu %s %llu %llu\n", i, c->readers[i].name,
			   (unsigned long long)c->readers[i].now_ns,
			   (unsigned long long)c->readers[i].unix_ns);
	/* the last one's stand for the whole */
	if (c->nreaders)
		buf_printf(&m, "unix-ns %llu\nmonotonic-ns %llu\n",
			   (unsigned long long)c->readers[c->nreaders - 1].unix_ns,
			   (unsigned long long)c->readers[c->nreaders - 1].now_ns);
	command_words(&line, c);
	manifest(&m, "command", line.data ? line.data : "");
	for (size_t i = 0; i < c->nmissing; i++)
		manifest(&m, "missing", c->missing[i]);
	b->failed |= m.failed || line.failed;
	note(b, CAPTURE_OWNER, CAPTURE_MANIFEST, m.data, m.len);
	buf_free(&line);
	buf_free(&m);
}

/* NT_FILE: see core_notes.c. */
static void add_files(struct buf *b, const struct maps *maps)
{
	struct buf d = { 0 };
	uint64_t head[2] = { 0, 4096 };

	buf_add(&d, head, sizeof(head));
	for (size_t i = 0; i < maps->n; i++) {
		const struct map *m = &maps->v[i];
		uint64_t row[3] = { m->start, m->end, m->offset / head[1] };

		if (m->path[0] != '/')
			continue;
		buf_add(&d, row, sizeof(row));
		head[0]++;
	}
	for (size_t i = 0; i < maps->n; i++)
		if (maps->v[i].path[0] == '/')
			buf_add(&d, maps->v[i].path, strlen(maps->v[i].path) + 1);
	b->failed |= d.failed;
	if (!d.failed)
		memcpy(d.data, head, sizeof(head));
	note(b, "CORE", NT_FILE, d.data, d.len);
	buf_free(&d);
}

/* By this gdb tells whether it has the right program. */
static void add_process(struct buf *b, const struct capture *c, const struct target *t)
{
	struct elf_prpsinfo ps = { .pr_sname = 'R', .pr_pid = t->pid };
	struct buf line = { 0 };

	command_words(&line, c);
	memcpy(ps.pr_fname, t->comm, strnlen(t->comm, sizeof(ps.pr_fname) - 1));
	if (line.len)
		memcpy(ps.pr_psargs, line.data,
		       line.len < sizeof(ps.pr_psargs) ? line.len : sizeof(ps.pr_psargs) - 1);
	note(b, "CORE", NT_PRPSINFO, &ps, sizeof(ps));
	b->failed |= line.failed;
	buf_free(&line);
}

static void add_text(struct buf *b, const struct capture_text *t)
{
	size_t name = strlen(t->name) + 1, len = name + t->len;
	uint64_t until = t->until;

	if (!until && !strcmp(t->name, "auxv"))
		note(b, "CORE", NT_AUXV, t->bytes, t->len);
	if (until)
		len += sizeof(until);
	note_head(b, CAPTURE_OWNER, until ? CAPTURE_OLD_TEXT : CAPTURE_TEXT, len);
	if (until)
		buf_add(b, &until, sizeof(until));
	buf_add(b, t->name, name);
	buf_add(b, t->bytes, t->len);
	buf_add(b, "\0\0\0", -len & 3);
}

static void add_old(struct buf *b, const struct capture_block *old)
{
	note_head(b, CAPTURE_OWNER, CAPTURE_OLD_MEMORY, sizeof(*old));
	buf_add(b, &old->reader, sizeof(old->reader));
	buf_add(b, &old->addr, sizeof(old->addr));
	buf_add(b, old->valid, sizeof(old->valid));
	buf_add(b, old->bytes, sizeof(old->bytes));
}

static void add_notes(struct buf *b, const struct capture *c, const struct capture_about *about)
{
	add_process(b, c, about->target);
	add_files(b, about->maps);
	add_manifest(b, c, about);
	for (size_t i = 0; i < c->ntexts; i++)
		add_text(b, &c->texts[i]);
	for (size_t i = 0; i < c->nold; i++)
		add_old(b, c->old[i]);
}

static uint32_t flags_at(const struct maps *maps, uint64_t addr)
{
	const struct map *m = maps_at(maps, addr);

	return PF_R | (m && m->exec ? PF_X : 0) | (m && m->write ? PF_W : 0);
}

static void put_headers(struct sink *s, const struct capture_about *about, const struct runs *runs,
			size_t notes, size_t exe)
{
	size_t n = runs->n + 1 + !!exe;
	bool many = n >= PN_XNUM;
	uint64_t shoff = sizeof(Elf64_Ehdr) + n * sizeof(Elf64_Phdr);
	uint64_t at = shoff + (many ? sizeof(Elf64_Shdr) : 0);
	Elf64_Ehdr eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			  .e_phoff = sizeof(eh), .e_ehsize = sizeof(eh), .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = many ? PN_XNUM : n };
	/* how many they are, where the header has no room for it */
	Elf64_Shdr sh = { .sh_info = n, .sh_size = 1 };

	if (many) {
		eh.e_shoff = shoff;
		eh.e_shentsize = sizeof(sh);
		eh.e_shnum = 1;
	}
	put(s, &eh, sizeof(eh));
	put(s, &(Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = at, .p_filesz = notes, .p_align = 4 },
	    sizeof(Elf64_Phdr));
	at += notes;
	if (exe)
		put(s, &(Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = at, .p_filesz = exe, .p_align = 4 },
		    sizeof(Elf64_Phdr));
	at += exe;
	for (size_t i = 0; i < runs->n; i++) {
		const struct run *r = &runs->v[i];

		put(s, &(Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = flags_at(about->maps, r->addr), .p_offset = at,
				      .p_vaddr = r->addr, .p_filesz = r->len, .p_memsz = r->len, .p_align = 1 },
		    sizeof(Elf64_Phdr));
		at += r->len;
	}
	if (many)
		put(s, &sh, sizeof(sh));
}

static void put_all(struct sink *s, const struct capture *c, const struct capture_about *about,
		    const struct runs *runs, const struct buf *notes, const struct buf *exe)
{
	size_t pad = -about->exe.len & 3, exe_len = exe->len ? exe->len + about->exe.len + pad : 0;

	put_headers(s, about, runs, notes->len, exe_len);
	put(s, notes->data, notes->len);
	if (exe->len) {
		put(s, exe->data, exe->len);
		put(s, about->exe.p, about->exe.len);
		put(s, "\0\0\0", pad);
	}
	put_memory(s, c);
}

int capture_write(struct capture *c, const struct capture_about *about, FILE *f)
{
	struct sink s = { .f = f };
	struct runs runs = { 0 };
	struct buf notes = { 0 }, exe = { 0 };
	int err = 0;

	if (c->error == -EFBIG)
		return err_set(EFBIG, "more than %llu MiB would have to be kept", CAPTURE_MAX >> 20);
	if (c->nblocks)
		qsort(c->blocks, c->nblocks, sizeof(*c->blocks), by_addr);
	find_runs(c, &runs);
	add_notes(&notes, c, about);
	if (about->exe.len)
		note_head(&exe, CAPTURE_OWNER, CAPTURE_EXE, about->exe.len);
	if (about->packed && !fflush(f))
		/* fast: the slower levels gain a tenth */
		s.gz = gzdopen(dup(fileno(f)), "wb1");
	if (c->error || runs.failed || notes.failed || exe.failed || (about->packed && !s.gz))
		err = err_sys(ENOMEM, "writing a capture");
	else
		put_all(&s, c, about, &runs, &notes, &exe);
	errno = 0;
	if (s.gz && gzclose(s.gz) != Z_OK)
		s.failed = true;
	if (!err && s.failed)
		err = err_sys(errno ? errno : ENOSPC, "can't write the capture");
	free(runs.v);
	buf_free(&notes);
	buf_free(&exe);
	return err;
}
