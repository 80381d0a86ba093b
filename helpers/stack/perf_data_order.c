/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Recordings without rounds wait no longer than this. */
enum { MOST_BYTES = 64 << 20 };

void pdata_order_free(struct pdata_order *o)
{
	free(o->waiting);
	free(o->due);
	buf_free(&o->bytes[0]);
	buf_free(&o->bytes[1]);
}

static int compare_times(const void *pa, const void *pb)
{
	const struct pdata_waiting *a = pa, *b = pb;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

/* Those up to limit into due; the others stay. */
static int take_due(struct pdata_order *o, uint64_t limit, size_t *ret_n, bool *ret_changes)
{
	size_t n = 0, kept = 0;

	*ret_changes = false;
	if (o->n && !ARRAY_ROOM(o->due, o->n, o->due_cap))
		return -ENOMEM;
	for (size_t i = 0; i < o->n; i++) {
		if (o->waiting[i].time > limit) {
			o->waiting[kept++] = o->waiting[i];
			continue;
		}
		*ret_changes |= o->waiting[i].changes;
		o->due[n++] = o->waiting[i];
	}
	o->n = kept;
	*ret_n = n;
	return 0;
}

/* What still waits moves together. */
static int compact(struct pdata_order *o)
{
	struct buf *from = &o->bytes[o->current], *to = &o->bytes[!o->current];

	buf_clear(to);
	for (size_t i = 0; i < o->n; i++) {
		size_t at = to->len;

		buf_add(to, from->data + o->waiting[i].at, o->waiting[i].len);
		o->waiting[i].at = at;
	}
	buf_clear(from);
	o->current = !o->current;
	return to->failed ? -ENOMEM : 0;
}

static int flush(struct pdata_order *o, uint64_t limit)
{
	bool changes;
	size_t n;
	int ret = take_due(o, limit, &n, &changes);

	if (ret || !n)
		return ret;
	if (changes)
		qsort(o->due, n, sizeof(*o->due), compare_times);
	for (size_t i = 0; !ret && i < n; i++) {
		const struct pdata_waiting *w = &o->due[i];
		const char *data = o->bytes[o->current].data + w->at;

		ret = o->deliver(o->ctx, (struct span){ (const uint8_t *)data, w->len }, w->offset);
	}
	return ret ? ret : compact(o);
}

/* Half of what waits, the older one. */
static int flush_half(struct pdata_order *o)
{
	if (!ARRAY_ROOM(o->due, o->n, o->due_cap))
		return -ENOMEM;
	memcpy(o->due, o->waiting, o->n * sizeof(*o->due));
	qsort(o->due, o->n, sizeof(*o->due), compare_times);
	return flush(o, o->due[o->n / 2].time);
}

int pdata_order_add(struct pdata_order *o, uint64_t time, struct span record, uint64_t offset,
		    bool changes)
{
	struct buf *b = &o->bytes[o->current];

	if (!ARRAY_ROOM(o->waiting, o->n, o->cap))
		return -ENOMEM;
	o->waiting[o->n++] = (struct pdata_waiting){ time, offset, b->len, record.len, changes };
	buf_add(b, record.p, record.len);
	if (b->failed)
		return -ENOMEM;
	if (time > o->newest)
		o->newest = time;
	return b->len > MOST_BYTES ? flush_half(o) : 0;
}

int pdata_order_round(struct pdata_order *o)
{
	int ret = flush(o, o->round);

	o->round = o->newest;
	return ret;
}

int pdata_order_end(struct pdata_order *o)
{
	return flush(o, UINT64_MAX);
}
