/* SPDX-License-Identifier: GPL-2.0-only */
/* Notes of core files. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "input/capture.h"
#include "input/capture_format.h"
#include "input/core.h"

enum {
	THREADS_MAX = 1 << 20,
	NOTE_SEGMENTS_MAX = 8,	/* there is one, of a capture two */
};

static int no_memory(const struct core *c)
{
	return err_sys(ENOMEM, "%s", c->name);
}

/* struct elf_prstatus: registers as the kernel or gdb found them (linux/elfcore.h) */
static int read_thread(struct core *c, struct span d)
{
	struct elf_prstatus s;
	struct user_regs_struct r;

	if (d.len < sizeof(s) || c->nthreads == THREADS_MAX)
		return 0;
	memcpy(&s, d.p, sizeof(s));
	memcpy(&r, &s.pr_reg, sizeof(r));
	if (!ARRAY_ROOM(c->threads, c->nthreads, c->threads_cap))
		return no_memory(c);
	c->threads[c->nthreads++] = (struct core_thread){ s.pr_pid, r.rip, r.rsp, r.rbp };
	if (!c->pid)
		c->pid = s.pr_pid;
	return 0;
}

static void read_process(struct core *c, struct span d)
{
	struct elf_prpsinfo s;

	if (d.len < sizeof(s))
		return;
	memcpy(&s, d.p, sizeof(s));
	c->pid = s.pr_pid;
	/* gdb fills all of it, the kernel keeps room for a NUL */
	snprintf(c->comm, sizeof(c->comm), "%.*s", (int)sizeof(s.pr_fname) - 1, s.pr_fname);
}

static void read_auxv(struct core *c, struct span d)
{
	c->auxv = d;
	for (uint64_t at = 0; at + 16 <= d.len; at += 16) {
		uint64_t value = span_u64(&d, at + 8);

		switch (span_u64(&d, at)) {
		case AT_ENTRY:
			c->entry = value;
			break;
		case AT_PHDR:
			c->phdr = value;
			break;
		case AT_SYSINFO_EHDR:
			c->vdso = value;
			break;
		}
	}
}

static int by_start(const void *pa, const void *pb)
{
	const struct core_map *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* { u64 count, page size; { u64 start, end, page of the file }[count]; names } */
static int read_files(struct core *c, struct span d)
{
	uint64_t n = span_u64(&d, 0), page = span_u64(&d, 8), text = 16 + 24 * n, end = 0;
	size_t kept = 0;

	if (d.bad || n > d.len / 24)
		return 0;
	for (uint64_t i = 0; i < n; i++) {
		const char *path = span_str(&d, text);
		struct core_map m = { span_u64(&d, 16 + 24 * i), span_u64(&d, 24 + 24 * i),
				      span_u64(&d, 32 + 24 * i) * page, path, NULL };

		if (d.bad)
			break;
		text += strlen(path) + 1;
		if (m.start >= m.end)
			continue;
		if (!ARRAY_ROOM(c->maps, c->nmaps, c->maps_cap))
			return no_memory(c);
		c->maps[c->nmaps++] = m;
	}
	if (c->nmaps)
		qsort(c->maps, c->nmaps, sizeof(*c->maps), by_start);
	for (size_t i = 0; i < c->nmaps; i++) {
		if (c->maps[i].start < end)
			continue;
		end = c->maps[i].end;
		c->maps[kept++] = c->maps[i];
	}
	c->nmaps = kept;
	return 0;
}

/* N COMMAND MONOTONIC-NS UNIX-NS */
static void reader_line(struct core *c, char *text)
{
	char *words[4], *rest = text;
	uint64_t n;

	for (unsigned i = 0; i < 4; i++) {
		words[i] = strsep(&rest, " ");
		if (!words[i])
			return;
	}
	if (num_parse_u64(words[0], CORE_READERS - 1, &n))
		return;
	c->readers[n].name = words[1];
	num_parse_u64(words[2], UINT64_MAX, &c->readers[n].now_ns);
	num_parse_u64(words[3], INT64_MAX, &c->readers[n].unix_ns);
}

/* COMMAND: WORDS */
static void missing_line(struct core *c, char *text)
{
	char *words = strstr(text, ": ");

	if (!words)
		return;
	*words = '\0';
	for (unsigned i = 0; i < CORE_READERS; i++)
		if (c->readers[i].name && !strcmp(c->readers[i].name, text))
			c->readers[i].missing = words + 2;
}

static void manifest_line(struct core *c, char *key)
{
	char *value = strchr(key, ' ');

	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(key, "pid"))
		c->pid = atoi(value);
	else if (!strcmp(key, "comm"))
		snprintf(c->comm, sizeof(c->comm), "%s", value);
	else if (!strcmp(key, "exe"))
		snprintf(c->exe_path, sizeof(c->exe_path), "%s", value);
	else if (!strcmp(key, "reader"))
		reader_line(c, value);
	else if (!strcmp(key, "missing"))
		missing_line(c, value);
	else if (!strcmp(key, "monotonic-ns"))
		num_parse_u64(value, UINT64_MAX, &c->about.now_ns);
	else if (!strcmp(key, "unix-ns"))
		num_parse_u64(value, INT64_MAX, &c->about.unix_ns);
}

static int read_manifest(struct core *c, struct span d)
{
	size_t first = strlen(CAPTURE_FIRST_LINE);

	if (c->text)
		return 0;
	if (d.len < first + 1 || memcmp(d.p, CAPTURE_FIRST_LINE "\n", first + 1))
		return err_set(EOPNOTSUPP, "%s is a capture of a newer gobpf than this one", c->name);
	c->text = strndup((const char *)d.p, d.len);
	if (!c->text)
		return no_memory(c);
	c->is_capture = true;
	for (char *line = c->text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		manifest_line(c, line);
	}
	return 0;
}

static int read_kept(struct core *c, struct span d, uint64_t until)
{
	const char *name = span_str(&d, 0);
	struct core_kept k = { name, span_from(&d, d.bad ? 0 : strlen(name) + 1), until };

	if (d.bad)
		return 0;
	if (!ARRAY_ROOM(c->texts, c->ntexts, c->texts_cap))
		return no_memory(c);
	c->texts[c->ntexts++] = k;
	return 0;
}

static int read_old(struct core *c, struct span d)
{
	struct core_old o = { span_u64(&d, 8), span_u64(&d, 0), d.p + 16, d.p + 16 + CAPTURE_BLOCK / 8 };

	if (d.len != 16 + CAPTURE_BLOCK / 8 + CAPTURE_BLOCK || o.addr % CAPTURE_BLOCK)
		return 0;
	if (!ARRAY_ROOM(c->old, c->nold, c->old_cap))
		return no_memory(c);
	c->old[c->nold++] = o;
	return 0;
}

static int read_own_note(struct core *c, uint32_t type, struct span d)
{
	uint64_t until;

	switch (type) {
	case CAPTURE_MANIFEST:
		return read_manifest(c, d);
	case CAPTURE_TEXT:
		return read_kept(c, d, UINT64_MAX);
	case CAPTURE_OLD_TEXT:
		until = span_u64(&d, 0);
		return d.bad ? 0 : read_kept(c, span_from(&d, sizeof(until)), until);
	case CAPTURE_OLD_MEMORY:
		return read_old(c, d);
	case CAPTURE_EXE:
		c->kept_exe = d;
	}
	return 0;
}

static bool is_owner(struct span name, const char *owner)
{
	return name.len == strlen(owner) + 1 && !memcmp(name.p, owner, name.len);
}

static int read_note(struct core *c, struct span owner, uint32_t type, struct span d)
{
	if (is_owner(owner, CAPTURE_OWNER))
		return read_own_note(c, type, d);
	if (!is_owner(owner, "CORE"))
		return 0;
	switch (type) {
	case NT_PRSTATUS:
		return read_thread(c, d);
	case NT_PRPSINFO:
		read_process(c, d);
		return 0;
	case NT_AUXV:
		read_auxv(c, d);
		return 0;
	case NT_FILE:
		return c->nmaps ? 0 : read_files(c, d);
	}
	return 0;
}

/* { u32 namesz, descsz, type; name, desc: each padded to 4 bytes } (elf(5), "Notes") */
int core_read_notes(struct core *c, struct span notes)
{
	int err = 0;

	if (notes.bad) {
		c->truncated = true;
		return 0;
	}
	if (c->note_segments++ >= NOTE_SEGMENTS_MAX)
		return err_set(ENOEXEC, "%s has more notes than a core file has", c->name);
	for (uint64_t at = 0; !err && at + 12 <= notes.len;) {
		uint32_t namesz = span_u32(&notes, at), descsz = span_u32(&notes, at + 4);
		uint64_t name = at + 12, desc = name + (((uint64_t)namesz + 3) & ~3ull);
		struct span n = notes, d = notes;

		n = span_sub(&n, name, namesz);
		d = span_sub(&d, desc, descsz);
		if (n.bad || d.bad)
			break;
		err = read_note(c, n, span_u32(&notes, at + 8), d);
		at = desc + (((uint64_t)descsz + 3) & ~3ull);
	}
	return err;
}
