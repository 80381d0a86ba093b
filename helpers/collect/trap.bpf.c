/* SPDX-License-Identifier: GPL-2.0-only */
/* trap.bpf.c - does nothing, to measure what a breakpoint costs */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("uprobe")
int on_trap(void *ctx)
{
	(void)ctx;
	return 0;
}
