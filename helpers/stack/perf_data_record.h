/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_record.h - one record of perf.data: what its bytes say */
#ifndef GOBPF_STACK_PERF_DATA_RECORD_H
#define GOBPF_STACK_PERF_DATA_RECORD_H

#include "base/span.h"
#include "stack/perf_data_events.h"

/*
 * Records of perf itself, from 64 on (tools/perf, lib/perf/include/perf/event.h); the
 * kernel's own are in include/uapi/linux/perf_event.h with their layouts.
 */
enum pdata_user_record {
	PERF_USER_ATTR = 64,
	PERF_USER_TRACING_DATA = 66,
	PERF_USER_BUILD_ID = 67,
	PERF_USER_FINISHED_ROUND = 68,
	PERF_USER_AUXTRACE = 71,
	PERF_USER_EVENT_UPDATE = 78,
	PERF_USER_FEATURE = 80,
	PERF_USER_COMPRESSED = 81,
	PERF_USER_COMPRESSED2 = 83,
};

/* Bits of perf_event_header.misc that perf gives a meaning of its own. */
enum {
	PERF_MISC_BUILD_ID_SIZE = 1 << 15,	/* of PERF_USER_BUILD_ID: the size is recorded */
};

struct pdata_sample {
	struct pdata_kind *kind;
	uint64_t ip, time, period, id;
	uint32_t pid, tid, cpu;
	unsigned mode;			/* PERF_RECORD_MISC_KERNEL, …: where ip is */
	struct span chain; /* addresses and PERF_CONTEXT_… marks, leaf first, 8 bytes each */
	bool has_chain, has_ip;
	struct span raw;		/* a tracepoint's fields */
	struct span reads;		/* of counters, see pdata_sample_read() */
	uint64_t nreads, read_size;
	uint64_t abi;			/* PERF_SAMPLE_REGS_ABI_…, of regs */
	struct span regs; /* 8 bytes each, in the order of the bits of sample_regs_user */
	struct span stack;		/* bytes from the user's stack pointer on */
};

/* 0, or -EBADMSG and *why says what is wrong. The spans point into record. */
int pdata_sample_parse(struct pdata_kind *k, struct span record, struct pdata_sample *ret,
		      const char **why);
/* Read i of s->nreads: false when it is outside. */
bool pdata_sample_read(const struct pdata_sample *s, uint64_t i, uint64_t *ret_id,
		       uint64_t *ret_value);
/* The register of that number (arch/ARCH/include/uapi/asm/pdata_regs.h); false: not recorded. */
bool pdata_sample_reg(const struct pdata_sample *s, unsigned reg, uint64_t *ret);

struct pdata_mmap {
	int32_t pid;
	uint64_t start, len, offset;
	uint64_t inode[3];		/* device, number, generation: 0 when there is a build id */
	struct span build_id;
	const char *path;
	bool kernel;			/* in the kernel's address space */
	bool guest;			/* in that of a virtual machine */
};
/* A PERF_RECORD_MMAP or _MMAP2.  False: its path doesn't end in it. */
bool pdata_mmap_parse(struct span record, struct pdata_mmap *ret);

#endif
