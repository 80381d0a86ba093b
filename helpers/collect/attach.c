/* SPDX-License-Identifier: GPL-2.0-only */
/* attach.c - breakpoints at places of one process's executable */
#include "collect/attach.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "collect/kernel.h"

/* include/uapi/linux/bpf.h of Linux 6.6; the headers we build with may be older. */
#define UAPI_LINK_CREATE	28
#define UAPI_TRACE_UPROBE_MULTI 48
struct uapi_link_create_uprobes {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, multi_flags, pid, pad;
};

/* The kernel's own: the instruction can't be probed (arch_uprobe_analyze_insn()). */
#define KERNEL_ENOTSUPP 524

enum attach_how attach_best(void)
{
	struct utsname u;
	unsigned major, minor;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return ATTACH_PERF;
	return major > 6 || (major == 6 && minor >= 10) ? ATTACH_MULTI : ATTACH_PERF;
}

void attach_prepare(struct bpf_program *prog, enum attach_how how)
{
	if (how == ATTACH_MULTI)
		bpf_program__set_expected_attach_type(
			prog, (enum bpf_attach_type)UAPI_TRACE_UPROBE_MULTI);
}

void attach_init(struct attach *a)
{
	a->multi_fd = -1;
	a->links = NULL;
}

static int words(const struct attach *a, int err)
{
	switch (err) {
	case ESRCH:
		return err_set(ESRCH, "process %d is gone", a->pid);
	case EINVAL:
	case EILSEQ:
	case ENOEXEC:
	case KERNEL_ENOTSUPP:
		return err_set(ENOEXEC, "%s: the kernel takes no breakpoint at a chosen place",
			       a->path);
	default:
		return kernel_words(err, "uprobe");
	}
}

static int multi_on(struct attach *a)
{
	uint64_t *v = calloc(2 * a->nplaces, sizeof(*v));
	struct uapi_link_create_uprobes attr = {
		.prog_fd = bpf_program__fd(a->prog),
		.attach_type = UAPI_TRACE_UPROBE_MULTI,
		.path = (uintptr_t)a->path,
		.offsets = (uintptr_t)v,
		.cnt = a->nplaces,
		.pid = a->pid,
	};
	int err = 0;

	if (!v)
		return -ENOMEM;
	attr.cookies = (uintptr_t)(v + a->nplaces);
	for (unsigned i = 0; i < a->nplaces; i++) {
		v[i] = a->places[i].offset;
		v[a->nplaces + i] = a->places[i].cookie;
	}
	a->multi_fd = syscall(SYS_bpf, UAPI_LINK_CREATE, &attr, sizeof(attr));
	if (a->multi_fd < 0)
		err = -errno;
	free(v);
	return err;
}

/*
 * The kernel waits ~10 ms when it puts a perf event's breakpoint in and ~100 ms
 * after it took it out.  One after the other, the last places would be hit for
 * nothing all that time; so several threads do it.
 */
#define PERF_THREADS 16

struct perf_share {
	struct attach *a;
	unsigned first;
	void (*each)(struct perf_share *share, unsigned place);
	int err;
};

static void perf_open(struct perf_share *share, unsigned place)
{
	struct attach *a = share->a;
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .bpf_cookie = a->places[place].cookie);

	if (share->err)
		return;
	a->links[place] = bpf_program__attach_uprobe_opts(a->prog, a->pid, a->path,
							  a->places[place].offset, &opts);
	if (!a->links[place])
		share->err = -errno;
}

static void perf_close(struct perf_share *share, unsigned place)
{
	bpf_link__destroy(share->a->links[place]);
}

static void *perf_some(void *arg)
{
	struct perf_share *share = arg;

	for (unsigned i = share->first; i < share->a->nplaces; i += PERF_THREADS)
		share->each(share, i);
	return NULL;
}

/* Calls each() for all places; the first error or 0. A thread that can't be had is done without. */
static int perf_all(struct attach *a, void (*each)(struct perf_share *share, unsigned place))
{
	struct perf_share shares[PERF_THREADS];
	pthread_t threads[PERF_THREADS];
	bool running[PERF_THREADS] = { false };
	unsigned n = a->nplaces < PERF_THREADS ? a->nplaces : PERF_THREADS;
	int err = 0;

	for (unsigned i = 0; i < n; i++) {
		shares[i] = (struct perf_share){ .a = a, .first = i, .each = each };
		if (i + 1 < n)
			running[i] = !pthread_create(&threads[i], NULL, perf_some, &shares[i]);
		if (!running[i])
			perf_some(&shares[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		if (running[i])
			pthread_join(threads[i], NULL);
		if (!err)
			err = shares[i].err;
	}
	return err;
}

static int perf_on(struct attach *a)
{
	a->links = calloc(a->nplaces, sizeof(struct bpf_link *));
	return a->links ? perf_all(a, perf_open) : -ENOMEM;
}

void attach_off(struct attach *a)
{
	if (a->multi_fd >= 0)
		close(a->multi_fd);
	a->multi_fd = -1;
	if (a->links)
		perf_all(a, perf_close);
	free(a->links);
	a->links = NULL;
}

int attach_on(struct attach *a)
{
	int err = a->how == ATTACH_MULTI ? multi_on(a) : perf_on(a);

	if (!err)
		return 0;
	attach_off(a);
	return words(a, -err);
}
