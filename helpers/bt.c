/* SPDX-License-Identifier: GPL-2.0-only */
#include "bt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "bt_golang.h"
#include "bt_stacks.h"
#include "script/resolve.h"
#include "script/run.h"
#include "script_place.h"

enum { OPT_PRINT = 0x3f0, OPT_BPFTRACE, OPT_VALUE };

static const struct argp_option options[] = {
	{ "print", OPT_PRINT, NULL, 0, "Don't run it: print the plain bpftrace that it becomes", 30 },
	{ "bpftrace", OPT_BPFTRACE, "PATH", 0, "The bpftrace to run or to resolve for", 30 },
	{ "value", OPT_VALUE, "MAP", 0, "gostack in several maps: show the stacks of this one", 45 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct bt *b = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &b->window;
		state->child_inputs[1] = state->child_inputs[2] = &b->filter.out;
		b->filter.out.formats = FILTER_FORMATS;
		b->filter.out.fallback = "folded";
		return 0;
	case OPT_PRINT:
		b->print = true;
		return 0;
	case OPT_BPFTRACE:
		b->bpftrace = arg;
		return 0;
	case OPT_VALUE:
		b->filter.value = arg[0] == '@' && arg[1] ? arg + 1 : arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &opt_window_argp, 0, NULL, 0 }, { &opt_output_argp, 0, NULL, 0 }, { &opt_report_argp, 0, NULL, 0 }, { 0 },
};
const struct argp bt_argp = { options, parse, .children = children };

static int open_target(struct bt *b)
{
	int err;

	if (!b->nwords)
		return err_set(EINVAL, "%s probes a process: which PID?", b->name);
	err = target_open(b->words[0], &b->target);
	if (err)
		return err;
	b->has_target = true;
	return go_process_open(&b->target, &b->process);
}

static int open_all(struct bt *b)
{
	struct part text = { b->text.data, b->text.len };
	bool wants = golang_used(text);
	int err = 0;

	b->target.pidfd = -1;
	if (!b->wants_target && !wants)
		err = script_wants_target(text, &wants);
	if (err)
		return err_in(err, "%s", b->name);
	if (b->wants_target || wants)
		err = open_target(b);
	if (!err)
		err = bpftrace_find(b->bpftrace, &b->found);
	if (!err && b->has_target)
		err = bpftrace_check_pids(&b->found);
	return err;
}

static int resolve(struct bt *b, struct script *ret)
{
	char pid[16];
	const char **args = calloc(b->nwords + 2, sizeof(*args));
	struct script_request rq = {
		.name = b->name, .text = { b->text.data, b->text.len }, .bt = &b->found, .args = args,
	};
	struct golang go;
	int err;

	if (!args)
		return err_set(ENOMEM, "out of memory");
	if (b->has_target) {
		snprintf(pid, sizeof(pid), "%d", b->target.pid);
		args[rq.nargs++] = b->target.exe;
		args[rq.nargs++] = pid;
		rq.elf = &b->process.elf;
		rq.resolve = script_place;
		rq.ctx = &b->process;
		bt_golang(&b->process, &go);
		rq.go = &go;
	}
	for (unsigned i = b->has_target; i < b->nwords; i++)
		args[rq.nargs++] = b->words[i];
	err = script_resolve(&rq, ret);
	free(args);
	return err;
}

static bool over(void *ctx, uint64_t until_ns)
{
	struct bt *b = ctx;

	return target_wait(b->has_target ? &b->target : NULL, until_ns) != WAIT_TIME;
}

/*
 * What newer bpftraces say of expressions that golang.c wrote: each with two lines that show them; 0.17
 * has one line.  Never of errors.
 */
static const char *const about_ours[] = {
	"WARNING: Addrspace mismatch", "WARNING: Addrspace is not set",
	"WARNING: Unnecessary cast: expression is already of type uint", "WARNING: expanded from",
	"WARNING: Expression of type: uint64 being cast to type: int64",
};

static void say(const struct bt *b, const char *text)
{
	bool ours = golang_used((struct part){ b->text.data, b->text.len });

	for (unsigned left_out = 0; *text; left_out -= left_out > 0) {
		size_t n = strcspn(text, "\n") + 1;
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(about_ours); i++)
			known |= memmem(text, n, about_ours[i], strlen(about_ours[i])) != NULL;
		if (ours && known)
			left_out = memcmp(text, "WARNING", strlen("WARNING")) ? 3 : 1;
		if (!left_out)
			fwrite(text, 1, text[n - 1] ? n : n - 1, stderr);
		text += text[n - 1] ? n : n - 1;
	}
}

static int run(struct bt *b, const struct script *s)
{
	struct script_window window = {
		.duration_ns = b->window.duration_ns, .wait = over, .ctx = b, .pass_through = !s->nmaps,
		.name = b->name, .source = { b->text.data, b->text.len },
	};
	struct script_output output = { 0 };
	struct resolving resolving = { .process.pidfd = -1 };
	int err = s->nmaps ? bt_stacks_open(b, &resolving) : 0;

	wait_signals_init();
	fflush(stdout);
	if (!err)
		err = script_run(&b->found, s, &window, &output);
	/* kept, and bpftrace died: what it had printed by then */
	if (err && output.out.len)
		fwrite(output.out.data, 1, output.out.len, stdout);
	if (err)
		goto out;
	if (output.err.len && !b->filter.out.quiet)
		say(b, output.err.data);
	if (output.losses.len)
		fputs(output.losses.data, stderr);
	if (b->has_target && target_check(&b->target) == -ESRCH && !b->filter.out.quiet)
		fprintf(stderr, "%s: %s\n", program_invocation_name, err_text());
	if (s->nmaps)
		err = bt_stacks_write(b, &resolving, s, &output.out);
out:
	script_output_free(&output);
	resolving_close(&resolving);
	return err;
}

static void print(const struct script *s)
{
	fwrite(s->top.data, 1, s->top.len, stdout);
	fwrite(s->text.data + s->shebang, 1, s->text.len - s->shebang, stdout);
	if (s->text.len && s->text.data[s->text.len - 1] != '\n')
		putchar('\n');
}

int bt_run(struct bt *b)
{
	struct script s = { 0 };
	int err = open_all(b);

	if (!err)
		err = resolve(b, &s);
	if (err)
		return err;
	if (s.remarks.len && !b->filter.out.quiet)
		fputs(s.remarks.data, stderr);
	if (b->print)
		print(&s);
	else if (!s.nmaps && (b->filter.out.format_given || b->filter.out.path || b->filter.value))
		err = err_set(EINVAL, "%s: --format, --output and --value are for maps with gostack, and it has "
			      "none", b->name);
	else
		err = run(b, &s);
	script_free(&s);
	return err;
}

int bt_close(struct bt *b, int err)
{
	if (err)
		fprintf(stderr, "%s: %s\n", program_invocation_name, err_text());
	go_process_close(&b->process);
	if (b->has_target)
		target_close(&b->target);
	buf_free(&b->text);
	return err_status(err);
}
