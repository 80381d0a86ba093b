/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_data_unpack.h - records that perf record -z compressed: one zstd stream over all of them */
#ifndef GOBPF_STACK_PERF_DATA_UNPACK_H
#define GOBPF_STACK_PERF_DATA_UNPACK_H

#include "base/buf.h"
#include "base/span.h"

struct pdata_unpack {
	void *stream;
	struct buf out;		/* what was unpacked and is no whole record yet */
	const char *why;	/* it failed, in words */
};

void pdata_unpack_free(struct pdata_unpack *u);

/*
 * Unpacks the next bytes of the stream and hands over each whole record.  0, what record
 * returned if not 0, -ENOMEM, or -EBADMSG with u->why.
 */
int pdata_unpack(struct pdata_unpack *u, struct span packed,
		int (*record)(void *ctx, struct span record), void *ctx);

#endif
