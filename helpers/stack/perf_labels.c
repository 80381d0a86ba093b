/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_labels.h"

#include <errno.h>

enum { SETS = 1 << 12 };

bool perf_labels_begin(struct perf_labels *l, const struct reading *r)
{
	*l = (struct perf_labels){
		.comm = reading_wants(r, "comm"), .pid = reading_wants(r, "pid"),
		.tid = reading_wants(r, "tid"), .cpu = reading_wants(r, "cpu"),
		.event = reading_wants(r, "event"), .time = reading_wants(r, "time"),
	};
	l->any = l->comm || l->pid || l->tid || l->cpu || l->event || l->time;
	return !l->any || perf_cache_init(&l->sets, SETS);
}

void perf_labels_free(struct perf_labels *l)
{
	perf_cache_free(&l->sets);
	buf_free(&l->last_comm);
}

static uint64_t tick_of(const struct reading *r, uint64_t ns)
{
	ns = r->tick_ns ? ns - ns % r->tick_ns : ns;
	return ns > INT64_MAX ? INT64_MAX : ns;
}

/* The comm in last_comm, and its key. */
static int set_comm(struct perf_labels *l, struct text comm)
{
	if (l->last_comm.len == comm.len + 1 && !memcmp(l->last_comm.data, comm.p, comm.len))
		return 0;
	buf_clear(&l->last_comm);
	buf_add(&l->last_comm, comm.p, comm.len);
	buf_char(&l->last_comm, '\0');
	if (l->last_comm.failed)
		return -ENOMEM;
	l->comm_key = perf_key_of(l->last_comm.data, l->last_comm.len);
	return 0;
}

static int new_set(const struct perf_labels *l, const struct reading *r, const struct perf_labels_key *k,
		   bool has_comm, uint32_t *ret)
{
	struct label set[6];
	size_t n = 0;

	if (l->comm && has_comm)
		set[n++] = (struct label){ .key = "comm", .str = l->last_comm.data };
	if (l->pid && k->pid >= 0)
		set[n++] = (struct label){ .key = "pid", .num = k->pid };
	if (l->tid && k->tid >= 0)
		set[n++] = (struct label){ .key = "tid", .num = k->tid };
	if (l->cpu && k->cpu >= 0)
		set[n++] = (struct label){ .key = "cpu", .num = k->cpu };
	if (l->event && k->event)
		set[n++] = (struct label){ .key = "event", .str = k->event };
	if (l->time && k->time != UINT64_MAX)
		set[n++] = (struct label){ .key = "time", .num = (int64_t)k->time, .unit = "nanoseconds" };
	return profile_labels(r->profile, set, n, ret);
}

int perf_labels_of(struct perf_labels *l, const struct reading *r, const struct perf_header *h,
		   const char *event, uint32_t *ret)
{
	struct perf_labels_key k = {
		.pid = l->pid ? h->pid : -1, .tid = l->tid ? h->tid : -1, .cpu = l->cpu ? h->cpu : -1,
		.event = l->event ? event : NULL,
		.time = l->time && h->has_time ? tick_of(r, h->time_ns) : UINT64_MAX,
	};
	const struct perf_slot *slot;
	struct perf_key key;
	int err;

	*ret = 0;
	if (!l->any)
		return 0;
	if (l->comm && h->comm.p) {
		if (set_comm(l, h->comm))
			return -ENOMEM;
		k.comm = l->comm_key;
	}
	if (l->has_last && !memcmp(&k, &l->last, sizeof(k))) {
		*ret = l->last_set;
		return 0;
	}
	key = perf_key_of(&k, sizeof(k));
	slot = perf_cache_find(&l->sets, key.lo, key);
	if (slot) {
		*ret = slot->id;
	} else {
		err = new_set(l, r, &k, h->comm.p, ret);
		if (err)
			return err;
		perf_cache_put(&l->sets, key.lo, key, *ret);
	}
	l->last = k;
	l->last_set = *ret;
	l->has_last = true;
	return 0;
}
