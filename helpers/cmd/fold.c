/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf fold - any stacks in, folded stacks (or a table, a picture, a profile) out */
#include "cmd/fold_run.h"
#include "command.h"

struct opt_fold {
	struct opt_filter filter;
	struct opt_classic classic;
};

/* All but the children's options is the filter's. */
static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct opt_fold *o = state->input;

	(void)arg;
	if (key == ARGP_KEY_INIT) {
		state->child_inputs[0] = &o->filter;
		state->child_inputs[1] = &o->classic;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp filter_argp = { filter_options, filter_parse, NULL, NULL, filter_children };
static const struct argp_child children[] = { { &filter_argp }, { &fold_classic_argp }, { 0 } };

static const struct argp argp = {
	NULL, parse, "[FILE...]",
	"Read stacks from FILEs (or stdin) and write them as folded stacks, a table, a flame graph, "
	"a profile for go tool pprof or speedscope, or JSON.\v"
	"What a file holds is recognised by its content: bpftrace's maps (text, JSON), perf.data, the "
	"text of perf script, pprof profiles, Go's crash dumps and goroutine dumps, folded stacks, "
	"this program's JSON; any of it gzipped. Equal stacks of all files are added up.\n"
	"\n"
	"Examples:\n"
	"  gobpf fold perf.data\n"
	"  perf script | gobpf fold --exe server --focus 'http\\.'\n"
	"  bpftrace -e '…' -p 4242 | gobpf fold -p 4242\n"
	"  gobpf fold -f table --cum -n 20 cpu.pb.gz\n"
	"  gobpf fold -o cpu.html perf.data",
	children,
};

static int run(int argc, char **argv)
{
	struct opt_fold o = { .filter.out = { .formats = FILTER_FORMATS, .fallback = "folded" } };

	options_parse(&argp, argc, argv, &o);
	return o.classic.classic ? fold_classic_run(&o.classic, &o.filter) : filter_run(&o.filter);
}

const struct command cmd_fold = {
	.name = "fold",
	.group = "Stacks",
	.summary = "any stacks in, folded stacks out",
	.run = run,
};
