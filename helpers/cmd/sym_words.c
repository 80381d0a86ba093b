/* SPDX-License-Identifier: GPL-2.0-only */
/* sym_words.c - gobpf sym: addresses and names, from the command line or standard input */
#include "cmd/sym_run.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

enum {
	BATCH = 32,		/* lines */
	MATCHES = 64,		/* functions of one name */
};

bool sym_parse_hex(const char *text, size_t len, uint64_t *ret)
{
	uint64_t v = 0;

	if (len > 2 && text[0] == '0' && (text[1] | 32) == 'x') {
		text += 2;
		len -= 2;
	}
	if (!len || len > 16)
		return false;
	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i] | 32;

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (c - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

static size_t find_name(struct sym *s, const char *name, uint64_t ret[MATCHES])
{
	return s->live ? go_process_named(&s->process, name, ret, MATCHES) :
			 go_symbols_named(s->go, s->native, 0, name, ret, MATCHES);
}

/* "main.f" or "main.f+0x1d": all places of that name. */
static size_t find_place(struct sym *s, const char *word, uint64_t ret[MATCHES])
{
	const char *plus = strrchr(word, '+');
	size_t n = find_name(s, word, ret);
	char *name, *end;
	long off;

	if (n || !plus || !isdigit((unsigned char)plus[1]))
		return n;
	off = strtol(plus + 1, &end, 0);
	name = *end ? NULL : strndup(word, plus - word);
	n = name ? find_name(s, name, ret) : 0;
	free(name);
	for (size_t i = 0; i < n; i++)
		ret[i] += off;
	return n;
}

static void show_word(struct sym *s, const char *word)
{
	uint64_t addrs[MATCHES];
	size_t n = sym_parse_hex(word, strlen(word), &addrs[0]) ? 1 : find_place(s, word, addrs);

	for (size_t i = 0; i < n; i++)
		sym_show_addr(s, addrs[i]);
	if (n)
		return;
	sym_flush(s);
	fprintf(stderr, "gobpf sym: '%s' is neither an address nor a function of %s%s\n", word, s->object,
		s->live ? " or its libraries" : "");
	s->failed = true;
}

static void show_line(struct sym *s, const char *line, size_t len)
{
	size_t from = 0, to;
	uint64_t addr;
	char *word;

	while (from < len && isspace((unsigned char)line[from]))
		from++;
	for (to = from; to < len && !isspace((unsigned char)line[to]);)
		to++;
	if (to == from)
		return;
	if (sym_parse_hex(line + from, to - from, &addr)) {
		sym_show_addr(s, addr);
		return;
	}
	/* names may hold blanks: "main.f[go.shape.struct { ... }]" */
	for (to = len; isspace((unsigned char)line[to - 1]);)
		to--;
	word = strndup(line + from, to - from);
	if (word)
		show_word(s, word);
	free(word);
}

int sym_show_words(struct sym *s)
{
	for (int i = 0; i < s->nwords; i++)
		show_word(s, s->words[i]);
	return s->nwords ? 0 : sym_each_line(s, show_line);
}

static bool more_at_once(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

struct line {
	const char *text;
	size_t len;
};

/* What is alone on its line will be looked up: all of them wait for memory at the same time. */
static void expect(struct sym *s, const struct line *lines, size_t n)
{
	uint64_t addrs[BATCH];
	size_t known = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = lines[i].len;

		while (len && isspace((unsigned char)lines[i].text[len - 1]))
			len--;
		if (sym_parse_hex(lines[i].text, len, &addrs[known]))
			addrs[known++] -= s->bias + s->return_addresses;
	}
	if (known > 1)
		go_expect(s->go, addrs, known);
}

static size_t next_lines(const char *at, const char *end, struct line lines[BATCH])
{
	const char *to;
	size_t n = 0;

	for (; n < BATCH && (to = memchr(at, '\n', end - at)); at = to + 1)
		lines[n++] = (struct line){ at, to + 1 - at };
	return n;
}

/* Hands over the whole lines of buf (all of it when `rest'); returns how many bytes remain. */
static size_t hand_over(struct sym *s, char *buf, size_t n, bool rest,
			void (*fn)(struct sym *s, const char *line, size_t len))
{
	struct line lines[BATCH];
	char *at = buf, *end;
	size_t count;

	while ((count = next_lines(at, buf + n, lines))) {
		expect(s, lines, count);
		for (size_t i = 0; i < count; i++) {
			fn(s, lines[i].text, lines[i].len);
			at += lines[i].len;
		}
	}
	n -= at - buf;
	if (n == SYM_LINE_MAX) {
		end = memrchr(at, ' ', n);
		end = end ? end : at + n;
		fn(s, at, end - at);
		n -= end - at;
		at = end;
	}
	if (rest && n) {
		fn(s, at, n);
		n = 0;
	}
	memmove(buf, at, n);
	return n;
}

int sym_each_line(struct sym *s, void (*fn)(struct sym *s, const char *line, size_t len))
{
	char *buf = malloc(SYM_LINE_MAX);
	size_t n = 0;
	int err = buf ? 0 : err_sys(ENOMEM, "standard input");

	while (!err) {
		ssize_t got;

		if (!more_at_once() && !sym_flush(s))
			break;	/* nobody reads: output_close() says so */
		got = read(STDIN_FILENO, buf + n, SYM_LINE_MAX - n);
		if (got < 0 && errno != EINTR)
			err = err_sys(errno, "standard input");
		if (got >= 0)
			n = hand_over(s, buf, n + got, !got, fn);
		if (got == 0 || ferror(s->f))
			break;
	}
	free(buf);
	return err;
}
