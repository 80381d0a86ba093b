/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf doctor - what a Go executable still says, what each tool will show of it, and what works on a process here */
#include <elf.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json_text.h"
#include "base/table.h"
#include "cmd/doctor_run.h"
#include "command.h"
#include "go/alloc.h"
#include "go/globals.h"

#define BUILDINFO_SINCE 13

const char doctor_ok[] = "ok", doctor_no[] = "no", doctor_denied[] = "denied";
const char doctor_degraded[] = "degraded", doctor_unavailable[] = "unavailable";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct doctor *d = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &d->out;
		return 0;
	case ARGP_KEY_ARG:
		if (d->object)
			argp_error(state, "unexpected '%s': one FILE or PID at a time", arg);
		d->object = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which executable or process?");
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &opt_json_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	NULL, parse, "FILE|PID",
	"Show what survives in a Go executable, what each tool will make of it, and what to do. Of a process "
	"also what this machine and your rights allow, found by trying it on our own process, and which "
	"commands of gobpf work on it.\v"
	"Examples:\n"
	"  gobpf doctor ./server\n"
	"  gobpf doctor $(pidof server)\n"
	"  gobpf doctor --json ./server | jq -r '.tools[] | select(.ok | not) | .tool'",
	children, NULL, NULL,
};

void doctor_row(struct doctor *d, json_t *to, const char *key, const char *name, const char *state,
		const char *says, const char *todo)
{
	json_t *row = json_pack("{s:s, s:b, s:s, s:o, s:s*}", key, name, "ok", state == doctor_ok, "state", state,
				"says", json_text(says), "todo", todo);

	if (!row || json_array_append_new(to, row))
		d->failed = true;
}

static void part(struct doctor *d, const char *name, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void part(struct doctor *d, const char *name, bool ok, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	doctor_row(d, d->parts, "part", name, ok ? doctor_ok : doctor_no, text, NULL);
}

static void tool(struct doctor *d, const char *name, bool ok, const char *says, const char *todo)
{
	doctor_row(d, d->tools, "tool", name, ok ? doctor_ok : doctor_no, says, todo);
}

static const char *machine(const struct doctor *d)
{
	switch (d->elf.machine) {
	case EM_X86_64: return "x86-64";
	case EM_AARCH64: return "arm64";
	default: return "another machine";
	}
}

static void gone(struct doctor *d, const char *name, enum survey_culprit who, const char *flags)
{
	switch (who) {
	case REMOVED_BY_LINKER:
		part(d, name, false, "left out by the linker: -ldflags=%s", d->survey.ldflags);
		break;
	case REMOVED_LATER:
		part(d, name, false, "taken out after the build, which kept them: strip");
		break;
	case REMOVED_UNKNOWN:
		part(d, name, false, "%s, or strip; the file does not say", flags);
		break;
	}
}

static void look_at_tables(struct doctor *d)
{
	const struct go_survey *s = &d->survey;

	if (!s->go.elf) {
		part(d, "function table", false, "%s", s->no_tables);
		return;
	}
	part(d, "function table", true, "%u functions with files, lines and inlined calls",
	     s->go.nfunc);
}

static void look_at_runtime(struct doctor *d)
{
	const struct go_survey *s = &d->survey;

	if (!s->go.elf)
		return;
	part(d, "file names", !s->trimpath, "%s",
	     s->trimpath ? "without folders of the build (-trimpath): sources are not found by them" :
			   "as on the machine that built it");
	part(d, "frame pointers", true, "Go keeps them%s",
	     s->cgo ? "; C code may not, stacks can end there" : "");
	part(d, "memory profile", s->memprofile, "%s",
	     s->http_pprof ? "kept by the runtime, and /debug/pprof is linked in" :
	     s->memprofile ? "kept by the runtime unless MemProfileRate is 0" :
			     "not kept: runtime.MemProfile is not linked in");
}

static void look_at_file(struct doctor *d)
{
	const struct go_survey *s = &d->survey;

	look_at_tables(d);
	if (s->symtab)
		part(d, "symbols", true, ".symtab");
	else
		gone(d, "symbols", s->symtab_culprit, "-ldflags=-s");
	if (s->dwarf)
		part(d, "DWARF", true, "types, variables, lines, inlined calls");
	else
		gone(d, "DWARF", s->dwarf_culprit, "-ldflags=-w or -s");
	part(d, "section headers", s->sections, "%s",
	     s->sections ? "there" : "gone: tools that look for sections by name find nothing");
	part(d, "build info", s->buildinfo, "%s",
	     s->buildinfo ? "Go version and module, for go version -m" :
	     s->go.elf && s->go.version.first >= BUILDINFO_SINCE ?
			    "none: removed (garble does that), or a plugin" :
			    "none: built before Go 1.13, or removed (garble does that)");
	look_at_runtime(d);
}

/*
 * Tools that read ELF symbols and DWARF and know nothing of Go's tables.  As seen of perf 6.1,
 * gdb 13, binutils 2.40 and 2.44, delve 1.20; inlined calls perf doesn't show, and addr2line
 * gives the innermost the name of the function around.  Delve reads pclntab since 1.21.
 */
static void look_at_tools(struct doctor *d)
{
	const struct go_survey *s = &d->survey;
	const char *functions = s->dwarf5 ? "functions; lines not from DWARF 5" :
				s->dwarf ? "functions, lines" : "functions";
	const char *fix = s->go.elf ? "gobpf sym --debug-file" : NULL;
	const char *lines = "build without -w, or gobpf sym";

	tool(d, "perf report", s->symtab,
	     s->symtab ? functions : "addresses", s->symtab ? NULL : fix);
	tool(d, "gdb", s->dwarf,
	     s->dwarf ? "everything" : s->symtab ? "functions" : "addresses",
	     s->dwarf ? NULL : s->symtab ? "build without -w" : fix);
	tool(d, "addr2line", s->dwarf && !s->dwarf5, s->dwarf || s->symtab ? functions : "??",
	     !s->go.elf ? NULL : s->dwarf5 ? "gobpf sym" : s->dwarf ? NULL : lines);
	tool(d, "delve", s->dwarf,
	     s->dwarf ? "everything" : "refused before delve 1.21; then no variables",
	     s->dwarf ? NULL : "build without -w");
	tool(d, "bpftrace", s->symtab,
	     s->symtab ? "probes and stacks by name" : "no probe by name, stacks as addresses",
	     s->symtab ? NULL : s->go.elf ? "gobpf script, gobpf sym --filter" : NULL);
	tool(d, "go tool pprof", true, "what the program itself says of its profile", NULL);
}

static void look_at_commands(struct doctor *d)
{
	const struct go_survey *s = &d->survey;
	bool tables = s->go.elf, probes = tables && d->elf.machine == EM_X86_64;
	struct alloc_sampling sampling;
	uint64_t addr;

	tool(d, "gobpf sym", tables, tables ? "functions, lines, inlined calls" : "nothing", NULL);
	if (tables && s->memprofile && !global_find(&s->go, GLOBAL_MBUCKETS, &addr, NULL))
		tool(d, "gobpf heap-hotspots", true, "the runtime's own profile, without a probe", NULL);
	else if (tables && !alloc_sampling(&s->go, &sampling))
		tool(d, "gobpf heap-hotspots", true, "samples of span refills, by probes", NULL);
	else
		tool(d, "gobpf heap-hotspots", false, tables ? err_text() : "nothing", NULL);
	tool(d, "gobpf script", probes, probes ? "probes at cheap places" : "no place for probes", NULL);
}

static void print_table(struct doctor *d, FILE *f, const char *head, const char *key, json_t *rows)
{
	const struct table_column columns[] = {
		{ head, 0 }, { "", 0 }, { "SAYS", TABLE_SHORTEN }, { "TO DO", TABLE_SHORTEN },
	};
	bool tools = rows == d->tools || rows == d->commands;
	struct table t;
	size_t i;
	json_t *row;

	table_init(&t, columns, tools ? 4 : 3);
	json_array_foreach(rows, i, row) {
		const char *todo = json_string_value(json_object_get(row, "todo"));

		table_cell(&t, "%s", json_string_value(json_object_get(row, key)));
		table_cell(&t, "%s", json_string_value(json_object_get(row, "state")));
		table_cell(&t, "%s", json_string_value(json_object_get(row, "says")));
		if (tools)
			table_cell(&t, "%s", todo ? todo : "");
	}
	if (table_print(&t, f))
		d->failed = true;
	table_free(&t);
}

static void print_text(struct doctor *d, FILE *f)
{
	const struct go_survey *s = &d->survey;

	fprintf(f, "%s: %s, ", d->name, s->go.elf ? s->go.version.text : "no Go version");
	if (s->go.elf && s->go.module[0])
		fprintf(f, "%s, ", s->go.module);
	fprintf(f, "%s%s%s\n\n", machine(d), d->elf.pie ? ", PIE" : "", s->cgo ? ", cgo" : "");
	if (d->machine) {
		print_table(d, f, "THIS MACHINE", "part", d->machine);
		fprintf(f, "\n");
		print_table(d, f, "THE PROCESS", "part", d->about);
		fprintf(f, "\n");
	}
	print_table(d, f, "IN THE FILE", "part", d->parts);
	fprintf(f, "\n");
	print_table(d, f, "TOOL", "tool", d->tools);
	if (d->commands) {
		fprintf(f, "\n");
		print_table(d, f, "GOBPF", "command", d->commands);
	}
}

static void print_json(struct doctor *d, FILE *f)
{
	const struct go_survey *s = &d->survey;
	json_t *all = json_pack("{s:s, s:o, s:s*, s:o*, s:s, s:b, s:b, s:O, s:O}", "schema",
				"gobpf-doctor-1", "file", json_text(d->name), "go",
				s->go.elf ? s->go.version.text : NULL, "module",
				s->go.elf && s->go.module[0] ? json_text(s->go.module) : NULL,
				"machine", machine(d), "pie", d->elf.pie, "cgo", s->cgo, "parts",
				d->parts, "tools", d->tools);

	if (d->machine)
		json_object_update_new(all, json_pack("{s:i, s:O, s:O, s:O}", "pid", d->target.pid, "features",
						      d->machine, "process", d->about, "commands",
						      d->commands));
	if (json_print(all, f, true))
		d->failed = true;
}

static void look_at_process(struct doctor *d)
{
	d->machine = json_array();
	d->about = json_array();
	d->commands = json_array();
	doctor_machine(d);
	doctor_process(d);
	doctor_commands(d);
	doctor_process_close(d);
}

static int examine(struct doctor *d)
{
	FILE *f;
	int err;

	go_survey(&d->elf, &d->survey);
	if (!d->survey.go.elf && !d->survey.buildinfo)
		return err_set(ENOEXEC, "%s", d->survey.no_tables);
	d->parts = json_array();
	d->tools = json_array();
	look_at_file(d);
	look_at_tools(d);
	look_at_commands(d);
	if (d->target.pidfd >= 0)
		look_at_process(d);
	err = output_open(&d->out, &f);
	if (err)
		return err;
	if (!strcmp(d->out.format, "json"))
		print_json(d, f);
	else
		print_text(d, f);
	err = output_close(&d->out, f);
	return err ? err : d->failed ? err_sys(ENOMEM, "report") : 0;
}

static int open_object(struct doctor *d)
{
	int err;

	d->name = d->object;
	err = target_open_or_file(d->object, &d->target);
	if (err || d->target.pidfd < 0)
		return err ? err : elf_open(d->object, &d->elf);
	d->name = d->target.exe_path;
	return elf_open(d->target.exe, &d->elf);
}

static int run(int argc, char **argv)
{
	struct doctor d = { .out = { .formats = "text json" } };
	int err;

	options_parse(&argp, argc, argv, &d);
	err = open_object(&d);
	if (!err) {
		err = examine(&d);
		go_survey_free(&d.survey);
		elf_close(&d.elf);
	}
	json_decref(d.parts);
	json_decref(d.tools);
	json_decref(d.machine);
	json_decref(d.about);
	json_decref(d.commands);
	target_close(&d.target);
	if (err)
		fprintf(stderr, "gobpf doctor: %s\n", err_text());
	return err_status(err);
}

const struct command cmd_doctor = {
	.name = "doctor",
	.group = "Target and symbols",
	.summary = "what works on a Go executable or process here, and why not",
	.run = run,
};
