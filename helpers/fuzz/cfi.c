/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as .eh_frame of an executable, or as .eh_frame_hdr with .eh_frame behind it: walks up from several
 * places.  The first bytes say which, from where and with what on the stack.  Callers' frames lie above their
 * callees', and what a walk does not know it leaves alone.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "input/elf_cfi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 8, HEADER = 0x80, STACK = 512, STEPS = 16 };

#define TEXT	0x401000ull
#define EH	0x500000ull
#define STACKED 0x7ffd00001000ull

static void must(bool right)
{
	if (!right)
		abort();
}

static struct elf_cfi *open_section(const uint8_t *eh, size_t size)
{
	struct elf_section section = { .name = ".eh_frame", .addr = EH, .size = size };
	struct elf_file file = { .bytes = { .p = eh, .len = size }, .sections = &section, .nsections = 1 };

	return elf_cfi_open(&file);
}

/* The program header is the file's beginning, the section its end. */
static struct elf_cfi *open_header(const uint8_t *eh, size_t size, uint8_t **ret)
{
	Elf64_Ehdr ehdr = { .e_phoff = sizeof(ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1 };
	Elf64_Phdr phdr = { .p_type = PT_GNU_EH_FRAME, .p_vaddr = EH };
	struct elf_segment segment = { .addr = EH, .filesz = size, .memsz = size,
				       .offset = sizeof(ehdr) + sizeof(phdr) };
	uint8_t *bytes = *ret = malloc(segment.offset + size);
	struct elf_file file = { .bytes = { .p = bytes, .len = segment.offset + size },
				 .segments = &segment, .nsegments = 1 };

	must(bytes);
	memcpy(bytes, &ehdr, sizeof(ehdr));
	memcpy(bytes + sizeof(ehdr), &phdr, sizeof(phdr));
	memcpy(bytes + segment.offset, eh, size);
	return elf_cfi_open(&file);
}

/* Return addresses into the code, and addresses of the stack further up. */
static void fill(uint64_t *stack, size_t n, const uint8_t *head)
{
	for (size_t i = 0; i < n; i++)
		stack[i] = i % 2 == head[0] % 2 ? TEXT + ((head[1] + i) * head[2] & 0xfff) : STACKED + 8 * (i + head[3] % 8);
}

/* As go/recorded.c walks; a step that finds no caller changes nothing. */
static void walk(struct elf_cfi *c, uint64_t pc, const uint8_t *head, const uint64_t *stack)
{
	struct elf_cfi_regs r = { .pc = pc, .known = 1u << ELF_CFI_SP | head[4] | head[5] << 8,
				  .stack = (const uint8_t *)stack, .addr = STACKED, .len = STACK }, before;
	enum elf_cfi_step step = ELF_CFI_CALLER;

	for (int i = 0; i < ELF_CFI_REGS; i++)
		r.r[i] = STACKED + head[6] + 8 * i;
	for (int i = 0; step == ELF_CFI_CALLER && i < STEPS; i++) {
		before = r;
		step = elf_cfi_step(c, r.pc, i, &r);
		must(r.stack == before.stack && r.addr == before.addr && r.len == before.len);
		if (step == ELF_CFI_CALLER)
			must(r.pc && r.r[ELF_CFI_SP] > before.r[ELF_CFI_SP] && r.known >> ELF_CFI_SP & 1 &&
			     r.known < 1u << ELF_CFI_REGS);
		else
			must(!memcmp(&r, &before, sizeof(r)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t stack[STACK / 8];
	uint8_t *bytes = NULL;
	struct elf_cfi *c;

	if (size < HEAD)
		return 0;
	fill(stack, STACK / 8, data);
	c = data[7] & HEADER ? open_header(data + HEAD, size - HEAD, &bytes) :
			       open_section(data + HEAD, size - HEAD);
	for (uint64_t pc = TEXT; c && pc < TEXT + 64; pc += 1 + data[7] % 32)
		walk(c, pc, data, stack);
	elf_cfi_close(c);
	free(bytes);
	return 0;
}
