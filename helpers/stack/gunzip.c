/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/gunzip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PACKED = 64 << 10 };

struct gunzip {
	z_stream z;
	gunzip_source *source;
	void *arg;
	bool source_end;	/* nothing more comes */
	bool within;		/* a member has begun and not ended */
	bool end;
	size_t cap;
	uint8_t packed[];
};

bool gunzip_match(const void *head, size_t len)
{
	/* 8, deflate, is the only method there is */
	return len >= GUNZIP_HEAD && !memcmp(head, "\x1f\x8b\x08", GUNZIP_HEAD);
}

struct gunzip *gunzip_new(const void *head, size_t len, gunzip_source *source, void *arg)
{
	size_t cap = len < PACKED ? PACKED : len;
	struct gunzip *g = calloc(1, sizeof(*g) + cap);

	/* 16: gzip's header and nothing else */
	if (!g || inflateInit2(&g->z, 15 + 16) != Z_OK) {
		free(g);
		return NULL;
	}
	g->cap = cap;
	memcpy(g->packed, head, len);
	g->z.next_in = g->packed;
	g->z.avail_in = len;
	g->source = source;
	g->arg = arg;
	g->within = true;
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g);
}

/* Makes at least want packed bytes be there unless the source ends. 0 or -errno. */
static int fill(struct gunzip *g, size_t want)
{
	z_stream *z = &g->z;

	if (z->avail_in < want && z->next_in != g->packed) {
		memmove(g->packed, z->next_in, z->avail_in);
		z->next_in = g->packed;
	}
	while (z->avail_in < want && !g->source_end) {
		ssize_t n = g->source(g->arg, g->packed + z->avail_in, g->cap - z->avail_in);

		if (n < 0)
			return n;
		g->source_end = !n;
		z->avail_in += n;
	}
	return 0;
}

/* Behind a member: another one, or the end. */
static int next_member(struct gunzip *g, const char **ret_broken)
{
	z_stream *z = &g->z;
	int ret = fill(g, GUNZIP_HEAD);

	if (ret)
		return ret;
	if (gunzip_match(z->next_in, z->avail_in)) {
		g->within = true;
		return inflateReset(z) == Z_OK ? 0 : -EIO;
	}
	while (!ret && z->avail_in && !*z->next_in) {
		z->next_in++;
		if (!--z->avail_in)
			ret = fill(g, 1);
	}
	if (z->avail_in)
		*ret_broken = "something else follows the gzipped data";
	g->end = true;
	return ret;
}

static int inflate_part(struct gunzip *g, const char **ret_broken)
{
	int ret = fill(g, 1);

	if (ret)
		return ret;
	ret = inflate(&g->z, Z_NO_FLUSH);
	if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	if (ret == Z_STREAM_END) {
		g->within = false;
	} else if (ret != Z_OK && ret != Z_BUF_ERROR) {
		return -EBADMSG;
	} else if (g->source_end && !g->z.avail_in && g->z.avail_out) {
		*ret_broken = "the gzipped data breaks off";
		g->end = true;
	}
	return 0;
}

ssize_t gunzip_read(struct gunzip *g, void *buf, size_t n, const char **ret_broken)
{
	size_t part = n < (1 << 30) ? n : 1 << 30;	/* avail_out has 32 bits */
	int ret = 0;

	g->z.next_out = buf;
	g->z.avail_out = part;
	while (!ret && !g->end && g->z.avail_out == part)
		ret = g->within ? inflate_part(g, ret_broken) : next_member(g, ret_broken);
	return ret ? ret : (ssize_t)(part - g->z.avail_out);
}
