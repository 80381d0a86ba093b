/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/pprof_tables.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

enum { CHUNK = 64 << 10 };

void pprof_tables_free(struct pprof_tables *t)
{
	struct pieces *lists[] = { &t->types, &t->samples, &t->mappings, &t->locations,
				   &t->functions, &t->strings, &t->period_type };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		free(lists[i]->v);
		free(lists[i]->ids);
		free(lists[i]->by_id.slots);
	}
	free(t->comments);
	buf_free(&t->raw);
}

struct pb piece_fields(const struct pprof_tables *t, struct piece p)
{
	struct span raw = { .p = (const uint8_t *)t->raw.data, .len = t->raw.len };

	return (struct pb){ .s = span_sub(&raw, p.at, p.len) };
}

struct piece piece_of(const struct pprof_tables *t, const struct pb *field)
{
	struct piece p = { .len = field->bytes.len };

	/* an empty one may have no place of its own */
	p.at = p.len ? field->bytes.p - (const uint8_t *)t->raw.data : 0;
	return p;
}

uint64_t piece_number(const struct pprof_tables *t, struct piece p, unsigned field)
{
	struct pb m = piece_fields(t, p);

	while (pb_next(&m))
		if (m.field == field && m.wire == PB_VARINT)
			return m.num;
	return 0;
}

static int slurp(struct pprof_tables *t, struct lines *l)
{
	for (;;) {
		const char *head;
		char *bytes;
		size_t len;
		int ret = lines_peek(l, CHUNK, &head, &len);

		if (ret || !len)
			return ret;
		if (t->raw.len + len > PPROF_MAX_BYTES)
			return err_set(EFBIG, "%s: a profile of more than %u MiB", l->name,
				       PPROF_MAX_BYTES >> 20);
		ret = lines_take(l, len, &bytes);
		if (ret < 0)
			return ret;
		buf_add(&t->raw, bytes, len);
		if (t->raw.failed)
			return -ENOMEM;
	}
}

static int add_piece(const struct pprof_tables *t, struct pieces *list, const struct pb *m)
{
	if (m->wire != PB_BYTES)
		return 0;
	if (!ARRAY_ROOM(list->v, list->n, list->cap))
		return -ENOMEM;
	list->v[list->n++] = piece_of(t, m);
	return 0;
}

static int add_comments(struct pprof_tables *t, struct pb *m)
{
	uint64_t off = 0, number;

	while (pb_each(m, &off, &number)) {
		if (!ARRAY_ROOM(t->comments, t->ncomments, t->comments_cap))
			return -ENOMEM;
		t->comments[t->ncomments++] = number;
	}
	return 0;
}

static int add_field(struct pprof_tables *t, struct pb *m)
{
	struct pieces *const lists[] = { [1] = &t->types,     [2] = &t->samples,
					 [3] = &t->mappings,  [4] = &t->locations,
					 [5] = &t->functions, [6] = &t->strings,
					 [11] = &t->period_type };
	int64_t *const numbers[] = { [7] = &t->drop_frames, [8] = &t->keep_frames,
				     [9] = &t->time_ns,	    [10] = &t->duration_ns,
				     [12] = &t->period,	    [14] = &t->default_type };

	if (m->field < ARRAY_SIZE(lists) && lists[m->field])
		return add_piece(t, lists[m->field], m);
	if (m->field < ARRAY_SIZE(numbers) && numbers[m->field] && m->wire == PB_VARINT)
		*numbers[m->field] = m->num;
	return m->field == 13 ? add_comments(t, m) : 0;
}

int pprof_tables_read(struct pprof_tables *t, struct lines *l)
{
	struct pb m;
	int ret = slurp(t, l);

	m = (struct pb){ .s = { .p = (const uint8_t *)t->raw.data, .len = t->raw.len } };
	while (!ret && pb_next(&m))
		ret = add_field(t, &m);
	t->cut = m.s.bad;
	t->cut_at = m.start;
	return ret;
}

ssize_t pieces_index(const struct pprof_tables *t, struct pieces *list)
{
	ssize_t bad = 0;

	if (list->n && !ARRAY_ROOM(list->ids, list->n - 1, list->ids_cap))
		return -ENOMEM;
	for (size_t i = 0; i < list->n; i++) {
		uint64_t id = piece_number(t, list->v[i], 1);
		uint32_t known;

		list->ids[i] = id;
		if (!id || pieces_find(list, id, &known))
			bad++;
		else if (!idmap_add(&list->by_id, hash_bytes(&id, sizeof(id)), i))
			return -ENOMEM;
	}
	return bad;
}

bool pieces_find(const struct pieces *list, uint64_t id, uint32_t *ret)
{
	uint64_t hash = hash_bytes(&id, sizeof(id));
	size_t at = idmap_at(&list->by_id, hash);

	while (idmap_next(&list->by_id, hash, &at, ret))
		if (list->ids[*ret] == id)
			return true;
	return false;
}

bool pprof_string(const struct pprof_tables *t, uint64_t number, struct piece *ret)
{
	if (number >= t->strings.n)
		return false;
	*ret = t->strings.v[number];
	return true;
}

/* ValueType: two small numbers, which are left out when they are 0 */
static bool is_value_type(struct span s)
{
	struct pb m = { .s = s };
	unsigned n = 0;

	while (pb_next(&m)) {
		if (m.field < 1 || m.field > 2 || m.wire != PB_VARINT)
			return false;
		n++;
	}
	return n && !m.s.bad;
}

bool pprof_match(const char *head, size_t len)
{
	/* bit n: field n is bytes, or a number */
	const unsigned bytes = 0x287e, numbers = 0xf780;
	struct pb m = { .s = { .p = (const uint8_t *)head, .len = len } };
	unsigned fields = 0, types = 0;

	while (pb_next(&m)) {
		unsigned wanted = m.wire == PB_BYTES ? bytes : m.wire == PB_VARINT ? numbers : 0;

		if (m.field > 15 || !(wanted >> m.field & 1))
			return false;
		if (m.field == 1 || m.field == 11) {
			if (!is_value_type(m.bytes))
				return false;
			types++;
		}
		fields++;
	}
	/* without types: string tables begin with an empty string, "2\0" */
	return types || (fields >= 4 && memchr(head, '\0', len));
}
