/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/stopped.h"

#include <string.h>
#include <ucontext.h>

static bool function_at(const struct go_process *p, uint64_t pc, struct go_func *ret)
{
	return go_func_at(&p->go, pc - p->bias, ret);
}

/* These change to g0, too, to call the vDSO, and leave the goroutine's g as it was (runtime/sys_linux_amd64.s). */
static bool calls_vdso(const char *name)
{
	return !strcmp(name, "runtime.nanotime1") || !strcmp(name, "runtime.walltime");
}

/*
 * Was the thread, which is in a signal handler on a stack for these, somewhere else before?  The kernel left
 * its registers there, with where that stack is (arch/x86/kernel/signal_64.c, struct rt_sigframe).
 */
static void leave_handler(struct go_process *p, uint64_t *pc, uint64_t *sp)
{
	enum { STACK_MAX = 64 << 10, WORDS = 512 };	/* Go's are 32 KiB (runtime/os_linux.go, mpreinit) */
	uint64_t words[WORDS];
	ucontext_t uc;

	for (uint64_t at = *sp & ~7ull, end = at + STACK_MAX; at < end; at += 8) {
		uint64_t k = (at - (*sp & ~7ull)) / 8 % WORDS;

		if (!k && mem_read_now(&p->mem, at, words, sizeof(words)))
			return;
		/* ss_sp, of which the thread's sp must be less than Go's size away */
		if (words[k] > *sp || *sp - words[k] > STACK_MAX || words[k] < 4096 ||
		    mem_read_now(&p->mem, at - offsetof(ucontext_t, uc_stack.ss_sp), &uc,
				 offsetof(ucontext_t, uc_mcontext.fpregs)))
			continue;
		if (uc.uc_link || uc.uc_stack.ss_flags || uc.uc_stack.ss_size > STACK_MAX ||
		    *sp - words[k] >= uc.uc_stack.ss_size || at - words[k] >= uc.uc_stack.ss_size)
			continue;
		*pc = uc.uc_mcontext.gregs[REG_RIP];
		*sp = uc.uc_mcontext.gregs[REG_RSP];
		return;
	}
}

bool go_stopped_at(struct go_process *p, const struct go_stopped *r, uint64_t m, uint64_t lo,
		   uint64_t hi, uint64_t *pc, uint64_t *sp)
{
	uint64_t thread, g0, g0_lo, g0_hi, thread_pc, thread_sp;
	struct go_func f;

	if (!p->target->core || !m || mem_read(&p->mem, m + r->procid, &thread, sizeof(thread)) ||
	    !target_registers(p->target, thread, &thread_pc, &thread_sp))
		return false;
	if (thread_sp < lo || thread_sp >= hi)
		leave_handler(p, &thread_pc, &thread_sp);
	if (!function_at(p, thread_pc, &f))
		return false;
	if (thread_sp >= lo && thread_sp < hi) {
		*pc = thread_pc;
		*sp = thread_sp;
		return true;
	}
	if (mem_read(&p->mem, m + r->g0, &g0, sizeof(g0)) ||
	    mem_read(&p->mem, g0 + r->lo, &g0_lo, sizeof(g0_lo)) ||
	    mem_read(&p->mem, g0 + r->hi, &g0_hi, sizeof(g0_hi)))
		return false;
	return thread_sp >= g0_lo && thread_sp < g0_hi && !calls_vdso(f.name) && *sp >= lo && *sp < hi &&
	       function_at(p, *pc, &f) && !strcmp(f.name, "runtime.systemstack_switch");
}
