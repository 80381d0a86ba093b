/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf fold - any stacks in, folded stacks (or a table, a picture, a profile) out */
#include "command.h"
#include "render.h"

static struct opt_output output = { .formats = "folded table svg pprof json" };
static struct opt_filter filter;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &filter;
	state->child_inputs[1] = &output;
	state->child_inputs[2] = &output;
	return 0;
}

static const struct argp_child children[] = {
	{ &opt_filter_argp }, { &opt_output_argp }, { &opt_report_argp }, { 0 },
};

static const struct argp argp = {
	NULL, parse, "[FILE…]",
	"Read stacks from FILEs (or stdin) and write them as folded stacks, a table, a flame graph, "
	"a profile for go tool pprof, or JSON.\v"
	"What a file holds is recognised by its content: maps with stack keys as bpftrace prints "
	"them, or folded stacks. Equal stacks of all files are added up.",
	children,
};

static int run(int argc, char **argv)
{
	options_parse(&argp, argc, argv, NULL);
	return render_filter(&output, &filter);
}

const struct command cmd_fold = {
	.name = "fold",
	.group = "Stacks",
	.summary = "any stacks in, folded stacks out",
	.usage = "[OPTION]… [FILE]…",
	.argp = &argp,
	.run = run,
};
