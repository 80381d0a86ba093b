/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_perf_script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/err.h"
#include "stack/perf_reader.h"

/*
 * Most stacks were met before, byte for byte.  So a sample's lines are hashed as a whole
 * and what they were is looked up; if that fails, those but the first, as samples of one
 * function have different addresses in it; only then line by line, and a line is looked
 * up, too.
 */
enum {
	BLOCKS = 1 << 17,	/* stacks that are remembered */
	FRAMES = 1 << 16,	/* lines that are remembered */
	BLOCK_MAX = 256 << 10,	/* a longer stack is read line by line */
	NO_FRAME = 0xffffffff,
	TAIL = 0x746c00,	/* tells stacks without their first line from whole ones */
};

/* A sample as it stands in the buffer. */
struct block {
	struct text header;
	struct text frames;	/* without the last newline */
	size_t len;		/* with the empty line */
};

/* The first of two newlines that follow each other; NULL: there are none. */
static const char *find_empty_line(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i nl = _mm_set1_epi8('\n');

	/* each step looks one byte further than it moves on */
	for (; end - p > 64; p += 63) {
		uint64_t hits = 0;

		for (int i = 0; i < 4; i++) {
			__m128i v = _mm_loadu_si128((const __m128i *)(p + 16 * i));

			hits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, nl)) << (16 * i);
		}
		hits &= hits >> 1;
		if (hits)
			return p + __builtin_ctzll(hits);
	}
#endif
	for (; (p = memchr(p, '\n', end - p)) && p + 1 < end; p++)
		if (p[1] == '\n')
			return p;
	return NULL;
}

static struct perf_key key_of(struct text t, uint64_t context)
{
	return perf_key_in(perf_key_of(t.p, t.len), context);
}

/* How many lines there are; 0: not all of them are indented, so there may be another sample. */
static size_t count_indented(struct text t)
{
	const char *p = t.p, *end = t.p + t.len;
	size_t n = 0;

	for (; p; p = memchr(p, '\n', end - p), n++) {
		p += n > 0;
		if (p == end || !text_blank(*p))
			return 0;
	}
	return n;
}

int perf_push(struct perf_reader *x, uint32_t id)
{
	if (!ARRAY_ROOM(x->ids, x->nids, x->ids_cap))
		return -ENOMEM;
	x->ids[x->nids++] = id;
	return 0;
}

static void add_values(struct perf_reader *x, uint32_t sample)
{
	int64_t values[PROFILE_VALUES] = { 0 };

	values[x->value] = x->amount;
	if (x->samples_value >= 0)
		values[x->samples_value] = 1;
	profile_add_values(x->r->profile, sample, values);
	x->r->samples++;
}

/* Makes a sample of the frames gathered, or finds the one there is. */
static int find_sample(struct perf_reader *x, uint32_t *ret)
{
	static const int64_t none[PROFILE_VALUES];
	int err = x->way->push_root ? x->way->push_root(x) : 0;

	if (err)
		return err;
	return profile_add_labelled(x->r->profile, x->ids, x->nids, x->way->push_root ? 0 : x->root,
				    none, ret);
}

int perf_sample_end(struct perf_reader *x)
{
	uint32_t sample;
	int ret = find_sample(x, &sample);

	if (!ret)
		add_values(x, sample);
	x->open = false;
	x->nids = 0;
	return ret;
}

/*
 * What a caller's frame depends on besides its line and context: is its address one that
 * a call returns to?  The innermost one's is not, nor is the kernel's caller's.
 */
enum place { PLACE_CALLER, PLACE_LEAF, PLACE_BELOW_KERNEL, PLACE_INLINED_INTO };

static enum place place_of(const struct perf_reader *x)
{
	uint32_t flags;

	if (!x->nids)
		return PLACE_LEAF;
	flags = x->r->profile->frames[x->ids[x->nids - 1]].flags;
	if ((flags & FRAME_INLINED) && !(flags & FRAME_RETURN))
		return PLACE_INLINED_INTO;
	return flags & FRAME_KERNEL ? PLACE_BELOW_KERNEL : PLACE_CALLER;
}

bool perf_is_return(const struct perf_reader *x, bool kernel)
{
	enum place place = place_of(x);

	return place == PLACE_CALLER || (place == PLACE_BELOW_KERNEL && kernel);
}

int perf_frame_line(struct perf_reader *x, struct text line)
{
	struct perf_key key = perf_key_in(key_of(line, x->context), place_of(x));
	const struct perf_slot *slot = perf_cache_find(&x->frames, key);
	size_t n = x->nids;
	int ret;

	if (slot)
		return slot->id == NO_FRAME || !perf_push(x, slot->id) ? PERF_FRAME : -ENOMEM;
	ret = x->way->frame(x, line);
	if (ret == PERF_FRAME && x->nids <= n + 1)
		perf_cache_put(&x->frames, key, x->nids > n ? x->ids[n] : NO_FRAME, 0);
	return ret;
}

/* PERF_FRAME when all of the lines are frames'. */
static int frame_lines(struct perf_reader *x, struct text t)
{
	const char *p = t.p, *end = t.p + t.len;
	int ret = PERF_FRAME;

	while (ret == PERF_FRAME && p < end) {
		const char *nl = memchr(p, '\n', end - p);

		if (!nl)
			nl = end;
		/* what is not indented may be anything: a line that begins a sample, too */
		ret = text_blank(*p) ? perf_frame_line(x, text_of(p, nl)) : PERF_OTHER;
		p = nl + 1;
	}
	return ret;
}

/*
 * The stack's lines but the first one, if they were met before: pushes their frames, and
 * those of the root with them.  1, 0 or -errno.
 */
static int known_tail(struct perf_reader *x, struct perf_key key)
{
	const struct perf_slot *slot = perf_cache_find(&x->blocks, key);
	const struct profile *p = x->r->profile;
	const struct sample *s;

	if (!slot)
		return 0;
	s = &p->samples[slot->id];
	for (uint32_t i = slot->extra; i < s->n; i++)
		if (perf_push(x, p->stack_frames[s->first + i]))
			return -ENOMEM;
	return 1;
}

/* A stack that was not met before: gathers its frames.  PERF_FRAME, PERF_OTHER, or -errno. */
static int new_stack(struct perf_reader *x, const struct block *b, uint32_t *ret)
{
	const char *nl = memchr(b->frames.p, '\n', b->frames.len), *end = b->frames.p + b->frames.len;
	struct text first = text_of(b->frames.p, nl ? nl : end), rest = text_of(nl ? nl + 1 : end, end);
	struct perf_key tail = { 0, 0 };
	size_t leaf;
	int err, known = 0;

	x->nids = 0;
	err = frame_lines(x, first);
	leaf = x->nids;
	if (err == PERF_FRAME && rest.len) {
		tail = perf_key_in(key_of(rest, x->context),
				   ((uint64_t)TAIL + place_of(x)) << 32 | x->root);
		known = known_tail(x, tail);
		err = known < 0 ? known : known ? PERF_FRAME : frame_lines(x, rest);
	}
	if (err != PERF_FRAME)
		return err;
	if (known)
		err = profile_add_labelled(x->r->profile, x->ids, x->nids,
					   x->way->push_root ? 0 : x->root,
					   (int64_t[PROFILE_VALUES]){ 0 }, ret);
	else
		err = find_sample(x, ret);
	if (!err && !known && rest.len && x->nids <= STACK_DEPTH)
		perf_cache_put(&x->blocks, tail, *ret, leaf);
	return err ? err : PERF_FRAME;
}

/* A sample whose first line was understood. */
static int add_block(struct perf_reader *x, const struct block *b)
{
	struct perf_key key = perf_key_in(key_of(b->frames, x->context), x->root);
	const struct perf_slot *slot = perf_cache_find(&x->blocks, key);
	uint32_t sample, lines;
	int ret;

	if (slot) {
		add_values(x, slot->id);
		return slot->extra;
	}
	ret = new_stack(x, b, &sample);
	x->nids = 0;
	if (ret != PERF_FRAME)
		return ret;
	lines = count_indented(b->frames);
	perf_cache_put(&x->blocks, key, sample, lines);
	add_values(x, sample);
	return lines;
}

/* Is what comes next a line with indented ones under it, and an empty line behind? 1, 0 or -errno */
static int find_block(struct perf_reader *x, struct block *b)
{
	struct lines *l = x->r->lines;
	const char *p, *nl, *stop, *end;
	size_t n;

	for (;;) {
		p = l->data + l->start;
		n = l->end - l->start;
		end = p + n;
		nl = n ? memchr(p, '\n', n) : NULL;
		if (nl && (nl == p || *p == '#' || text_blank(*p)))
			return 0;
		if (nl && nl + 1 < end && (!text_blank(nl[1]) || l->bytes - n < x->scanned))
			return 0;
		stop = nl && nl + 1 < end ? find_empty_line(nl + 1, end) : NULL;
		if (stop)
			break;
		if (l->eof || n >= BLOCK_MAX) {
			x->scanned = l->bytes;
			return 0;
		}
		if (lines_peek(l, n + 1, &p, &n))
			return -EIO;
	}
	*b = (struct block){ text_of(p, nl), text_of(nl + 1, stop), stop + 2 - p };
	return b->header.p[b->header.len - 1] != '\r' && !memchr(p, '\0', b->len);
}

/* A usual sample.  1, 0 when what comes next is none, or -errno. */
static int read_block(struct perf_reader *x)
{
	struct lines *l = x->r->lines;
	struct block b;
	int ret = find_block(x, &b), lines = 0;

	if (ret <= 0)
		return ret;
	l->number++;
	ret = x->way->header(x, b.header);
	if (ret == PERF_LEFT_OUT)
		lines = count_indented(b.frames);
	else if (ret == PERF_SAMPLE)
		lines = add_block(x, &b);
	if (ret < 0 || lines <= 0) {
		l->number--;
		return ret < 0 ? ret : lines;
	}
	x->left_out += ret == PERF_LEFT_OUT;
	l->number += lines + 1;
	l->start += b.len;
	return 1;
}

static int read_line(struct perf_reader *x)
{
	size_t len;
	char *line;
	int ret = lines_next(x->r->lines, &line, &len);

	if (ret <= 0)
		return ret;
	ret = x->way->line(x, text_of(line, line + len));
	return ret ? ret : 1;
}

int perf_script_read(struct reading *r)
{
	struct perf_reader x = {
		.r = r, .way = r->classic ? &perf_classic_way : &perf_own_way, .samples_value = -1,
	};
	int ret = -ENOMEM;

	if (perf_cache_init(&x.blocks, BLOCKS) && perf_cache_init(&x.frames, FRAMES))
		ret = x.way->begin(&x);
	if (!ret)
		ret = 1;
	while (ret > 0) {
		ret = x.open ? 0 : read_block(&x);
		if (!ret)
			ret = read_line(&x);
	}
	ret = x.way->end(&x, ret);
	perf_cache_free(&x.blocks);
	perf_cache_free(&x.frames);
	free(x.ids);
	return ret;
}

/* "	ffffffff8103ce3b native_safe_halt ([kernel.kallsyms])" */
static bool like_frame(struct text line)
{
	struct perf_frame f;

	return line.len && *line.p == '\t' && perf_frame(line, &f) && f.sym.p != line.p + line.len;
}

static bool like_header(struct text line)
{
	struct perf_header h;

	return line.len && perf_header(line, &h) && h.has_time && (h.event.p || h.rest.len > 20);
}

bool perf_script_match(const char *head, size_t len)
{
	for (const char *at = head, *end = head + len; at < end;) {
		const char *nl = memchr(at, '\n', end - at);
		struct text line = text_of(at, nl ? nl : end);

		if (like_frame(line) || like_header(line))
			return true;
		at = nl ? nl + 1 : end;
	}
	return false;
}
