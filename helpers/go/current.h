/* SPDX-License-Identifier: GPL-2.0-only */
/* current.h - where a thread keeps the goroutine that it runs */
#ifndef GOBPF_GO_CURRENT_H
#define GOBPF_GO_CURRENT_H

#include <stdbool.h>
#include <stdint.h>

#include "go/gofile.h"

/*
 * In Go code the *g is in a register (r14 on amd64 since 1.17, R28 on arm64 always:
 * src/cmd/compile/abi-internal.md).  C code and assembly may use r14 for something else; then,
 * and in older versions, it is in thread-local storage, at a constant distance from
 * the thread pointer (fs base): -8 in most programs, further away when C libraries that are
 * linked statically have thread-local variables, too (runtime/tls_amd64.s, go_tls.h).
 *
 * On a system stack or a signal stack it is the g of that stack (m.g0, m.gsignal), whose
 * goid is 0; the goroutine is then g.m.curg.
 */
struct go_current {
	const char *reg;	/* as bpftrace's reg() has it: "r14", "r28"; NULL: in no register */
	bool tls;		/* tls_offset is known */
	int64_t tls_offset;	/* the *g stands at thread pointer + this */
	const char *tls_func;	/* one of the functions whose code says so .. */
	unsigned tls_funcs;	/* .. and how many they are */
};

/*
 * 0, or -errno with words: -ENOEXEC when there is neither register nor a known offset,
 * -EOPNOTSUPP for other machines than amd64 and arm64.  The offset is not known in shared
 * objects and plugins, which get theirs when they are loaded.
 */
int go_current(const struct go_file *g, struct go_current *ret);

#endif
