/* SPDX-License-Identifier: GPL-2.0-only */
/* frames.c - address to frames: pc-value tables, files and lines, inlined calls */
#include "go/gofile.h"

#include "go/format.h"

/* As span_uvarint32(), on bare pointers: *p moves behind the value, to NULL when it doesn't end. */
static inline uint32_t uvarint(const uint8_t **p, const uint8_t *end)
{
	const uint8_t *q = *p;
	uint32_t v = 0;

	if (q < end && *q < 0x80) {
		*p = q + 1;
		return *q;
	}
	for (unsigned shift = 0; shift < 35 && q < end; shift += 7) {
		v |= (uint32_t)(*q & 0x7f) << shift;
		if (!(*q++ & 0x80)) {
			*p = q;
			return v;
		}
	}
	*p = NULL;
	return 0;
}

/*
 * The value of a pc-value table at addr (runtime/symtab.go, pcvalue): pairs of
 * a zig-zag delta of the value and a delta of the pc, until a zero delta that
 * is not the first.  -1 where there is none.
 */
static int32_t pc_value(const struct go_file *g, uint32_t off, uint64_t entry, uint64_t addr)
{
	const uint8_t *p = g->pctab.p + off, *end = g->pctab.p + g->pctab.len;
	uint64_t pc = 0, want = addr - entry;
	uint32_t value = UINT32_MAX;

	if (!off || off >= g->pctab.len)
		return -1;
	for (bool first = true;; first = false) {
		uint32_t u = uvarint(&p, end);

		if (!p || (!u && !first))
			return -1;
		value += u >> 1 ^ -(u & 1);
		pc += (uint64_t)uvarint(&p, end) * g->quantum;
		if (!p)
			return -1;
		if (want < pc)
			return (int32_t)value;
	}
}

static uint32_t func_u32(const struct go_file *g, const struct go_func *f, uint64_t field)
{
	struct span infos = g->funcs;

	return span_u32(&infos, f->info + field);
}

uint64_t go_func_size(const struct go_file *g, const struct go_func *f)
{
	/* every table of a function covers the whole of it; this is the shortest */
	uint32_t off = func_u32(g, f, g->table->func_pcfile);
	const uint8_t *p = g->pctab.p + off, *end = g->pctab.p + g->pctab.len;
	uint64_t size = 0, most = f->end - f->entry;

	if (!off || off >= g->pctab.len)
		return most;
	for (bool first = true; p && size <= most; first = false) {
		if (!uvarint(&p, end) && !first)
			break;
		if (p)
			size += (uint64_t)uvarint(&p, end) * g->quantum;
	}
	return !p || !size || size > most ? most : size;
}

/* Since 1.16 a file's number counts in the files of its compilation unit. */
static const char *file_by_number(const struct go_file *g, const struct go_func *f, int32_t no)
{
	struct span cu = g->cutab, files = g->filetab, names = g->filetab;
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
		names = g->pclntab;
	}
	if (cu.bad || files.bad || off == UINT32_MAX)
		return NULL;
	name = span_str(&names, off);
	return names.bad ? NULL : name;
}

static void position(const struct go_file *g, const struct go_func *f, uint64_t addr,
		     struct go_frame *fr)
{
	int32_t line = pc_value(g, func_u32(g, f, g->table->func_pcln), f->entry, addr);

	fr->line = line > 0 ? line : 0;
	fr->file = file_by_number(g, f, pc_value(g, func_u32(g, f, g->table->func_pcfile),
						 f->entry, addr));
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

	if (v < 0)
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
		.func = span_str(&names, span_u32(tree, call + fmt->call_name)),
		.inlined = true,
	};
	if (fmt->wrapper != 255)
		ret->wrapper = span_u8(tree, call + fmt->call_func_id) == fmt->wrapper;
	if (fmt->call_start_line)
		ret->start_line = span_u32(tree, call + fmt->call_start_line);
	return !tree->bad && !names.bad;
}

/*
 * Go 1.9 to 1.11: an inlinedCall has the position of the call itself and the number of
 * the call that it is in.  n frames are there when this is called, the newest with a name.
 */
static int frames_by_parent(const struct go_file *g, const struct go_func *f, struct span *tree,
			    uint64_t addr, struct go_frame *out, int max)
{
	int32_t index = inline_index(g, f, addr);
	struct go_frame at = { 0 };
	int n = 0;

	position(g, f, addr, &at);
	while (index >= 0 && n < max - 1) {
		uint64_t call = (uint64_t)index * g->format->call_size;

		if (!inlined_call(g, tree, call, &out[n]))
			break;
		out[n].file = at.file;
		out[n++].line = at.line;
		at.file = file_by_number(g, f, (int32_t)span_u32(tree, call + CALL_FILE));
		at.line = span_u32(tree, call + CALL_LINE);
		index = (int32_t)span_u32(tree, call + CALL_PARENT);
	}
	out[n] = physical(g, f);
	out[n].file = at.file;
	out[n].line = at.line;
	return n + 1;
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
	if (tree.len && !fmt->call_parent_pc)
		return frames_by_parent(g, &f, &tree, addr, out, max);
	for (; tree.len && n < max - 1; n++) {
		int32_t index = inline_index(g, &f, addr);
		uint64_t call = (uint64_t)index * fmt->call_size;
		uint64_t parent;

		if (index < 0 || !inlined_call(g, &tree, call, &out[n]))
			break;
		position(g, &f, addr, &out[n]);
		parent = f.entry + span_u32(&tree, call + fmt->call_parent_pc);
		/* parents come before their calls' bodies or the tree is broken; `max' ends cycles */
		if (tree.bad || parent >= f.end)
			break;
		addr = parent;
	}
	go_position(g, &f, addr, &out[n]);
	return n + 1;
}
