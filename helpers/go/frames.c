/* SPDX-License-Identifier: GPL-2.0-only */
/* frames.c - address to frames: pc-value tables, files and lines, inlined calls */
#include "go/gofile.h"

#include "go/format.h"

/*
 * The value of a pc-value table at addr (runtime/symtab.go, pcvalue): pairs of
 * a zig-zag delta of the value and a delta of the pc, until a zero delta that
 * is not the first.  -1 where there is none.
 */
static int32_t pc_value(const struct go_file *g, uint32_t off, uint64_t entry, uint64_t addr)
{
	struct span t = g->pctab;
	uint64_t at = off, pc = entry;
	int32_t value = -1;

	if (!off)
		return -1;
	for (bool first = true; !t.bad; first = false) {
		uint32_t u = span_uvarint32(&t, &at);

		if (!u && !first)
			return -1;
		value += (int32_t)(u >> 1 ^ -(u & 1));
		pc += (uint64_t)span_uvarint32(&t, &at) * g->quantum;
		if (addr < pc)
			return t.bad ? -1 : value;
	}
	return -1;
}

uint64_t go_func_size(const struct go_file *g, const struct go_func *f)
{
	struct span funcs = g->funcs, t = g->pctab;
	uint64_t at = span_u32(&funcs, (uint64_t)f->info + FUNC_PCFILE), size = 0;
	/* every table of a function covers the whole of it; this is the shortest */
	bool some = at;

	for (bool first = true; some && !t.bad; first = false) {
		if (!span_uvarint32(&t, &at) && !first)
			break;
		size += (uint64_t)span_uvarint32(&t, &at) * g->quantum;
	}
	return t.bad || !size || size > f->end - f->entry ? f->end - f->entry : size;
}

static const char *file_name(const struct go_file *g, const struct go_func *f, uint64_t addr)
{
	struct span funcs = g->funcs, cu = g->cutab, files = g->filetab;
	uint32_t base = span_u32(&funcs, (uint64_t)f->info + FUNC_CU);
	int32_t no = pc_value(g, span_u32(&funcs, (uint64_t)f->info + FUNC_PCFILE), f->entry, addr);
	uint32_t off;

	if (no < 0 || funcs.bad)
		return NULL;
	off = span_u32(&cu, 4 * ((uint64_t)base + no));
	if (cu.bad || off == UINT32_MAX)
		return NULL;
	return files.bad ? NULL : span_str(&files, off);
}

/* The inline tree of f, one inlinedCall after the other; empty when there is none. */
static struct span inline_tree(const struct go_file *g, const struct go_func *f)
{
	struct span funcs = g->funcs, gofunc = g->gofunc_bytes;
	uint32_t npcdata = span_u32(&funcs, (uint64_t)f->info + FUNC_NPCDATA);
	uint64_t funcdata = f->info + g->format->func_size + 4ull * npcdata;
	uint32_t off;

	if (span_u8(&funcs, (uint64_t)f->info + g->format->nfuncdata) <= FUNCDATA_INL_TREE)
		return (struct span){ 0 };
	off = span_u32(&funcs, funcdata + 4 * FUNCDATA_INL_TREE);
	return funcs.bad || off == UINT32_MAX ? (struct span){ 0 } : span_from(&gofunc, off);
}

static int32_t inline_index(const struct go_file *g, const struct go_func *f, uint64_t addr)
{
	struct span funcs = g->funcs;

	if (span_u32(&funcs, (uint64_t)f->info + FUNC_NPCDATA) <= PCDATA_INL_TREE_INDEX)
		return -1;
	return pc_value(g, span_u32(&funcs, (uint64_t)f->info + g->format->func_size +
					    4 * PCDATA_INL_TREE_INDEX), f->entry, addr);
}

static void position(const struct go_file *g, const struct go_func *f, uint64_t addr,
		     struct go_frame *fr)
{
	struct span funcs = g->funcs;
	int32_t line = pc_value(g, span_u32(&funcs, (uint64_t)f->info + FUNC_PCLN), f->entry, addr);

	fr->line = line > 0 ? line : 0;
	fr->file = file_name(g, f, addr);
}

int go_frames_at(const struct go_file *g, uint64_t addr, struct go_frame *out, int max)
{
	const struct go_format *fmt = g->format;
	struct go_func f;
	struct span tree;
	int n = 0;

	if (max < 1 || !go_func_at(g, addr, &f))
		return 0;
	tree = inline_tree(g, &f);
	for (; tree.len && n < max - 1; n++) {
		int32_t index = inline_index(g, &f, addr);
		uint64_t call = (uint64_t)index * fmt->call_size;
		struct span names = g->funcnames;
		uint64_t parent;

		if (index < 0)
			break;
		out[n] = (struct go_frame){
			.func = span_str(&names, span_u32(&tree, call + fmt->call_name)),
			.inlined = true,
			.wrapper = span_u8(&tree, call + fmt->call_func_id) == fmt->wrapper,
		};
		if (fmt->call_start_line)
			out[n].start_line = span_u32(&tree, call + fmt->call_start_line);
		position(g, &f, addr, &out[n]);
		parent = f.entry + span_u32(&tree, call + fmt->call_parent_pc);
		/* parents come before their calls' bodies or the tree is broken; `max' ends cycles */
		if (tree.bad || names.bad || parent >= f.end)
			break;
		addr = parent;
	}
	out[n] = (struct go_frame){
		.func = f.name,
		.start_line = f.start_line,
		.wrapper = f.func_id == fmt->wrapper,
	};
	position(g, &f, addr, &out[n]);
	return n + 1;
}
