/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel.h - what libbpf and the kernel say when a program is not taken */
#ifndef GOBPF_COLLECT_KERNEL_H
#define GOBPF_COLLECT_KERNEL_H

/*
 * libbpf's messages go into a text of ours from now on, the newest 64 KiB of
 * it kept, and nothing of it to stderr.  Call once, before libbpf is used.
 */
void kernel_log_init(void);
/* That text, for -v and for error reports; never NULL. */
const char *kernel_log(void);

/*
 * Words for an errno that the kernel gave for `what` ("BPF program"): names the
 * capability that is missing, tells an old kernel from a forbidden one.
 * Returns -EPERM, -EOPNOTSUPP or -err.
 */
int kernel_words(int err, const char *what);

#endif
