/* SPDX-License-Identifier: GPL-2.0-only */
/* rss_gap_sort.c - which mapping of a Go process is what */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/buf.h"
#include "cmd/rss_gap_run.h"
#include "go/values.h"

/*
 * runtime/malloc.go: an arena is heapArenaBytes, and arenaBaseOffset makes the index of the
 * lowest address 0 on amd64, whose addresses are signed.  runtime/mheap.go: mheap.allArenas, heapArenas
 * since 1.25, are the indices of all.
 */
#define ARENA_BYTES (64ull << 20)
#define ARENA_BASE_AMD64 0xffff800000000000ull
enum { ARENAS_MAX = 1 << 22, THREADS_MAX = 100000 };

struct places {
	uint64_t *arenas;	/* addresses, sorted */
	size_t narenas;
	uint64_t *stacks;	/* an address in the stack of each thread, sorted */
	size_t nstacks, cap;
	const struct smap **code;	/* mapped files that can be run, sorted by inode */
	size_t ncode;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int read_arenas(struct rss_run *run, struct places *to)
{
	struct go_process *p = &run->live.process;
	uint32_t offset = UINT32_MAX;
	const struct go_offset_want wants[] = {
		{ "runtime.mheap", "allArenas", &offset, NULL, true },
		{ "runtime.mheap", "heapArenas", &offset, NULL, true },
	};
	uint64_t mheap, slice[2], base = p->elf.machine == EM_X86_64 ? ARENA_BASE_AMD64 : 0;
	int err = go_offsets_find(p, wants, ARRAY_SIZE(wants));

	if (!err && offset == UINT32_MAX)
		err = err_set(ENOEXEC, "%s: it is not known where %s keeps its arenas", p->elf.path,
			      p->go.version.text);
	if (!err)
		err = global_find(&p->go, GLOBAL_MHEAP, &mheap, NULL);
	if (err)
		return err;
	err = mem_read_now(&p->mem, mheap + p->bias + offset, slice, sizeof(slice));
	if (!err && slice[1] > ARENAS_MAX)
		err = -EFAULT;
	to->arenas = calloc(slice[1] < ARENAS_MAX ? slice[1] + 1 : 1, sizeof(*to->arenas));
	if (!to->arenas)
		return err_sys(ENOMEM, "reading arenas");
	if (!err)
		err = mem_read_now(&p->mem, slice[0], to->arenas, slice[1] * sizeof(*to->arenas));
	if (err)
		return err_sys(-err, "process %d: the list of arenas can't be read", run->live.target.pid);
	to->narenas = slice[1];
	for (size_t i = 0; i < to->narenas; i++)
		to->arenas[i] = to->arenas[i] * ARENA_BYTES + base;
	qsort(to->arenas, to->narenas, sizeof(*to->arenas), by_value);
	return 0;
}

/* Threads that C made have their stacks outside the heap: m.g0.stack tells where. */
static int read_stacks(struct rss_run *run, struct places *to)
{
	struct go_process *p = &run->live.process;
	uint32_t g0, alllink, hi;
	const struct go_offset_want wants[] = {
		{ "runtime.m", "g0", &g0, NULL, false },
		{ "runtime.m", "alllink", &alllink, NULL, false },
		{ "runtime.g", "stack.hi", &hi, NULL, false },
	};
	uint64_t allm, m, g, top;
	int err = go_offsets_find(p, wants, ARRAY_SIZE(wants));

	if (!err)
		err = global_find(&p->go, GLOBAL_ALLM, &allm, NULL);
	if (err)
		return err;
	m = mem_u64(&p->mem, allm + p->bias);
	while (m && to->nstacks < THREADS_MAX) {
		if (mem_read(&p->mem, m + g0, &g, sizeof(g)) || mem_read(&p->mem, g + hi, &top, sizeof(top)))
			break;
		if (!ARRAY_ROOM(to->stacks, to->nstacks, to->cap))
			return err_sys(ENOMEM, "reading stacks");
		to->stacks[to->nstacks++] = top - 1;
		m = mem_u64(&p->mem, m + alllink);
	}
	qsort(to->stacks, to->nstacks, sizeof(*to->stacks), by_value);
	return 0;
}

/* How many of the sorted values are below limit. */
static size_t below(const uint64_t *v, size_t n, uint64_t limit)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid] < limit)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool in_arena(const struct places *p, uint64_t addr)
{
	size_t n = below(p->arenas, p->narenas, addr + 1);

	return n && addr - p->arenas[n - 1] < ARENA_BYTES;
}

static bool has_stack(const struct places *p, const struct smap *m)
{
	return below(p->stacks, p->nstacks, m->end) > below(p->stacks, p->nstacks, m->start);
}

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static int by_inode(const void *a, const void *b)
{
	const struct smap *const *x = a, *const *y = b;

	return (*x)->ino < (*y)->ino ? -1 : (*x)->ino > (*y)->ino;
}

static int find_code(const struct smaps *s, struct places *to)
{
	to->code = calloc(s->n, sizeof(*to->code));
	if (!to->code)
		return err_sys(ENOMEM, "sorting mappings");
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].ino && strchr(s->v[i].perms, 'x'))
			to->code[to->ncode++] = &s->v[i];
	qsort(to->code, to->ncode, sizeof(const struct smap *), by_inode);
	return 0;
}

/* Inodes of different file systems can be the same. */
static bool has_code(const struct places *p, const struct smap *m)
{
	size_t lo = 0, hi = p->ncode;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->code[mid]->ino < m->ino)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo < p->ncode && p->code[lo]->ino == m->ino)
		if (!strcmp(p->code[lo++]->path, m->path))
			return true;
	return false;
}

static enum rss_kind kind_of_file(const struct rss_run *run, const struct places *places,
				  const struct smap *m)
{
	const struct target *t = &run->live.target;

	if (begins(m->path, "/dev/shm/") || begins(m->path, "/memfd:") || begins(m->path, "/SYSV") ||
	    begins(m->path, "/dev/zero"))
		return RSS_SHARED;
	if (m->ino == t->exe_ino && begins(m->path, t->exe_path))
		return strchr(m->perms, 'w') ? RSS_DATA : RSS_CODE;
	return has_code(places, m) ? RSS_LIBS : RSS_FILES;
}

/*
 * Variables without a value in the file (.bss) are anonymous memory behind the file's writable part.
 */
static bool is_bss(const struct rss_run *run, size_t i)
{
	const struct smap *before = i ? &run->smaps.v[i - 1] : NULL;

	return before && before->end == run->smaps.v[i].start && before->ino &&
	       strchr(before->perms, 'w') &&
	       (run->kind_of[i - 1] == RSS_DATA || run->kind_of[i - 1] == RSS_LIBS);
}

static enum rss_kind kind_of(const struct rss_run *run, const struct places *places, size_t i)
{
	const struct smap *m = &run->smaps.v[i];

	if (m->ino)
		return kind_of_file(run, places, m);
	if (in_arena(places, m->start) && in_arena(places, m->end - 1))
		return RSS_HEAP;
	if (begins(m->path, "[anon: Go: "))
		return RSS_RUNTIME;
	if (!strcmp(m->path, "[heap]"))
		return RSS_C_HEAP;
	if (begins(m->path, "[stack") || has_stack(places, m))
		return RSS_STACKS;
	if (m->path[0] == '[' && !begins(m->path, "[anon"))
		return RSS_KERNEL;
	if (is_bss(run, i))
		return run->kind_of[i - 1];
	return RSS_ANON;
}

static void add(struct rss_sum *sum, const struct smap *m)
{
	sum->mappings++;
	sum->rss += m->rss;
	sum->swap += m->swap;
	sum->anon_huge += m->anon_huge;
	sum->lazy_free += m->lazy_free;
	sum->hugetlb += m->hugetlb;
}

int rss_sort(struct rss_run *run)
{
	struct places places = { 0 };
	int err = read_arenas(run, &places);

	if (!err)
		err = read_stacks(run, &places);
	if (!err)
		err = find_code(&run->smaps, &places);
	run->kind_of = calloc(run->smaps.n, sizeof(*run->kind_of));
	if (!err && !run->kind_of)
		err = err_sys(ENOMEM, "sorting mappings");
	for (size_t i = 0; !err && i < run->smaps.n; i++) {
		run->kind_of[i] = kind_of(run, &places, i);
		add(&run->sums[run->kind_of[i]], &run->smaps.v[i]);
		add(&run->total, &run->smaps.v[i]);
	}
	free(places.arenas);
	free(places.stacks);
	free(places.code);
	return err;
}

static const struct {
	const char *name, *key;
} kinds[RSS_KINDS] = {
	[RSS_HEAP] = { "Go heap", "go_heap" },
	[RSS_RUNTIME] = { "Go runtime", "go_runtime" },
	[RSS_ANON] = { "other anonymous", "anonymous" },
	[RSS_STACKS] = { "thread stacks", "thread_stacks" },
	[RSS_C_HEAP] = { "C heap (brk)", "c_heap" },
	[RSS_DATA] = { "program: data", "program_data" },
	[RSS_CODE] = { "program: code", "program_code" },
	[RSS_LIBS] = { "libraries", "libraries" },
	[RSS_FILES] = { "mapped files", "mapped_files" },
	[RSS_SHARED] = { "shared memory", "shared_memory" },
	[RSS_KERNEL] = { "kernel's (vdso)", "kernel" },
};

const char *rss_kind_name(enum rss_kind kind)
{
	return kinds[kind].name;
}

const char *rss_kind_key(enum rss_kind kind)
{
	return kinds[kind].key;
}

bool rss_go_says(const struct rss_run *run, enum rss_kind kind, uint64_t *ret)
{
	/* where the runtime gives names, all of its memory has one */
	enum rss_kind outside = run->sums[RSS_RUNTIME].mappings ? RSS_RUNTIME : RSS_ANON;

	if (kind == RSS_HEAP)
		*ret = run->go.in_heap;
	else if (kind == outside)
		*ret = run->go.outside;
	return kind == RSS_HEAP || kind == outside;
}

uint64_t rss_not_go(const struct rss_run *run)
{
	uint64_t says = 0, rss = run->sums[RSS_ANON].rss;

	if (!rss_go_says(run, RSS_ANON, &says))
		return rss;
	return rss > says ? rss - says : 0;
}
