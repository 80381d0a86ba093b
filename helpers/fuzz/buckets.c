/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the memory of a process that has a memory profile.  The process is this one,
 * the memory is at a fixed address.  The first byte is the Go version; the others begin
 * with runtime.mbuckets and MemProfileRate.
 */
#include "fuzz/memory.h"
#include "go/heap_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIRST = 19, VERSIONS = 9 };

static struct go_bucket_layout layout_of_version(unsigned minor)
{
	struct go_bucket_layout l = {
		.mbuckets = MEMORY_BASE, .rate = MEMORY_BASE + 8, .profcycle = MEMORY_BASE + 12, .cycles = GO_BUCKET_CYCLES,
		.allnext = memory_offset(minor, "runtime.bucket", "allnext", NULL),
		.typ = memory_offset(minor, "runtime.bucket", "typ", NULL),
		.size = memory_offset(minor, "runtime.bucket", "size", NULL),
		.nstk = memory_offset(minor, "runtime.bucket", "nstk", NULL),
		.allocs = memory_offset(minor, "runtime.memRecordCycle", "allocs", NULL),
		.frees = memory_offset(minor, "runtime.memRecordCycle", "frees", NULL),
		.own_bytes = minor < 27,
	};

	memory_offset(minor, "runtime.bucket", "sizeof", &l.header);
	memory_offset(minor, "runtime.memRecordCycle", "sizeof", &l.cycle);
	return l;
}

static int frames(void *ctx, uint64_t pc, unsigned flags, struct frame *out, int max)
{
	(void)ctx;
	(void)flags;
	must(max > 0);
	*out = (struct frame){ .func = pc & 1 ? "main.f" : "main.g" };
	return 1;
}

static void add_up(const struct go_buckets *old, const struct go_buckets *new)
{
	static const struct symboliser sym = { .frames = frames };
	static const struct value_type types[] = {
		{ "objects", "count" }, { "space", "bytes" }, { "samples", "count" },
	};
	struct profile prof;

	must(!profile_init(&prof, types, 3));
	if (!go_buckets_diff(old, new, &sym, &prof))
		for (unsigned i = 0; i < 3; i++)
			must(profile_total(&prof, i) >= 0);
	profile_free(&prof);
}

/* What pprof would say: every bucket is of a sample of it, with values of any sign. */
static void write_down(const struct go_buckets *b)
{
	static const struct symboliser sym = { .frames = frames };
	struct elf_file elf = { .nsegments = 0 };
	struct go_process p = { .elf = elf, .target = &memory_target };
	struct profile prof;

	must(!go_heap_profile(&p, b, &sym, &prof));
	must(prof.nsamples <= b->n && (prof.nsamples || !b->n));
	profile_free(&prof);
}

static void check(const struct go_buckets *b)
{
	for (size_t i = 0; i < b->n; i++)
		must(b->v[i].first_pc <= b->npcs && b->v[i].npcs <= b->npcs - b->v[i].first_pc &&
		     b->v[i].addr >= MEMORY_BASE && b->v[i].addr < MEMORY_BASE + MEMORY_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct go_buckets none = { 0 }, all = { 0 };
	struct go_bucket_layout l;

	if (!size || size > MEMORY_SIZE)
		return 0;
	l = layout_of_version(FIRST + data[0] % VERSIONS);
	memory_fill(data + 1, size - 1);
	if (!go_buckets_read(&memory_process, &l, &all)) {
		check(&all);
		write_down(&all);
		none.rate = all.rate;
		add_up(&none, &all);
		add_up(&all, &all);
	}
	go_buckets_free(&all);
	return 0;
}
