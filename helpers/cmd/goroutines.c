/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf goroutines - what every goroutine is doing */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/goroutines_run.h"
#include "command.h"
#include "go/tidy.h"
#include "go/traceback.h"
#include "stack/writers.h"

enum { OPT_STATE = OPT_OWN, OPT_REASON, OPT_MATCH, OPT_GOID, OPT_SYSTEM, OPT_FULL };

static const struct argp_option options[] = {
	{ "full", OPT_FULL, NULL, 0, "Each goroutine with its stack, as Go's crash dumps have them", 10 },
	{ "state", OPT_STATE, "STATE", 0, "Only those: waiting, runnable, running, syscall, …", 10 },
	{ "reason", OPT_REASON, "TEXT", 0, "Only those whose wait reason has this text in it", 10 },
	{ "match", OPT_MATCH, "REGEX", 0, "Only those with such a function in their stack", 10 },
	{ "goid", OPT_GOID, "N", 0, "Only this one", 10 },
	{ "system", OPT_SYSTEM, NULL, 0, "The runtime's own goroutines, too", 10 },
	{ 0 },
};

static void parse_match(struct g_run *run, char *arg, struct argp_state *state)
{
	char words[128];
	int err = regcomp(&run->match_regex, arg, REG_EXTENDED | REG_NOSUB);

	if (!err) {
		run->match = arg;
		return;
	}
	regerror(err, &run->match_regex, words, sizeof(words));
	argp_error(state, "--match: '%s': %s", arg, words);
}

/* Goroutines that are idle or dead are never shown. */
static bool is_state(const char *word)
{
	for (unsigned s = G_RUNNABLE; s < G_STATUSES; s++)
		if (s != G_DEAD && !strcmp(word, go_status_name(s)) && word[0] != '?')
			return true;
	return false;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct g_run *run = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->live;
		return 0;
	case OPT_FULL:
		run->full = true;
		return 0;
	case OPT_STATE:
		if (!is_state(arg))
			argp_error(state, "--state: no state '%s' (one of: waiting runnable running "
					  "syscall preempted copystack)", arg);
		run->state = arg;
		return 0;
	case OPT_REASON:
		run->reason = arg;
		return 0;
	case OPT_MATCH:
		parse_match(run, arg, state);
		return 0;
	case OPT_GOID:
		if (num_parse_u64(arg, UINT64_MAX, &run->goid) || !run->goid)
			argp_error(state, "--goid: '%s' is no goroutine's number", arg);
		return 0;
	case OPT_SYSTEM:
		run->system = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &live_argp, 0, NULL, 0 },
	{ 0 },
};
static const struct argp argp = {
	options, parse, "PID|NAME|CORE",
	"Show what every goroutine of a running Go program is doing: its state, for how long, its "
	"stack, and what made it. Nothing is stopped and nothing is probed: it is all read from "
	"the program's memory, or from a core file or capture of it.\v"
	"Goroutines in the same state with the same stack are one row; -v shows the stacks, --full "
	"each goroutine by itself. The runtime notes since when a goroutine waits only when a "
	"garbage collection finds it waiting, so times are at least (≥) what is shown.\n"
	"\n"
	"Examples:\n"
	"  gobpf goroutines 4242\n"
	"  gobpf goroutines --reason 'chan receive' -v server\n"
	"  gobpf goroutines --full 4242 >dump.txt\n"
	"  gobpf goroutines -o goroutines.svg 4242",
	children, NULL, NULL,
};

const char *g_state(struct g_run *run, const struct goroutine *g)
{
	const char *reason = go_wait_reason(&run->reader, g->reason);

	return (g->status == G_WAITING || g->status == G_LEAKED) && *reason ? reason :
									       go_status_name(g->status);
}

uint64_t g_waited_ns(const struct g_run *run, const struct goroutine *g)
{
	int64_t since = g->waitsince_ns;

	if ((g->status != G_WAITING && g->status != G_SYSCALL) || since <= 0 ||
	    (uint64_t)since > run->gs.time_ns)
		return 0;
	return run->gs.time_ns - since;
}

const char *g_stack_words(const struct goroutine *g)
{
	static const char *const words[] = {
		[GO_STACK_CUT] = "deeper than what was read: outer frames are missing",
		[GO_STACK_PARTIAL] = "up to where it left Go's stack",
		[GO_STACK_RUNNING] = "running on a thread: its stack is in use",
		[GO_STACK_TORN] = "changed each time it was read",
		[GO_STACK_UNREADABLE] = "no stack to be read",
	};

	return g->stack_state == GO_STACK_WHOLE ? NULL : words[g->stack_state];
}

bool g_created_by(struct g_run *run, const struct goroutine *g, struct frame *ret)
{
	struct frame frames[16];
	int n;

	if (!g->gopc)
		return false;
	n = run->symboliser.frames(run->symboliser.ctx, g->gopc, PC_RETURN, frames, ARRAY_SIZE(frames));
	if (n <= 0 || (frames[n - 1].flags & FRAME_UNKNOWN))
		return false;
	/* as Go has it: the function that the code is in, where the statement is */
	*ret = frames[n - 1];
	ret->line = frames[0].line;
	ret->file = frames[0].file;
	return true;
}

static bool hide(void *ctx, const struct frame *f)
{
	(void)ctx;
	return go_frame_hidden(f);
}

static bool has_match(struct g_run *run, uint32_t sample)
{
	const struct sample *s = &run->profile.samples[sample];

	for (uint32_t i = 0; i < s->n; i++)
		if (!regexec(&run->match_regex,
			     run->profile.frames[run->profile.stack_frames[s->first + i]].func, 0, NULL, 0))
			return true;
	return false;
}

/* A goroutine that runs finalizers or cleanups is the program's while it does. */
static bool is_system(struct g_run *run, const struct goroutine *g)
{
	struct go_func f;

	return go_func_at(&run->live.process.go, g->startpc - run->live.process.bias, &f) &&
	       go_goroutine_is_system(f.name);
}

static bool shows_user_code(const struct g_run *run, const struct sample *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &run->profile.frames[run->profile.stack_frames[s->first + i]];

		if (!(f->flags & FRAME_UNKNOWN) && strncmp(f->func, "runtime.", 8) != 0)
			return true;
	}
	return false;
}

static bool is_wanted(struct g_run *run, const struct goroutine *g)
{
	if (run->goid && g->goid != run->goid)
		return false;
	if (run->state && strcmp(run->state, go_status_name(g->status)) != 0)
		return false;
	return !run->reason || (g->status == G_WAITING &&
				strstr(go_wait_reason(&run->reader, g->reason), run->reason));
}

static void add_to_group(struct g_run *run, struct g_group *group, uint32_t i)
{
	uint64_t waited = g_waited_ns(run, &run->gs.v[i]);

	if (!group->n) {
		group->example = i;
		group->least_wait_ns = UINT64_MAX;
	}
	if (!waited)
		group->unknown_wait++;
	else if (waited < group->least_wait_ns)
		group->least_wait_ns = waited;
	if (waited > group->most_wait_ns) {
		group->most_wait_ns = waited;
		group->example = i;
	}
	group->last = i;
	group->n++;
}

/* What tells groups apart besides the stack. */
static int labels_of(struct g_run *run, const struct goroutine *g, uint32_t *ret)
{
	struct label labels[3] = { { .key = "state", .str = g_state(run, g) } };
	char created[512];
	size_t n = 1;
	struct frame f;

	if (g_created_by(run, g, &f)) {
		snprintf(created, sizeof(created), "%s %s:%u", f.func, f.file ? f.file : "?", f.line);
		labels[n++] = (struct label){ .key = "created", .str = created };
	}
	if (g_stack_words(g))
		labels[n++] = (struct label){ .key = "stack", .str = g_stack_words(g) };
	return profile_labels(&run->profile, labels, n, ret);
}

static int add_kind(struct g_run *run, const struct goroutine *g, struct g_kind *ret)
{
	static const struct go_stack_pcs none;
	const struct go_stack_pcs *s = g->stack < run->gs.nstacks ? &run->gs.stacks[g->stack] : &none;
	struct profile *p = &run->profile;
	size_t before = p->nsamples;
	int64_t zero = 0;
	uint32_t labels;
	int err = labels_of(run, g, &labels);

	if (!err)
		err = profile_add_pcs_labelled(p, &run->symboliser, run->gs.pcs + s->first, s->n,
					       PC_RETURN, labels, &zero, &ret->sample);
	if (err || !ARRAY_ROOM(run->groups, ret->sample, run->groups_cap))
		return -ENOMEM;
	if (ret->sample == before)
		run->groups[before] = (struct g_group){ 0 };
	ret->system = is_system(run, g) && !shows_user_code(run, &p->samples[ret->sample]);
	return 0;
}

static bool same_kind(const struct g_kind *a, const struct g_kind *b)
{
	return a->stack == b->stack && a->gopc == b->gopc && a->startpc == b->startpc &&
	       a->status == b->status && a->reason == b->reason && a->stack_state == b->stack_state;
}

/* Most goroutines are of few kinds: names and labels are made once for each. NULL: out of memory. */
static const struct g_kind *find_kind(struct g_run *run, const struct goroutine *g)
{
	struct g_kind new = { g->gopc, g->startpc, g->stack, 0, g->status, g->reason, g->stack_state,
			      false };
	uint64_t hash = hash_mix(hash_mix(g->gopc, g->startpc),
				 (uint64_t)g->stack << 24 | g->status << 16 | g->reason << 8 |
					 g->stack_state);
	size_t at;
	uint32_t id;

	hash ^= hash >> 32;
	at = idmap_at(&run->by_kind, hash);
	while (idmap_next(&run->by_kind, hash, &at, &id))
		if (same_kind(&run->kinds[id], &new))
			return &run->kinds[id];
	if (add_kind(run, g, &new) || !ARRAY_ROOM(run->kinds, run->nkinds, run->kinds_cap) ||
	    !idmap_add(&run->by_kind, hash, run->nkinds))
		return NULL;
	run->kinds[run->nkinds] = new;
	return &run->kinds[run->nkinds++];
}

static int add_goroutine(struct g_run *run, uint32_t i)
{
	const struct goroutine *g = &run->gs.v[i];
	const struct g_kind *k = find_kind(run, g);

	if (!k)
		return -ENOMEM;
	*(k->system ? &run->system_n : &run->user) += 1;
	run->group_of[i] = G_NOT_CHOSEN;
	if ((k->system && !run->system && !run->goid) || !is_wanted(run, g) ||
	    (run->match && !has_match(run, k->sample)))
		return 0;
	run->group_of[i] = k->sample;
	run->profile.samples[k->sample].values[0]++;
	add_to_group(run, &run->groups[k->sample], i);
	return 0;
}

static int make_profile(struct g_run *run)
{
	static const struct value_type type = { "goroutines", "count", false };
	int err = profile_init(&run->profile, &type, 1);

	run->profile.time_unix_ns = target_unix_ns(&run->live.target);
	run->group_of = malloc((run->gs.n + 1) * sizeof(*run->group_of));
	if (!run->group_of)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < run->gs.n; i++)
		err = add_goroutine(run, i);
	if (err)
		return err_sys(ENOMEM, "sorting %zu goroutines", run->gs.n);
	return 0;
}

static int open_target(struct g_run *run)
{
	int err = live_open(&run->live);

	if (!err)
		err = go_g_reader_open(&run->reader, &run->live.process);
	if (err)
		return err;
	run->symboliser = go_process_symboliser(&run->live.process);
	/* a goroutine's leaf frames are the runtime's as a rule: they say what it waits for */
	run->symboliser.hide_leaf = NULL;
	run->symboliser.hide = hide;
	return 0;
}

static int write_as(void *ctx, FILE *f)
{
	struct g_run *run = ctx;
	const char *format = run->live.out.format;
	char title[96];

	if (run->full && !strcmp(format, "table"))
		return g_print_full(run, f);
	if (!strcmp(format, "table"))
		return g_print_table(run, f);
	if (!strcmp(format, "json"))
		return g_print_json(run, f);
	snprintf(title, sizeof(title), "%s: goroutines", live_name(&run->live));
	return writer_write(writer_find(format), f, &run->profile, &(struct write_options){
		.title = title, .module = run->live.process.go.module });
}

static int run(int argc, char **argv)
{
	struct g_run run = {
		.live.out = { .formats = "table json folded svg html pprof speedscope", .top = 40 },
	};
	int err;

	options_parse(&argp, argc, argv, &run);
	err = open_target(&run);
	if (!err)
		err = go_goroutines_read(&run.reader, &run.gs);
	if (!err)
		err = make_profile(&run);
	if (!err)
		err = live_write(&run.live, write_as, &run);
	free(run.groups);
	free(run.group_of);
	free(run.kinds);
	free(run.by_kind.slots);
	profile_free(&run.profile);
	go_goroutines_free(&run.gs);
	go_g_reader_close(&run.reader);
	if (run.match)
		regfree(&run.match_regex);
	return live_close(&run.live, err);
}

const struct command cmd_goroutines = {
	.name = "goroutines",
	.group = "Goroutines",
	.summary = "what every goroutine is doing",
	.run = run,
	.capture = "--full --system",
};
