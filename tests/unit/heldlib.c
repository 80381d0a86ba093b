/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * heldlib.c - what the runtime's variables hold in a running process, where the code of its
 * executable says that they are: "NAME ok", "NAME wrong", "NAME unknown" (not found).
 *
 * The only way to check addresses in files of Go versions that no toolchain is left of: these
 * have no symbols.  For programs without cgo.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/globals.h"
#include "go/layout.h"
#include "go/process.h"

enum { MANY = 10000 };

static struct target target;
static struct go_process process;
static struct layout layout;
static uint64_t addrs[GLOBALS];	/* 0: not found */
static int err_of[GLOBALS];

static uint64_t u64_at(uint64_t addr)
{
	return mem_u64(&process.mem, addr);
}

static uint32_t u32_at(uint64_t addr)
{
	uint32_t v = UINT32_MAX;

	if (mem_read(&process.mem, addr, &v, sizeof(v)))
		process.mem.bad = true;
	return v;
}

static uint64_t held(enum go_global g, unsigned offset)
{
	return u64_at(addrs[g] + offset);
}

static unsigned minor(void)
{
	return process.go.version.minor;
}

/* The field's value in the structure at addr; what no layout says reads as UINT64_MAX. */
static uint64_t field(uint64_t addr, const char *strct, const char *name)
{
	struct layout_field f;

	if (layout_of(&layout, strct, name, &f))
		return UINT64_MAX;
	return f.size == 4 ? u32_at(addr + f.offset) : u64_at(addr + f.offset);
}

/* This process is young. */
static bool cycle(enum go_global g)
{
	return u32_at(addrs[g]) >> 1 < MANY;
}

/* {text, length} */
static bool is_text(uint64_t addr, const char *text, size_t len)
{
	char read[64];

	return u64_at(addr + 8) >= len && len <= sizeof(read) &&
	       !mem_read(&process.mem, u64_at(addr), read, len) && !memcmp(read, text, len);
}

static bool is_zero(enum go_global g)
{
	return held(g, 0) == 0;
}

static bool is_flag(enum go_global g)
{
	return u32_at(addrs[g]) <= 1;
}

static bool is_phase(enum go_global g)
{
	return u32_at(addrs[g]) <= 2;
}

static bool buckets(enum go_global g)
{
	/* runtime/mprof.go, bucketType */
	unsigned type = g == GLOBAL_MBUCKETS ? 1 : g == GLOBAL_BBUCKETS ? 2 : 3, n = 0;

	for (uint64_t b = held(g, 0); b && n < MANY; b = field(b, "runtime.bucket", "allnext"), n++)
		if (field(b, "runtime.bucket", "typ") != type)
			return false;
	return n < MANY;
}

static bool rate(enum go_global g)
{
	return held(g, 0) == 0 || held(g, 0) == 512 << 10;
}

/* mheap.central: one mcentral for each span class, which says which that is */
static bool mheap(enum go_global g)
{
	enum { PAGE = 4096, SIZE = 32 * PAGE, CLASSES = 134 };
	static uint8_t h[SIZE + PAGE];
	size_t n = 0;

	while (n < SIZE && !mem_read(&process.mem, addrs[g] + n, h + n, PAGE - (addrs[g] + n) % PAGE))
		n += PAGE - (addrs[g] + n) % PAGE;
	process.mem.bad = false; /* it ends before that */
	for (size_t at = 0; at < n; at += 8)
		for (size_t stride = 64; stride <= 512 && at + CLASSES * stride < n; stride += 64) {
			unsigned i = 0;

			while (i < CLASSES && h[at + i * stride] == i && !h[at + i * stride + 1])
				i++;
			if (i == CLASSES)
				return true;
		}
	return false;
}

/* One goroutine; where it waits its stack pointer is in its stack. */
static bool is_g(uint64_t gp)
{
	uint64_t status = field(gp, "runtime.g", "atomicstatus"), sp = field(gp, "runtime.g", "sched.sp");
	uint64_t m = field(gp, "runtime.g", "m");

	return gp && field(gp, "runtime.g", "goid") <= MANY && (status & ~0x1000ull) <= 9 &&
	       (status != 4 || (field(gp, "runtime.g", "stack.lo") < sp &&
				sp < field(gp, "runtime.g", "stack.hi"))) &&
	       (!m || field(m, "runtime.m", "curg") == gp || field(m, "runtime.m", "g0") == gp);
}

static bool allgs(enum go_global g)
{
	uint64_t array = held(g, 0), n = held(g, 8);

	if (n < 4 || n > MANY || n > held(g, 16))
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (!is_g(u64_at(array + 8 * i)))
			return false;
	return field(u64_at(array), "runtime.g", "goid") == 1;
}

static bool allglen(enum go_global g)
{
	return held(g, 0) == held(GLOBAL_ALLGS, 8);
}

static bool allgptr(enum go_global g)
{
	return held(g, 0) == held(GLOBAL_ALLGS, 0);
}

static unsigned threads(void)
{
	char path[32];
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)target.pid);
	d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

/* How many m there are, each with a thread of ours; 0: that is no such list. */
static unsigned count_m(bool *m0)
{
	unsigned n = 0;

	for (uint64_t m = held(GLOBAL_ALLM, 0); m; m = field(m, "runtime.m", "alllink")) {
		uint64_t thread = field(m, "runtime.m", "procid");
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/task/%" PRIu64, (int)target.pid, thread);
		if (access(path, F_OK) || n++ > MANY ||
		    field(field(m, "runtime.m", "g0"), "runtime.g", "m") != m)
			return 0;
		*m0 |= m == addrs[GLOBAL_M0];
	}
	return n;
}

static bool allm(enum go_global g)
{
	bool m0 = false;

	return addrs[g] && count_m(&m0) == threads();
}

static bool has_m0(enum go_global g)
{
	bool m0 = false;

	return addrs[g] && count_m(&m0) && m0;
}

static bool allp(enum go_global g)
{
	uint64_t n = held(g, 8);

	for (uint64_t i = 0; i < n && i < MANY; i++)
		if (field(u64_at(held(g, 0) + 8 * i), "runtime.p", "id") != i ||
		    field(u64_at(held(g, 0) + 8 * i), "runtime.p", "status") > 4)
			return false;
	return n && n < MANY;
}

static bool gomaxprocs(enum go_global g)
{
	return u32_at(addrs[g]) == held(GLOBAL_ALLP, 8);
}

static bool ncpu(enum go_global g)
{
	cpu_set_t set;

	return !sched_getaffinity(target.pid, sizeof(set), &set) &&
	       u32_at(addrs[g]) == (unsigned)CPU_COUNT(&set);
}

static unsigned length(uint64_t first, const char *strct, const char *link)
{
	unsigned n = 0;

	for (uint64_t at = first; at && n < MANY; at = field(at, strct, link))
		n++;
	return n;
}

/* As many m as were made, less those that ended; idle ones as many as are in their lists. */
static bool sched(enum go_global g)
{
	bool m0;
	uint64_t s = addrs[g];

	return field(s, "runtime.schedt", "mnext") - field(s, "runtime.schedt", "nmfreed") ==
		       count_m(&m0) &&
	       field(s, "runtime.schedt", "maxmcount") == 10000 &&
	       field(s, "runtime.schedt", "goidgen") >= held(GLOBAL_ALLGS, 8) &&
	       /* another kind of list since 1.25 */
	       (minor() > 24 || field(s, "runtime.schedt", "nmidle") ==
		length(field(s, "runtime.schedt", "midle"), "runtime.m", "schedlink")) &&
	       field(s, "runtime.schedt", "npidle") ==
		       length(field(s, "runtime.schedt", "pidle"), "runtime.p", "link");
}

/* gcMiscSys and other_sys: both in use, and small.  Up to 1.18 mstats is as in globals_sources.c. */
static bool memstats(enum go_global g)
{
	uint64_t gc = minor() < 19 ? held(g, 152) : field(addrs[g], "runtime.mstats", "gcMiscSys");
	uint64_t other = minor() < 19 ? held(g, 160) : field(addrs[g], "runtime.mstats", "other_sys");

	return gc && gc < 1 << 30 && other && other < 1 << 30;
}

/*
 * heapMinimum is 4 MB at a gcPercent of 100, computed without a sign (esbuild has it at -1).  Before
 * 1.17 both were elsewhere; then the cycle's start, 48 inside.
 */
static bool gccontroller(enum go_global g)
{
	uint64_t percent = (uint64_t)(int32_t)u32_at(addrs[g]);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (minor() < 17)
		return held(g, 48) / 1000000000 <= (uint64_t)now.tv_sec;
	return (minor() < 19 ? held(g, 8) :
		field(addrs[g], "runtime.gcControllerState", "heapMinimum")) ==
		(4ull << 20) * percent / 100;
}

/* startSema and markDoneSema: 1 unless a collection is under way (runtime/mgc.go, gcinit) */
static bool work(enum go_global g)
{
	unsigned at = minor() < 17 ? 208 : minor() < 18 ? 220 : 248;

	return minor() > 18 || (u32_at(addrs[g] + at) == 1 && u32_at(addrs[g] + at + 4) == 1);
}

/* The list of all finalizers' blocks; what is queued is one of them. */
static bool finalizers(enum go_global g)
{
	unsigned n = 0;

	for (uint64_t b = held(g, 0); b && n < MANY; n++) {
		if (field(b, "runtime.finBlock", "cnt") > 101)
			return false;
		b = field(b, "runtime.finBlock", g == GLOBAL_FINQ ? "next" : "alllink");
	}
	return n < MANY;
}

/* No more asleep than there are, and none run that was not queued; some P's count is not in there. */
static bool cleanups(enum go_global g)
{
	return u32_at(addrs[g] + 216) <= u32_at(addrs[g] + 224) && u32_at(addrs[g] + 224) < MANY;
}

/* When the process began, by nanotime() and by the kernel in ticks of 10 ms. */
static bool init_time(enum go_global g)
{
	char path[32], line[1024] = "", *p;
	uint64_t ticks = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)target.pid);
	f = fopen(path, "r");
	if (f && fgets(line, sizeof(line), f) && (p = strrchr(line, ')')))
		for (int i = 0; p && i < 20; i++)
			p = strchr(p + 1, ' ');
	else
		p = NULL;
	if (f)
		fclose(f);
	if (p)
		ticks = strtoull(p, NULL, 10);
	return ticks && llabs((long long)(held(g, 0) / 10000000) - (long long)ticks) < 200;
}

static bool reasons(enum go_global g)
{
	static const char reason[] = "GC assist marking";

	return is_text(addrs[g] + 16, reason, sizeof(reason) - 1);
}

static bool version(enum go_global g)
{
	return is_text(addrs[g], process.go.version.text, strlen(process.go.version.text));
}

static bool modinfo(enum go_global g)
{
	return is_text(addrs[g] + 0, "\x30\x77\xaf\x0c\x92\x74\x08\x02", 8);
}

/* moduledata begins with a pointer to pclntab: its first bytes are those of the file */
static bool moduledata(enum go_global g)
{
	struct span t = process.go.pclntab;

	return u32_at(held(g, 0)) == span_u32(&t, 0);
}

static bool (*const checks[GLOBALS])(enum go_global) = {
	[GLOBAL_MBUCKETS] = buckets, [GLOBAL_XBUCKETS] = buckets, [GLOBAL_BBUCKETS] = buckets,
	[GLOBAL_MPROFCYCLE] = cycle,
	[GLOBAL_MEMPROFILERATE] = rate, [GLOBAL_MHEAP] = mheap, [GLOBAL_ALLGS] = allgs,
	[GLOBAL_ALLGLEN] = allglen, [GLOBAL_ALLGPTR] = allgptr, [GLOBAL_ALLM] = allm,
	[GLOBAL_ALLP] = allp, [GLOBAL_M0] = has_m0, [GLOBAL_SCHED] = sched,
	[GLOBAL_MEMSTATS] = memstats, [GLOBAL_GCCONTROLLER] = gccontroller, [GLOBAL_WORK] = work,
	[GLOBAL_GCPHASE] = is_phase, [GLOBAL_GCBLACKENENABLED] = is_flag,
	[GLOBAL_WRITEBARRIER] = is_flag, [GLOBAL_BLOCKPROFILERATE] = is_zero,
	[GLOBAL_MUTEXPROFILERATE] = is_zero, [GLOBAL_NCPU] = ncpu,
	[GLOBAL_GOMAXPROCS] = gomaxprocs, [GLOBAL_RUNTIMEINITTIME] = init_time,
	[GLOBAL_FINQ] = finalizers, [GLOBAL_ALLFIN] = finalizers, [GLOBAL_SEMTABLE] = is_zero,
	[GLOBAL_GCCLEANUPS] = cleanups,
	[GLOBAL_WAITREASONSTRINGS] = reasons, [GLOBAL_BUILDVERSION] = version,
	[GLOBAL_MODINFO] = modinfo, [GLOBAL_FIRSTMODULEDATA] = moduledata,
};

int main(int argc, char **argv)
{
	int err = argc == 2 ? target_open(argv[1], &target) : err_set(EINVAL, "heldlib PID");

	if (!err)
		err = go_process_open(&target, &process);
	if (err) {
		fprintf(stderr, "heldlib: %s\n", err_text());
		return err_status(err);
	}
	layout_open(&layout, &process.go);
	for (int g = 0; g < GLOBALS; g++) {
		err_of[g] = global_find_by_code(&process.go, g, &addrs[g]);
		if (!err_of[g])
			addrs[g] += process.bias;
	}
	for (int g = 0; g < GLOBALS; g++) {
		if (err_of[g] == -ENOENT)
			continue;
		const char *said = !addrs[g] ? "unknown" : checks[g](g) && !process.mem.bad ? "ok" : "wrong";

		process.mem.bad = false;
		printf("%s %s\n", global_name(g), said);
	}
	layout_close(&layout);
	go_process_close(&process);
	target_close(&target);
	return 0;
}
