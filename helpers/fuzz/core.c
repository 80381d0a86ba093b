/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a core file or a capture: segments, notes, texts, memory.  What is handed out lies in the
 * file, and what is read again is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/image.h"
#include "input/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool right)
{
	if (!right)
		abort();
}

static void must_lie_in(const struct core *c, struct span s)
{
	must(!s.len || (s.p >= c->bytes.p && s.len <= c->bytes.len &&
			(size_t)(s.p - c->bytes.p) <= c->bytes.len - s.len));
}

static void try_memory(struct core *c, uint64_t addr)
{
	uint8_t a[300], b[300];
	struct iovec v[2] = { { (void *)(uintptr_t)addr, 100 }, { (void *)(uintptr_t)(addr + 50), 200 } };
	ssize_t n = core_readv(c, a, v, 2);

	must(n == -14 || (n > 0 && n <= 300));
	if (n > 0)
		must(core_readv(c, b, v, 2) == n && !memcmp(a, b, n));
	if (n > 150)
		must(!memcmp(a + 50, a + 100, 50));
}

static void try_text(struct core *c, const char *name)
{
	struct maps maps;
	size_t len;
	char *text;

	if (core_text(c, name, &text, &len))
		return;
	must(!text[len]);
	if (strcmp(name, "maps")) {
		free(text);
	} else if (!maps_parse(text, 1, &maps)) {
		for (size_t i = 0; i < maps.n && i < 100; i++)
			maps_at(&maps, maps.v[i].start);
		maps_free(&maps);
	}
}

static void try_segments(struct core *c)
{
	uint64_t end = 0;

	for (size_t i = 0; i < c->nsegments; i++) {
		const struct core_segment *s = &c->segments[i];

		must(s->addr >= end && s->filesz <= s->memsz && s->addr + s->memsz > s->addr);
		end = s->addr + s->memsz;
		if (s->filesz)
			must_lie_in(c, (struct span){ c->bytes.p + s->offset, s->filesz, false });
		if (i < 20) {
			try_memory(c, s->addr);
			try_memory(c, s->addr + s->filesz - 1);
		}
	}
	end = 0;
	for (size_t i = 0; i < c->nmaps; i++) {
		must(c->maps[i].start >= end && c->maps[i].end > c->maps[i].start);
		must(!core_image(c, &c->maps[i]));
		end = c->maps[i].end;
		if (i < 20)
			try_memory(c, c->maps[i].start);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct core *c;

	if (core_open_mem("image", image(data, size), &c))
		return 0;
	must_lie_in(c, c->auxv);
	must_lie_in(c, c->kept_exe);
	try_segments(c);
	try_memory(c, 0);
	try_memory(c, UINT64_MAX - 60);
	try_text(c, "maps");
	try_text(c, "auxv");
	for (unsigned i = 0; i < CORE_READERS; i++) {
		if (!c->readers[i].name)
			continue;
		core_read_as(c, c->readers[i].name);
		for (size_t k = 0; k < c->nold && k < 20; k++)
			try_memory(c, c->old[k].addr + i);
		try_text(c, "status");
	}
	for (size_t i = 0; i < c->ntexts && i < 100; i++) {
		must_lie_in(c, c->texts[i].bytes);
		try_text(c, c->texts[i].name);
	}
	core_close(c);
	return 0;
}
