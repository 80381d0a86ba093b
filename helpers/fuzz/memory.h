/* SPDX-License-Identifier: GPL-2.0-only */
/* memory.h - the input of a fuzz target as the memory of a process: this one, at a fixed address */
#ifndef GOBPF_FUZZ_MEMORY_H
#define GOBPF_FUZZ_MEMORY_H

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "go/layout.h"
#include "go/process.h"

enum { MEMORY_BASE = 0x10000, MEMORY_SIZE = 0x4000 };

static struct target memory_target;
static struct go_process memory_process = { .target = &memory_target };

static inline void must(bool right)
{
	if (!right)
		abort();
}

/* size is at most MEMORY_SIZE; what lies behind it is 0. */
static inline void memory_fill(const uint8_t *data, size_t size)
{
	static uint8_t *memory;
	static size_t last;

	if (!memory) {
		memory = mmap((void *)MEMORY_BASE, MEMORY_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		must(memory != MAP_FAILED);
		memory_target.pid = getpid();
		must(!mem_init(&memory_process.mem, &memory_target));
	}
	memcpy(memory, data, size);
	if (last > size)
		memset(memory + size, 0, last - size);
	last = size;
}

/* Where Go 1.minor has a field on amd64, and its size. */
static inline uint32_t memory_offset(unsigned minor, const char *strct, const char *field, uint32_t *size)
{
	char name[] = "fuzz";
	struct elf_file elf = { .path = name, .machine = EM_X86_64 };
	struct go_file g = { .elf = &elf, .version.minor = minor };
	struct layout_field f;

	/* patch releases differ */
	snprintf(g.version.text, sizeof(g.version.text), "%s", layout_toolchain(minor));
	must(!layout_by_table(&g, strct, field, &f));
	if (size)
		*size = f.size;
	return f.offset;
}

#endif
