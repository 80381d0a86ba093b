/* SPDX-License-Identifier: GPL-2.0-only */
/* attach.c - breakpoints at places of one process's executable */
#include "collect/attach.h"

#include <errno.h>
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
			prog, (enum bpf_attach_type) UAPI_TRACE_UPROBE_MULTI);
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
		.path = (uintptr_t) a->path,
		.offsets = (uintptr_t) v,
		.cnt = a->nplaces,
		.pid = a->pid,
	};
	int err = 0;

	if (!v)
		return -ENOMEM;
	attr.cookies = (uintptr_t) (v + a->nplaces);
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

static int perf_on(struct attach *a)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts);
	int err;

	a->links = calloc(a->nplaces, sizeof(struct bpf_link *));
	if (!a->links)
		return -ENOMEM;
	for (unsigned i = 0; i < a->nplaces; i++) {
		opts.bpf_cookie = a->places[i].cookie;
		a->links[i] = bpf_program__attach_uprobe_opts(a->prog, a->pid, a->path,
							      a->places[i].offset, &opts);
		err = a->links[i] ? 0 : -errno;
		if (err)
			return err;
	}
	return 0;
}

void attach_off(struct attach *a)
{
	if (a->multi_fd >= 0)
		close(a->multi_fd);
	a->multi_fd = -1;
	for (unsigned i = 0; a->links && i < a->nplaces; i++)
		bpf_link__destroy(a->links[i]);
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
