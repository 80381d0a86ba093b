/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as an ELF file for libdw: native symbols, frames, parameters and their places.
 * libdw opens files itself, so this is one, in memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/image.h"
#include "go/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libdw 0.188 forgets some bytes when units of damaged DWARF contradict each other. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libdw";
}

enum { FRAMES = 8, PARAMS = 8, SYMBOLS = 16 };

static void must(bool right)
{
	if (!right)
		abort();
}

/* The path of a file that holds these bytes. */
static const char *put(const void *p, size_t n)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("dwarf", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	must(!ftruncate(fd, n) && pwrite(fd, p, n, 0) == (ssize_t)n);
	return path;
}

static void try_params(struct elf_native *n, uint64_t addr)
{
	static const char *const names[] = { "ax", "bx", "cx" };
	static const struct go_args args = {
		.abi = GO_ABI_REGISTERS, .ints = names, .floats = names, .nints = 3, .nfloats = 2,
		.stack = 8,
	};
	struct elf_param p[PARAMS];
	struct go_param placed[PARAMS];
	int count = elf_params(n, addr, p, PARAMS);

	must(count <= PARAMS);
	for (int i = 0; i < count; i++) {
		must(p[i].name && p[i].type && p[i].nscalars <= ELF_PARAM_SCALARS);
		for (unsigned k = 0; k < p[i].nscalars; k++)
			must(p[i].scalars[k].size >= 1 && p[i].scalars[k].size <= 8);
		placed[i] = (struct go_param){ .p = p[i] };
	}
	if (count > 0)
		go_params_place(&args, placed, count);
	for (int i = 0; i < count; i++)
		for (unsigned k = 0; !placed[i].on_stack && k < p[i].nscalars; k++)
			must(placed[i].registers[k]);
}

static void try_frames(struct elf_native *n, uint64_t addr)
{
	struct elf_native_frame fr[FRAMES];
	int count = elf_native_frames(n, addr, fr, FRAMES);

	must(count >= 0 && count <= FRAMES);
	for (int i = 0; i < count; i++) {
		must(fr[i].func);
		must(strlen(fr[i].func) + (fr[i].file ? strlen(fr[i].file) : 0) + 1);
	}
}

static void try_symbols(struct elf_native *n)
{
	struct elf_native_func f, same;

	for (size_t i = 0; i < SYMBOLS && elf_native_nth(n, i, &f); i++) {
		try_frames(n, f.addr);
		try_frames(n, f.addr + f.size / 2);
		try_params(n, f.addr);
	}
	/* the name is good until the next call */
	if (elf_native_nth(n, 0, &f)) {
		char *name = strdup(f.name);

		must(elf_native_named(n, name, &same));
		free(name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_native n = { .name = "image" };
	struct elf_file e;

	if (elf_open_mem(put(data, size), image(data, size), &e))
		return 0;
	n.elf = &e;
	try_symbols(&n);
	try_frames(&n, e.entry);
	try_params(&n, e.entry);
	elf_native_close(&n);
	elf_close(&e);
	return 0;
}
