/* SPDX-License-Identifier: GPL-2.0-only */
/* plugin_words.c - what a plugin says of itself, read without running it */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/utf8.h"
#include "plugins.h"

#define WORDS_MAX	65536	/* bytes that are looked at */
#define SUMMARY_MAX	160

/* A line of text, without its newline. */
struct line {
	const char *p;
	size_t len;
};

static bool next_line(const char **at, struct line *ret)
{
	if (!**at)
		return false;
	*ret = (struct line){ *at, strcspn(*at, "\n") };
	*at += ret->len + ((*at)[ret->len] == '\n');
	if (ret->len && ret->p[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

/* The beginning of a regular file, as clean UTF-8. */
static int read_text(const char *path, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct buf raw = { 0 }, line = { 0 };
	struct stat st;
	struct line l;
	const char *at;
	char *room;
	ssize_t n;

	if (fd < 0)
		return err_sys(errno, "can't read %s", path);
	room = !fstat(fd, &st) && S_ISREG(st.st_mode) ? buf_room(&raw, WORDS_MAX) : NULL;
	n = room ? pread(fd, room, WORDS_MAX, 0) : -1;
	close(fd);
	raw.len = n > 0 ? n : 0;
	if (n > 0)
		room[n] = '\0';
	for (at = n > 0 ? room : ""; next_line(&at, &l);) {
		buf_clear(&line);
		buf_add(&line, l.p, l.len);
		for (size_t i = 0; i < line.len; i++)
			if (line.data[i] == '\t')
				line.data[i] = ' ';
		if (l.len)
			utf8_clean(ret, line.data);
		buf_char(ret, '\n');
	}
	buf_free(&raw);
	buf_free(&line);
	return n < 0 ? err_set(EIO, "can't read %s", path) : 0;
}

/* Takes a comment's sign off the line; false: it is no comment. */
static bool uncomment(struct line *l, bool *in_block)
{
	const char *end = l->p + l->len, *p = l->p, *close;

	while (p < end && *p == ' ')
		p++;
	if (!*in_block && end - p >= 2 && p[0] == '/' && p[1] == '*') {
		*in_block = true;
		p += 2;
	} else if (!*in_block) {
		const char *sign = p;

		while (p < end && strchr("/#;-", *p))
			p++;
		if (p == sign || (*sign == '/' && p - sign < 2) || (*sign == '-' && p - sign < 2))
			return false;
	} else if (p < end && *p == '*' && (p + 1 == end || p[1] != '/')) {
		p++;
	}
	if (*in_block && (close = memmem(p, end - p, "*/", 2))) {
		*in_block = false;
		end = close;
	}
	if (p < end && *p == ' ')
		p++;
	while (end > p && end[-1] == ' ')
		end--;
	*l = (struct line){ p, end - p };
	return true;
}

static bool begins_with(const struct line *l, const char *word, struct line *ret_rest)
{
	size_t n = strlen(word);

	if (l->len <= n || memcmp(l->p, word, n))
		return false;
	*ret_rest = (struct line){ l->p + n, l->len - n };
	return true;
}

static void set_summary(struct buf *summary, struct line l)
{
	if (summary->len)
		return;
	while (l.len && *l.p == ' ')
		l = (struct line){ l.p + 1, l.len - 1 };
	if (l.len > SUMMARY_MAX)
		for (l.len = SUMMARY_MAX; l.len && (l.p[l.len] & 0xc0) == 0x80;)
			l.len--;
	buf_add(summary, l.p, l.len);
}

/*
 * The comments in front. mark: what stands before the summary. With from_mark the manual begins there, and
 * without the mark there is none.
 */
static void read_header(const char *text, const char *mark, bool from_mark, struct buf *summary,
			struct buf *manual)
{
	bool in_block = false, empty = false;
	struct line l, rest;

	while (next_line(&text, &l)) {
		if (l.len >= 2 && !memcmp(l.p, "#!", 2))
			continue;
		if (!l.len && !manual->len && !in_block)
			continue;
		if (!uncomment(&l, &in_block))
			break;
		if (begins_with(&l, mark, &rest)) {
			set_summary(summary, rest);
			l = from_mark ? rest : l;
		}
		if (begins_with(&l, "SPDX-License-Identifier:", &rest) || (from_mark && !summary->len))
			continue;
		if (l.len && empty)
			buf_char(manual, '\n');
		empty = !l.len && manual->len;
		if (l.len) {
			buf_add(manual, l.p, l.len);
			buf_char(manual, '\n');
		}
	}
}

static int read_help_file(const struct plugin *p, struct buf *summary, struct buf *manual)
{
	char path[PATH_MAX + 8];
	const char *at;
	struct line l;
	int err;

	snprintf(path, sizeof(path), "%s.help", p->path);
	err = access(path, F_OK) ? -ENOENT : read_text(path, manual);
	at = manual->len ? manual->data : "";
	if (!err && next_line(&at, &l))
		set_summary(summary, l);
	return err;
}

int plugin_words(const struct plugin *p, struct buf *summary, struct buf *manual)
{
	char mark[NAME_MAX + 16];
	struct buf text = { 0 };
	int err;

	buf_clear(summary);
	buf_clear(manual);
	if (p->kind == PLUGIN_PROGRAM && read_help_file(p, summary, manual) != -ENOENT)
		return 0;
	err = read_text(p->real, &text);
	snprintf(mark, sizeof(mark), "%s.bt - ", p->name);
	if (!err && text.data && p->kind == PLUGIN_SCRIPT)
		read_header(text.data, mark, false, summary, manual);
	else if (!err && text.data && !strncmp(text.data, "#!", 2))
		read_header(text.data, "gobpf: ", true, summary, manual);
	buf_free(&text);
	if (!err && (summary->failed || manual->failed))
		err = err_set(ENOMEM, "out of memory");
	return err;
}
