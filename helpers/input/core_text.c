/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc/PID said of a process, as far as its core file tells. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "input/core.h"

static int copy(const struct core *c, struct span s, char **ret, size_t *len)
{
	char *text = malloc(s.len + 1);

	if (!text)
		return err_sys(ENOMEM, "%s", c->name);
	if (s.len)
		memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	*ret = text;
	if (len)
		*len = s.len;
	return 0;
}

/* Stands for the inode: equal paths have equal ones, 0 is none. */
static uint32_t number_of(const char *path)
{
	uint32_t hash = 2166136261u;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * 16777619u;
	return hash | 1;
}

static void add_line(struct buf *b, const struct core *c, uint64_t start, uint64_t end,
		     const char perms[5], const struct core_map *m)
{
	buf_printf(b, "%08" PRIx64 "-%08" PRIx64 " %s %08" PRIx64 " 00:00 %u %s\n", start, end, perms,
		   m ? m->offset + (start - m->start) : 0, m ? number_of(m->path) : 0,
		   m ? m->path : c->vdso && c->vdso == start ? "[vdso]" : "");
}

/* A mapped file of which the core file has nothing: the file itself says what is code. */
static void add_file(struct buf *b, struct core *c, struct core_map *m, uint64_t start, uint64_t end)
{
	const struct core_image *i = core_image(c, m);
	uint64_t offset = m->offset + (start - m->start);
	bool exec = false;

	for (unsigned k = 0; i && k < i->elf.nsegments; k++) {
		const struct elf_segment *s = &i->elf.segments[k];

		exec |= s->exec && offset >= (s->offset & ~4095ull) && offset < s->offset + s->filesz;
	}
	add_line(b, c, start, end, exec ? "r-xp" : "r--p", m);
}

/* The pieces of mapped files between `from' and `to', where no segment is. */
static void add_files(struct buf *b, struct core *c, size_t *at, uint64_t from, uint64_t to)
{
	for (; *at < c->nmaps && c->maps[*at].start < to; (*at)++) {
		struct core_map *m = &c->maps[*at];
		uint64_t start = m->start > from ? m->start : from, end = m->end < to ? m->end : to;

		if (start < end)
			add_file(b, c, m, start, end);
		if (m->end > to)
			return;
	}
}

static int make_maps(struct core *c, char **ret, size_t *len)
{
	struct buf b = { 0 };
	uint64_t end = 0;
	size_t at = 0;

	for (size_t i = 0; i < c->nsegments; i++) {
		const struct core_segment *s = &c->segments[i];
		char perms[5] = { s->read ? 'r' : '-', s->write ? 'w' : '-', s->exec ? 'x' : '-', 'p', 0 };

		add_files(&b, c, &at, end, s->addr);
		end = s->addr + s->memsz;
		add_line(&b, c, s->addr, end, perms, core_map_at(c, s->addr));
	}
	add_files(&b, c, &at, end, UINT64_MAX);
	if (b.failed) {
		buf_free(&b);
		return err_sys(ENOMEM, "%s", c->name);
	}
	if (!b.len)
		buf_str(&b, "");
	*ret = b.data;
	if (len)
		*len = b.len;
	return 0;
}

int core_text(struct core *c, const char *name, char **ret, size_t *len)
{
	const struct core_kept *kept = NULL;

	/* the first change behind the reader is from what it saw */
	for (size_t i = 0; i < c->ntexts; i++)
		if ((c->texts[i].until > c->reader || c->texts[i].until == UINT64_MAX) &&
		    !strcmp(c->texts[i].name, name) && (!kept || c->texts[i].until < kept->until))
			kept = &c->texts[i];
	if (kept)
		return copy(c, kept->bytes, ret, len);
	if (!strcmp(name, "auxv"))
		return copy(c, c->auxv, ret, len);
	if (!strcmp(name, "maps") && !c->is_capture)
		return make_maps(c, ret, len);
	if (c->is_capture)
		return err_set(ENOENT, "%s doesn't have %s of /proc: it was not there when the capture was "
			       "made, or could not be read", c->name, name);
	return err_set(ENOENT, "%s is a core file, which does not have %s of /proc: read the running "
		       "process, or what 'gobpf capture' kept of it", c->name, name);
}
