/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as standard input of gobpf sym: words, or text with addresses in it, perf script's
 * too.  The first byte says which, of a file or a process, and whether addresses have frames; where
 * none has, text comes out as it went in.  What prints is replaced.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/sym_run.h"
#include "go/format.h"

/* The one large buffer would cost more than all that is done with it. */
static char room[1 << 20];

static void *room_malloc(size_t n)
{
	return n == sizeof(room) ? room : malloc(n);
}

static void room_free(void *p)
{
	if (p != room)
		free(p);
}

#define malloc room_malloc
#define free room_free
#include "cmd/sym_words.c"
#include "cmd/sym_filter.c"
#include "cmd/sym_perf.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILTER = 1, FRAMES = 2, RETURNS = 4, LIVE = 8 };

static bool has_frames;

static void must(bool right)
{
	if (!right)
		abort();
}

bool sym_flush(struct sym *s)
{
	(void)s;
	return true;
}

int sym_frames(struct sym *s, uint64_t addr, bool is_return, struct frame *ret)
{
	int n = has_frames ? addr % 4 : 0;

	(void)s;
	(void)is_return;
	for (int i = 0; i < n; i++)
		ret[i] = (struct frame){ .flags = i + 1 < n ? FRAME_INLINED : 0 };
	return n;
}

void sym_text(struct sym *s, const char *text)
{
	buf_str(&s->text, text ? text : "main.f");
}

void sym_place(struct sym *s, const struct frame *fr)
{
	(void)fr;
	buf_str(&s->text, "main.f /src/main.go:12");
}

void sym_show_addr(struct sym *s, uint64_t addr)
{
	buf_printf(&s->text, "%" PRIx64 "\n", addr);
}

/* What is read from standard input. */
static void put(const void *p, size_t n)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("words", 0);
		must(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
		stderr = fopen("/dev/null", "w");	/* of unknown words much is said */
	}
	must(!ftruncate(fd, n) && pwrite(fd, p, n, 0) == (ssize_t)n && !lseek(fd, 0, SEEK_SET));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct elf_file elf;
	static struct elf_native native = { .failed = true };
	static struct go_file go = { .elf = &elf };	/* without a function */
	static struct elf_segment code = { 0x401000, 0x1000, 0x1000, 0x1000, .exec = true };
	static struct map map = {
		.start = 0x401000, .end = 0x402000, .offset = 0x1000, .ino = 1, .exec = true, .path = "/",
	};
	struct sym s = { .object = "/", .go = &go, .native = &native };

	if (size < 2)
		return 0;
	go.format = go_format_of(GO_FORMAT_NEWEST);
	go.table = go_table_of(go.format);
	elf.segments = &code;
	elf.nsegments = 1;
	has_frames = data[0] & FRAMES;
	s.live = data[0] & LIVE && data[0] & FILTER;	/* names are looked up in files here */
	s.process.maps = (struct maps){ .v = &map, .n = 1 };
	s.return_addresses = data[0] & RETURNS;
	s.f = stdout;
	put(data + 1, size - 1);
	if (data[0] & FILTER) {
		must(!sym_filter(&s));
		must(has_frames || (s.text.len == size - 1 && !memcmp(s.text.data, data + 1, size - 1)));
	} else {
		must(!sym_show_words(&s));
	}
	must(!s.text.failed);
	buf_free(&s.text);
	return 0;
}
