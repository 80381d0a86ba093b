/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_maps.h"

#include <errno.h>

#include "base/buf.h"
#include "stack/profile_index.h"

/* Executables that are not position-independent are linked to this address or above, but for rare ones. */
enum { LOWEST_LINKED = 0x400000 };

/* No file is that large, and nothing position-independent is mapped below. */
#define HIGHEST_OFFSET ((uint64_t)1 << 32)

void perf_maps_free(struct perf_maps *m)
{
	free(m->known);
	free(m->files);
	free(m->spaces);
	free(m->by_path.slots);
	free(m->by_pid.slots);
	*m = (struct perf_maps){ 0 };
}

static const char *intern(struct profile *p, struct text t)
{
	struct buf b = { 0 };
	const char *s;

	buf_add(&b, t.p, t.len);
	s = b.failed ? NULL : profile_intern(p->index, b.data ? b.data : "");
	buf_free(&b);
	return s;
}

static struct perf_space *space_of(const struct perf_maps *m, int64_t pid)
{
	uint64_t hash = hash_mix(1, pid);
	size_t at;
	uint32_t id;

	hash ^= hash >> 32;
	at = idmap_at(&m->by_pid, hash);
	while (idmap_next(&m->by_pid, hash, &at, &id))
		if (m->spaces[id].pid == pid)
			return &m->spaces[id];
	return NULL;
}

uint64_t perf_maps_space(const struct perf_maps *m, int64_t pid)
{
	const struct perf_space *s = m->nspaces ? space_of(m, pid) : NULL;

	if (!m->per_process)
		return 0;
	return (uint64_t)pid << 32 | (s ? s->changes : 1);
}

static int space_changes(struct perf_maps *m, int64_t pid)
{
	struct perf_space *s = space_of(m, pid);
	uint64_t hash = hash_mix(1, pid);

	if (s) {
		s->changes++;
		return 0;
	}
	hash ^= hash >> 32;
	if (!ARRAY_ROOM(m->spaces, m->nspaces, m->spaces_cap) || !idmap_add(&m->by_pid, hash, m->nspaces))
		return -ENOMEM;
	m->spaces[m->nspaces++] = (struct perf_space){ pid, 2 };
	return 0;
}

int perf_maps_add(struct perf_maps *m, struct profile *p, const struct perf_mmap *mm)
{
	struct profile_mapping new = {
		.start = mm->start, .limit = mm->start + mm->len, .offset = mm->offset,
		.pid = mm->pid > 0 && mm->pid <= UINT32_MAX ? (uint32_t)mm->pid : 0,
	};
	struct perf_known *k;

	/* the kernel's addresses are as they are, and its mapping says less than its symbols */
	if (mm->start >> 63)
		return 0;
	new.path = intern(p, mm->path);
	new.build_id = mm->build_id.p ? intern(p, mm->build_id) : "";
	if (!new.path || !new.build_id || !ARRAY_ROOM(m->known, m->nknown, m->known_cap))
		return -ENOMEM;
	k = &m->known[m->nknown++];
	*k = (struct perf_known){ mm->pid, new.start, new.limit, 0 };
	m->per_process = true;
	if (space_changes(m, mm->pid))
		return -ENOMEM;
	return profile_mapping(p, &new, &k->mapping);
}

/* The mapping that is only a file's name. */
static int file_of(struct perf_maps *m, struct profile *p, const char *path, int64_t pid, bool kernel,
		   uint32_t *ret)
{
	uint64_t hash = hash_mix(hash_mix((uintptr_t)path, kernel), pid);
	struct profile_mapping new = {
		.path = path, .kernel = kernel, .pid = pid > 0 && pid <= UINT32_MAX ? (uint32_t)pid : 0,
	};
	size_t at;
	uint32_t id;
	int err;

	hash ^= hash >> 32;
	at = idmap_at(&m->by_path, hash);
	while (idmap_next(&m->by_path, hash, &at, &id)) {
		if (m->files[id].path == path && m->files[id].kernel == kernel &&
		    m->files[id].pid == pid) {
			*ret = m->files[id].mapping;
			return 0;
		}
	}
	err = profile_mapping(p, &new, ret);
	if (err)
		return err;
	if (!ARRAY_ROOM(m->files, m->nfiles, m->files_cap) || !idmap_add(&m->by_path, hash, m->nfiles))
		return -ENOMEM;
	m->files[m->nfiles++] = (struct perf_file){ path, pid, *ret, kernel };
	return 0;
}

/* The newest one that tells of this address and path. */
static uint32_t known_of(const struct perf_maps *m, const struct profile *p, const char *path,
			 uint64_t addr, int64_t pid)
{
	for (size_t i = m->nknown; i--;) {
		const struct perf_known *k = &m->known[i];

		if (addr >= k->start && addr < k->limit && (pid < 0 || pid == k->pid) &&
		    p->mappings[k->mapping - 1].path == path)
			return k->mapping;
	}
	return 0;
}

int perf_maps_of(struct perf_maps *m, struct profile *p, const struct perf_frame *f, int64_t pid,
		 bool kernel, uint32_t *ret)
{
	struct profile_mapping *mapping;
	const char *path;
	int err;

	*ret = 0;
	if (!f->dso.len || text_is(f->dso, "[unknown]"))
		return 0;
	path = intern(p, f->dso);
	if (!path)
		return -ENOMEM;
	if (!kernel && f->addr < LOWEST_LINKED && *path == '/')
		m->in_files = true;
	if (!kernel)
		*ret = known_of(m, p, path, f->addr, pid);
	if (*ret)
		return 0;
	if (!kernel && f->addr >= HIGHEST_OFFSET)
		m->per_process = true;
	else
		pid = -1;
	err = file_of(m, p, path, pid, kernel, ret);
	if (err)
		return err;
	mapping = &p->mappings[*ret - 1];
	if (!mapping->anchor_name && f->sym.len && f->has_offset && !f->inlined) {
		mapping->anchor_name = intern(p, f->sym);
		mapping->anchor_addr = f->addr - f->offset;
		return mapping->anchor_name ? 0 : -ENOMEM;
	}
	return 0;
}

void perf_maps_settle(struct perf_maps *m, struct profile *p)
{
	for (size_t i = 0; m->in_files && i < m->nfiles; i++) {
		struct profile_mapping *mapping = &p->mappings[m->files[i].mapping - 1];

		if (!m->files[i].kernel && m->files[i].pid < 0 && *mapping->path == '/' && !mapping->limit)
			mapping->limit = UINT64_MAX;
	}
}
