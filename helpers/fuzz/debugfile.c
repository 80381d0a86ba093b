/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the executable that a debug file is made for: what comes out must be an ELF
 * file that opens again, with a symbol table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "input/elf_debug.h"
#include "input/elf_native.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fd = -1;
static char path[64];

static void put(const void *p, size_t n)
{
	if (fd < 0) {
		fd = memfd_create("debugfile", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) || pwrite(fd, p, n, 0) != (ssize_t)n)
		abort();
}

static void reads_again(const struct buf *b)
{
	struct elf_native_func f;
	struct elf_native n = { .elf = NULL, .name = "out" };
	struct elf_file e;

	put(b->data, b->len);
	if (elf_open(path, &e) || !elf_has_symtab(&e))
		abort();
	n.elf = &e;
	for (size_t i = 0; elf_native_nth(&n, i, &f);)
		i++;
	elf_native_frames(&n, e.entry, (struct elf_native_frame[4]){ { 0 } }, 4);
	elf_native_close(&n);
	elf_close(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_debug d = { 0 };
	struct buf b = { 0 };
	struct elf_file e;

	put(data, size);
	if (elf_open(path, &e))
		return 0;
	if (!elf_debug_begin(&d, &e)) {
		for (unsigned i = 0; i < e.nsegments; i++)
			elf_debug_add(&d, "some.function", e.segments[i].addr + 16 * i, 16, i & 1);
		elf_debug_add(&d, "entry", e.entry, 1, false);
		if (!elf_debug_end(&d, &b))
			reads_again(&b);
	}
	buf_free(&b);
	elf_debug_free(&d);
	elf_close(&e);
	return 0;
}
