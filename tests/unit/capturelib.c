/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capturelib FILE - a capture by hand, of two readers that saw different things: what each sees of it afterwards,
 * a line for each, as bats compares it.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "input/capture.h"
#include "input/core.h"
#include "input/mapping.h"
#include "input/target.h"

static void show(struct core *c, const char *reader)
{
	static const uint64_t addrs[] = { 0x10000, 0x101fc, 0x20000, 0x30000, 0x40000 };
	char *text, bytes[9];

	core_read_as(c, reader);
	printf("%s at %llu:", reader, (unsigned long long)c->about.now_ns);
	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		struct iovec v = { (void *)addrs[i], 8 };
		ssize_t n = core_readv(c, bytes, &v, 1);

		bytes[n > 0 ? n : 0] = '\0';
		printf(" %s", n > 0 ? bytes : "-");
	}
	if (!core_text(c, "status", &text, NULL)) {
		printf(" %s", text);
		free(text);
	}
	printf("\n");
}

static void fill(struct capture *c)
{
	const uint64_t auxv[] = { AT_ENTRY, 0x1000, AT_NULL, 0 };

	capture_reader(c, "-");
	capture_text(c, "auxv", (const char *)auxv, sizeof(auxv));
	capture_text(c, "status", "zero", 4);
	capture_reader(c, "first");
	capture_moment(c, 11, 0);
	capture_memory(c, 0x10000, "aaaaaaaa", 8);
	capture_memory(c, 0x101fc, "acrosses", 8);
	capture_memory(c, 0x20000, "samesame", 8);
	capture_memory(c, 0x30000, "gonelate", 8);
	capture_text(c, "status", "one", 3);
	capture_text(c, "status", "uno", 3);
	capture_reader(c, "second");
	capture_moment(c, 22, 0);
	capture_memory(c, 0x10000, "bbbbbbbb", 8);
	capture_memory(c, 0x10000, "BBBB", 4);
	capture_memory(c, 0x20000, "samesame", 8);
	capture_drop(c, 0x30004, 1ull << 60);
	capture_memory(c, 0x40000, "newnewne", 8);
	capture_text(c, "status", "two", 3);
	capture_reader(c, "third");
	capture_memory(c, 0x10004, "CCCC", 4);
	capture_memory(c, 0x101fe, "--", 2);
	capture_drop(c, 0x40006, 4);
}

int main(int argc, char **argv)
{
	struct map m = { .start = 0x10000, .end = 0x50000, .path = "" };
	struct maps maps = { &m, 1, NULL };
	struct target t = { .pid = 7, .pidfd = -1, .comm = "by\nhand", .exe_path = "/bin/none" };
	struct capture c = { 0 };
	FILE *f = argc > 1 ? fopen(argv[1], "w+") : NULL;
	struct span bytes;
	struct core *core;
	int err;

	if (!f)
		return 2;
	fill(&c);
	err = capture_write(&c, &(struct capture_about){ .target = &t, .maps = &maps, .program = "1",
							 .build_id = "" }, f);
	if (!err && !fflush(f))
		err = mapping_open(fileno(f), ftell(f), &bytes);
	if (!err)
		err = core_open_mem("capture", bytes, &core);
	capture_free(&c);
	if (err) {
		fprintf(stderr, "%s\n", err_text());
		return 1;
	}
	show(core, "first");
	show(core, "second");
	show(core, "third");
	show(core, "other");
	printf("%s, %zu blocks as they were\n", core->comm, core->nold);
	core_close(core);
	mapping_close(&bytes);
	return fclose(f);
}
