/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf fold - any stacks in, folded stacks (or a table, a picture, a profile) out */
#include "command.h"
#include "filter.h"

static const struct argp argp = {
	filter_options, filter_parse, "[FILE...]",
	"Read stacks from FILEs (or stdin) and write them as folded stacks, a table, a flame graph, "
	"a profile for go tool pprof, or JSON.\v"
	"What a file holds is recognised by its content: maps with stack keys as bpftrace prints "
	"them, or folded stacks. Equal stacks of all files are added up.",
	filter_children,
};

static int run(int argc, char **argv)
{
	struct opt_filter filter = { .out = { .formats = FILTER_FORMATS, .fallback = "folded" } };

	options_parse(&argp, argc, argv, &filter);
	return filter_run(&filter);
}

const struct command cmd_fold = {
	.name = "fold",
	.group = "Stacks",
	.summary = "any stacks in, folded stacks out",
	.run = run,
};
