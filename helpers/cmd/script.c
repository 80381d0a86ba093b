/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf script - show or run a bpftrace script, its probes placed for one process */
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "bt.h"
#include "command.h"
#include "plugins.h"
#include "script/resolve.h"

enum { OPT_RUN = OPT_OWN };

struct job {
	struct bt bt;
	char *name;
	bool run;
};

static const struct argp_option options[] = {
	{ "run", OPT_RUN, NULL, 0, "Run it instead of printing it", 10 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct job *j = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &j->bt;
		return 0;
	case OPT_RUN:
		j->run = true;
		return 0;
	case ARGP_KEY_ARGS:
		j->name = state->argv[state->next];
		j->bt.words = state->argv + state->next + 1;
		j->bt.nwords = state->argc - state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which script?");
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &bt_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "NAME [PID [ARG...]]",
	"Print the bpftrace script NAME; with a PID as it has to be for that process: probes at "
	"cheap places, by file offset when the program is stripped, arguments filled in. With "
	"--run, run it.\v"
	"Examples:\n"
	"  gobpf script heap-hotspots\n"
	"  gobpf script heap-hotspots $(pidof server) 30 > runbook.bt\n"
	"  gobpf script --run heap-hotspots $(pidof server) 30",
	children, NULL, NULL,
};

static int show_or_run(struct job *j)
{
	static char file[PLUGIN_NAME_MAX + 4];
	struct plugin p;
	int err = plugin_find_script(j->name, &p, NULL);

	if (err == -ESRCH)
		return err_set(EINVAL, "no script '%s'; 'gobpf list' shows them", j->name);
	if (!err)
		err = script_load(p.real, &j->bt.text);
	if (err)
		return err;
	if (!j->run && !j->bt.nwords) {
		fwrite(j->bt.text.data, 1, j->bt.text.len, stdout);
		return 0;
	}
	snprintf(file, sizeof(file), "%s.bt", j->name);
	j->bt.name = file;
	j->bt.print |= !j->run;
	return bt_run(&j->bt);
}

static int run(int argc, char **argv)
{
	struct job j = { 0 };

	options_parse(&argp, argc, argv, &j);
	return bt_close(&j.bt, show_or_run(&j));
}

const struct command cmd_script = {
	.name = "script",
	.group = "Scripts",
	.summary = "print a bpftrace script, made ready for one process, or run it",
	.run = run,
};
