/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/regs.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"
#include "base/span.h"

enum {
	PERIOD_NS = 50000,
	RING_PAGES = 16,
	/* arch/x86/include/uapi/asm/perf_regs.h */
	REG_SP = 7, REG_PC = 8, REG_R14 = 22,
	REGS_N = 3,
	/* of a sample, by its sample_type: header, tid, registers, stack */
	AT_TID = 8 + 4, AT_ABI = 16, AT_REGS = 24, AT_SIZE = AT_REGS + 8 * REGS_N, AT_STACK = AT_SIZE + 8,
};

/* A thread's event. */
struct event {
	int fd;
	struct perf_event_mmap_page *ring;
	bool done;
};

static size_t ring_size(void)
{
	return (RING_PAGES + 1) * (size_t)sysconf(_SC_PAGESIZE);
}

static int open_event(pid_t tid, struct event *ret)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = PERIOD_NS,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
		.sample_regs_user = 1ull << REG_SP | 1ull << REG_PC | 1ull << REG_R14,
		.sample_stack_user = REGS_STACK,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.wakeup_events = 1,
	};
	void *ring;

	ret->fd = syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (ret->fd < 0)
		return errno == EACCES ? -EPERM : -errno;
	ring = mmap(NULL, ring_size(), PROT_READ | PROT_WRITE, MAP_SHARED, ret->fd, 0);
	ret->ring = ring == MAP_FAILED ? NULL : ring;
	return ret->ring ? 0 : -errno;
}

static void close_event(struct event *e)
{
	if (e->ring)
		munmap(e->ring, ring_size());
	if (e->fd >= 0)
		close(e->fd);
	*e = (struct event){ .fd = -1 };
}

/* The first record: there is room for it without wrapping, and no second one. */
static bool read_event(const struct event *e, struct regs_sample *ret)
{
	uint64_t head = __atomic_load_n(&e->ring->data_head, __ATOMIC_ACQUIRE), size;
	struct span b = { (const uint8_t *)e->ring + sysconf(_SC_PAGESIZE), head, false };
	struct perf_event_header header;

	if (head < sizeof(header) || head > (uint64_t)RING_PAGES * sysconf(_SC_PAGESIZE))
		return false;
	memcpy(&header, b.p, sizeof(header));
	if (header.type != PERF_RECORD_SAMPLE || span_u64(&b, AT_ABI) != PERF_SAMPLE_REGS_ABI_64)
		return false;
	size = span_u64(&b, AT_SIZE);
	if (size > REGS_STACK || b.bad)
		return false;
	*ret = (struct regs_sample){
		.tid = (pid_t)span_u32(&b, AT_TID),
		.sp = span_u64(&b, AT_REGS),
		.pc = span_u64(&b, AT_REGS + 8),
		.r14 = span_u64(&b, AT_REGS + 16),
		.stack = b.p + AT_STACK,
		.len = size ? span_u64(&b, AT_STACK + size) : 0,
	};
	return !b.bad && ret->len <= size;
}

/* Until all have a sample, or the time is over. */
static void collect(struct event *events, const pid_t *tids, size_t n, uint64_t until_ns,
		    void (*got)(void *ctx, size_t i, const struct regs_sample *s), void *ctx)
{
	struct pollfd fds[REGS_THREADS];
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		fds[i] = (struct pollfd){ .fd = events[i].ring ? events[i].fd : -1, .events = POLLIN };
		left += events[i].ring != NULL;
	}
	while (left) {
		uint64_t now = num_now_ns();

		if (now >= until_ns || poll(fds, n, (int)((until_ns - now) / 1000000 + 1)) < 0)
			return;
		for (size_t i = 0; i < n; i++) {
			struct regs_sample s;

			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			if (read_event(&events[i], &s) && s.tid == tids[i])
				got(ctx, i, &s);
			fds[i].fd = -1;
			left--;
		}
	}
}

int regs_sample(const pid_t *tids, size_t n, uint64_t wait_ns,
		void (*got)(void *ctx, size_t i, const struct regs_sample *s), void *ctx)
{
	struct event events[REGS_THREADS];
	int err = 0;

#ifndef __x86_64__
	return -EOPNOTSUPP;
#endif
	if (n > REGS_THREADS)
		n = REGS_THREADS;
	for (size_t i = 0; i < n; i++) {
		int one;

		events[i] = (struct event){ .fd = -1 };
		one = open_event(tids[i], &events[i]);
		if (!one && ioctl(events[i].fd, PERF_EVENT_IOC_REFRESH, 1))
			one = -errno;
		if (one)
			close_event(&events[i]);
		/* one that has ended is no failure */
		if (one && one != -ESRCH)
			err = one == -ENOSYS || one == -ENOENT ? -EOPNOTSUPP : one;
	}
	collect(events, tids, n, num_now_ns() + wait_ns, got, ctx);
	for (size_t i = 0; i < n; i++)
		close_event(&events[i]);
	return err;
}

/* The number behind a line's name in /proc/PID/status; false: there is no such line. */
static bool status_number(const char *text, const char *name, uint64_t *ret)
{
	const char *at = strstr(text, name);

	return at && sscanf(at + strlen(name), "%" SCNu64, ret) == 1;
}

bool regs_blocked(const struct target *t, pid_t tid, struct regs_blocked *ret)
{
	char name[64], *text;
	uint64_t own, forced;
	bool ok;

	snprintf(name, sizeof(name), "task/%d/status", tid);
	if (target_text(t, name, &text, NULL))
		return false;
	ok = status_number(text, "\nvoluntary_ctxt_switches:", &own) &&
	     status_number(text, "\nnonvoluntary_ctxt_switches:", &forced);
	free(text);
	snprintf(name, sizeof(name), "task/%d/syscall", tid);
	if (!ok || target_text(t, name, &text, NULL))
		return false;
	/* the call's number, six arguments, sp, pc; or "running" */
	ok = sscanf(text, "%*d %*x %*x %*x %*x %*x %*x %" SCNx64 " %" SCNx64, &ret->sp, &ret->pc) == 2;
	free(text);
	ret->switches = own + forced;
	return ok;
}

/* The last of a thread's numbers: in its own PID namespace. 0: not known */
static uint64_t own_number(const struct target *t, const char *tid, bool *inside)
{
	char name[64], *text, *at;
	uint64_t ret = 0;

	snprintf(name, sizeof(name), "task/%s/status", tid);
	if (target_text(t, name, &text, NULL))
		return 0;
	at = strstr(text, "\nNSpid:");
	*inside = false;
	if (at)
		at += strlen("\nNSpid:");
	while (at && *at == '\t') {
		char *end;

		*inside = ret != 0;
		ret = strtoull(at, &end, 10);
		at = end;
	}
	free(text);
	return ret;
}

pid_t regs_thread(const struct target *t, uint64_t ns_tid)
{
	char name[32];
	struct dirent *entry;
	bool inside = false;
	pid_t ret = 0;
	DIR *dir;

	snprintf(name, sizeof(name), "%d", t->pid);
	own_number(t, name, &inside);
	if (!inside)
		return ns_tid <= INT32_MAX ? (pid_t)ns_tid : 0;
	snprintf(name, sizeof(name), "/proc/%d/task", t->pid);
	dir = opendir(name);
	if (!dir)
		return 0;
	while (!ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && own_number(t, entry->d_name, &inside) == ns_tid)
			ret = (pid_t)strtoul(entry->d_name, NULL, 10);
	closedir(dir);
	return ret;
}
