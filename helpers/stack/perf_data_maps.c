/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_maps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int pdata_maps_init(struct pdata_maps *m)
{
	*m = (struct pdata_maps){ .kernel = { .users = 1 } };
	buf_add(&m->names, "", 1);
	if (m->names.failed || !ARRAY_ROOM(m->name_at, 0, m->names_cap))
		return -ENOMEM;
	m->name_at[m->nnames++] = 0;
	return 0;
}

void pdata_maps_free(struct pdata_maps *m)
{
	free(m->mappings);
	free(m->by_content.slots);
	buf_free(&m->names);
	free(m->by_name.slots);
	free(m->name_at);
	free(m->files);
	free(m->by_path.slots);
	free(m->kernel.areas);
}

const char *pdata_maps_text(const struct pdata_maps *m, uint32_t name)
{
	return m->names.data + m->name_at[name];
}

uint32_t pdata_maps_name(struct pdata_maps *m, const char *text)
{
	size_t len = strlen(text), at, start = m->names.len;
	uint64_t hash = hash_bytes(text, len);
	uint32_t id;

	if (!len)
		return 0;
	at = idmap_at(&m->by_name, hash);
	while (idmap_next(&m->by_name, hash, &at, &id))
		if (!strcmp(pdata_maps_text(m, id), text))
			return id;
	buf_add(&m->names, text, len + 1);
	if (m->names.failed || start > UINT32_MAX ||
	    !ARRAY_ROOM(m->name_at, m->nnames, m->names_cap) ||
	    !idmap_add(&m->by_name, hash, m->nnames))
		return 0;
	m->name_at[m->nnames] = start;
	return m->nnames++;
}

static uint32_t hex_name(struct pdata_maps *m, struct span id)
{
	char hex[2 * 64 + 1] = "";

	for (size_t i = 0; i < id.len && i < 64; i++)
		snprintf(hex + 2 * i, 3, "%02x", id.p[i]);
	return pdata_maps_name(m, hex);
}

static uint32_t build_id_of(const struct pdata_maps *m, uint32_t path)
{
	uint64_t hash = hash_bytes(&path, sizeof(path));
	size_t at = idmap_at(&m->by_path, hash);
	uint32_t i;

	while (idmap_next(&m->by_path, hash, &at, &i))
		if (m->files[i].path == path)
			return m->files[i].build_id;
	return 0;
}

int pdata_maps_build_id(struct pdata_maps *m, const char *path, struct span id)
{
	uint32_t name = pdata_maps_name(m, path), hex = hex_name(m, id);

	if (!name || !hex)
		return *path && id.len ? -ENOMEM : 0;
	/* the first one counts: a file that was replaced has two */
	if (build_id_of(m, name))
		return 0;
	if (!ARRAY_ROOM(m->files, m->nfiles, m->files_cap) ||
	    !idmap_add(&m->by_path, hash_bytes(&name, sizeof(name)), m->nfiles))
		return -ENOMEM;
	m->files[m->nfiles++] = (struct pdata_file_id){ name, hex };
	return 0;
}

static bool same(const struct pdata_mapping *a, const struct pdata_mapping *b)
{
	return a->start == b->start && a->limit == b->limit && a->offset == b->offset &&
	       a->path == b->path && a->build_id == b->build_id && a->kernel == b->kernel &&
	       !memcmp(a->inode, b->inode, sizeof(a->inode));
}

/* The kernel's "[kernel.kallsyms]_text": a symbol, and offset its address. */
static const char *anchor_of(const struct pdata_maps *m, const struct pdata_mapping *map)
{
	const char *path = pdata_maps_text(m, map->path), *end = strchr(path, ']');

	return map->kernel && *path == '[' && end && end[1] ? end + 1 : NULL;
}

/* Of anonymous memory, which says nothing about what is in it, each process has its own. */
static bool has_no_file(const char *path)
{
	return (*path != '/' || path[1] == '/') && strcmp(path, "[vdso]");
}

/* Build ids are of files and of "[kernel.kallsyms]", whose mapping has a symbol behind it. */
static uint32_t recorded_build_id(struct pdata_maps *m, const struct pdata_mmap *map)
{
	const char *end = map->kernel && map->path[0] == '[' ? strchr(map->path, ']') : NULL;
	char kernel[256];

	if (map->build_id.len)
		return hex_name(m, map->build_id);
	snprintf(kernel, sizeof(kernel), "%.*s", end ? (int)(end + 1 - map->path) : 0, map->path);
	return build_id_of(m, pdata_maps_name(m, end ? kernel : map->path));
}

static int intern(struct pdata_maps *m, const struct pdata_mmap *map, uint32_t *ret)
{
	struct pdata_mapping new = {
		.start = map->start, .limit = map->start + map->len, .offset = map->offset,
		.pid = map->pid, .kernel = map->kernel,
		.path = pdata_maps_name(m, map->path),
	};
	uint64_t hash;
	size_t at;
	uint32_t id;

	memcpy(new.inode, map->inode, sizeof(new.inode));
	if (has_no_file(map->path) && !map->kernel)
		new.inode[0] = map->pid;
	new.build_id = recorded_build_id(m, map);
	if (!new.path && *map->path)
		return -ENOMEM;
	hash = hash_mix(hash_mix(hash_mix(new.start, new.limit), new.offset), new.path);
	hash = hash_mix(hash_mix(hash, new.build_id), hash_bytes(new.inode, sizeof(new.inode)));
	at = idmap_at(&m->by_content, hash);
	while (idmap_next(&m->by_content, hash, &at, &id)) {
		if (same(&m->mappings[id], &new)) {
			*ret = id;
			return 0;
		}
	}
	if (!ARRAY_ROOM(m->mappings, m->nmappings, m->mappings_cap) ||
	    !idmap_add(&m->by_content, hash, m->nmappings))
		return -ENOMEM;
	*ret = m->nmappings;
	m->mappings[m->nmappings++] = new;
	return 0;
}

struct pdata_space *pdata_space_new(struct pdata_maps *m)
{
	struct pdata_space *s = calloc(1, sizeof(*s));

	if (s)
		*s = (struct pdata_space){ .users = 1, .generation = ++m->generation };
	return s;
}

struct pdata_space *pdata_space_share(struct pdata_space *s)
{
	s->users++;
	return s;
}

void pdata_space_drop(struct pdata_maps *m, struct pdata_space *s)
{
	if (!s || --s->users)
		return;
	m->areas -= s->n;
	free(s->areas);
	free(s);
}

static struct pdata_space *own_copy(struct pdata_maps *m, struct pdata_space *s)
{
	struct pdata_space *new = pdata_space_new(m);

	if (!new || (s->n && !ARRAY_ROOM(new->areas, s->n, new->cap))) {
		free(new);
		return NULL;
	}
	if (s->n)
		memcpy(new->areas, s->areas, s->n * sizeof(*s->areas));
	new->n = s->n;
	m->areas += new->n;
	s->users--;
	return new;
}

/* The first area that ends behind addr. */
static size_t first_behind(const struct pdata_space *s, uint64_t addr)
{
	size_t from = 0, to = s->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (s->areas[mid].end > addr)
			to = mid;
		else
			from = mid + 1;
	}
	return from;
}

/* Puts it over what was there, of which the parts on both sides stay. */
static int put(struct pdata_maps *m, struct pdata_space *s, struct pdata_area new)
{
	size_t from = first_behind(s, new.start), to = from, n = 0;
	struct pdata_area parts[3];

	if (from < s->n && s->areas[from].start < new.start)
		parts[n++] = (struct pdata_area){ s->areas[from].start, new.start,
						  s->areas[from].mapping };
	parts[n++] = new;
	while (to < s->n && s->areas[to].end <= new.end)
		to++;
	if (to < s->n && s->areas[to].start < new.end) {
		parts[n++] = (struct pdata_area){ new.end, s->areas[to].end, s->areas[to].mapping };
		to++;
	}
	if (!ARRAY_ROOM(s->areas, s->n + n, s->cap))
		return -ENOMEM;
	memmove(s->areas + from + n, s->areas + to, (s->n - to) * sizeof(*s->areas));
	memcpy(s->areas + from, parts, n * sizeof(*parts));
	s->n = s->n + n - (to - from);
	m->areas += n;
	m->areas -= to - from;
	s->generation = ++m->generation;
	return 0;
}

static int map_into(struct pdata_maps *m, struct pdata_space *s, const struct pdata_mmap *map)
{
	uint32_t id;
	int ret;

	if (!map->len || map->start + map->len < map->start)
		return 0;
	ret = intern(m, map, &id);
	return ret ? ret : put(m, s, (struct pdata_area){ map->start, map->start + map->len, id });
}

int pdata_space_map(struct pdata_maps *m, struct pdata_space **ps, const struct pdata_mmap *map)
{
	struct pdata_space *s = *ps;

	if (m->areas + 2 + (s->users > 1 ? s->n : 0) > PERF_MOST_AREAS)
		return -E2BIG;
	if (s->users > 1) {
		s = own_copy(m, s);
		if (!s)
			return -ENOMEM;
		*ps = s;
	}
	return map_into(m, s, map);
}

int pdata_kernel_map(struct pdata_maps *m, const struct pdata_mmap *map)
{
	return m->areas + 2 > PERF_MOST_AREAS ? -E2BIG : map_into(m, &m->kernel, map);
}

const struct pdata_area *pdata_space_at(const struct pdata_space *s, uint64_t addr)
{
	size_t i = first_behind(s, addr);

	return i < s->n && s->areas[i].start <= addr ? &s->areas[i] : NULL;
}

int pdata_mapping_number(struct pdata_maps *m, struct pdata_mapping *map, struct profile *p,
			 uint32_t *ret)
{
	const char *path = pdata_maps_text(m, map->path), *anchor = anchor_of(m, map);
	char kernel[256];
	struct profile_mapping pm = {
		.start = map->start, .limit = map->limit, .offset = map->offset, .path = path,
		.build_id = pdata_maps_text(m, map->build_id), .kernel = map->kernel,
		.pid = map->kernel || map->pid < 0 ? 0 : map->pid,
	};
	int err;

	if (anchor) {
		snprintf(kernel, sizeof(kernel), "%.*s", (int)(anchor - path), path);
		pm.path = kernel;
		pm.anchor_name = anchor;
		pm.anchor_addr = map->offset;
		/* which is no place in a file */
		pm.offset = 0;
	}
	err = map->number ? 0 : profile_mapping(p, &pm, &map->number);
	*ret = map->number;
	return err;
}
