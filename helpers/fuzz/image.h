/* SPDX-License-Identifier: GPL-2.0-only */
/* image.h - the input of a fuzz target as a file in memory */
#ifndef GOBPF_FUZZ_IMAGE_H
#define GOBPF_FUZZ_IMAGE_H

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/span.h"

enum { IMAGE_MAX = 64 << 10 };

/*
 * The bytes as elf_open_mem() wants them, what lies behind their NUL poisoned.  Valid until the
 * next call; longer ones are cut.
 */
static inline struct span image(const void *data, size_t size)
{
	static uint8_t *room;
	static size_t last = IMAGE_MAX - 1;

	if (!room) {
		room = mmap(NULL, IMAGE_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (room == MAP_FAILED)
			abort();
	}
	if (size >= IMAGE_MAX)
		size = IMAGE_MAX - 1;
	/* elf_relocate() takes the right to write away */
	if (mprotect(room, IMAGE_MAX, PROT_READ | PROT_WRITE))
		abort();
	ASAN_UNPOISON_MEMORY_REGION(room, size + 1);
	if (size)
		memcpy(room, data, size);
	room[size] = 0;
	if (last > size)
		ASAN_POISON_MEMORY_REGION(room + size + 1, last - size);
	last = size;
	return (struct span){ .p = room, .len = size };
}

#endif
