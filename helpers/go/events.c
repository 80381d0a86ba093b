/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/events.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/insn.h"
#include "go/layout.h"
#include "go/probe.h"

/* The first version whose signatures events.inc has. */
#define OLDEST 19

struct func_row {
	uint8_t event, from, to;
	const char *func;
};

struct field_row {
	uint8_t event, from, to;
	const char *field, *fetch, *type;
};

#define EVENT(name, flags, rate, what) E_##name,
#define FUNC(...)
#define FIELD(...)
enum event_number {
#include "go/events.inc"
};
#undef EVENT
#undef FUNC

#define EVENT(name, flags, rate, what) { #name, rate, what, flags },
#define FUNC(...)
static const struct go_event events[] = {
#include "go/events.inc"
};
#undef EVENT
#undef FUNC

#define EVENT(...)
#define FUNC(name, from, to, func) { E_##name, from, to, func },
static const struct func_row funcs[] = {
#include "go/events.inc"
};
#undef FUNC
#undef FIELD

#define FUNC(...)
#define FIELD(name, from, to, field, fetch, type, shown) { E_##name, from, to, #field, fetch, type },
static const struct field_row fields[] = {
#include "go/events.inc"
};

const struct go_event *go_events(unsigned *ret_n)
{
	*ret_n = ARRAY_SIZE(events);
	return events;
}

int go_event_target(const struct go_file *g, struct go_event_target *ret)
{
	struct layout_field goid, m, curg;
	const struct layout_want want[] = {
		{ "runtime.g", "goid", &goid },
		{ "runtime.g", "m", &m },
		{ "runtime.m", "curg", &curg },
	};
	int err;

	if (g->elf->machine != EM_X86_64)
		return err_set(EOPNOTSUPP, "%s: probes are placed in x86-64 code only", g->elf->path);
	if (g->version.first < OLDEST)
		return err_set(ENOEXEC, "%s was built by %s: the runtime's events are known from Go 1.%d on",
			       g->elf->path, g->version.text, OLDEST);
	err = layout_fields(g, want, ARRAY_SIZE(want));
	if (err)
		return err;
	*ret = (struct go_event_target){ g, goid.offset, m.offset, curg.offset };
	return 0;
}

/* 1: the row is for this executable, 0: it isn't, -1: for some of the versions that it may be */
static int covers(const struct go_file *g, unsigned from, unsigned to)
{
	const struct go_version *v = &g->version;

	if (v->last < from || v->first > to)
		return 0;
	return from <= v->first && v->last <= to ? 1 : -1;
}

static int find_func(const struct go_event_target *t, unsigned event, struct go_func *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(funcs); i++)
		if (funcs[i].event == event && covers(t->go, funcs[i].from, funcs[i].to) &&
		    go_func_named(t->go, funcs[i].func, ret)) {
			ret->name = funcs[i].func;
			return 0;
		}
	return err_set(ENOENT, "%s has no function for the event %s (the linker leaves out what is never "
			       "called)", t->go->elf->path, events[event].name);
}

/*
 * The instruction behind a stack check's jump, if all it does is to make room on the stack
 * (cmd/internal/obj/x86/obj6.go, preprocess()): whoever comes by has passed the check.
 */
static uint64_t behind_check(const struct go_file *g, const struct go_func *f, uint64_t check)
{
	struct insn_reader *r = insn_open(go_func_code(g, f), f->entry);
	uint64_t ret = 0;
	struct insn i;

	while (r && insn_next(r, &i) && i.addr <= check)
		if (i.addr == check && insn_next(r, &i) && i.kind == INSN_PLAIN &&
		    i.writes == REG_BIT(REG_SP) && !i.writes_mem)
			ret = i.addr;
	insn_close(r);
	return ret;
}

static int find_place(const struct go_event_target *t, unsigned event, const struct go_func *f,
		      struct go_event_place *ret)
{
	struct probe_place p;
	uint64_t behind;
	int err = probe_place(t->go, f, &p);

	if (err)
		return err;
	ret->addr = p.addr;
	ret->dear = p.kind == PROBE_ENTRY;
	ret->repeats = p.repeats;
	if (p.skip_if_cf_or_zf && !(events[event].flags & GO_EVENT_G0)) {
		behind = behind_check(t->go, f, p.addr);
		ret->addr = behind ? behind : p.addr;
		ret->dear = behind;
		ret->repeats = !behind;
	}
	ret->offset = elf_offset_of(t->go->elf, ret->addr);
	return 0;
}

/* " NAME=EXPRESSION:TYPE" with numbers for {goid}, {m} and {curg} */
static void put_field(const struct go_event_target *t, const struct field_row *r, struct buf *b)
{
	const struct {
		const char *word;
		uint32_t value;
	} words[] = { { "{goid}", t->goid }, { "{m}", t->m }, { "{curg}", t->curg } };

	buf_printf(b, "%s%s=", b->len ? " " : "", r->field);
	for (const char *p = r->fetch; *p;) {
		size_t i = 0;

		while (i < ARRAY_SIZE(words) && strncmp(p, words[i].word, strlen(words[i].word)) != 0)
			i++;
		if (i < ARRAY_SIZE(words)) {
			buf_printf(b, "%u", words[i].value);
			p += strlen(words[i].word);
		} else {
			buf_char(b, *p++);
		}
	}
	buf_printf(b, ":%s", r->type);
}

static int put_fields(const struct go_event_target *t, unsigned event, struct go_event_place *ret)
{
	struct buf b = { 0 };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fields) && !err; i++) {
		int for_this = fields[i].event == event ? covers(t->go, fields[i].from, fields[i].to) : 0;

		if (for_this > 0)
			put_field(t, &fields[i], &b);
		else if (for_this < 0)
			err = err_set(ENOEXEC, "%s: %s: which arguments it has depends on the version, which "
					       "is not certain (%s)", t->go->elf->path, ret->func, t->go->version.text);
	}
	if (!err && (b.failed || b.len >= sizeof(ret->fetch)))
		err = err_sys(ENOMEM, "%s", events[event].name);
	if (!err)
		memcpy(ret->fetch, b.data, b.len + 1);
	buf_free(&b);
	return err;
}

int go_event_place(const struct go_event_target *t, unsigned i, struct go_event_place *ret)
{
	struct go_event_place p = { 0 };
	struct go_func f;
	int err = find_func(t, i, &f);

	if (err)
		return err;
	p.func = f.name;
	err = find_place(t, i, &f, &p);
	if (!err)
		err = put_fields(t, i, &p);
	if (!err)
		*ret = p;
	return err;
}
