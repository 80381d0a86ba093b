/* SPDX-License-Identifier: GPL-2.0-only */
/* trap.c - what a breakpoint costs on this machine */
#include "collect/trap.h"

#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "collect/attach.h"
#include "collect/kernel.h"
#include "trap.skel.h"

#define BATCHES 7
#define CALLS	400

void trap_place(void);
#if defined(__x86_64__)
/* the instruction at most cheap places: emulated by the kernel, never single-stepped */
__asm__(".pushsection .text\n.p2align 6\n.hidden trap_place\n.globl trap_place\n"
	".type trap_place, @function\n"
	"trap_place: push %rbp\npop %rbp\nret\n.size trap_place, .-trap_place\n.popsection\n");
#else
#error "no emulated instruction is known for this architecture"
#endif

/* The first object is the program itself: /proc/self/exe. */
static int own_offset(struct dl_phdr_info *info, size_t size, void *ret)
{
	uint64_t addr = (uintptr_t)trap_place - info->dlpi_addr;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && addr >= p->p_vaddr && addr - p->p_vaddr < p->p_filesz) {
			*(uint64_t *)ret = addr - p->p_vaddr + p->p_offset;
			return 1;
		}
	}
	return -1;
}

/* Our own CPU time: whoever else runs on this CPU doesn't disturb. */
static double calls_ns(void)
{
	struct timespec a, b;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < CALLS; i++)
		trap_place();
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
}

static int smaller(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double per_call_ns(void)
{
	double v[BATCHES];

	for (int i = 0; i < BATCHES; i++)
		v[i] = calls_ns();
	qsort(v, BATCHES, sizeof(*v), smaller);
	return v[BATCHES / 2] / CALLS;
}

static int measure(struct trap_bpf *skel, enum attach_how how, double *ret_ns)
{
	struct attach_place place = { 0 };
	struct attach a = {
		.how = how,
		.pid = getpid(),
		.path = "/proc/self/exe",
		.prog = skel->progs.on_trap,
		.places = &place,
		.nplaces = 1,
	};
	double bare = per_call_ns();
	int err;

	if (dl_iterate_phdr(own_offset, &place.offset) != 1)
		return err_set(EOPNOTSUPP, "our own code is not in our executable");
	attach_init(&a);
	err = attach_on(&a);
	if (err)
		return err;
	*ret_ns = per_call_ns() - bare;
	attach_off(&a);
	return 0;
}

int trap_try(enum attach_how how, double *ret_ns)
{
	struct trap_bpf *skel = trap_bpf__open();
	int err;

	if (!skel)
		return kernel_words(errno, "BPF object");
	attach_prepare(skel->progs.on_trap, how);
	err = trap_bpf__load(skel);
	err = err ? kernel_words(-err, "BPF program") : measure(skel, how, ret_ns);
	trap_bpf__destroy(skel);
	return err ? err_in(err, "measuring the cost of a breakpoint") : 0;
}

int trap_cost(double *ret_ns)
{
	return trap_try(attach_best(), ret_ns);
}
