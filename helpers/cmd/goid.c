/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf goid - where a Go program keeps the goroutine id, and the runtime everything else */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/goid_run.h"
#include "command.h"
#include "go/globals.h"
#include "input/target.h"
#include "options.h"

struct goid {
	struct opt_output out;
	const char *object;
	char **words;
	int nwords;
	bool all;
	/* opened */
	struct target target;
	struct elf_file elf;
	struct go_file go;
	struct layout layout;
	struct goid_run run;
};

static const struct argp_option options[] = {
	{ "all", 'a', NULL, 0, "Every structure and variable that is known", 1 },
	{ "define", 'D', NULL, 0, "The same as --format=define", 50 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct goid *c = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->out;
		return 0;
	case 'a':
		c->all = true;
		return 0;
	case 'D':
		opt_output_format(&c->out, "define");
		return 0;
	case ARGP_KEY_ARGS:
		c->object = state->argv[state->next];
		c->words = state->argv + state->next + 1;
		c->nwords = state->argc - state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which executable or process?");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		if (c->all && c->nwords)
			argp_error(state, "'%s': --all shows everything", c->words[0]);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &opt_json_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "FILE|PID [NAME]...",
	"Show where a Go executable or process keeps the goroutine id: the register or thread-local "
	"slot of the current g, the offsets of fields of the runtime's structures and the "
	"addresses of its variables, each with its source. NAME is one of them, as "
	"runtime.g.goid or runtime.allgs.\v"
	"Formats: text, json, define (-D NAME=VALUE, for cc and cpp), header (#define, for C and "
	"bpftrace --include).\n"
	"\n"
	"Examples:\n"
	"  gobpf goid ./server\n"
	"  gobpf goid --all -f json $(pidof server)\n"
	"  cc $(gobpf goid -D ./server) -c probe.c\n"
	"  gobpf goid -f header -o go.h ./server && bpftrace --include go.h script.bt",
	children, NULL, NULL,
};

/* What is shown when nothing is asked for: enough to name goroutines and to find them all. */
static const char *const usual[] = {
	"runtime.g.goid", "runtime.g.m", "runtime.g.atomicstatus", "runtime.g.stack.lo",
	"runtime.g.stack.hi", "runtime.g.sched.sp", "runtime.g.sched.pc", "runtime.g.sched.bp",
	"runtime.g.waitsince", "runtime.g.waitreason", "runtime.g.parentGoid", "runtime.g.gopc",
	"runtime.g.startpc", "runtime.g.labels", "runtime.m.g0", "runtime.m.gsignal",
	"runtime.m.curg", "runtime.m.p", "runtime.m.id", "runtime.m.procid", "runtime.p.id",
	"runtime.p.status", "runtime.allgs", "runtime.allm", "runtime.allp", "runtime.sched",
};

/* Where the kernel put a process's executable; nothing of its memory is read. */
static int open_process(struct goid *c)
{
	uint64_t entry = 0;
	int err = elf_open(c->target.exe, &c->elf);

	if (!err && c->elf.pie)
		err = target_entry(&c->target, &entry);
	if (!err && c->elf.pie)
		c->run.bias = entry - c->elf.entry;
	c->run.live = true;
	return err;
}

static int open_object(struct goid *c)
{
	int err;

	c->run.object = c->object;
	c->run.go = &c->go;
	err = target_open_or_file(c->object, &c->target);
	if (!err)
		err = c->target.pidfd < 0 ? elf_open(c->object, &c->elf) : open_process(c);
	return err ? err : go_open_newer(&c->elf, &c->go);
}

static void close_object(struct goid *c)
{
	layout_close(&c->layout);
	go_close(&c->go);
	elf_close(&c->elf);
	target_close(&c->target);
	free(c->run.v);
}

/* Adds one; what is not known is added with the reason. Returns that it failed with, without words lost. */
static int add(struct goid_run *r, const struct goid_value *v, int err)
{
	if (!ARRAY_ROOM(r->v, r->n, r->cap))
		return err_sys(ENOMEM, "%s", v->name);
	r->v[r->n] = *v;
	r->v[r->n].known = !err;
	if (err)
		snprintf(r->v[r->n].source, sizeof(r->v[r->n].source), "%s", err_text());
	r->n++;
	return 0;
}

/* strict: what is not known is an error; else what this version has not is left out. */
static int add_field(struct goid *c, const char *strct, const char *field, bool strict)
{
	struct goid_value v = { .kind = GOID_FIELD };
	struct layout_field f = { 0 };
	char words[LAYOUT_WORDS];
	int err = layout_of(&c->layout, strct, field, &f);

	if (err && strict)
		return err;
	if (err == -ENOENT)
		return 0;
	v.value = strcmp(field, "sizeof") ? f.offset : f.size;
	v.size = f.size;
	snprintf(v.name, sizeof(v.name), "%s.%s", strct, field);
	if (!err)
		snprintf(v.source, sizeof(v.source), "%s",
			 layout_source_words(f.source, &c->run.go->version, words));
	return add(&c->run, &v, err);
}

static int add_variable(struct goid *c, enum go_global which, bool strict)
{
	struct goid_value v = { .kind = GOID_VARIABLE };
	bool symtab;
	int err = global_find(c->run.go, which, &v.value, &symtab);

	if (err && strict)
		return err;
	if (err == -ENOENT)
		return 0;
	v.value += c->run.bias;
	snprintf(v.name, sizeof(v.name), "%s", global_name(which));
	if (!err)
		snprintf(v.source, sizeof(v.source), "%s",
			 which == GLOBAL_FIRSTMODULEDATA && !symtab ? "contents" :
			 symtab ? "symbol table" : "code that uses it");
	return add(&c->run, &v, err);
}

/* "runtime.g.sched.sp": the structure ends at the second dot behind the last slash. */
static int add_named(struct goid *c, const char *name, bool strict)
{
	const char *dot = strrchr(name, '/');
	char strct[80];

	for (int i = 0; i < GLOBALS; i++)
		if (!strcmp(name, global_name(i)))
			return add_variable(c, i, strict);
	dot = strchr(dot ? dot : name, '.');
	dot = dot ? strchr(dot + 1, '.') : NULL;
	if (!dot || (size_t)(dot - name) >= sizeof(strct) || strlen(name) >= sizeof(strct))
		return err_set(ENOENT, "'%s' is neither a field, as runtime.g.goid, nor a variable "
				       "that is known", name);
	snprintf(strct, sizeof(strct), "%.*s", (int)(dot - name), name);
	return add_field(c, strct, dot + 1, strict);
}

static int add_all(struct goid *c)
{
	const char *strct, *field;
	int err = 0;

	for (unsigned i = 0; !err && layout_name(i, &strct, &field); i++)
		err = add_field(c, strct, field, false);
	for (int i = 0; !err && i < GLOBALS; i++)
		err = add_variable(c, i, false);
	return err;
}

static int by_kind(const void *a, const void *b)
{
	const struct goid_value *x = a, *y = b;

	return (int)x->kind - (int)y->kind;
}

/* Without the offset of goid there is nothing to show. */
static int gather(struct goid *c)
{
	struct layout_field f;
	int err;

	layout_open(&c->layout, c->run.go);
	err = layout_of(&c->layout, "runtime.g", "goid", &f);
	if (!err)
		err = go_current(c->run.go, &c->run.current);
	if (!err && c->all)
		err = add_all(c);
	for (int i = 0; !err && i < c->nwords; i++)
		err = add_named(c, c->words[i], true);
	for (size_t i = 0; !err && !c->all && !c->nwords && i < ARRAY_SIZE(usual); i++)
		err = add_named(c, usual[i], false);
	if (!err && c->nwords)
		qsort(c->run.v, c->run.n, sizeof(*c->run.v), by_kind);
	return err;
}

static int print(struct goid *c)
{
	static const struct {
		const char *format;
		int (*print)(const struct goid_run *r, FILE *f);
	} formats[] = {
		{ "text", goid_text },
		{ "json", goid_json },
		{ "define", goid_define },
		{ "header", goid_header },
	};
	FILE *f;
	int err = output_open(&c->out, &f), failed = 0;

	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].format, c->out.format))
			failed = formats[i].print(&c->run, f);
	err = output_close(&c->out, f);
	return failed ? failed : err;
}

static int run(int argc, char **argv)
{
	struct goid c = { .out = { .formats = "text json define header" } };
	int err;

	options_parse(&argp, argc, argv, &c);
	err = open_object(&c);
	if (!err)
		err = gather(&c);
	if (!err)
		err = print(&c);
	close_object(&c);
	if (err)
		fprintf(stderr, "gobpf goid: %s\n", err_text());
	return err_status(err);
}

const struct command cmd_goid = {
	.name = "goid",
	.group = "Target and symbols",
	.summary = "where the goroutine id is, and every other runtime offset",
	.run = run,
};
