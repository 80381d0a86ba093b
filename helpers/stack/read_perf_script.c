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
	FEW = 1 << 10,		/* of either, of a small input */
	SMALL = 128 << 10,	/* bytes that such an input has at most */
	BLOCK_MAX = 256 << 10,	/* a longer stack is read line by line */
	NO_FRAME = 0xffffffff,
	TAIL = 0x746c00,	/* tells stacks without their first line from whole ones */
	BATCH = 16,		/* lines whose places in the cache are fetched together */
};

/* A sample as it stands in the buffer; x->ends has the ends of the stack's lines. */
struct block {
	struct text header;
	struct text frames;	/* without the last newline */
	size_t len;		/* with the empty line */
};

/* Which of 64 bytes are newlines, and which are NUL or '\r'? */
static uint64_t newlines(const char *p, uint64_t *ret_odd)
{
	uint64_t m = 0, odd = 0;

#ifdef __SSE2__
	const __m128i nl = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r'), nul = _mm_setzero_si128();

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(p + 16 * i));
		__m128i o = _mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, nul));

		m |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, nl)) << (16 * i);
		odd |= (uint64_t)(unsigned)_mm_movemask_epi8(o) << (16 * i);
	}
#else
	for (int i = 0; i < 64; i++) {
		m |= (uint64_t)(p[i] == '\n') << i;
		odd |= (uint64_t)(p[i] == '\r' || !p[i]) << i;
	}
#endif
	*ret_odd = odd;
	return m;
}

/*
 * The first of two newlines that follow each other, with the ends of the lines up to it in
 * x->ends.  1, 0: there are none, 2: but there are bytes before it that text should not have;
 * or -ENOMEM.
 */
static int find_empty_line(struct perf_reader *x, const char *start, const char *end, const char **ret)
{
	uint64_t before = 0;
	bool any_odd = false;

	x->nends = 0;
	for (const char *p = start; p < end; p += 64) {
		uint64_t m, pairs, odd;

		if (x->nends + 64 >= x->ends_cap && !ARRAY_ROOM(x->ends, x->nends + 64, x->ends_cap))
			return -ENOMEM;
		if (end - p >= 64) {
			m = newlines(p, &odd);
		} else {
			char rest[64];

			memset(rest, ' ', sizeof(rest));
			memcpy(rest, p, end - p);
			m = newlines(rest, &odd);
		}
		pairs = m & (m << 1 | before);
		before = m >> 63;
		if (pairs) {
			m &= (pairs & -pairs) - 1;
			odd &= (pairs & -pairs) - 1;
		}
		any_odd |= odd;
		for (; m; m &= m - 1)
			x->ends[x->nends++] = p - start + __builtin_ctzll(m);
		if (pairs) {
			*ret = p + __builtin_ctzll(pairs) - 1;
			return any_odd ? 2 : 1;
		}
	}
	return 0;
}

static struct text line_of(const struct perf_reader *x, const struct block *b, size_t i)
{
	const char *p = b->frames.p;

	return text_of(i ? p + x->ends[i - 1] + 1 : p, p + x->ends[i]);
}

/* Are all lines indented?  Else there may be another sample among them. */
static bool all_indented(const struct perf_reader *x, const struct block *b)
{
	for (size_t i = 0; i < x->nends; i++)
		if (!text_blank(*line_of(x, b, i).p))
			return false;
	return true;
}

int perf_push(struct perf_reader *x, uint32_t id)
{
	if (x->nids == x->ids_cap && !ARRAY_ROOM(x->ids, x->nids, x->ids_cap))
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

/* The sample of the frames gathered; rooted: with those of the root. */
static int find_sample(struct perf_reader *x, bool rooted, uint32_t *ret)
{
	static const int64_t none[PROFILE_VALUES];
	int err = x->way->push_root && !rooted ? x->way->push_root(x) : 0;

	if (err)
		return err;
	return profile_add_labelled(x->r->profile, x->ids, x->nids, x->way->push_root ? 0 : x->root,
				    none, ret);
}

int perf_sample_end(struct perf_reader *x)
{
	uint32_t sample;
	int ret = find_sample(x, false, &sample);

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

/* A line that has this key but for its place; as frame(). */
static int keyed_line(struct perf_reader *x, struct text line, struct perf_key key)
{
	uint64_t at = key.lo;
	const struct perf_slot *slot;
	size_t n = x->nids;
	int ret;

	key = perf_key_in(key, place_of(x));
	slot = perf_cache_find(&x->frames, at, key);
	if (slot)
		return slot->id == NO_FRAME || !perf_push(x, slot->id) ? PERF_FRAME : -ENOMEM;
	ret = x->way->frame(x, line);
	if (ret == PERF_FRAME && x->nids <= n + 1)
		perf_cache_put(&x->frames, at, key, x->nids > n ? x->ids[n] : NO_FRAME);
	return ret;
}

static struct perf_key key_of(const struct perf_reader *x, struct text t)
{
	return perf_key_in(perf_key_of(t.p, t.len), x->context);
}

int perf_frame_line(struct perf_reader *x, struct text line)
{
	return keyed_line(x, line, key_of(x, line));
}

/* Lines from i on. PERF_FRAME when all of them are frames'. */
static int frame_lines(struct perf_reader *x, const struct block *b, size_t i)
{
	struct perf_key keys[BATCH];
	int ret = PERF_FRAME;

	for (size_t n; ret == PERF_FRAME && i < x->nends; i += n) {
		for (n = 0; n < BATCH && i + n < x->nends; n++) {
			struct text line = line_of(x, b, i + n);

			if (!text_blank(*line.p))
				return PERF_OTHER;
			keys[n] = key_of(x, line);
			perf_cache_fetch(&x->frames, keys[n].lo);
		}
		for (size_t k = 0; ret == PERF_FRAME && k < n; k++)
			ret = keyed_line(x, line_of(x, b, i + k), keys[k]);
	}
	return ret;
}

/*
 * The frames of a stack whose lines but the first were met before behind another single
 * frame: pushes them, and those of the root with them.  1, 0 or -ENOMEM.
 */
static int known_tail(struct perf_reader *x, struct perf_key key)
{
	const struct perf_slot *slot = perf_cache_find(&x->blocks, key.lo, key);
	const struct profile *p = x->r->profile;
	const struct sample *s;

	if (!slot)
		return 0;
	s = &p->samples[slot->id];
	if (!ARRAY_ROOM(x->ids, x->nids + s->n, x->ids_cap))
		return -ENOMEM;
	memcpy(x->ids + x->nids, p->stack_frames + s->first + 1, (s->n - 1) * sizeof(*x->ids));
	x->nids += s->n - 1;
	return 1;
}

/* What a stack is known by. */
struct block_keys {
	struct perf_key all, tail;
	bool has_tail;
};

/* A stack that was not met before, its first frame pushed: its sample.  As frame(). */
static int new_stack(struct perf_reader *x, const struct block *b, const struct block_keys *keys,
		     uint32_t *ret)
{
	int known = keys->has_tail ? known_tail(x, keys->tail) : 0;
	int err = known < 0 ? known : known ? PERF_FRAME : frame_lines(x, b, 1);

	if (err != PERF_FRAME)
		return err;
	err = find_sample(x, known, ret);
	if (err)
		return err;
	if (keys->has_tail && !known && x->nids <= STACK_DEPTH)
		perf_cache_put(&x->blocks, keys->tail.lo, keys->tail, *ret);
	perf_cache_put(&x->blocks, keys->all.lo, keys->all, *ret);
	return PERF_FRAME;
}

/*
 * The keys, and the first frame pushed; that is for the tail, but most of all the memory
 * behind the keys gets time to come.  As frame().
 */
static int first_frame(struct perf_reader *x, const struct block *b, struct block_keys *ret)
{
	const char *end = b->frames.p + b->frames.len, *rest = b->frames.p + x->ends[0];
	struct perf_key first = key_of(x, text_of(b->frames.p, rest)), others;
	int err;

	if (!text_blank(*b->frames.p))
		return PERF_OTHER;
	perf_cache_fetch(&x->frames, first.lo);
	others = key_of(x, text_of(rest, end));
	ret->all = perf_key_in(perf_key_join(first, others), x->root);
	perf_cache_fetch(&x->blocks, ret->all.lo);
	err = keyed_line(x, line_of(x, b, 0), first);
	if (err != PERF_FRAME)
		return err;
	ret->has_tail = x->nids == 1 && x->nends > 1;
	ret->tail = perf_key_in(others, ((uint64_t)TAIL + place_of(x)) << 32 | x->root);
	perf_cache_fetch(&x->blocks, ret->tail.lo);
	return PERF_FRAME;
}

/* A sample whose first line was understood. As frame(). */
static int add_block(struct perf_reader *x, const struct block *b)
{
	const struct perf_slot *slot;
	struct block_keys keys;
	uint32_t sample;
	int ret;

	x->nids = 0;
	ret = first_frame(x, b, &keys);
	if (ret == PERF_FRAME) {
		slot = perf_cache_find(&x->blocks, keys.all.lo, keys.all);
		if (slot)
			sample = slot->id;
		else
			ret = new_stack(x, b, &keys, &sample);
	}
	x->nids = 0;
	if (ret == PERF_FRAME)
		add_values(x, sample);
	return ret;
}

/* Is what comes next a line with indented ones under it, and an empty line behind? 1, 0 or -errno */
static int find_block(struct perf_reader *x, struct block *b)
{
	struct lines *l = x->r->lines;
	const char *p, *nl, *stop = NULL, *end;
	size_t n;
	int ret;

	for (;;) {
		p = l->data + l->start;
		n = l->end - l->start;
		end = p + n;
		nl = n ? memchr(p, '\n', n) : NULL;
		if (nl && (nl == p || *p == '#' || text_blank(*p)))
			return 0;
		if (nl && nl + 1 < end && (!text_blank(nl[1]) || l->bytes - n < x->scanned))
			return 0;
		ret = nl && nl + 1 < end ? find_empty_line(x, nl + 1, end, &stop) : 0;
		if (ret)
			break;
		if (l->eof || n >= BLOCK_MAX) {
			x->scanned = l->bytes;
			return 0;
		}
		if (lines_peek(l, n + 1, &p, &n))
			return -EIO;
	}
	if (ret < 0)
		return ret;
	*b = (struct block){ text_of(p, nl), text_of(nl + 1, stop), stop + 2 - p };
	return ret == 1 && nl[-1] != '\r' && !memchr(p, '\0', b->header.len);
}

/* A usual sample.  1, 0 when what comes next is none, or -errno. */
static int read_block(struct perf_reader *x)
{
	struct lines *l = x->r->lines;
	struct block b;
	int ret = find_block(x, &b), line;

	if (ret <= 0)
		return ret;
	l->number++;
	line = x->way->header(x, b.header);
	ret = line;
	if (line == PERF_LEFT_OUT)
		ret = all_indented(x, &b) ? PERF_FRAME : PERF_OTHER;
	else if (line == PERF_SAMPLE)
		ret = add_block(x, &b);
	if (ret != PERF_FRAME) {
		l->number--;
		return ret < 0 ? ret : 0;
	}
	x->left_out += line == PERF_LEFT_OUT;
	l->number += x->nends + 1;
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
	const char *head;
	size_t len;
	int ret = lines_peek(r->lines, SMALL, &head, &len);

	if (ret)
		return ret;
	if (!perf_cache_init(&x.blocks, len < SMALL ? FEW : BLOCKS) ||
	    !perf_cache_init(&x.frames, len < SMALL ? FEW : FRAMES))
		ret = -ENOMEM;
	if (!ret)
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
	free(x.ends);
	return ret;
}

/* "	ffffffff8103ce3b native_safe_halt ([kernel.kallsyms])" */
static bool like_frame(struct text line)
{
	struct text rest = text_trim(line);
	struct perf_frame f;

	return line.len && *line.p == '\t' && perf_frame(line, &f) && memchr(rest.p, ' ', rest.len);
}

/* Not with a blank and a number at its end: names in folded stacks may be anything. */
static bool like_header(struct text line)
{
	struct perf_header h;
	size_t n = line.len;

	while (n && text_digit(line.p[n - 1]))
		n--;
	if (n && n < line.len && text_blank(line.p[n - 1]))
		return false;
	return line.len && perf_header(line, &h) && h.has_time && (h.event.p || h.rest.len > 20);
}

bool perf_script_match(const char *head, size_t len)
{
	for (const char *at = head, *end = head + len; at < end;) {
		const char *nl = memchr(at, '\n', end - at);
		struct text line = text_of(at, nl ? nl : end);

		if (text_ends(line, "\r"))
			line.len--;
		if (like_frame(line) || like_header(line))
			return true;
		at = nl ? nl + 1 : end;
	}
	return false;
}
