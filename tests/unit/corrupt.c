/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * corrupt CORE random SEED COUNT | set ADDRESS VALUE... - changes the memory in a core file, in place: COUNT
 * words of it by chance, the same ones for the same SEED, or the 8 bytes at an address.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t *file;
static const Elf64_Phdr *phdr;
static unsigned nphdr;

static uint64_t chance(uint64_t below)
{
	static uint64_t x = 88172645463325252ull;

	if (!below) {
		x++;
		return 0;
	}
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (x >> 11) % below;
}

static void set(uint64_t addr, uint64_t value)
{
	for (unsigned i = 0; i < nphdr; i++) {
		const Elf64_Phdr *p = &phdr[i];

		if (p->p_type != PT_LOAD || addr < p->p_vaddr || addr + 8 > p->p_vaddr + p->p_filesz)
			continue;
		memcpy(file + p->p_offset + addr - p->p_vaddr, &value, 8);
		return;
	}
	fprintf(stderr, "0x%llx is not in it\n", (unsigned long long)addr);
	exit(1);
}

/* Any word of memory that may be written in the program. */
static uint64_t some_address(void)
{
	for (;;) {
		const Elf64_Phdr *p = &phdr[chance(nphdr)];

		if (p->p_type == PT_LOAD && p->p_filesz >= 8 && !(p->p_flags & PF_X))
			return p->p_vaddr + chance(p->p_filesz / 8) * 8;
	}
}

static uint64_t some_value(void)
{
	static const uint64_t values[] = { 0, 1, 8, 1ull << 60, UINT64_MAX, INT64_MAX, 1ull << 31, 1ull << 47 };

	switch (chance(3)) {
	case 0:
		return values[chance(8)];
	case 1:
		return some_address();	/* cycles */
	}
	return chance(UINT64_MAX);
}

int main(int argc, char **argv)
{
	int fd = argc > 4 ? open(argv[1], O_RDWR) : -1;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return 2;
	file = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		return 1;
	phdr = (const Elf64_Phdr *)(file + sizeof(Elf64_Ehdr));
	nphdr = ((const Elf64_Ehdr *)file)->e_phnum;
	if (!strcmp(argv[2], "set")) {
		for (int i = 3; i + 1 < argc; i += 2)
			set(strtoull(argv[i], NULL, 0), strtoull(argv[i + 1], NULL, 0));
		return 0;
	}
	for (int i = atoi(argv[3]); i; i--)
		chance(0);
	for (int i = 0; i < 100; i++)
		chance(2);
	for (int n = atoi(argv[4]); n; n--)
		set(some_address(), some_value());
	return 0;
}
