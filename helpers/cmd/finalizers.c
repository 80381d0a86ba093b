/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf finalizers - are finalizers or cleanups backed up */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "command.h"
#include "go/goroutines.h"
#include "go/specials.h"
#include "go/tidy.h"
#include "live_json.h"

enum { RUNNERS = 64, PLACE = 512, OWN_QUEUE_SINCE = 25, CLEANUPS_SINCE = 24 };

/* A goroutine that runs finalizers or cleanups. */
struct runner {
	const struct goroutine *g;
	bool cleanups, busy;
	char func[PLACE], at[PLACE];	/* what it runs, and where in it it is; "" unknown or nothing */
};

struct run {
	struct live live;
	struct go_g_reader reader;
	struct symboliser symboliser;
	struct go_goroutines gs;
	struct go_specials specials;
	struct runner runners[RUNNERS];
	size_t n;
};

static const struct argp argp = {
	live_options, live_parse, "PID|NAME|CORE",
	"Show how many finalizers of a running Go program wait to be run, what runs now and for how long, and what "
	"objects have attached: finalizers, cleanups, weak pointers and what the runtime itself uses.\v"
	"One goroutine runs all finalizers, one after the other: if one blocks, none of the others is run, and "
	"what they would free is never freed.\n"
	"\n"
	"Examples:\n"
	"  gobpf finalizers 4242\n"
	"  gobpf finalizers --json server | jq .queued",
	live_children, NULL, NULL,
};

/* The outermost function that isn't the runtime's is what is run, the innermost is where it is. */
static void look_into(struct run *run, struct runner *r)
{
	const struct go_stack_pcs *s = r->g->stack < run->gs.nstacks ? &run->gs.stacks[r->g->stack] : NULL;
	struct buf b = { 0 };

	for (uint32_t i = 0; s && i < s->n; i++) {
		struct frame f[16];
		int n = run->symboliser.frames(run->symboliser.ctx, run->gs.pcs[s->first + i], PC_RETURN, f, 16);

		for (int k = 0; k < n; k++) {
			const char *slash = f[k].file ? strrchr(f[k].file, '/') : NULL;

			if (!strncmp(f[k].func, "runtime.", 8) || (f[k].flags & (FRAME_WRAPPER | FRAME_UNKNOWN)))
				continue;
			buf_clear(&b);
			go_name_short(&b, f[k].func);
			snprintf(r->func, sizeof(r->func), "%s", b.data ? b.data : "");
			if (!r->at[0])
				snprintf(r->at, sizeof(r->at), "%s %s:%u", b.data ? b.data : "",
					 slash ? slash + 1 : "?", f[k].line);
		}
	}
	buf_free(&b);
}

static void find_runners(struct run *run)
{
	const struct go_process *p = &run->live.process;

	for (size_t i = 0; i < run->gs.n && run->n < RUNNERS; i++) {
		const struct goroutine *g = &run->gs.v[i];
		struct runner *r = &run->runners[run->n];
		const char *reason = go_wait_reason(&run->reader, g->reason);
		struct go_func f;

		if (!go_func_at(&p->go, g->startpc - p->bias, &f))
			continue;
		*r = (struct runner){ .g = g, .cleanups = !strcmp(f.name, "runtime.runCleanups") };
		if (!r->cleanups && strcmp(f.name, "runtime.runfinq") != 0 &&
		    strcmp(f.name, "runtime.runFinalizers") != 0)
			continue;
		/* a new one has not looked at the queue yet */
		r->busy = g->pc != g->startpc && !(g->status == G_WAITING && (!strcmp(reason, "finalizer wait") ||
									  !strcmp(reason, "cleanup wait")));
		if (r->busy)
			look_into(run, r);
		run->n++;
	}
}

/* The finalizers' goroutine when it runs one, else NULL. */
static const struct runner *busy_one(const struct run *run)
{
	for (size_t i = 0; i < run->n; i++)
		if (!run->runners[i].cleanups && run->runners[i].busy)
			return &run->runners[i];
	return NULL;
}

static uint64_t waited_ns(const struct run *run, const struct goroutine *g)
{
	uint64_t since = g->waitsince_ns > 0 ? (uint64_t)g->waitsince_ns : UINT64_MAX;

	return since < run->gs.time_ns ? run->gs.time_ns - since : 0;
}

static const char *verdict(const struct run *run)
{
	const struct runner *r = busy_one(run);

	if (!run->specials.queued)
		return r ? "running" : "idle";
	if (r && r->g->status == G_WAITING)
		return run->specials.queued > 1 ? "backed up" : "blocked";
	return "running";
}

static const char *state_of(struct run *run, const struct goroutine *g)
{
	const char *reason = go_wait_reason(&run->reader, g->reason);

	return g->status == G_WAITING && *reason ? reason : go_status_name(g->status);
}

static void print_runner(struct run *run, FILE *f, const struct runner *r)
{
	uint64_t waited = waited_ns(run, r->g);
	char text[NUM_LEN];

	fprintf(f, "%s: goroutine %" PRIu64 " %s", r->cleanups ? "cleanups" : "finalizers", r->g->goid,
		r->busy ? "" : "waits for work\n");
	if (!r->busy)
		return;
	num_duration(text, (double)waited);
	fprintf(f, "runs %s [%s%s%s] at %s\n", r->func[0] ? r->func : "?", state_of(run, r->g),
		waited ? ", ≥" : "", waited ? text : "", r->at[0] ? r->at : "?");
}

static void print_table(struct run *run, FILE *f)
{
	const struct go_specials *s = &run->specials;
	bool own_queue = run->live.process.go.version.minor >= OWN_QUEUE_SINCE;

	fprintf(f, "finalizers: %s (pid %d), %s: %s, %" PRIu64 " to be run%s%s\n", live_name(&run->live),
		run->live.target.pid, run->live.process.go.version.text, verdict(run), s->queued,
		run->live.process.go.version.minor == CLEANUPS_SINCE ? " (cleanups included)" : "",
		s->queued && busy_one(run) ? ", one of them now" : "");
	for (size_t i = 0; i < run->n; i++)
		print_runner(run, f, &run->runners[i]);
	if (!run->n)
		fputs("none was ever run: there is no goroutine for them yet\n", f);
	if (s->cleanups_known)
		fprintf(f, "cleanups: %" PRIu64 " to be run%s\n", s->cleanups,
			s->cleanups ? ", at most: of those that are being run some may have been" : "");
	else if (own_queue)
		fputs("cleanups: ? to be run (what was read makes no sense)\n", f);
	fputs("\n     COUNT  ATTACHED TO OBJECTS\n", f);
	for (int k = 0; k < SPECIAL_KINDS; k++)
		if (s->has[k])
			fprintf(f, "%10" PRIu64 "  %s\n", s->n[k], go_special_name(k));
	if (s->torn)
		fprintf(f, "%" PRIu64 " spans changed each time they were read: what they have is not counted\n",
			s->torn);
}

static json_t *runner_json(struct run *run, const struct runner *r)
{
	uint64_t waited = waited_ns(run, r->g);

	return json_pack("{s:I, s:s, s:b, s:s, s:o, s:o, s:o}", "goid", (json_int_t)r->g->goid, "runs",
			 r->cleanups ? "cleanups" : "finalizers", "busy", r->busy, "state",
			 state_of(run, r->g), "wait_min_ns",
			 waited ? json_integer((json_int_t)waited) : json_null(), "function",
			 r->func[0] ? json_text(r->func) : json_null(), "at",
			 r->at[0] ? json_text(r->at) : json_null());
}

static int print_json(struct run *run, FILE *f)
{
	json_t *kinds = json_object(), *runners = json_array(), *root;

	for (int k = 0; k < SPECIAL_KINDS; k++)
		if (run->specials.has[k])
			json_object_set_new(kinds, go_special_name(k),
					    json_integer((json_int_t)run->specials.n[k]));
	for (size_t i = 0; i < run->n; i++)
		json_array_append_new(runners, runner_json(run, &run->runners[i]));
	root = live_json(&run->live, "gobpf-finalizers-1",
			 json_pack("{s:s, s:I, s:o, s:o, s:I, s:o}", "verdict", verdict(run), "queued",
				   (json_int_t)run->specials.queued, "cleanups_queued",
				   run->specials.cleanups_known ?
					   json_integer((json_int_t)run->specials.cleanups) : json_null(),
				   "goroutines", runners, "torn",
				   (json_int_t)run->specials.torn, "attached", kinds));
	return json_print(root, f, true);
}

static int write_as(void *ctx, FILE *f)
{
	struct run *run = ctx;

	if (!strcmp(run->live.out.format, "json"))
		return print_json(run, f);
	print_table(run, f);
	return 0;
}

static int run(int argc, char **argv)
{
	struct run run = { .live.out = { .formats = "table json" } };
	int err;

	options_parse(&argp, argc, argv, &run.live);
	err = live_open(&run.live);
	if (!err)
		err = go_g_reader_open(&run.reader, &run.live.process);
	if (!err) {
		run.symboliser = go_process_symboliser(&run.live.process);
		err = go_goroutines_read(&run.reader, &run.gs);
	}
	if (!err)
		err = go_specials_read(&run.live.process, &run.specials);
	if (!err) {
		find_runners(&run);
		err = live_write(&run.live, write_as, &run);
	}
	go_goroutines_free(&run.gs);
	go_g_reader_close(&run.reader);
	return live_close(&run.live, err);
}

const struct command cmd_finalizers = {
	.name = "finalizers",
	.group = "Heap",
	.summary = "are finalizers or cleanups backed up, and what do objects have attached",
	.run = run,
	.capture = "",
};
