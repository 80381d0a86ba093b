/* SPDX-License-Identifier: GPL-2.0-only */
/* mem.h - another process's memory, read while it runs */
#ifndef GOBPF_INPUT_MEM_H
#define GOBPF_INPUT_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One snapshot of a live process, through process_vm_readv.  Reads go through
 * a cache of 16 KiB blocks (mem_forget() empties it: the next read sees the
 * present).  Unmapped or vanished memory is an ordinary result: zeroes and
 * the sticky `bad`.
 */
struct mem {
	pid_t pid;
	bool bad;		/* some read failed; the reader may reset it */
	int error;		/* errno of the first failure: EFAULT, ESRCH, EPERM */
	struct mem_cache *cache;
	struct mem_round *round;	/* of mem_each(), made when first needed */
};

int mem_init(struct mem *m, pid_t pid);
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

#endif
