/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as standard input of gobpf sym: words, or text with addresses in it.  The
 * first byte says which, and whether addresses have frames; where none has, text comes out as
 * it went in.  What prints is replaced.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILTER = 1, FRAMES = 2, RETURNS = 4 };

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

/* perf script's lines need a file or a process to be looked up in */
bool sym_perf_line(struct sym *s, const char *line, size_t len)
{
	(void)s;
	(void)line;
	(void)len;
	return false;
}

int sym_frames(struct sym *s, uint64_t addr, bool is_return, struct frame *ret)
{
	int n = has_frames ? addr % 4 : 0;

	must(!is_return || s->return_addresses);
	for (int i = 0; i < n; i++)
		ret[i] = (struct frame){ .flags = i + 1 < n ? FRAME_INLINED : 0 };
	return n;
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
	struct sym s = { .object = "image", .go = &go, .native = &native };

	if (size < 2)
		return 0;
	go.format = go_format_of(GO_FORMAT_NEWEST);
	go.table = go_table_of(go.format);
	has_frames = data[0] & FRAMES;
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
