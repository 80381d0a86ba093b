/* SPDX-License-Identifier: GPL-2.0-only */
/* trap.h - what a breakpoint costs on this machine */
#ifndef GOBPF_COLLECT_TRAP_H
#define GOBPF_COLLECT_TRAP_H

#include "collect/attach.h"

/*
 * Measures, on a function of our own process, what one hit of a breakpoint
 * with an empty program costs (CPU ns), at an instruction that the kernel
 * emulates as it does at the cheap places.  Takes 20 to 300 ms, nearly all of
 * it waiting; the target is not touched.  0 or -errno with words.
 */
int trap_cost(double *ret_ns);
/* The same in the given way, better or not. */
int trap_try(enum attach_how how, double *ret_ns);

#endif
