/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_frames.h"

#include <errno.h>
#include <stdio.h>

enum { FIRST_BITS = 10, MOST_FRAMES = 1 << 30 };

void pdata_frames_free(struct pdata_frames *f)
{
	free(f->v);
	f->v = NULL;
}

/* "[libc.so.6]", "[unknown]": as frames of perf script text without a name are called. */
static const char *name_of(const struct pdata_frames *f, const struct pdata_mapping *map,
			   char out[256])
{
	static const char deleted[] = " (deleted)";
	const char *path = map ? pdata_maps_text(f->maps, map->path) : "",
		   *slash = strrchr(path, '/');
	size_t len;

	path = slash ? slash + 1 : path;
	len = *path == '[' ? strcspn(path, "]") + 1 : strlen(path);
	if (len > strlen(path))
		len = strlen(path);
	if (len >= sizeof(deleted) &&
	    !strncmp(path + len - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1))
		len -= sizeof(deleted) - 1;
	if (!len)
		return "[unknown]";
	snprintf(out, 256, *path == '[' ? "%.*s" : "[%.*s]", (int)(len < 250 ? len : 250), path);
	return out;
}

void pdata_frames_soon(const struct pdata_frames *f, struct span addrs)
{
	for (size_t off = 0; f->v && off < addrs.len; off += 8) {
		uint64_t addr = span_u64(&addrs, off);

		__builtin_prefetch(&f->v[pdata_frames_place(f, addr, f->near[addr >> 63].mapping)]);
	}
}

/* Where the frame is to be found, or the free place for it. */
static size_t place_of(const struct pdata_frames *f, uint64_t addr, uint32_t mapping,
		       uint32_t kind)
{
	size_t mask = ((size_t)1 << f->bits) - 1, at = pdata_frames_place(f, addr, mapping);

	while (f->v[at].frame && (f->v[at].addr != addr || f->v[at].mapping != mapping ||
				  (f->v[at].frame & 3) != kind))
		at = (at + 1) & mask;
	return at;
}

/* Makes room for one more. */
static bool grow(struct pdata_frames *f)
{
	size_t old_cap = f->v ? (size_t)1 << f->bits : 0;
	struct pdata_frame *old = f->v;
	unsigned bits = f->v ? f->bits + 1 : FIRST_BITS;

	if (f->n < old_cap / 2)
		return true;
	if (f->n >= MOST_FRAMES)
		return false;
	f->v = calloc((size_t)1 << bits, sizeof(*f->v));
	if (!f->v) {
		f->v = old;
		return false;
	}
	f->bits = bits;
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].frame)
			f->v[place_of(f, old[i].addr, old[i].mapping, old[i].frame & 3)] = old[i];
	free(old);
	return true;
}

static int add(struct pdata_frames *f, uint64_t addr, uint32_t mapping, uint32_t kind,
	       const struct pdata_mapping *map, uint32_t *ret)
{
	bool kernel = kind & 2, exact = kind & 1;
	struct frame frame = {
		.addr = addr,
		.mapping = mapping,
		.flags = FRAME_UNKNOWN | (kernel ? FRAME_KERNEL : 0) | (exact ? 0 : FRAME_RETURN),
	};
	char name[256];
	int err;

	frame.func = name_of(f, map, name);
	err = profile_frame(f->profile, &frame, ret);
	if (err || *ret >= MOST_FRAMES - 1 || !grow(f))
		return -ENOMEM;
	f->v[place_of(f, addr, mapping, kind)] =
		(struct pdata_frame){ addr, mapping, (*ret + 1) << 2 | kind };
	f->n++;
	return 0;
}

int pdata_frames_find(struct pdata_frames *f, const struct pdata_space *space, uint64_t addr,
		      uint32_t kind, uint32_t *ret)
{
	const struct pdata_area *area = space ? pdata_space_at(space, addr) : NULL;
	struct pdata_near *near = &f->near[kind >> 1];
	struct pdata_mapping *map = NULL;
	uint32_t mapping = 0;
	size_t at;
	int err;

	/* behind a call that is the last of all its file's code */
	if (!area && space && !(kind & 1))
		area = pdata_space_at(space, addr - 1);
	if (area) {
		map = &f->maps->mappings[area->mapping];
		err = pdata_mapping_number(f->maps, map, f->profile, &mapping);
		if (err)
			return err;
		*near = (struct pdata_near){ space->generation, area->start, area->end, mapping };
	}
	if (!f->v && !grow(f))
		return -ENOMEM;
	at = place_of(f, addr, mapping, kind);
	if (!f->v[at].frame)
		return add(f, addr, mapping, kind, map, ret);
	*ret = (f->v[at].frame >> 2) - 1;
	return 0;
}
