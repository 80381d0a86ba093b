/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf run - bpftrace on a Go program, one-liners and files, with Go's own words */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "bt.h"
#include "command.h"
#include "script/resolve.h"

struct run {
	struct bt bt;
	const char *program;	/* -e */
};

static const struct argp_option options[] = {
	{ "execute", 'e', "PROGRAM", 0, "The program itself instead of a file", 10 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run *r = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &r->bt;
		return 0;
	case 'e':
		r->program = arg;
		return 0;
	case ARGP_KEY_ARGS:
		r->bt.words = state->argv + state->next;
		r->bt.nwords = state->argc - state->next;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which process? Give a PID or a unique process name");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		if (!r->program && r->bt.nwords < 2)
			argp_error(state, "which program? Give a file behind the process, or -e 'PROGRAM'");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &bt_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "TARGET FILE|-e PROGRAM [ARG...]",
	"Run a bpftrace program on a running Go program, a PID or a unique process name. Its probes may be "
	"go:NAME and goreturn:NAME, and goid, goarg0, gostr(), goslice(), gostack and label() are known; "
	"all else is plain bpftrace. $1 is /proc/PID/exe, $2 the PID, $3 the first ARG.\v"
	"Examples:\n"
	"  gobpf run server -e 'go:net/http.(*conn).serve { @[gostack] = count(); }'\n"
	"  gobpf run -d 10s 4242 -e 'go:main.get { @[gostr(goarg0, goarg1)] = count(); }'\n"
	"  gobpf run --print server slow.bt 100",
	children, NULL, NULL,
};

/* The file is the word behind the target. */
static int load(struct run *r)
{
	struct bt *b = &r->bt;
	const char *slash;
	int err;

	if (r->program) {
		b->name = "-e";
		buf_str(&b->text, r->program);
		return b->text.failed ? err_set(ENOMEM, "out of memory") : 0;
	}
	slash = strrchr(b->words[1], '/');
	b->name = slash ? slash + 1 : b->words[1];
	err = script_load(b->words[1], &b->text);
	memmove(b->words + 1, b->words + 2, (b->nwords - 2) * sizeof(*b->words));
	b->nwords--;
	return err;
}

static int run(int argc, char **argv)
{
	struct run r = { .bt = { .wants_target = true } };
	int err;

	options_parse(&argp, argc, argv, &r);
	err = load(&r);
	if (!err)
		err = bt_run(&r.bt);
	return bt_close(&r.bt, err);
}

const struct command cmd_run = {
	.name = "run",
	.group = "Scripts",
	.summary = "run bpftrace on a Go program: one-liners and files with Go's own words",
	.run = run,
};
