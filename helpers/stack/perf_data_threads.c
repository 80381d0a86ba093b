/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_threads.h"

#include <errno.h>
#include <stdlib.h>

int pdata_threads_init(struct pdata_threads *t)
{
	*t = (struct pdata_threads){ 0 };
	return pdata_maps_init(&t->maps);
}

void pdata_threads_free(struct pdata_threads *t)
{
	for (size_t i = 0; i < t->n; i++)
		pdata_space_drop(&t->maps, t->v[i].space);
	free(t->v);
	free(t->by_id.slots);
	pdata_maps_free(&t->maps);
}

static struct pdata_thread *find(const struct pdata_threads *t, int32_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof(id));
	size_t at = idmap_at(&t->by_id, hash);
	uint32_t i;

	while (idmap_next(&t->by_id, hash, &at, &i))
		if (t->v[i].id == id)
			return &t->v[i];
	return NULL;
}

static struct pdata_thread *find_or_add(struct pdata_threads *t, int32_t id)
{
	struct pdata_thread *th = find(t, id);

	if (th)
		return th;
	if (!ARRAY_ROOM(t->v, t->n, t->cap) ||
	    !idmap_add(&t->by_id, hash_bytes(&id, sizeof(id)), t->n))
		return NULL;
	t->v[t->n] = (struct pdata_thread){ .id = id };
	return &t->v[t->n++];
}

const struct pdata_space *pdata_threads_space(const struct pdata_threads *t, int32_t pid)
{
	const struct pdata_thread *th = find(t, pid);

	return th ? th->space : NULL;
}

uint32_t pdata_threads_comm(const struct pdata_threads *t, int32_t tid)
{
	const struct pdata_thread *th = find(t, tid);

	return th ? th->comm : 0;
}

static int set_space(struct pdata_threads *t, struct pdata_thread *th, struct pdata_space *s)
{
	if (!s)
		return -ENOMEM;
	pdata_space_drop(&t->maps, th->space);
	th->space = s;
	return 0;
}

static int on_mmap(struct pdata_threads *t, struct span record)
{
	struct pdata_thread *th;
	struct pdata_mmap map;
	int ret = 0;

	if (!pdata_mmap_parse(record, &map))
		return -EBADMSG;
	if (map.guest)
		return 0;
	if (map.kernel)
		return pdata_kernel_map(&t->maps, &map);
	th = find_or_add(t, map.pid);
	if (!th)
		return -ENOMEM;
	if (!th->space)
		ret = set_space(t, th, pdata_space_new(&t->maps));
	return ret ? ret : pdata_space_map(&t->maps, &th->space, &map);
}

/*
 * PERF_RECORD_COMM: { header, u32 pid, tid, char comm[] }.  One of an exec takes no mapping away:
 * until the new program runs, samples in the kernel still have the old one's stack, and its own
 * mappings cover what was there.
 */
static int on_comm(struct pdata_threads *t, struct span record)
{
	int32_t tid = span_u32(&record, 12);
	const char *comm = span_str(&record, 16);
	struct pdata_thread *th;
	uint32_t name;

	if (record.bad)
		return -EBADMSG;
	th = find_or_add(t, tid);
	name = pdata_maps_name(&t->maps, comm);
	if (!th || (!name && *comm))
		return -ENOMEM;
	th->comm = name;
	return 0;
}

/* PERF_RECORD_FORK: { header, u32 pid, ppid, tid, ptid, u64 time } */
static int on_fork(struct pdata_threads *t, struct span record)
{
	int32_t pid = span_u32(&record, 8), ppid = span_u32(&record, 12);
	int32_t tid = span_u32(&record, 16), ptid = span_u32(&record, 20);
	/* of a process that perf found running: its mappings come one by one */
	bool empty = pdata_header(record).misc & PERF_RECORD_MISC_FORK_EXEC;
	struct pdata_thread *th, *parent;

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
		return set_space(t, th, pdata_space_new(&t->maps));
	return parent == th ? 0 : set_space(t, th, pdata_space_share(parent->space));
}

int pdata_threads_record(struct pdata_threads *t, struct span record)
{
	switch (pdata_header(record).type) {
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
