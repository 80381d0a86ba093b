/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"

enum {
	SLICE_SINCE = 24,
	SET_TEXT_MAX = 64 << 10, TEXT_MAX = 256 << 20,
	/* of map[string]string: 8 cells, their hashes' top bytes first, then keys, values, the next bucket */
	CELLS = 8, KEYS_AT = 8, VALUES_AT = KEYS_AT + CELLS * 16, NEXT_AT = VALUES_AT + CELLS * 16,
	BUCKET = NEXT_AT + 8,
	TOP_MIN = 5,		/* less: the cell is empty, or has moved to the new buckets */
	B_MAX = 8,		/* 256 buckets */
	HMAP = 48, HMAP_FLAGS = 8, HMAP_B = 9, HMAP_BUCKETS = 16, HMAP_OLD = 24,
	SAME_SIZE = 8,		/* flag: it grew for its overflow buckets only */
};

/* A set while it is read. */
struct reading {
	struct mem *m;
	struct go_label_table *t;
	struct raw {
		uint64_t key, key_len, value, value_len;
	} v[GO_LABELS_MAX];
	size_t n;
};

static bool add_raw(struct reading *r, uint64_t key, uint64_t key_len, uint64_t value, uint64_t value_len)
{
	if (r->n == GO_LABELS_MAX || key_len > SET_TEXT_MAX || value_len > SET_TEXT_MAX)
		return false;
	r->v[r->n++] = (struct raw){ key, key_len, value, value_len };
	return true;
}

static bool read_slice(struct reading *r, uint64_t addr)
{
	uint64_t slice[2], list[GO_LABELS_MAX * 4];

	if (mem_read(r->m, addr, slice, sizeof(slice)) || slice[1] > GO_LABELS_MAX ||
	    mem_read(r->m, slice[0], list, slice[1] * 32))
		return false;
	for (size_t i = 0; i < slice[1]; i++)
		if (!add_raw(r, list[4 * i], list[4 * i + 1], list[4 * i + 2], list[4 * i + 3]))
			return false;
	return true;
}

static bool read_bucket(struct reading *r, const uint8_t *bytes)
{
	struct span b = { bytes, BUCKET, false };

	for (unsigned i = 0; i < CELLS; i++) {
		uint64_t key = KEYS_AT + 16 * i, value = VALUES_AT + 16 * i;

		if (bytes[i] >= TOP_MIN &&
		    !add_raw(r, span_u64(&b, key), span_u64(&b, key + 8), span_u64(&b, value),
			     span_u64(&b, value + 8)))
			return false;
	}
	return true;
}

static bool read_buckets(struct reading *r, uint64_t addr, unsigned log2, unsigned *left)
{
	for (uint64_t i = 0; i < 1u << log2; i++) {
		uint64_t at = addr + i * BUCKET;

		while (at) {
			uint8_t bytes[BUCKET];

			if (!(*left)-- || mem_read(r->m, at, bytes, sizeof(bytes)) ||
			    !read_bucket(r, bytes))
				return false;
			memcpy(&at, bytes + NEXT_AT, sizeof(at));
		}
	}
	return true;
}

static bool read_map(struct reading *r, uint64_t addr)
{
	unsigned left = 2 << B_MAX;
	uint8_t bytes[HMAP];
	struct span h = { bytes, sizeof(bytes), false };
	uint64_t map, old;
	unsigned b;

	if (mem_read(r->m, addr, &map, sizeof(map)))
		return false;
	if (!map)
		return true;
	if (mem_read(r->m, map, bytes, sizeof(bytes)))
		return false;
	b = span_u8(&h, HMAP_B);
	old = span_u64(&h, HMAP_OLD);
	if (b > B_MAX || span_u64(&h, 0) > GO_LABELS_MAX ||
	    (span_u64(&h, 0) && !read_buckets(r, span_u64(&h, HMAP_BUCKETS), b, &left)))
		return false;
	if (b && !(span_u8(&h, HMAP_FLAGS) & SAME_SIZE))
		b--;
	/* it was growing: some are still where they were */
	if (old && r->n < span_u64(&h, 0) && !read_buckets(r, old, b, &left))
		return false;
	return r->n == span_u64(&h, 0);
}

/* Copies a string behind the table's text; its offset. */
static bool add_text(struct reading *r, uint64_t addr, uint64_t len, uint32_t *ret)
{
	struct buf *text = &r->t->text;
	char *room = buf_room(text, len + 1);

	*ret = text->len;
	if (!room || (len && mem_read(r->m, addr, room, len)))
		return false;
	room[len] = '\0';
	text->len += len + 1;
	/* what is behind a NUL in it nobody could see */
	return !memchr(room, '\0', len);
}

static int by_key(const void *pa, const void *pb, void *ctx)
{
	const struct go_label *a = pa, *b = pb;
	const char *text = ctx;

	return strcmp(text + a->key, text + b->key);
}

/* What was read, at the table's end, its texts too; the same set may be there already. */
static int take(struct reading *r, bool *ok)
{
	struct go_label_table *t = r->t;
	uint64_t len = 0;

	for (size_t i = 0; i < r->n; i++)
		len += r->v[i].key_len + r->v[i].value_len + 2;
	*ok = len <= SET_TEXT_MAX && t->text.len + len <= TEXT_MAX;
	if (!*ok)
		return 0;
	if (!ARRAY_ROOM(t->v, t->nv + r->n, t->v_cap))
		return -ENOMEM;
	for (size_t i = 0; *ok && i < r->n; i++) {
		struct go_label *label = &t->v[t->nv + i];

		*ok = add_text(r, r->v[i].key, r->v[i].key_len, &label->key) &&
		      add_text(r, r->v[i].value, r->v[i].value_len, &label->value);
	}
	if (t->text.failed)
		return -ENOMEM;
	if (*ok && r->n)
		qsort_r(t->v + t->nv, r->n, sizeof(*t->v), by_key, t->text.data);
	return 0;
}

static bool same_labels(const struct go_label_table *t, const struct go_label_set *s,
			const struct go_label *v, size_t n)
{
	const char *text = t->text.data;

	if (s->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(text + t->v[s->first + i].key, text + v[i].key) != 0 ||
		    strcmp(text + t->v[s->first + i].value, text + v[i].value) != 0)
			return false;
	return true;
}

/* The number of the set whose labels stand at the table's end; *fresh: it wasn't there. */
static int intern(struct go_label_table *t, size_t n, uint32_t *ret, bool *fresh)
{
	const struct go_label *v = t->v ? t->v + t->nv : NULL;
	uint64_t hash = n;
	size_t at;

	for (size_t i = 0; i < n; i++) {
		const char *key = t->text.data + v[i].key, *value = t->text.data + v[i].value;

		hash = hash_mix(hash, hash_bytes(key, strlen(key)));
		hash = hash_mix(hash, hash_bytes(value, strlen(value)));
	}
	hash ^= hash >> 32;
	at = idmap_at(&t->by_content, hash);
	*fresh = false;
	while (idmap_next(&t->by_content, hash, &at, ret))
		if (same_labels(t, &t->sets[*ret], v, n))
			return 0;
	if (!ARRAY_ROOM(t->sets, t->nsets, t->sets_cap) || !idmap_add(&t->by_content, hash, t->nsets))
		return -ENOMEM;
	*ret = t->nsets;
	t->sets[t->nsets++] = (struct go_label_set){ t->nv, n };
	t->nv += n;
	*fresh = true;
	return 0;
}

int go_labels_read(struct go_label_table *t, struct mem *m, unsigned minor, uint64_t addr,
		   uint32_t *ret)
{
	struct reading r = { .m = m, .t = t };
	bool ok = true, fresh = false;
	size_t text_before;
	int err = 0;

	*ret = 0;
	if (!t->nsets) {
		err = intern(t, 0, ret, &fresh);
		if (err)
			return err;
	}
	if (!addr)
		return 0;
	text_before = t->text.len;
	ok = minor >= SLICE_SINCE ? read_slice(&r, addr) : read_map(&r, addr);
	if (ok)
		err = take(&r, &ok);
	fresh = false;
	if (!err && ok)
		err = intern(t, r.n, ret, &fresh);
	if (!ok)
		*ret = GO_LABELS_UNKNOWN;
	if (!fresh)
		t->text.len = text_before;
	return err;
}

const char *go_labels_value(const struct go_label_table *t, uint32_t set, const char *key)
{
	if (set >= t->nsets)
		return NULL;
	for (uint32_t i = 0; i < t->sets[set].n; i++) {
		const struct go_label *label = &t->v[t->sets[set].first + i];

		if (!strcmp(t->text.data + label->key, key))
			return t->text.data + label->value;
	}
	return NULL;
}

void go_labels_free(struct go_label_table *t)
{
	free(t->sets);
	free(t->v);
	buf_free(&t->text);
	free(t->by_content.slots);
	*t = (struct go_label_table){ 0 };
}
