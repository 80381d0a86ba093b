/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_stacks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Of stacks remembered; then all is forgotten, which costs time only. */
enum { MOST_CHAINS = 64 << 20, PLACES = 1 << 14 };

void pdata_stacks_free(struct pdata_stacks *s)
{
	free(s->places);
	free(s->seen);
	free(s->by_chain.slots);
	free(s->by_frame.slots);
	buf_free(&s->chains);
	free(s->ids);
}

/* "[libc.so.6]", "[unknown]": as frames of perf script text without a name are called. */
static const char *name_of_place(const struct pdata_stacks *s, const struct pdata_mapping *map,
				 char out[256])
{
	static const char deleted[] = " (deleted)";
	const char *path = map ? pdata_maps_text(&s->threads->maps, map->path) : "",
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

static int find_frame(struct pdata_stacks *s, uint64_t addr, const struct pdata_mapping *map,
		      uint32_t mapping, uint32_t flags, uint32_t *ret)
{
	struct profile *p = s->r->profile;
	uint64_t hash = hash_mix(hash_mix(addr, mapping), flags);
	size_t at = idmap_at(&s->by_frame, hash);
	char name[256];
	struct frame f = { .addr = addr, .flags = flags, .mapping = mapping };
	int err;

	while (idmap_next(&s->by_frame, hash, &at, ret)) {
		const struct frame *old = &p->frames[*ret];

		if (old->addr == addr && old->mapping == mapping && old->flags == flags)
			return 0;
	}
	f.func = name_of_place(s, map, name);
	err = profile_frame(p, &f, ret);
	if (!err && !idmap_add(&s->by_frame, hash, *ret))
		err = -ENOMEM;
	return err;
}

static int find_place(struct pdata_stacks *s, const struct pdata_space *space, uint64_t addr,
		      uint32_t flags, uint32_t *ret)
{
	struct pdata_mapping *map = space ? pdata_space_at(&s->threads->maps, space, addr) : NULL;
	uint32_t mapping = 0;
	int err = 0;

	/* behind a call that is the last of all its file's code */
	if (!map && space && flags & FRAME_RETURN)
		map = pdata_space_at(&s->threads->maps, space, addr - 1);
	if (map)
		err = pdata_mapping_number(&s->threads->maps, map, s->r->profile, &mapping);
	return err ? err : find_frame(s, addr, map, mapping, flags, ret);
}

/* exact: addr is what was to run next; else the call is before it */
static int put_frame(struct pdata_stacks *s, const struct pdata_space *space, uint64_t addr,
		     bool kernel, bool exact)
{
	uint32_t flags = FRAME_UNKNOWN | (kernel ? FRAME_KERNEL : 0) | (exact ? 0 : FRAME_RETURN);
	uint64_t generation = space ? space->generation : 0;
	struct pdata_place *place;
	int ret = 0;

	if (!s->places)
		s->places = calloc(PLACES, sizeof(*s->places));
	if (!s->places || !ARRAY_ROOM(s->ids, s->nids, s->ids_cap))
		return -ENOMEM;
	place = &s->places[hash_mix(addr, generation ^ flags) % PLACES];
	if (place->addr != addr || place->generation != generation || place->flags != flags) {
		ret = find_place(s, space, addr, flags, &place->frame);
		place->addr = addr;
		place->generation = generation;
		place->flags = ret ? 0 : flags;
	}
	s->ids[s->nids++] = place->frame;
	return ret;
}

/* What PERF_RECORD_MISC_… the addresses behind a PERF_CONTEXT_… mark have. */
static unsigned mode_of_mark(uint64_t mark)
{
	switch (mark) {
	case (uint64_t)PERF_CONTEXT_KERNEL:
		return PERF_RECORD_MISC_KERNEL;
	case (uint64_t)PERF_CONTEXT_USER:
	case (uint64_t)-640: /* PERF_CONTEXT_USER_DEFERRED, Linux 6.19 */
		return PERF_RECORD_MISC_USER;
	default:
		return PERF_RECORD_MISC_CPUMODE_UNKNOWN;
	}
}

/* without_user: what the chain says of user code is not wanted */
static int put_chain(struct pdata_stacks *s, const struct pdata_sample *sample, bool without_user)
{
	unsigned mode = sample->mode;
	struct span chain = sample->chain;
	bool exact = true;
	int ret = 0;

	for (size_t off = 0; !ret && off < chain.len; off += 8) {
		uint64_t addr = span_u64(&chain, off);
		bool kernel = mode == PERF_RECORD_MISC_KERNEL, user = mode == PERF_RECORD_MISC_USER;

		if (addr >= (uint64_t)PERF_CONTEXT_MAX) {
			mode = mode_of_mark(addr);
			exact = true;
			continue;
		}
		if (!user || !without_user)
			ret = put_frame(s,
					kernel ? &s->threads->maps.kernel :
					user   ? s->user :
						 NULL,
					addr, kernel, exact);
		exact = false;
	}
	return ret;
}

static const struct profile_mapping *mapping_at(const struct unwind_input *in, uint64_t addr)
{
	struct pdata_stacks *s = in->priv;
	struct pdata_mapping *map =
		s->user ? pdata_space_at(&s->threads->maps, s->user, addr) : NULL;
	uint32_t number;

	if (!map || pdata_mapping_number(&s->threads->maps, map, s->r->profile, &number))
		return NULL;
	return &s->r->profile->mappings[number - 1];
}

/* Has the sample what its user's stack can be made of? */
static bool has_registers(const struct pdata_stacks *s, const struct pdata_sample *sample,
			  struct unwind_input *ret)
{
	/* arch/x86/include/uapi/asm/perf_regs.h */
	enum { BP = 6, SP = 7, IP = 8 };

	return !*s->other_arch && sample->abi == PERF_SAMPLE_REGS_ABI_64 &&
	       pdata_sample_reg(sample, IP, &ret->pc) && pdata_sample_reg(sample, SP, &ret->sp) &&
	       pdata_sample_reg(sample, BP, &ret->bp);
}

static int put_unwound(struct pdata_stacks *s, const struct unwind_input *in)
{
	uint64_t pcs[STACK_DEPTH] = { in->pc };
	bool cut = true;
	int n = 1, ret = 0;

	if (s->r->unwind)
		n = s->r->unwind(s->r->unwind_ctx, in, pcs, STACK_DEPTH, &cut);
	for (int i = 0; !ret && i < n; i++)
		ret = put_frame(s, s->user, pcs[i], false, !i);
	s->cut += cut;
	return n < 0 ? n : ret;
}

static int make_stack(struct pdata_stacks *s, const struct pdata_sample *sample)
{
	struct unwind_input in = { .stack = sample->stack.p, .len = sample->stack.len,
				   .mapping = mapping_at, .priv = s };
	bool kernel = sample->mode == PERF_RECORD_MISC_KERNEL, has_stack = sample->stack.p;
	bool unwind = has_stack && has_registers(s, sample, &in);
	int ret;

	s->nids = 0;
	ret = put_chain(s, sample, unwind);
	if (!ret && unwind)
		ret = put_unwound(s, &in);
	s->cut += has_stack && !unwind;
	/* without a stack the place is known at least: perf report shows that, too */
	if (!ret && !s->nids && sample->has_ip)
		ret = put_frame(s, kernel ? &s->threads->maps.kernel :
				   sample->mode == PERF_RECORD_MISC_USER ? s->user : NULL,
				sample->ip, kernel, true);
	return ret;
}

/* The sample's stack as it stands in the record: the addresses, or the place alone. */
static struct span chain_of(const struct pdata_sample *sample)
{
	return sample->chain.len ?
		       sample->chain :
		       (struct span){ (const uint8_t *)&sample->ip, sizeof(sample->ip) };
}

static bool seen_before(const struct pdata_stacks *s, uint64_t hash, const struct pdata_seen *key,
			struct span chain, uint32_t *ret_sample)
{
	size_t at = idmap_at(&s->by_chain, hash);
	uint32_t id;

	while (idmap_next(&s->by_chain, hash, &at, &id)) {
		const struct pdata_seen *old = &s->seen[id];

		if (old->len == key->len && old->labels == key->labels && old->mode == key->mode &&
		    !memcmp(old->generations, key->generations, sizeof(key->generations)) &&
		    !memcmp(s->chains.data + old->at, chain.p, chain.len)) {
			*ret_sample = old->sample;
			return true;
		}
	}
	return false;
}

static int remember(struct pdata_stacks *s, uint64_t hash, const struct pdata_seen *key,
		    struct span chain)
{
	if (s->chains.len > MOST_CHAINS) {
		buf_clear(&s->chains);
		free(s->by_chain.slots);
		s->by_chain = (struct idmap){ 0 };
		s->nseen = 0;
	}
	if (!ARRAY_ROOM(s->seen, s->nseen, s->seen_cap) || !idmap_add(&s->by_chain, hash, s->nseen))
		return -ENOMEM;
	s->seen[s->nseen] = *key;
	s->seen[s->nseen++].at = s->chains.len;
	buf_add(&s->chains, chain.p, chain.len);
	return s->chains.failed ? -ENOMEM : 0;
}

int pdata_stacks_add(struct pdata_stacks *s, const struct pdata_sample *sample, uint32_t labels,
		    const int64_t *values)
{
	const struct pdata_space *user = s->user = pdata_threads_space(s->threads, sample->pid);
	struct span chain = chain_of(sample);
	struct pdata_seen key = {
		.generations = { user ? user->generation : 0, s->threads->maps.kernel.generation },
		.len = chain.len, .labels = labels, .mode = sample->mode | !!sample->chain.len << 8,
	};
	uint64_t hash = hash_bytes(chain.p, chain.len);
	int ret;

	hash = hash_mix(hash_mix(hash, key.generations[0] ^ key.generations[1] << 32), labels);
	hash = hash_mix(hash, key.mode);
	hash ^= hash >> 32;
	if (!sample->stack.p && seen_before(s, hash, &key, chain, &key.sample)) {
		profile_add_values(s->r->profile, key.sample, values);
		return 0;
	}
	ret = make_stack(s, sample);
	if (!ret)
		ret = profile_add_labelled(s->r->profile, s->ids, s->nids, labels, values,
					   &key.sample);
	/* what bytes were on the stack is not part of the key */
	return ret || sample->stack.p ? ret : remember(s, hash, &key, chain);
}
