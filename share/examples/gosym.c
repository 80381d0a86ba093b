/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gosym.c - an example for libgosym: where are these addresses in a Go executable?
 *
 *	cc -o whereis gosym.c $(pkg-config --cflags --libs gosym)
 *	./whereis ./server 47a3b1 45e0c1
 */
#include <gosym.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void show(const struct gosym *g, uint64_t addr)
{
	struct gosym_frame frames[64];
	int n = gosym_frames(g, addr, frames, 64);

	printf("0x%" PRIx64 "%s\n", addr, n ? "" : " is in no Go function");
	for (int i = 0; i < n; i++)
		printf("  %s %s:%" PRIu32 "%s\n", frames[i].func, frames[i].file ? frames[i].file : "?",
		       frames[i].line, frames[i].flags & GOSYM_INLINED ? " (inlined)" : "");
}

int main(int argc, char **argv)
{
	struct gosym *g;

	if (argc < 2) {
		fprintf(stderr, "usage: %s EXECUTABLE ADDRESS...\n", argv[0]);
		return 2;
	}
	if (gosym_open(argv[1], &g)) {
		fprintf(stderr, "%s: %s\n", argv[0], gosym_error());
		return 1;
	}
	printf("%s, %" PRIu32 " functions\n", gosym_go_version(g), gosym_func_count(g));
	for (int i = 2; i < argc; i++)
		show(g, strtoull(argv[i], NULL, 16));
	gosym_close(g);
	return 0;
}
