/* SPDX-License-Identifier: GPL-2.0-only */
/* features.h - what this kernel lets this process do, found by trying it */
#ifndef GOBPF_COLLECT_FEATURES_H
#define GOBPF_COLLECT_FEATURES_H

enum feature_id {
	FEATURE_BPF,		/* programs for uprobes are loaded */
	FEATURE_UPROBE,		/* a breakpoint in our own code runs one, by a perf event */
	FEATURE_UPROBE_MULTI,	/* the same by one link for many */
	FEATURE_RINGBUF,
	FEATURE_BTF,		/* the kernel's types */
	FEATURE_FENTRY,
	FEATURE_TRACEPOINT,
	FEATURE_KPROBE,
	FEATURE_PERF,		/* samples of our own process by a clock, in user mode .. */
	FEATURE_PERF_KERNEL,	/* .. and in the kernel */
	FEATURE_PERF_CYCLES,	/* by the processor's counter */
	FEATURES,
};

enum feature_state { FEATURE_YES, FEATURE_NO, FEATURE_DENIED };

struct feature {
	const char *name;	/* "uprobe" */
	enum feature_state state;
	char says[200];
};

/* Tries all, on our own process and code; takes up to half a second, nearly all of it waiting. */
void features_try(struct feature ret[FEATURES]);

#endif
