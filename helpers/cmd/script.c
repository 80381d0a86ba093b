/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf script - show or run a bpftrace script, its probes placed for one process */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cmd/script_place.h"
#include "command.h"
#include "go/process.h"
#include "options.h"
#include "paths.h"
#include "script/bpftrace.h"
#include "script/run.h"

enum { OPT_RUN = OPT_OWN, OPT_BPFTRACE };

struct job {
	char *name;
	char **words;		/* what the script gets: PID ARG... */
	unsigned nwords;
	bool run, quiet;
	const char *bpftrace;
	/* opened */
	struct bpftrace bt;
	struct buf text;
	bool has_target;
	struct target target;
	struct go_process process;
};

static const struct argp_option options[] = {
	{ "run", OPT_RUN, NULL, 0, "Run it instead of printing it" },
	{ "bpftrace", OPT_BPFTRACE, "PATH", 0, "The bpftrace to run or to resolve for" },
	{ "quiet", 'q', NULL, 0, "No remarks on stderr" },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct job *j = state->input;

	switch (key) {
	case OPT_RUN:
		j->run = true;
		return 0;
	case OPT_BPFTRACE:
		j->bpftrace = arg;
		return 0;
	case 'q':
		j->quiet = true;
		return 0;
	case ARGP_KEY_ARGS:
		j->name = state->argv[state->next];
		j->words = state->argv + state->next + 1;
		j->nwords = state->argc - state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which script?");
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	options, parse, "NAME [PID [ARG...]]",
	"Print the bpftrace script NAME; with a PID as it has to be for that process: probes at "
	"cheap places, by file offset when the program is stripped, arguments filled in. With "
	"--run, run it.\v"
	"Examples:\n"
	"  gobpf script heap-hotspots\n"
	"  gobpf script heap-hotspots $(pidof server) 30 > runbook.bt\n"
	"  gobpf script --run heap-hotspots $(pidof server) 30",
	NULL, NULL, NULL,
};

static int open_target(struct job *j)
{
	int err;

	if (!j->nwords)
		return err_set(EINVAL, "%s probes a process: which PID?", j->name);
	err = target_open(j->words[0], &j->target);
	if (err)
		return err;
	j->has_target = true;
	return go_process_open(&j->target, &j->process);
}

static int make(struct job *j, struct script *ret)
{
	char file[256], pid[16];
	const char **args = calloc(j->nwords + 2, sizeof(*args));
	struct script_request rq = {
		.name = file, .text = { j->text.data, j->text.len }, .bt = &j->bt, .args = args,
	};
	int err;

	if (!args)
		return err_set(ENOMEM, "out of memory");
	snprintf(file, sizeof(file), "%s.bt", j->name);
	if (j->has_target) {
		snprintf(pid, sizeof(pid), "%d", j->target.pid);
		args[rq.nargs++] = j->target.exe;
		args[rq.nargs++] = pid;
		rq.elf = &j->process.elf;
		rq.resolve = script_place;
		rq.ctx = &j->process;
	}
	for (unsigned i = j->has_target; i < j->nwords; i++)
		args[rq.nargs++] = j->words[i];
	err = script_resolve(&rq, ret);
	free(args);
	return err;
}

static bool over(void *ctx, uint64_t until_ns)
{
	struct job *j = ctx;

	return target_wait(j->has_target ? &j->target : NULL, until_ns) != WAIT_TIME;
}

static int run_it(struct job *j, const struct script *s)
{
	char name[256];
	struct script_window window = {
		.wait = over, .ctx = j, .pass_through = true, .name = name,
		.source = { j->text.data, j->text.len },
	};
	struct script_output output;
	int err;

	wait_signals_init();
	snprintf(name, sizeof(name), "%s.bt", j->name);
	fflush(stdout);
	err = script_run(&j->bt, s, &window, &output);
	if (err)
		return err;
	if (output.err.len && !j->quiet)
		fputs(output.err.data, stderr);
	if (output.losses.len)
		fprintf(stderr, "%s.bt: %s", j->name, output.losses.data);
	if (j->has_target && target_check(&j->target) == -ESRCH && !j->quiet)
		fprintf(stderr, "gobpf script: %s\n", err_text());
	script_output_free(&output);
	return 0;
}

static int resolved(struct job *j)
{
	struct script s = { 0 };
	bool wants;
	int err = script_wants_target((struct part){ j->text.data, j->text.len }, &wants);

	if (err)
		return err_in(err, "%s.bt", j->name);
	if (wants)
		err = open_target(j);
	if (!err)
		err = bpftrace_find(j->bpftrace, &j->bt);
	if (!err && j->has_target)
		err = bpftrace_check_pids(&j->bt);
	if (!err)
		err = make(j, &s);
	if (err)
		return err;
	if (s.remarks.len && !j->quiet)
		fputs(s.remarks.data, stderr);
	if (j->run)
		err = run_it(j, &s);
	else
		fwrite(s.text.data, 1, s.text.len, stdout);
	script_free(&s);
	return err;
}

static int show_or_run(struct job *j)
{
	char path[PATH_MAX];
	int err;

	if (!path_find_script(j->name, path))
		return err_set(EINVAL, "no script '%s'; 'gobpf list' shows them", j->name);
	err = script_load(path, &j->text);
	if (err)
		return err;
	if (j->run || j->nwords)
		return resolved(j);
	fwrite(j->text.data, 1, j->text.len, stdout);
	return 0;
}

static int run(int argc, char **argv)
{
	struct job j = { .target = { .pidfd = -1 } };
	int err;

	options_parse(&argp, argc, argv, &j);
	err = show_or_run(&j);
	if (err)
		fprintf(stderr, "gobpf script: %s\n", err_text());
	go_process_close(&j.process);
	target_close(&j.target);
	buf_free(&j.text);
	return err_status(err);
}

const struct command cmd_script = {
	.name = "script",
	.group = "Scripts",
	.summary = "print a bpftrace script, made ready for one process, or run it",
	.run = run,
};
