/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/gzip.h"

#include <errno.h>
#include <zlib.h>

int gzip_write(FILE *f, const uint8_t *data, size_t len)
{
	z_stream z = { .next_in = (uint8_t *)data };
	uint8_t out[65536];
	int ret = Z_OK;

	/* 16: with gzip's header, whose time stays 0 */
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	do {
		/* avail_in has 32 bits */
		size_t part = len < (1 << 30) ? len : 1 << 30;

		z.avail_in = part;
		len -= part;
		do {
			z.next_out = out;
			z.avail_out = sizeof(out);
			ret = deflate(&z, len ? Z_NO_FLUSH : Z_FINISH);
			fwrite(out, 1, sizeof(out) - z.avail_out, f);
		} while (!z.avail_out);
	} while (len);
	deflateEnd(&z);
	return ret == Z_STREAM_END ? 0 : -EIO;
}
