/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/target.h"

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

int mem_init(struct mem *m, const struct target *t)
{
	*m = (struct mem){ .target = t, .pid = t ? t->pid : getpid(), .fd = -1,
			   .cache = calloc(1, sizeof(*m->cache)) };
	return m->cache ? 0 : -ENOMEM;
}

void mem_free(struct mem *m)
{
	for (int i = 0; m->cache && i < SLOTS; i++)
		free(m->cache->slot[i].data);
	if (m->cache && m->fd >= 0)
		close(m->fd);
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

/* /proc/PID/mem: opening it asks the kernel what process_vm_readv asks it, but is another call. */
static bool open_file(struct mem *m)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", m->pid);
	m->fd = open(path, O_RDONLY | O_CLOEXEC);
	return m->fd >= 0;
}

static ssize_t read_file(const struct mem *m, void *out, const struct iovec *ranges, size_t n)
{
	uint8_t *to = out;

	for (size_t i = 0; i < n; i++) {
		uint8_t *end = to + ranges[i].iov_len;

		while (to < end) {
			uint64_t at = (uintptr_t)ranges[i].iov_base + ranges[i].iov_len - (end - to);
			ssize_t have = (int64_t)at < 0 ? 0 : pread(m->fd, to, end - to, at);

			if (have > 0) {
				to += have;
				continue;
			}
			if (to > (uint8_t *)out)
				return to - (uint8_t *)out;
			/* at the end of a process its memory is no file any more (mem_rw()) */
			return have < 0 || (int64_t)at < 0 ? -EFAULT : -ESRCH;
		}
	}
	return to - (uint8_t *)out;
}

ssize_t mem_fetch(struct mem *m, void *out, const struct iovec *ranges, size_t n)
{
	struct iovec local = { out, 0 };
	ssize_t have;
	int err;

	for (size_t i = 0; i < n; i++)
		local.iov_len += ranges[i].iov_len;
	if (!local.iov_len)
		return 0;
	if (m->target && m->target->core)
		return core_readv(m->target->core, out, ranges, n);
	if (m->fd >= 0)
		return read_file(m, out, ranges, n);
	have = process_vm_readv(m->pid, &local, 1, ranges, n, 0);
	if (have >= 0)
		return have;
	err = errno;
	if ((err == ENOSYS || err == EPERM) && open_file(m))
		return read_file(m, out, ranges, n);
	return err == ENOSYS ? -EPERM : err == EINVAL ? -EFAULT : -err;
}

static int readv_all(struct mem *m, uint64_t addr, void *out, size_t len)
{
	struct iovec range = { (void *)(uintptr_t)addr, len };
	ssize_t n = mem_fetch(m, out, &range, 1);

	if (n == (ssize_t)len)
		return 0;
	return n < 0 ? n : -EFAULT;
}

void mem_keep(const struct mem *m, uint64_t addr, const void *bytes, size_t len)
{
	if (m->target && m->target->keep)
		capture_memory(m->target->keep, addr, bytes, len);
}

bool mem_kept(const struct mem *m, uint64_t addr, void *out, size_t len)
{
	return m->target && m->target->keep && capture_has(m->target->keep, addr, out, len);
}

void mem_disown(struct mem *m, uint64_t addr, uint64_t len)
{
	if (m->target && m->target->keep)
		capture_drop(m->target->keep, addr, len);
}

int mem_read_now(struct mem *m, uint64_t addr, void *out, size_t len)
{
	int err = readv_all(m, addr, out, len);

	if (err)
		memset(out, 0, len);
	else
		mem_keep(m, addr, out, len);
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
	/* in a capture what is read later counts, so nothing may be older than that */
	if (m->target && (m->target->core || m->target->keep))
		return mem_read_now(m, addr, out, len);
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
