/* SPDX-License-Identifier: GPL-2.0-only */
/* traceback_labels.c - pprof labels in goroutines' headers, as the runtime prints them since 1.26 */
#include <string.h>

#include "base/utf8.h"
#include "go/goroutines.h"
#include "go/insn.h"
#include "go/traceback.h"

enum { DURABLE_SINCE = 25, DURABLE_WAITING_SINCE = 26, LABELS_SINCE = 26, LABELS_BEHIND_SINCE = 27 };

bool go_traceback_says_durable(unsigned minor, unsigned status, const char *state)
{
	static const char *const idle[] = {
		"chan receive (nil chan)", "chan send (nil chan)", "select (no cases)", "sleep",
		"sync.Cond.Wait", "coroutine", "synctest.Run", "synctest.Wait",
	};

	if (minor < DURABLE_SINCE || (minor >= DURABLE_WAITING_SINCE && status != G_WAITING))
		return false;
	for (size_t i = 0; i < sizeof(idle) / sizeof(*idle); i++)
		if (!strcmp(state, idle[i]))
			return true;
	return false;
}

/* Writable data that is zero when the program starts. */
static bool is_zeroed(const struct elf_file *e, uint64_t addr)
{
	for (unsigned i = 0; i < e->nsegments; i++) {
		const struct elf_segment *s = &e->segments[i];

		if (addr >= s->addr && addr - s->addr < s->memsz)
			return s->write && addr - s->addr >= s->filesz;
	}
	return false;
}

/* The one 4-byte variable that the function loads, or takes the address of: debug.tracebacklabels. */
static uint64_t find_switch(const struct go_file *g)
{
	struct insn_reader *r;
	uint64_t found = 0;
	struct go_func f;
	struct insn i;

	if (!go_func_named(g, "runtime.goroutineheader", &f))
		return 0;
	r = insn_open(go_func_code(g, &f), f.entry);
	if (!r)
		return 0;
	while (insn_next(r, &i)) {
		bool is_load = i.kind == INSN_MOV && !i.rip_written && i.rip_size == 4;

		if (!i.rip_addr || (!is_load && i.kind != INSN_LEA) ||
		    !is_zeroed(g->elf, i.rip_addr) || i.rip_addr == found)
			continue;
		if (found) {
			found = 0;
			break;
		}
		found = i.rip_addr;
	}
	insn_close(r);
	return found;
}

bool go_traceback_has_labels(struct go_process *p)
{
	uint64_t addr = p->go.version.minor >= LABELS_SINCE ? find_switch(&p->go) : 0;
	uint32_t on = 0;

	return addr && !mem_read_now(&p->mem, addr + p->bias, &on, sizeof(on)) && on == 1;
}

static bool is_plain(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_")] == '\0';
}

/* runtime/print.go, printquoted() */
static void add_quoted(struct buf *b, const char *s)
{
	uint32_t c;
	size_t len;

	buf_char(b, '"');
	for (; *s; s += len) {
		len = utf8_decode(s, &c);
		if (c == '\n' || c == '\r' || c == '\t')
			buf_str(b, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
		else if (c == '\\' || c == '"')
			buf_printf(b, "\\%c", (char)c);
		else if ((c == UTF8_BAD && len == 1) || c < ' ')
			buf_printf(b, "\\x%02x", (uint8_t)*s);
		else if (c <= '~')
			buf_char(b, (char)c);
		else
			buf_printf(b, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
	}
	buf_char(b, '"');
}

static void add_text(struct buf *b, unsigned minor, const char *s)
{
	if (minor >= LABELS_BEHIND_SINCE && is_plain(s))
		buf_str(b, s);
	else
		add_quoted(b, s);
}

void go_traceback_label(struct buf *b, unsigned minor, const char *key, const char *value, bool first)
{
	if (!first)
		buf_str(b, ", ");
	else
		buf_str(b, minor >= LABELS_BEHIND_SINCE ? "] {" : " labels:{");
	add_text(b, minor, key);
	buf_str(b, ": ");
	add_text(b, minor, value);
}

void go_traceback_labels_end(struct buf *b, unsigned minor, bool any)
{
	if (any)
		buf_char(b, '}');
	if (!any || minor < LABELS_BEHIND_SINCE)
		buf_char(b, ']');
}
