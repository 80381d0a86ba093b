/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

/*
 * Direct-mapped by block number: the runtime's structures lie close together,
 * so a miss that evicts is rare, and memory stays bounded.
 */
enum { BLOCK = 16384, SLOTS = 256 };

struct mem_cache {
	struct {
		uint64_t addr;
		bool valid;
		uint8_t *data;
	} slot[SLOTS];
};

int mem_init(struct mem *m, pid_t pid)
{
	*m = (struct mem){ .pid = pid, .cache = calloc(1, sizeof(*m->cache)) };
	return m->cache ? 0 : -ENOMEM;
}

void mem_free(struct mem *m)
{
	for (int i = 0; m->cache && i < SLOTS; i++)
		free(m->cache->slot[i].data);
	free(m->cache);
	free(m->round);
	*m = (struct mem){ 0 };
}

void mem_forget(struct mem *m)
{
	for (int i = 0; i < SLOTS; i++)
		m->cache->slot[i].valid = false;
}

static int fail(struct mem *m, int err)
{
	if (!m->bad)
		m->error = err;
	m->bad = true;
	return -err;
}

static int readv_all(struct mem *m, uint64_t addr, void *out, size_t len)
{
	struct iovec local = { out, len };
	struct iovec remote = { (void *)(uintptr_t)addr, len };
	ssize_t n = process_vm_readv(m->pid, &local, 1, &remote, 1, 0);

	if (n == (ssize_t)len)
		return 0;
	return n < 0 ? -errno : -EFAULT;
}

int mem_read_now(struct mem *m, uint64_t addr, void *out, size_t len)
{
	int err = readv_all(m, addr, out, len);

	if (err)
		memset(out, 0, len);
	return err ? fail(m, -err) : 0;
}

/* The block in the cache, or NULL when not all of it is mapped. */
static const uint8_t *block(struct mem *m, uint64_t addr)
{
	unsigned i = addr / BLOCK % SLOTS;

	if (m->cache->slot[i].valid && m->cache->slot[i].addr == addr)
		return m->cache->slot[i].data;
	if (!m->cache->slot[i].data)
		m->cache->slot[i].data = malloc(BLOCK);
	m->cache->slot[i].valid = false;
	if (!m->cache->slot[i].data || readv_all(m, addr, m->cache->slot[i].data, BLOCK))
		return NULL;
	m->cache->slot[i].addr = addr;
	m->cache->slot[i].valid = true;
	return m->cache->slot[i].data;
}

int mem_read(struct mem *m, uint64_t addr, void *out, size_t len)
{
	uint8_t *to = out;

	if (addr + len < addr) {
		memset(out, 0, len);
		return fail(m, EFAULT);
	}
	while (len) {
		uint64_t base = addr & ~(uint64_t)(BLOCK - 1);
		size_t skip = addr - base, n = BLOCK - skip < len ? BLOCK - skip : len;
		const uint8_t *b = block(m, base);

		if (!b) {
			int err = mem_read_now(m, addr, to, n);

			if (err) {
				memset(out, 0, to - (uint8_t *)out + len);
				return err;
			}
		} else {
			memcpy(to, b + skip, n);
		}
		to += n;
		addr += n;
		len -= n;
	}
	return 0;
}

uint64_t mem_u64(struct mem *m, uint64_t addr)
{
	uint64_t v;

	mem_read(m, addr, &v, sizeof(v));
	return v;
}
