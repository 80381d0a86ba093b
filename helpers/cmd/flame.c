/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf flame - any stacks in, a flame graph out */
#include "command.h"
#include "filter.h"

static const struct argp argp = {
	filter_options, filter_parse, "[FILE...]",
	"Read stacks from FILEs (or stdin) and draw them as a flame graph: one SVG file, to be "
	"opened in a browser, that needs nothing else.\v"
	"Click a frame to zoom, Ctrl-F searches and says the share of what was found, Escape goes "
	"back. Formats that are read: see 'gobpf help fold'.",
	filter_children,
};

static int run(int argc, char **argv)
{
	struct opt_filter filter = { .out = { .formats = FILTER_FORMATS, .fallback = "svg" } };

	options_parse(&argp, argc, argv, &filter);
	return filter_run(&filter);
}

const struct command cmd_flame = {
	.name = "flame",
	.group = "Stacks",
	.summary = "draw stacks as a flame graph",
	.run = run,
};
