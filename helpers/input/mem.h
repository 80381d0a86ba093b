/* SPDX-License-Identifier: GPL-2.0-only */
/* mem.h - a target's memory: of a running process, read while it runs, or as a core file has it */
#ifndef GOBPF_INPUT_MEM_H
#define GOBPF_INPUT_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct target;

/*
 * One snapshot of a target.  Of a process, through process_vm_readv, or /proc/PID/mem where
 * that call is refused (a seccomp filter, an old sandbox).  Reads go through
 * a cache of 16 KiB blocks (mem_forget() empties it: the next read sees the
 * present).  Unmapped or vanished memory, and what a core file does not hold, is an
 * ordinary result: zeroes and the sticky `bad`.
 */
struct mem {
	const struct target *target;	/* NULL: this program itself */
	pid_t pid;
	int fd;			/* of /proc/PID/mem when that is the way, else -1 */
	bool bad;		/* some read failed; the reader may reset it */
	int error;		/* errno of the first failure: EFAULT, ESRCH, EPERM */
	struct mem_cache *cache;
	struct mem_round *round;	/* of mem_each(), made when first needed */
};

/* The target must outlive it; NULL: our own memory.  0 or -ENOMEM. */
int mem_init(struct mem *m, const struct target *t);
void mem_free(struct mem *m);
void mem_forget(struct mem *m);

/* 0, or -errno (EFAULT: not mapped; ESRCH: gone; EPERM) without words; all or nothing. */
int mem_read(struct mem *m, uint64_t addr, void *out, size_t len);

/* As mem_read() but never from the cache. */
int mem_read_now(struct mem *m, uint64_t addr, void *out, size_t len);

/* A piece of memory to be read with others. */
struct mem_piece {
	uint64_t addr;
	uint32_t len;		/* at most MEM_PIECE_MAX */
	uint32_t id;		/* the caller's */
};
#define MEM_PIECE_MAX (1 << 20)

/*
 * Reads many pieces in few calls, never from the cache.  Sorts v by address (pieces
 * may overlap) and gives each to got(): its bytes, or NULL when it can't be read as a whole.
 * Pieces with little between them are read together with that: several times as fast as
 * one by one.  0; -ESRCH or -EPERM without words when nothing can be read any more; -ENOMEM; or
 * what got() returned if that was not 0.
 */
int mem_each(struct mem *m, struct mem_piece *v, size_t n,
	     int (*got)(void *ctx, const struct mem_piece *piece, const uint8_t *bytes), void *ctx);

uint64_t mem_u64(struct mem *m, uint64_t addr);

/*
 * What was read there is not what it seems (it changed each time): a capture must not keep it.
 * Without a capture under way nothing happens.
 */
void mem_disown(struct mem *m, uint64_t addr, uint64_t len);

/* What a capture under way has there at present; false: not all of it, or there is none. */
bool mem_kept(const struct mem *m, uint64_t addr, void *out, size_t len);

/*
 * For input/mem*.c: keep it, if a capture is under way.
 */
void mem_keep(const struct mem *m, uint64_t addr, const void *bytes, size_t len);

/*
 * For input/mem*.c: as process_vm_readv(2), from any kind of target and never from the cache.  The bytes
 * of all ranges up to the first that can't be read, or -errno.
 */
ssize_t mem_fetch(struct mem *m, void *out, const struct iovec *ranges, size_t n);

#endif
