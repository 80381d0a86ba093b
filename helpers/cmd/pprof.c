/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf pprof - any stacks in, a profile for go tool pprof out */
#include "command.h"
#include "filter.h"

static const struct argp argp = {
	filter_options, filter_parse, "[FILE...]",
	"Read stacks from FILEs (or stdin) and write them as a profile for go tool pprof: functions, "
	"lines, inlined calls, mappings and labels, as far as the input has them.\v"
	"The output is binary: name a file with -o FILE.pb.gz or redirect stdout. Formats that are "
	"read: see 'gobpf help fold'.",
	filter_children,
};

static int run(int argc, char **argv)
{
	struct opt_filter filter = { .out = { .formats = FILTER_FORMATS, .fallback = "pprof" } };

	options_parse(&argp, argc, argv, &filter);
	return filter_run(&filter);
}

const struct command cmd_pprof = {
	.name = "pprof",
	.group = "Stacks",
	.summary = "any stacks as a profile for go tool pprof",
	.run = run,
};
