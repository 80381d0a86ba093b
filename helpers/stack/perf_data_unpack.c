/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/perf_data_unpack.h"

#include <errno.h>
#include <zstd.h>

#include "stack/perf_data_events.h"

enum { AT_ONCE = 256 << 10 };

void pdata_unpack_free(struct pdata_unpack *u)
{
	ZSTD_freeDStream(u->stream);
	buf_free(&u->out);
}

/* All whole records in u->out. */
static int hand_over(struct pdata_unpack *u, int (*record)(void *ctx, struct span record),
		     void *ctx)
{
	struct span all = { (const uint8_t *)u->out.data, u->out.len };
	int ret = 0;

	while (!ret && all.len >= sizeof(struct perf_event_header)) {
		size_t size = pdata_header(all).size;

		if (size < sizeof(struct perf_event_header)) {
			u->why = "a compressed record of no size";
			return -EBADMSG;
		}
		if (size > all.len)
			break;
		ret = record(ctx, (struct span){ all.p, size });
		all.p += size;
		all.len -= size;
	}
	if (all.len)
		memmove(u->out.data, all.p, all.len);
	u->out.len = all.len;
	return ret;
}

int pdata_unpack(struct pdata_unpack *u, struct span packed,
		int (*record)(void *ctx, struct span record), void *ctx)
{
	ZSTD_inBuffer in = { packed.p, packed.len, 0 };
	bool full = false;

	if (!u->stream)
		u->stream = ZSTD_createDStream();
	if (!u->stream)
		return -ENOMEM;
	/* a full buffer may have left something in the stream */
	while (in.pos < in.size || full) {
		ZSTD_outBuffer out = { buf_room(&u->out, AT_ONCE), AT_ONCE, 0 };
		size_t left;
		int ret;

		if (!out.dst)
			return -ENOMEM;
		left = ZSTD_decompressStream(u->stream, &out, &in);
		if (ZSTD_isError(left)) {
			u->why = ZSTD_getErrorName(left);
			return -EBADMSG;
		}
		u->out.len += out.pos;
		full = out.pos == AT_ONCE;
		ret = hand_over(u, record, ctx);
		if (ret)
			return ret;
	}
	return 0;
}
