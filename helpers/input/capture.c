/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "input/capture_block.h"

void capture_free(struct capture *c)
{
	for (size_t i = 0; i < c->nblocks; i++)
		free(c->blocks[i]);
	for (size_t i = 0; i < c->ntexts; i++) {
		free(c->texts[i].name);
		free(c->texts[i].bytes);
	}
	for (size_t i = 0; i < c->nmissing; i++)
		free(c->missing[i]);
	for (size_t i = 0; i < c->nold; i++)
		free(c->old[i]);
	for (size_t i = 0; i < c->nreaders; i++)
		free(c->readers[i].name);
	free(c->old);
	free(c->readers);
	free(c->blocks);
	free(c->slots);
	free(c->texts);
	free(c->missing);
	*c = (struct capture){ 0 };
}

static bool take(struct capture *c, uint64_t bytes)
{
	if (c->bytes + bytes > CAPTURE_MAX)
		c->error = -EFBIG;
	c->bytes += bytes;
	return !c->error;
}

void capture_reader(struct capture *c, const char *name)
{
	char *copy = strdup(name);

	if (!copy || !ARRAY_ROOM(c->readers, c->nreaders, c->readers_cap)) {
		free(copy);
		c->error = -ENOMEM;
		return;
	}
	c->readers[c->nreaders++] = (struct capture_reader){ .name = copy };
}

void capture_moment(struct capture *c, uint64_t now_ns, uint64_t unix_ns)
{
	struct capture_reader *r = &c->readers[c->nreaders - 1];

	if (!r->now_ns)
		r->now_ns = now_ns;
	if (!r->unix_ns)
		r->unix_ns = unix_ns;
}

/* Before the present reader changes a block: those before it keep what they saw. */
static void keep_old(struct capture *c, struct capture_block *b)
{
	uint32_t reader = c->nreaders - 1;
	struct capture_block *copy;

	if (b->reader == reader || !take(c, sizeof(*b) + 16))
		return;
	copy = malloc(sizeof(*copy));
	if (!copy || !ARRAY_ROOM(c->old, c->nold, c->old_cap)) {
		free(copy);
		c->error = -ENOMEM;
		return;
	}
	*copy = *b;
	copy->reader = reader;
	c->old[c->nold++] = copy;
	b->reader = reader;
}

/* Where the block is, or a free slot. */
static size_t slot_of(const struct capture *c, uint64_t addr)
{
	size_t at = (addr / CAPTURE_BLOCK * 0x9e3779b97f4a7c15) >> 20 & (c->nslots - 1);

	while (c->slots[at] && c->blocks[c->slots[at] - 1]->addr != addr)
		at = (at + 1) & (c->nslots - 1);
	return at;
}

static bool more_slots(struct capture *c)
{
	uint32_t *old = c->slots;

	c->nslots = c->nslots ? 2 * c->nslots : 4096;
	c->slots = calloc(c->nslots, sizeof(*c->slots));
	free(old);
	if (!c->slots)
		return false;
	for (size_t i = 0; i < c->nblocks; i++)
		c->slots[slot_of(c, c->blocks[i]->addr)] = i + 1;
	return true;
}

/* The block at addr, made if it isn't there; NULL: no memory, which c->error says. */
static struct capture_block *block_at(struct capture *c, uint64_t addr)
{
	size_t at;

	if (2 * c->nblocks >= c->nslots && !more_slots(c)) {
		c->error = -ENOMEM;
		return NULL;
	}
	at = slot_of(c, addr);
	if (c->slots[at])
		return c->blocks[c->slots[at] - 1];
	if (!take(c, sizeof(struct capture_block) + 16))
		return NULL;
	if (!ARRAY_ROOM(c->blocks, c->nblocks, c->blocks_cap) ||
	    !(c->blocks[c->nblocks] = calloc(1, sizeof(struct capture_block)))) {
		c->error = -ENOMEM;
		return NULL;
	}
	c->blocks[c->nblocks]->addr = addr;
	c->blocks[c->nblocks]->reader = c->nreaders - 1;
	c->slots[at] = ++c->nblocks;
	return c->blocks[c->nblocks - 1];
}

/* Bits from .. from + n of the map become `value'. */
static void mark(struct capture_block *b, unsigned from, unsigned n, bool value)
{
	while (n) {
		unsigned bit = from % 64, part = 64 - bit < n ? 64 - bit : n;
		uint64_t mask = (part == 64 ? UINT64_MAX : (1ull << part) - 1) << bit;

		if (value)
			b->valid[from / 64] |= mask;
		else
			b->valid[from / 64] &= ~mask;
		from += part;
		n -= part;
	}
}

static bool is_valid(const struct capture_block *b, unsigned at)
{
	return b->valid[at / 64] >> at % 64 & 1;
}

static bool all_valid(const struct capture_block *b, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		if (!is_valid(b, i))
			return false;
	return true;
}

/* Are there other bytes than these? */
static bool differs(const struct capture_block *b, unsigned from, const uint8_t *bytes, unsigned n)
{
	if (!memcmp(b->bytes + from, bytes, n))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (b->bytes[from + i] != bytes[i] && is_valid(b, from + i))
			return true;
	return false;
}

void capture_memory(struct capture *c, uint64_t addr, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	if (addr + len < addr)
		return;
	while (len && !c->error) {
		unsigned skip = addr % CAPTURE_BLOCK, n = CAPTURE_BLOCK - skip < len ? CAPTURE_BLOCK - skip : len;
		struct capture_block *b = block_at(c, addr - skip);

		if (!b)
			return;
		if (differs(b, skip, from, n))
			keep_old(c, b);
		memcpy(b->bytes + skip, from, n);
		mark(b, skip, n, true);
		from += n;
		addr += n;
		len -= n;
	}
}

bool capture_has(const struct capture *c, uint64_t addr, void *out, size_t len)
{
	uint8_t *to = out;

	while (len && c->nslots) {
		unsigned skip = addr % CAPTURE_BLOCK, n = CAPTURE_BLOCK - skip < len ? CAPTURE_BLOCK - skip : len;
		uint32_t number = c->slots[slot_of(c, addr - skip)];

		if (!number || !all_valid(c->blocks[number - 1], skip, n))
			return false;
		memcpy(to, c->blocks[number - 1]->bytes + skip, n);
		to += n;
		addr += n;
		len -= n;
	}
	return !len;
}

void capture_drop(struct capture *c, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len < addr ? UINT64_MAX : addr + len;

	/* hostile lengths must not make this long */
	for (size_t i = 0; len > (c->nblocks * CAPTURE_BLOCK) && i < c->nblocks; i++) {
		struct capture_block *b = c->blocks[i];

		if (b->addr + CAPTURE_BLOCK <= addr || b->addr >= end)
			continue;
		keep_old(c, b);
		mark(b, 0, CAPTURE_BLOCK, false);
	}
	if (len > c->nblocks * CAPTURE_BLOCK)
		return;
	while (addr < end) {
		unsigned skip = addr % CAPTURE_BLOCK;
		uint64_t n = CAPTURE_BLOCK - skip < end - addr ? CAPTURE_BLOCK - skip : end - addr;
		uint32_t number = c->slots[slot_of(c, addr - skip)];

		if (number) {
			keep_old(c, c->blocks[number - 1]);
			mark(c->blocks[number - 1], skip, n, false);
		}
		addr += n;
	}
}

/* The text that stands under that name now, or NULL. */
static struct capture_text *find_text(struct capture *c, const char *name)
{
	for (size_t i = 0; i < c->ntexts; i++)
		if (!c->texts[i].until && !strcmp(c->texts[i].name, name))
			return &c->texts[i];
	return NULL;
}

void capture_text(struct capture *c, const char *name, const char *bytes, size_t len)
{
	struct capture_text *known = find_text(c, name);
	uint32_t reader = c->nreaders - 1;
	struct capture_text t = { NULL, NULL, len, reader, 0 };

	if (known && known->len == len && !memcmp(known->bytes, bytes, len))
		return;
	if (known)
		known->until = reader;
	if (known && known->reader == reader) {
		/* nobody else has seen it */
		c->bytes -= known->len;
		free(known->name);
		free(known->bytes);
		*known = c->texts[--c->ntexts];
	}
	t.name = strdup(name);
	t.bytes = malloc(len + 1);
	if (!t.name || !t.bytes || !ARRAY_ROOM(c->texts, c->ntexts, c->texts_cap))
		c->error = -ENOMEM;
	if (c->error || !take(c, len)) {
		free(t.name);
		free(t.bytes);
		return;
	}
	memcpy(t.bytes, bytes, len);
	c->texts[c->ntexts++] = t;
}

void capture_missing(struct capture *c, const char *command, const char *why)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s: %s", command, why);
	if (b.failed || !ARRAY_ROOM(c->missing, c->nmissing, c->missing_cap)) {
		c->error = -ENOMEM;
		buf_free(&b);
		return;
	}
	c->missing[c->nmissing++] = b.data;
}
