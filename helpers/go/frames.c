/* SPDX-License-Identifier: GPL-2.0-only */
/* frames.c - address to frames: pc-value tables, files and lines, inlined calls */
#include "go/gofile.h"

#include "go/format.h"
#include "go/pcvalue.h"

/* Calls inlined into one another at a function's first instruction: there are one or two. */
enum { FRAMES_MAX = 16 };

static uint32_t func_u32(const struct go_file *g, const struct go_func *f, uint64_t field)
{
	struct span infos = g->funcs;

	return span_u32(&infos, f->info + field);
}

uint64_t go_func_size(const struct go_file *g, const struct go_func *f)
{
	/* every table of a function covers the whole of it; this is the shortest */
	uint64_t size = pc_extent(g, func_u32(g, f, g->table->func_pcfile), f->end - f->entry);

	return size ? size : f->end - f->entry;
}

/* Since 1.16 a file's number counts in the files of its compilation unit. */
static const char *file_by_number(const struct go_file *g, const struct go_func *f, int32_t no)
{
	struct span cu = g->cutab, files = g->filetab, names = g->filenames;
	const char *name;
	uint32_t off;

	if (no < 0)
		return NULL;
	if (g->table->func_cu) {
		uint32_t base = func_u32(g, f, g->table->func_cu);

		off = span_u32(&cu, 4 * ((uint64_t)base + no));
	} else {
		off = no ? span_u32(&files, 4 * (uint64_t)no) : UINT32_MAX;
		if ((uint32_t)no > span_u32(&files, 0))
			return NULL;
	}
	if (cu.bad || files.bad || off == UINT32_MAX)
		return NULL;
	name = span_text(&names, off);
	return names.bad ? NULL : name;
}

static void position(const struct go_file *g, const struct go_func *f, uint64_t addr,
		     struct go_frame *fr)
{
	uint32_t lines = func_u32(g, f, g->table->func_pcln);
	uint32_t files = func_u32(g, f, g->table->func_pcfile);
	int32_t line;

	pc_prefetch(g, files);
	line = pc_value(g, lines, f->entry, addr);
	fr->line = line > 0 ? line : 0;
	fr->file = file_by_number(g, f, pc_value(g, files, f->entry, addr));
}

static struct go_frame physical(const struct go_file *g, const struct go_func *f)
{
	return (struct go_frame){
		.func = f->name,
		.start_line = f->start_line,
		.wrapper = f->func_id == g->format->wrapper,
	};
}

void go_position(const struct go_file *g, const struct go_func *f, uint64_t addr,
		 struct go_frame *ret)
{
	*ret = physical(g, f);
	position(g, f, addr, ret);
}

bool go_pcsp(const struct go_file *g, const struct go_func *f, uint64_t addr, int32_t *ret)
{
	int32_t v = pc_value(g, func_u32(g, f, g->table->func_pcsp), f->entry, addr);

	if (v == -1)
		return false;
	*ret = v;
	return true;
}

/*
 * The inline tree of f, one inlinedCall after the other; empty when there is none.  Before
 * 1.18 funcdata[] are pointers, aligned as such, 0 for none; then offsets from gofunc, ~0 for none.
 */
static struct span inline_tree(const struct go_file *g, const struct go_func *f)
{
	struct span none = { 0 }, infos = g->funcs, gofunc = g->gofunc_bytes;
	const struct go_format *fmt = g->format;
	uint32_t npcdata = func_u32(g, f, g->table->func_npcdata);
	uint64_t funcdata = f->info + g->table->func_size + 4ull * npcdata;
	uint64_t to;

	if (!fmt->call_size || span_u8(&infos, f->info + fmt->nfuncdata) <= fmt->funcdata_inline ||
	    npcdata <= fmt->pcdata_inline)
		return none;
	if (g->table->entry == 8) {
		uint64_t at = g->pclntab_addr + (g->funcs.p - g->pclntab.p) + funcdata;

		to = span_u64(&infos, funcdata + (-at & 7) + 8ull * fmt->funcdata_inline);
		return infos.bad || !to ? none : elf_bytes_at(g->elf, to);
	}
	to = span_u32(&infos, funcdata + 4ull * fmt->funcdata_inline);
	return infos.bad || to == UINT32_MAX ? none : span_from(&gofunc, to);
}

/* Which entry of f's inline tree addr belongs to; -1: none. */
static int32_t inline_index(const struct go_file *g, const struct go_func *f, uint64_t addr)
{
	return pc_value(g, func_u32(g, f, g->table->func_size + 4ull * g->format->pcdata_inline),
			f->entry, addr);
}

/* What was inlined: its name and kind, not yet where. */
static bool inlined_call(const struct go_file *g, struct span *tree, uint64_t call,
			 struct go_frame *ret)
{
	const struct go_format *fmt = g->format;
	struct span names = g->funcnames;

	*ret = (struct go_frame){
		.func = span_text(&names, span_u32(tree, call + fmt->call_name)),
		.inlined = true,
	};
	if (fmt->wrapper != 255)
		ret->wrapper = span_u8(tree, call + fmt->call_func_id) == fmt->wrapper;
	if (fmt->call_start_line)
		ret->start_line = span_u32(tree, call + fmt->call_start_line);
	return !tree->bad && !names.bad;
}

/* The number of the call that this one is in, or -1; smaller than its own in every sound tree. */
static int32_t parent_call(const struct go_format *fmt, struct span *tree, uint64_t call)
{
	if (fmt->call_parent_size == 2)
		return (int16_t)span_uint(tree, call, 2);
	return (int32_t)span_u32(tree, call);
}

/* Before Go 1.20: an inlinedCall has the position of the call itself. */
static int frames_by_parent(const struct go_file *g, const struct go_func *f, struct span *tree,
			    uint64_t addr, struct go_frame *out, int max)
{
	int32_t index = inline_index(g, f, addr);
	struct go_frame at = { 0 };
	int n = 0;

	position(g, f, addr, &at);
	while (index >= 0 && n < max - 1) {
		uint64_t call = (uint64_t)index * g->format->call_size;
		int32_t parent = parent_call(g->format, tree, call);

		if (!inlined_call(g, tree, call, &out[n]))
			break;
		out[n].file = at.file;
		out[n++].line = at.line;
		at.file = file_by_number(g, f, (int32_t)span_u32(tree, call + CALL_FILE));
		at.line = span_u32(tree, call + CALL_LINE);
		if (parent >= index)
			break;
		index = parent;
	}
	out[n] = physical(g, f);
	out[n].file = at.file;
	out[n].line = at.line;
	return n + 1;
}

/*
 * Since Go 1.20: the position is that of the instruction parentPc.  Where the compiler
 * left no instruction of the caller's, parentPc is 0 and leads into inlined code again
 * (initialisers of packages that only store constants): the callers' positions are not known
 * then, and what is between this call and the function is left out.
 */
static int frames_by_pc(const struct go_file *g, const struct go_func *f, struct span *tree,
			uint64_t addr, struct go_frame *out, int max)
{
	int32_t index = inline_index(g, f, addr), next;
	int n = 0;

	for (; index >= 0 && n < max - 1; index = next) {
		uint64_t call = (uint64_t)index * g->format->call_size;
		uint32_t parent = span_u32(tree, call + g->format->call_parent_pc);

		if (!inlined_call(g, tree, call, &out[n]))
			break;
		position(g, f, addr, &out[n++]);
		addr = f->entry + parent;
		next = addr < f->end ? inline_index(g, f, addr) : index;
		if (next >= index || (!parent && next >= 0)) {
			out[n] = physical(g, f);
			return n + 1;
		}
	}
	go_position(g, f, addr, &out[n]);
	return n + 1;
}

int go_frames_at(const struct go_file *g, uint64_t addr, struct go_frame *out, int max)
{
	struct go_func f;
	struct span tree;

	if (max < 1 || !go_func_at(g, addr, &f))
		return 0;
	tree = inline_tree(g, &f);
	if (!tree.len) {
		go_position(g, &f, addr, out);
		return 1;
	}
	if (g->format->call_parent_pc)
		return frames_by_pc(g, &f, &tree, addr, out, max);
	return frames_by_parent(g, &f, &tree, addr, out, max);
}

struct go_frame go_func_begin(const struct go_file *g, const struct go_func *f)
{
	struct go_frame fr[FRAMES_MAX];
	int n = go_frames_at(g, f->entry, fr, FRAMES_MAX);

	if (!n)
		return physical(g, f);
	if (f->start_line)
		fr[n - 1].line = f->start_line;
	return fr[n - 1];
}

void go_remember(struct go_file *g, bool all)
{
	pc_marks_free(g);
	g->marks_fixed = false;
	if (all)
		pc_marks_fill(g);
	g->marks_fixed = true;
}
