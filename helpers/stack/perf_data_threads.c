/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_threads.h"

#include <errno.h>
#include <stdlib.h>

int perf_threads_init(struct perf_threads *t)
{
	*t = (struct perf_threads){ 0 };
	return perf_data_maps_init(&t->maps);
}

void perf_threads_free(struct perf_threads *t)
{
	for (size_t i = 0; i < t->n; i++)
		perf_space_drop(&t->maps, t->v[i].space);
	free(t->v);
	free(t->by_id.slots);
	perf_data_maps_free(&t->maps);
}

static struct perf_thread *find(const struct perf_threads *t, int32_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof(id));
	size_t at = idmap_at(&t->by_id, hash);
	uint32_t i;

	while (idmap_next(&t->by_id, hash, &at, &i))
		if (t->v[i].id == id)
			return &t->v[i];
	return NULL;
}

static struct perf_thread *find_or_add(struct perf_threads *t, int32_t id)
{
	struct perf_thread *th = find(t, id);

	if (th)
		return th;
	if (!ARRAY_ROOM(t->v, t->n, t->cap) ||
	    !idmap_add(&t->by_id, hash_bytes(&id, sizeof(id)), t->n))
		return NULL;
	t->v[t->n] = (struct perf_thread){ .id = id };
	return &t->v[t->n++];
}

const struct perf_space *perf_threads_space(const struct perf_threads *t, int32_t pid)
{
	const struct perf_thread *th = find(t, pid);

	return th ? th->space : NULL;
}

uint32_t perf_threads_comm(const struct perf_threads *t, int32_t tid)
{
	const struct perf_thread *th = find(t, tid);

	return th ? th->comm : 0;
}

static int set_space(struct perf_threads *t, struct perf_thread *th, struct perf_space *s)
{
	if (!s)
		return -ENOMEM;
	perf_space_drop(&t->maps, th->space);
	th->space = s;
	return 0;
}

static int on_mmap(struct perf_threads *t, struct span record)
{
	struct perf_thread *th;
	struct perf_mmap map;
	int ret = 0;

	if (!perf_mmap_parse(record, &map))
		return -EBADMSG;
	if (map.guest)
		return 0;
	if (map.kernel)
		return perf_kernel_map(&t->maps, &map);
	th = find_or_add(t, map.pid);
	if (!th)
		return -ENOMEM;
	if (!th->space)
		ret = set_space(t, th, perf_space_new(&t->maps));
	return ret ? ret : perf_space_map(&t->maps, &th->space, &map);
}

/* PERF_RECORD_COMM: { header, u32 pid, tid, char comm[] } */
static int on_comm(struct perf_threads *t, struct span record)
{
	int32_t pid = span_u32(&record, 8), tid = span_u32(&record, 12);
	const char *comm = span_str(&record, 16);
	struct perf_thread *th;
	uint32_t name;

	if (record.bad)
		return -EBADMSG;
	th = find_or_add(t, tid);
	name = perf_data_maps_name(&t->maps, comm);
	if (!th || (!name && *comm))
		return -ENOMEM;
	th->comm = name;
	/* exec: nothing of the old program is left */
	if (perf_header(record).misc & PERF_RECORD_MISC_COMM_EXEC) {
		th = find_or_add(t, pid);
		return th ? set_space(t, th, perf_space_new(&t->maps)) : -ENOMEM;
	}
	return 0;
}

/* PERF_RECORD_FORK: { header, u32 pid, ppid, tid, ptid, u64 time } */
static int on_fork(struct perf_threads *t, struct span record)
{
	int32_t pid = span_u32(&record, 8), ppid = span_u32(&record, 12);
	int32_t tid = span_u32(&record, 16), ptid = span_u32(&record, 20);
	/* of a process that perf found running: its mappings come one by one */
	bool empty = perf_header(record).misc & PERF_RECORD_MISC_FORK_EXEC;
	struct perf_thread *th, *parent;

	if (record.bad)
		return -EBADMSG;
	if (!find_or_add(t, tid) || !find_or_add(t, pid))
		return -ENOMEM;
	th = find(t, tid);
	parent = find(t, ptid);
	th->comm = parent ? parent->comm : 0;
	if (pid == ppid)
		return 0;
	th = find(t, pid);
	parent = find(t, ppid);
	if (empty || !parent || !parent->space)
		return set_space(t, th, perf_space_new(&t->maps));
	return parent == th ? 0 : set_space(t, th, perf_space_share(parent->space));
}

int perf_threads_record(struct perf_threads *t, struct span record)
{
	switch (perf_header(record).type) {
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		return on_mmap(t, record);
	case PERF_RECORD_COMM:
		return on_comm(t, record);
	case PERF_RECORD_FORK:
		return on_fork(t, record);
	default:
		return 0;
	}
}
