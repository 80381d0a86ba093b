/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf flame - any stacks in, a flame graph out */
#include "command.h"
#include "render.h"

static struct opt_output output = { .formats = "svg folded table pprof json" };
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
	"Read stacks from FILEs (or stdin) and draw them as a flame graph: one SVG file, to be "
	"opened in a browser, that needs nothing else.\v"
	"Click a frame to zoom, Ctrl-F searches and says the share of what was found, Escape goes "
	"back. Formats that are read: see 'gobpf help fold'.",
	children,
};

static int run(int argc, char **argv)
{
	options_parse(&argp, argc, argv, NULL);
	return render_filter(&output, &filter);
}

const struct command cmd_flame = {
	.name = "flame",
	.group = "Stacks",
	.summary = "draw stacks as a flame graph",
	.usage = "[OPTION]… [FILE]…",
	.argp = &argp,
	.run = run,
};
