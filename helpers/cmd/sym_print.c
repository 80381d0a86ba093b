/* SPDX-License-Identifier: GPL-2.0-only */
/* sym_print.c - gobpf sym: frames as text and JSON */
#include "cmd/sym_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Written in pieces of this size. */
enum { PIECE = 1 << 16 };

bool sym_flush(struct sym *s)
{
	bool taken = fwrite(s->text.data, 1, s->text.len, s->f) == s->text.len;

	buf_clear(&s->text);
	return taken && !fflush(s->f);
}

void sym_text(struct sym *s, const char *text)
{
	size_t from = s->text.len;

	buf_add(&s->text, text, strlen(text));
	for (size_t i = from; s->tty && i < s->text.len; i++)
		if ((unsigned char)s->text.data[i] < ' ' || s->text.data[i] == 0x7f)
			s->text.data[i] = '?';
}

void sym_hex(struct sym *s, uint64_t v)
{
	char digits[18], *p = digits + sizeof(digits);

	do {
		*--p = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	*--p = 'x';
	*--p = '0';
	buf_add(&s->text, p, digits + sizeof(digits) - p);
}

static void decimal(struct sym *s, uint32_t v)
{
	char digits[10], *p = digits + sizeof(digits);

	do {
		*--p = '0' + v % 10;
		v /= 10;
	} while (v);
	buf_add(&s->text, p, digits + sizeof(digits) - p);
}

void sym_place(struct sym *s, const struct frame *fr)
{
	sym_text(s, fr->func);
	if (!fr->file)
		return;
	buf_char(&s->text, ' ');
	sym_text(s, fr->file);
	buf_char(&s->text, ':');
	decimal(s, fr->line);
}

int sym_frames(struct sym *s, uint64_t addr, bool is_return, struct frame *ret)
{
	int n = s->symboliser.frames(s->symboliser.ctx, addr, is_return ? PC_RETURN : 0, ret,
				     SYM_FRAMES_MAX);

	if (n == 1 && (ret[0].flags & FRAME_UNKNOWN))
		return 0;
	if (s->no_inline && n > 1) {
		ret[0] = ret[n - 1];
		n = 1;
	}
	return n > 0 ? n : 0;
}

/* The file that holds the address, unless it is the executable that was asked about. */
static const char *other_object(struct sym *s, uint64_t addr)
{
	const char *path = s->live ? go_process_object(&s->process, addr) : "";

	return path[0] && strcmp(path, s->target.exe_path) ? path : NULL;
}

static void end_line(struct sym *s, const char *object, const char *mark)
{
	if (object) {
		buf_str(&s->text, " (");
		sym_text(s, object);
		buf_char(&s->text, ')');
	}
	buf_str(&s->text, mark);
}

static void print_frames(struct sym *s, uint64_t addr, const struct frame *fr, int n)
{
	const char *object = other_object(s, addr);

	if (!n) {
		sym_hex(s, addr);
		buf_str(&s->text, " ?");
		end_line(s, object, "\n");
	}
	for (int i = 0; i < n; i++) {
		sym_hex(s, addr);
		buf_char(&s->text, ' ');
		sym_place(s, &fr[i]);
		end_line(s, object, fr[i].flags & FRAME_INLINED ? " (inlined)\n" : "\n");
	}
}

json_t *sym_json_hex(uint64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	return json_string(text);
}

/* Names in a damaged file may be anything; JSON is UTF-8. */
json_t *sym_json_text(const char *text)
{
	struct buf b = { 0 };
	json_t *j;

	if (!text)
		return json_null();
	utf8_clean(&b, text);
	j = json_string(b.data ? b.data : "");
	buf_free(&b);
	return j;
}

void sym_json(struct sym *s, json_t *e)
{
	char *text = e ? json_dumps(e, JSON_COMPACT) : NULL;

	if (text) {
		buf_str(&s->text, s->nentries++ ? ",\n" : "\n");
		buf_str(&s->text, text);
	} else {
		s->text.failed = true;
	}
	free(text);
	json_decref(e);
}

static void json_frames(struct sym *s, uint64_t addr, const struct frame *fr, int n)
{
	json_t *list = json_array();
	const char *object = other_object(s, addr);
	json_t *e;

	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:o, s:o, s:i, s:b}", "func",
						      sym_json_text(fr[i].func), "file",
						      sym_json_text(fr[i].file), "line",
						      (int)fr[i].line, "inlined",
						      !!(fr[i].flags & FRAME_INLINED)));
	e = json_pack("{s:o, s:o}", "addr", sym_json_hex(addr), "frames", list);
	if (object)
		json_object_set_new(e, "object", sym_json_text(object));
	sym_json(s, e);
}

void sym_show_addr(struct sym *s, uint64_t addr)
{
	struct frame fr[SYM_FRAMES_MAX];
	int n = sym_frames(s, addr, s->return_addresses, fr);

	if (s->json)
		json_frames(s, addr, fr, n);
	else
		print_frames(s, addr, fr, n);
	if (s->text.len > PIECE)
		sym_flush(s);
}
