/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vma_gaps_limits.c - what the kernel checks before it grants an mmap, besides a hole
 *
 * mm/mmap.c: do_mmap() (sysctl_max_map_count, before anything is merged), may_expand_vm()
 * (RLIMIT_AS, RLIMIT_DATA); mm/util.c: __vm_enough_memory(), vm_commit_limit().
 */
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>

#include "base/buf.h"
#include "cmd/vma_gaps_run.h"
#include "input/keyed.h"

struct gaps_texts {
	char *status, *limits, *meminfo;
	uint64_t overcommit, max_map_count, min_addr, admin_reserve, user_reserve;
	uint64_t personality;
};

static uint64_t left_of(uint64_t limit, uint64_t used)
{
	if (limit == UINT64_MAX)
		return limit;
	return limit > used ? limit - used : 0;
}

/* Of what the kernel says in pages, so of a limit that isn't whole pages the rest is lost. */
static uint64_t pages_left_of(uint64_t limit, uint64_t used)
{
	return limit == UINT64_MAX ? limit : left_of(limit & ~4095ull, used);
}

static void limit_of(struct gaps_run *run, enum gaps_limit which, const struct gaps_texts *t,
		     const char *rlimit, const char *usage)
{
	uint64_t limit, used;

	if (!keyed_limit(t->limits, rlimit, &limit) || !keyed_number(t->status, usage, &used)) {
		run->limits[which].unknown = "the kernel does not say";
		return;
	}
	run->limits[which].bytes = pages_left_of(limit, used);
	if (limit != UINT64_MAX)
		snprintf(run->limits[which].about, sizeof(run->limits[which].about),
			 "limit %llu, used %llu", (unsigned long long)limit, (unsigned long long)used);
}

/* vm.overcommit_memory 2: what is promised to all processes has a limit. */
static bool commit_left(const struct gaps_texts *t, uint64_t *ret)
{
	uint64_t limit, committed, size, keep, caps = 0;
	char words[32] = "";
	const char *p = strstr(t->status, "CapEff:");

	if (!keyed_number(t->meminfo, "CommitLimit", &limit) ||
	    !keyed_number(t->meminfo, "Committed_AS", &committed) ||
	    !keyed_number(t->status, "VmSize", &size) || !p || sscanf(p, "CapEff: %31s", words) != 1)
		return false;
	caps = strtoull(words, NULL, 16);
	keep = size / 32 < t->user_reserve ? size / 32 : t->user_reserve;
	if (!(caps & 1ull << CAP_SYS_ADMIN))
		keep += t->admin_reserve;
	*ret = left_of(left_of(limit, keep), committed);
	return true;
}

static void overcommit(struct gaps_run *run, const struct gaps_texts *t)
{
	uint64_t total, swap, *ret = &run->limits[LIMIT_COMMIT].bytes;
	char *about = run->limits[LIMIT_COMMIT].about;

	snprintf(about, sizeof(run->limits[LIMIT_COMMIT].about), "vm.overcommit_memory=%llu",
		 (unsigned long long)t->overcommit);
	if (t->overcommit == 1) {
		*ret = UINT64_MAX;
	} else if (t->overcommit == 0 && keyed_number(t->meminfo, "MemTotal", &total) &&
		   keyed_number(t->meminfo, "SwapTotal", &swap)) {
		*ret = total + swap;
	} else if (t->overcommit != 2 || !commit_left(t, ret)) {
		run->limits[LIMIT_COMMIT].unknown = "the kernel does not say";
	}
}

static void map_count(struct gaps_run *run, const struct gaps_texts *t)
{
	run->most_mappings = t->max_map_count;
	run->limits[LIMIT_COUNT].bytes = UINT64_MAX;
}

/*
 * Without a limit of the stack, or when asked for, the kernel looks from the bottom up
 * (arch_pick_mmap_layout()), and not below a random place a third up.
 */
static void layout(struct gaps_run *run, const struct gaps_texts *t)
{
	uint64_t stack;

	if (!keyed_limit(t->limits, "Max stack size", &stack) || stack == UINT64_MAX ||
	    t->personality & ADDR_COMPAT_LAYOUT)
		run->limits[LIMIT_HOLE].unknown =
			"with the old layout (no limit of the stack) not every hole is used";
}

static int read_number(const struct target *t, const char *name, int base, uint64_t *ret)
{
	char *text;
	int err = target_text(t, name, &text, NULL);

	if (err)
		return err;
	*ret = strtoull(text, NULL, base);
	free(text);
	return 0;
}

static int read_numbers(const struct target *target, struct gaps_texts *t)
{
	const struct {
		const char *name;
		int base;
		uint64_t unit, *ret;
	} numbers[] = {
		{ "system:sys/vm/overcommit_memory", 10, 1, &t->overcommit },
		{ "system:sys/vm/max_map_count", 10, 1, &t->max_map_count },
		{ "system:sys/vm/mmap_min_addr", 10, 1, &t->min_addr },
		{ "system:sys/vm/admin_reserve_kbytes", 10, 1024, &t->admin_reserve },
		{ "system:sys/vm/user_reserve_kbytes", 10, 1024, &t->user_reserve },
		{ "personality", 16, 1, &t->personality },
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(numbers); i++) {
		err = read_number(target, numbers[i].name, numbers[i].base, numbers[i].ret);
		*numbers[i].ret *= numbers[i].unit;
	}
	return err;
}

int gaps_limits_read(struct gaps_run *run)
{
	const struct target *target = &run->live.target;
	struct gaps_texts t = { 0 };
	int err = read_numbers(target, &t);

	if (!err)
		err = target_text(target, "status", &t.status, NULL);
	if (!err)
		err = target_text(target, "limits", &t.limits, NULL);
	if (!err)
		err = target_text(target, "system:meminfo", &t.meminfo, NULL);
	if (!err) {
		run->lowest = t.min_addr;
		limit_of(run, LIMIT_AS, &t, "Max address space", "VmSize");
		limit_of(run, LIMIT_DATA, &t, "Max data size", "VmData");
		overcommit(run, &t);
		map_count(run, &t);
		layout(run, &t);
	}
	free(t.status);
	free(t.limits);
	free(t.meminfo);
	return err;
}

static enum gaps_limit smallest(const struct gaps_run *run, enum gaps_limit n)
{
	enum gaps_limit ret = LIMIT_HOLE;

	for (enum gaps_limit i = LIMIT_HOLE; i < n; i++) {
		if (run->limits[i].unknown)
			return LIMITS;
		if (run->limits[i].bytes < run->limits[ret].bytes)
			ret = i;
	}
	return ret;
}

void gaps_limits_apply(struct gaps_run *run)
{
	if (run->mappings > run->most_mappings)
		run->limits[LIMIT_COUNT].bytes = 0;
	snprintf(run->limits[LIMIT_COUNT].about, sizeof(run->limits[LIMIT_COUNT].about),
		 "%llu of %llu mappings", (unsigned long long)run->mappings,
		 (unsigned long long)run->most_mappings);
	run->reserve = smallest(run, LIMIT_RESERVE);
	run->usable = smallest(run, LIMITS);
}
