/* SPDX-License-Identifier: GPL-2.0-only */
/* sym_list.c - gobpf sym --list: every function, in the columns of nm -S -l */
#include "cmd/sym_run.h"

#include <inttypes.h>

static void show(struct sym *s, uint64_t addr, uint64_t size, char type, const struct go_frame *fr)
{
	if (s->json) {
		sym_json(s, json_pack("{s:o, s:I, s:o, s:o, s:i}", "addr", sym_json_hex(addr), "size",
				      (json_int_t)size, "name", sym_json_text(fr->func), "file",
				      sym_json_text(fr->file), "line", (int)fr->line));
	} else {
		buf_printf(&s->text, "%016" PRIx64 " %016" PRIx64 " %c ", addr, size, type);
		sym_text(s, fr->func);
		if (fr->file) {
			buf_char(&s->text, '\t');
			sym_text(s, fr->file);
			buf_printf(&s->text, ":%u", fr->line);
		}
		buf_char(&s->text, '\n');
	}
	if (s->text.len > 1 << 16)
		sym_flush(s);
}

static void show_native(struct sym *s, const struct elf_native_func *c)
{
	struct go_frame fr = { .func = c->name };
	struct go_func f;

	if (!go_func_at(s->go, c->addr, &f))
		show(s, c->addr + s->bias, c->size, c->local ? 't' : 'T', &fr);
}

int sym_list(struct sym *s)
{
	struct elf_native_func c;
	size_t next = 0;
	bool native = elf_native_nth(s->native, next, &c);

	for (uint32_t i = 0; i < s->go->nfunc && !ferror(s->f); i++) {
		struct go_frame fr;
		struct go_func f;

		if (!go_func_nth(s->go, i, &f) || !f.name[0])
			continue;
		for (; native && c.addr < f.entry; native = elf_native_nth(s->native, ++next, &c))
			show_native(s, &c);
		fr = go_func_begin(s->go, &f);
		show(s, f.entry + s->bias, go_func_size(s->go, &f), 'T', &fr);
	}
	for (; native; native = elf_native_nth(s->native, ++next, &c))
		show_native(s, &c);
	return 0;
}
