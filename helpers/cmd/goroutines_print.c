/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines_print.c - goroutines as a table, and each by itself as in Go's crash dumps */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "base/table.h"
#include "cmd/goroutines_run.h"
#include "go/tidy.h"
#include "go/traceback.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_place(struct buf *b, const struct frame *f)
{
	go_name_short(b, f->func);
	if (f->file)
		buf_printf(b, " %s:%u", base_name(f->file), f->line);
}

/* What a reader wants to know first: the innermost frame that is not the runtime's. */
static const struct frame *site_of(const struct g_run *run, const struct sample *s)
{
	const struct profile *p = &run->profile;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];

		if (go_traceback_shows(run->live.process.go.version.minor, f->func, true))
			return f;
	}
	return &p->frames[p->stack_frames[s->first]];
}

static void stack_lines(struct table *t, const struct profile *p, const struct sample *s)
{
	struct buf b = { 0 };

	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];

		buf_clear(&b);
		add_place(&b, f);
		table_line(t, "%s%s", b.data ? b.data : "?",
			   f->flags & FRAME_INLINED ? " (inlined)" : "");
	}
	buf_free(&b);
}

static void wait_cell(struct table *t, const struct g_group *g)
{
	char least[NUM_LEN], most[NUM_LEN];

	if (!g->most_wait_ns) {
		table_cell(t, "?");
		return;
	}
	num_duration(most, (double)g->most_wait_ns);
	num_duration(least, (double)g->least_wait_ns);
	if (g->unknown_wait || g->least_wait_ns * 10 > g->most_wait_ns * 9)
		table_cell(t, "≥%s", most);
	else
		table_cell(t, "≥%s…%s", least, most);
}

static void group_row(struct table *t, struct g_run *run, uint32_t sample)
{
	const struct sample *s = &run->profile.samples[sample];
	const struct g_group *group = &run->groups[sample];
	const struct goroutine *g = &run->gs.v[group->example];
	struct buf b = { 0 };
	struct frame creator;

	table_cell(t, "%u", group->n);
	table_cell(t, "%s", g_state(run, g));
	wait_cell(t, group);
	add_place(&b, site_of(run, s));
	table_cell(t, "%s", b.data && g->stack < run->gs.nstacks ? b.data : "");
	buf_clear(&b);
	if (g_created_by(run, g, &creator))
		add_place(&b, &creator);
	table_cell(t, "%s", b.data ? b.data : "");
	buf_free(&b);
	if (g_stack_words(g))
		table_line(t, "(%s)", g_stack_words(g));
	if (!run->live.out.verbose)
		return;
	stack_lines(t, &run->profile, s);
	if (group->n == 1)
		table_line(t, "goroutine %llu", (unsigned long long)g->goid);
	else
		table_line(t, "goroutines %llu … %llu", (unsigned long long)g->goid,
			   (unsigned long long)run->gs.v[group->last].goid);
}

static void head(const struct g_run *run, FILE *f)
{
	const struct go_goroutines *gs = &run->gs;

	fprintf(f, "goroutines: %s (pid %d), %s: %zu goroutine%s and %zu of the runtime itself, %zu "
		   "different stack%s",
		base_name(run->live.target.exe_path), run->live.target.pid, run->live.process.go.version.text,
		run->user, run->user == 1 ? "" : "s", run->system_n, gs->nstacks,
		gs->nstacks == 1 ? "" : "s");
	if (gs->torn)
		fprintf(f, "; %zu changed each time %s read", gs->torn, gs->torn == 1 ? "it was" : "they were");
	fputs("\n\n", f);
}

int g_print_table(struct g_run *run, FILE *f)
{
	static const struct table_column columns[] = {
		{ "COUNT", TABLE_RIGHT }, { "STATE", 0 },		 { "WAITING", TABLE_RIGHT },
		{ "AT", TABLE_SHORTEN },  { "CREATED BY", TABLE_SHORTEN },
	};
	uint32_t *order;
	size_t shown = 0, groups = 0;
	struct table t;
	int err = profile_order(&run->profile, 0, &order);

	if (err)
		return err_sys(-err, "printing");
	head(run, f);
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < run->profile.nsamples; i++)
		groups += run->groups[i].n > 0;
	for (; shown < groups && (!run->live.out.top || shown < run->live.out.top); shown++)
		group_row(&t, run, order[shown]);
	err = groups ? table_print(&t, f) : 0;
	if (!groups)
		fputs("no goroutine is as asked for\n", f);
	else if (shown < groups)
		fprintf(f, "\n%zu more group%s (-n 0 shows all)\n", groups - shown,
			groups - shown == 1 ? "" : "s");
	table_free(&t);
	free(order);
	return err ? err_sys(-err, "printing") : 0;
}

/*
 * " +0x1d": how far into its function pc is; nothing at the entry, nor for what was inlined
 * into another (a wrapper, which isn't shown itself), as Go has it.
 */
static void print_offset(const struct g_run *run, FILE *f, const char *name, uint64_t pc)
{
	struct go_func func;
	uint64_t addr = pc - run->live.process.bias;

	if (go_func_at(&run->live.process.go, addr, &func) && addr > func.entry &&
	    !strcmp(func.name, name))
		fprintf(f, " +0x%llx", (unsigned long long)(addr - func.entry));
}

static void print_frame(const struct g_run *run, FILE *f, const struct frame *frame,
			bool interrupted, struct buf *name)
{
	buf_clear(name);
	go_traceback_name(name, frame->func);
	fprintf(f, "%s(...)\n\t%s:%u", name->data ? name->data : "?", frame->file ? frame->file : "?",
		frame->line);
	if (!(frame->flags & FRAME_INLINED))
		print_offset(run, f, frame->func, frame->addr - interrupted);
	fputc('\n', f);
}

static void print_stack(struct g_run *run, FILE *f, const struct sample *s)
{
	const struct profile *p = &run->profile;
	unsigned minor = run->live.process.go.version.minor;
	struct buf name = { 0 };
	bool first = true, interrupted = false;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *frame = &p->frames[p->stack_frames[s->first + i]];

		if (run->system || go_traceback_shows(minor, frame->func, first)) {
			/* go_unwind() has such a pc one too high */
			print_frame(run, f, frame, interrupted, &name);
			first = false;
		}
		if (!(frame->flags & FRAME_INLINED))
			interrupted = go_is_injected(frame->func);
	}
	buf_free(&name);
}

static void print_creator(struct g_run *run, FILE *f, const struct goroutine *g)
{
	struct buf name = { 0 };
	struct frame creator;

	/* the main goroutine's creator says nothing */
	if (g->goid == 1 || !g_created_by(run, g, &creator) ||
	    (!run->system && !go_traceback_shows(run->live.process.go.version.minor, creator.func, false)))
		return;
	go_traceback_name(&name, creator.func);
	fprintf(f, "created by %s", name.data ? name.data : "?");
	buf_free(&name);
	if (g->parent)
		fprintf(f, " in goroutine %llu", (unsigned long long)g->parent);
	fprintf(f, "\n\t%s:%u", creator.file ? creator.file : "?", creator.line);
	print_offset(run, f, creator.func, g->gopc);
	fputc('\n', f);
}

static void print_goroutine(struct g_run *run, FILE *f, const struct goroutine *g, uint32_t sample)
{
	uint64_t minutes = g_waited_ns(run, g) / 60000000000;

	fprintf(f, "goroutine %llu [%s%s", (unsigned long long)g->goid, g_state(run, g),
		g->status == G_LEAKED ? " (leaked)" : "");
	if (minutes)
		fprintf(f, ", %llu minutes", (unsigned long long)minutes);
	fprintf(f, "%s]:\n", g->locked ? ", locked to thread" : "");
	if (g->stack_state == GO_STACK_RUNNING)
		fputs("\tgoroutine running on other thread; stack unavailable\n", f);
	else if (g->stack >= run->gs.nstacks)
		fprintf(f, "\t(%s; stack unavailable)\n", g_stack_words(g));
	else
		print_stack(run, f, &run->profile.samples[sample]);
	if (g->stack_state == GO_STACK_CUT)
		fputs("...additional frames elided...\n", f);
	print_creator(run, f, g);
}

int g_print_full(struct g_run *run, FILE *f)
{
	bool any = false;

	for (size_t i = 0; i < run->gs.n && !ferror(f); i++) {
		if (run->group_of[i] == G_NOT_CHOSEN)
			continue;
		if (any)
			fputc('\n', f);
		print_goroutine(run, f, &run->gs.v[i], run->group_of[i]);
		any = true;
	}
	if (!any && !run->live.out.quiet)
		fprintf(stderr, "%s: no goroutine is as asked for\n", program_invocation_name);
	return 0;
}
