/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sym_perf.c - gobpf sym --filter: what perf script has no name for
 *
 *	\t           8a8d1 [unknown] (/srv/app)		in a stack
 *	app 4242 5.1: 1 cpu-clock:  40a8d1 [unknown] (/srv/app)	without stacks
 *
 * In a stack perf prints where in the file the code is, on a line of its own the address in memory
 * (tools/perf/util/evsel_fprintf.c, "binary offset for userspace addr"; from Linux 4.18 to 5.6 it was
 * the address in stacks, too).  Where a number could be both, the stream's other numbers tell.
 */
#include "cmd/sym_run.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL (1ull << 63)

struct perf_line {
	const char *text;
	size_t addr, addr_end;	/* of the number in text */
	uint64_t value;
	const char *path;	/* what stands in the parentheses at the end */
	size_t path_len;
	bool in_stack, unknown;
};

/* "NUMBER NAME (PATH)" at the line's end; in a stack nothing stands before. */
static bool split(const char *line, size_t len, struct perf_line *ret)
{
	static const char mark[] = " [unknown] (";
	struct perf_line l = { .text = line };
	const char *at;

	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	if (!len || line[len - 1] != ')')
		return false;
	while (l.addr < len && isspace((unsigned char)line[l.addr]))
		l.addr++;
	l.addr_end = l.addr;
	while (l.addr_end < len && isxdigit((unsigned char)line[l.addr_end]))
		l.addr_end++;
	l.in_stack = l.addr && l.addr_end < len && line[l.addr_end] == ' ' &&
		     sym_parse_hex(line + l.addr, l.addr_end - l.addr, &l.value);
	at = memmem(line, len, mark, sizeof(mark) - 1);
	l.unknown = at;
	if (at && at != line + l.addr_end)
		l.in_stack = false;	/* a program that is called "cafe" */
	if (at && !l.in_stack) {
		l.addr_end = l.addr = at - line;
		while (l.addr && isxdigit((unsigned char)line[l.addr - 1]))
			l.addr--;
		if (!l.addr || line[l.addr - 1] != ' ' ||
		    !sym_parse_hex(line + l.addr, l.addr_end - l.addr, &l.value))
			return false;
	}
	if (at) {
		l.path = at + sizeof(mark) - 1;
		l.path_len = line + len - 1 - l.path;
	}
	*ret = l;
	return l.in_stack || at;
}

static bool is_path(const struct perf_line *l, const char *path)
{
	return strlen(path) == l->path_len && !memcmp(path, l->path, l->path_len);
}

/* Where the process has the file's code at that offset; 0: nowhere. */
static uint64_t mapped(const struct sym *s, const struct perf_line *l)
{
	const struct maps *maps = &s->process.maps;

	for (size_t i = 0; i < maps->n; i++) {
		const struct map *m = &maps->v[i];

		if (m->exec && l->value >= m->offset && l->value - m->offset < m->end - m->start &&
		    is_path(l, m->path))
			return m->start + (l->value - m->offset);
	}
	return 0;
}

static bool is_mapped(const struct sym *s, const struct perf_line *l)
{
	const struct map *m = maps_at(&s->process.maps, l->value);

	return m && m->exec && is_path(l, m->path);
}

/* The same of a file that doesn't run: its own addresses. */
static bool is_the_file(const struct sym *s, const struct perf_line *l)
{
	static char real[PATH_MAX];

	return (real[0] || realpath(s->object, real)) && is_path(l, real);
}

static const struct elf_segment *code_of(const struct sym *s, uint64_t value, bool offset)
{
	const struct elf_file *e = s->go->elf;

	for (unsigned i = 0; i < e->nsegments; i++) {
		const struct elf_segment *seg = &e->segments[i];
		uint64_t from = offset ? seg->offset : seg->addr;

		if (seg->exec && value >= from && value - from < seg->filesz)
			return seg;
	}
	return NULL;
}

/* What the number says as an offset in the file, and as an address; 0: it can't be one. */
static void readings(const struct sym *s, const struct perf_line *l, uint64_t *ret_offset,
		     uint64_t *ret_address)
{
	const struct elf_segment *seg;

	*ret_offset = *ret_address = 0;
	if (s->live) {
		*ret_offset = mapped(s, l);
		*ret_address = is_mapped(s, l) ? l->value : 0;
	} else if (is_the_file(s, l)) {
		seg = code_of(s, l->value, true);
		*ret_offset = seg ? seg->addr + (l->value - seg->offset) : 0;
		*ret_address = !s->go->elf->pie && code_of(s, l->value, false) ? l->value : 0;
	}
}

static uint64_t address_of(const struct sym *s, const struct perf_line *l)
{
	static int addresses_in_stacks;	/* what was certain so far: more of one kind, or of the other */
	uint64_t offset, address;

	readings(s, l, &offset, &address);
	if (!l->in_stack)
		return address;
	if (!offset != !address)
		addresses_in_stacks = address ? 1 : -1;
	return (addresses_in_stacks > 0 && address) || !offset ? address : offset;
}

static void print_stack(struct sym *s, const struct perf_line *l, const struct frame *fr, int n,
			size_t len)
{
	for (int i = 0; i < n; i++) {
		buf_add(&s->text, l->text, l->addr_end);
		buf_char(&s->text, ' ');
		sym_text(s, fr[i].func);
		if (fr[i].flags & FRAME_INLINED)
			buf_str(&s->text, " (inlined)\n");
	}
	buf_str(&s->text, " (");
	buf_add(&s->text, l->path, l->text + len - l->path);
}

bool sym_perf_line(struct sym *s, const char *line, size_t len)
{
	static bool called;	/* the line before is the frame that this one called */
	struct frame fr[SYM_FRAMES_MAX];
	struct perf_line l = { 0 };
	uint64_t addr = 0;
	bool is_line = split(line, len, &l), is_return = called && l.in_stack;
	int n;

	/* what was interrupted by the kernel is no call */
	called = s->return_addresses && is_line && l.in_stack && l.value < KERNEL;
	if (is_line && l.unknown)
		addr = address_of(s, &l);
	n = addr ? sym_frames(s, addr, is_return, fr) : 0;
	if (!n)
		return false;
	print_stack(s, &l, l.in_stack ? fr : &fr[n - 1], l.in_stack ? n : 1, len);
	return true;
}
