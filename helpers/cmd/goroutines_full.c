/* SPDX-License-Identifier: GPL-2.0-only */
/* goroutines_full.c - each goroutine by itself, as in Go's crash dumps (runtime/traceback.go) */
#include <errno.h>
#include <string.h>

#include "cmd/goroutines_run.h"
#include "go/traceback.h"

enum { BUBBLE_SINCE = 25 };

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

/* How many frames were shown. */
static size_t print_frames(struct g_run *run, FILE *f, const struct goroutine *g, const struct sample *s,
			   bool all)
{
	const struct profile *p = &run->profile;
	unsigned minor = run->live.process.go.version.minor;
	/* it has not begun yet, or where it is was not found behind a call */
	bool interrupted = g->pc == g->startpc || g->from != GO_FROM_MEMORY;
	struct buf name = { 0 };
	size_t shown = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *frame = &p->frames[p->stack_frames[s->first + i]];

		if (all || go_traceback_shows(minor, frame->func, !shown)) {
			/* go_unwind() has such a pc one too high */
			print_frame(run, f, frame, interrupted, &name);
			shown++;
		}
		if (!(frame->flags & FRAME_INLINED))
			interrupted = go_is_injected(frame->func);
	}
	buf_free(&name);
	return shown;
}

/* Without a frame to be shown Go shows all, runtime.goexit too, which no other output has. */
static void print_stack(struct g_run *run, FILE *f, const struct goroutine *g, const struct sample *s)
{
	const struct go_stack_pcs *stack = &run->gs.stacks[g->stack];
	struct buf name = { 0 };
	struct frame goexit;

	if (print_frames(run, f, g, s, run->system))
		return;
	print_frames(run, f, g, s, true);
	if (g->stack_state == GO_STACK_WHOLE && stack->n > 1 &&
	    run->symboliser.frames(run->symboliser.ctx, run->gs.pcs[stack->first + stack->n - 1], PC_RETURN,
				   &goexit, 1) == 1)
		print_frame(run, f, &goexit, false, &name);
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

/* As Go counts them: from what a garbage collection noted, in whatever state it was then. */
static uint64_t waited_minutes(const struct g_run *run, const struct goroutine *g)
{
	if ((g->status != G_WAITING && g->status != G_SYSCALL) || g->waitsince_ns <= 0 ||
	    (uint64_t)g->waitsince_ns > run->gs.time_ns)
		return 0;
	return (run->gs.time_ns - g->waitsince_ns) / 60000000000;
}

/* The end of a header line, with labels if the program's own would have them. */
static void print_labels(const struct g_run *run, FILE *f, const struct goroutine *g)
{
	const struct go_label_table *t = &run->gs.labels;
	const struct go_label_set *set = &t->sets[g->label_set];
	unsigned minor = run->live.process.go.version.minor;
	struct buf b = { 0 };

	if (g->label_set < t->nsets && set->n && run->labels_in_dumps)
		for (uint32_t i = 0; i < set->n; i++)
			go_traceback_label(&b, minor, t->text.data + t->v[set->first + i].key,
					   t->text.data + t->v[set->first + i].value, i == 0);
	go_traceback_labels_end(&b, minor, b.len > 0);
	fputs(b.data ? b.data : "]", f);
	buf_free(&b);
}

static void print_goroutine(struct g_run *run, FILE *f, const struct goroutine *g, uint32_t sample)
{
	uint64_t minutes = waited_minutes(run, g), bubble = go_bubble(&run->reader, g);
	const char *state = g_state(run, g);

	fprintf(f, "goroutine %llu [%s%s%s", (unsigned long long)g->goid, state,
		g->status == G_LEAKED ? " (leaked)" : "",
		bubble && go_traceback_says_durable(run->live.process.go.version.minor, g->status, state) ?
			" (durable)" : "");
	if (minutes)
		fprintf(f, ", %llu minutes", (unsigned long long)minutes);
	if (g->locked)
		fputs(", locked to thread", f);
	if (bubble)
		fprintf(f, ", synctest %s %llu",
			run->live.process.go.version.minor < BUBBLE_SINCE ? "group" : "bubble",
			(unsigned long long)bubble);
	print_labels(run, f, g);
	fputs(":\n", f);
	if (g->stack_state == GO_STACK_RUNNING)
		fputs("\tgoroutine running on other thread; stack unavailable\n", f);
	else if (g->stack >= run->gs.nstacks)
		fprintf(f, "\t(%s; stack unavailable)\n", g_stack_words(g));
	else
		print_stack(run, f, g, &run->profile.samples[sample]);
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
