/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/probe_file.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define FUNCTION_SIZE 32
#define STRINGS "\0" PROBE_FILE_FIRST "\0" PROBE_FILE_SECOND "\0.text\0.symtab\0.strtab"

#if defined(__aarch64__)
#define MACHINE EM_AARCH64
static const unsigned char nop[4] = { 0x1f, 0x20, 0x03, 0xd5 };
#else
#define MACHINE EM_X86_64
static const unsigned char nop[4] = { 0x90, 0x90, 0x90, 0x90 };
#endif

enum { SECTION_NULL, SECTION_TEXT, SECTION_SYMTAB, SECTION_STRTAB, SECTIONS };

/* As it is in the file; ELF-64 (System V gABI, chapters 4 and 5). */
struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	Elf64_Shdr sections[SECTIONS];
	Elf64_Sym symbols[3];
	char strings[sizeof(STRINGS)];
	unsigned char text[2 * FUNCTION_SIZE] __attribute__((aligned(4096)));
};

static uint32_t string_at(const struct image *m, const char *s)
{
	return (const char *)memmem(m->strings, sizeof(m->strings), s, strlen(s) + 1) - m->strings;
}

static void add_sections(struct image *m)
{
	m->sections[SECTION_TEXT] = (Elf64_Shdr){
		.sh_name = string_at(m, ".text"), .sh_type = SHT_PROGBITS,
		.sh_flags = SHF_ALLOC | SHF_EXECINSTR, .sh_addr = PROBE_FILE_FIRST_ADDR,
		.sh_offset = offsetof(struct image, text), .sh_size = sizeof(m->text),
		.sh_addralign = 16,
	};
	m->sections[SECTION_SYMTAB] = (Elf64_Shdr){
		.sh_name = string_at(m, ".symtab"), .sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct image, symbols), .sh_size = sizeof(m->symbols),
		.sh_link = SECTION_STRTAB, .sh_info = 1, .sh_addralign = 8,
		.sh_entsize = sizeof(Elf64_Sym),
	};
	m->sections[SECTION_STRTAB] = (Elf64_Shdr){
		.sh_name = string_at(m, ".strtab"), .sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct image, strings), .sh_size = sizeof(m->strings),
		.sh_addralign = 1,
	};
}

static void add_symbols(struct image *m)
{
	static const char *const names[] = { PROBE_FILE_FIRST, PROBE_FILE_SECOND };

	for (int i = 0; i < 2; i++)
		m->symbols[i + 1] = (Elf64_Sym){
			.st_name = string_at(m, names[i]),
			.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = SECTION_TEXT,
			.st_value = PROBE_FILE_FIRST_ADDR + i * FUNCTION_SIZE,
			.st_size = FUNCTION_SIZE,
		};
}

static void fill(struct image *m)
{
	m->header = (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = MACHINE, .e_version = EV_CURRENT,
		.e_entry = PROBE_FILE_FIRST_ADDR, .e_phoff = offsetof(struct image, segment),
		.e_shoff = offsetof(struct image, sections), .e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
		.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SECTIONS, .e_shstrndx = SECTION_STRTAB,
	};
	m->segment = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = offsetof(struct image, text),
		.p_vaddr = PROBE_FILE_FIRST_ADDR, .p_paddr = PROBE_FILE_FIRST_ADDR,
		.p_filesz = sizeof(m->text), .p_memsz = sizeof(m->text), .p_align = 4096,
	};
	memcpy(m->strings, STRINGS, sizeof(STRINGS));
	add_sections(m);
	add_symbols(m);
	for (size_t i = 0; i < sizeof(m->text); i += sizeof(nop))
		memcpy(m->text + i, nop, sizeof(nop));
}

int probe_file(void)
{
	struct image m = { 0 };
	int fd = memfd_create("gobpf-probe", MFD_CLOEXEC);

	fill(&m);
	if (fd < 0)
		return err_sys(errno, "can't make a file to probe");
	if (write(fd, &m, sizeof(m)) != sizeof(m) || fchmod(fd, 0700)) {
		close(fd);
		return err_set(EIO, "can't write a file to probe");
	}
	return fd;
}
