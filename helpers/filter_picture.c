/* SPDX-License-Identifier: GPL-2.0-only */
/* filter_picture.c - the options of filters that say how tables and pictures look */
#include "base/err.h"
#include "base/num.h"
#include "filter.h"

enum { OPT_CUM = OPT_OWN + 0x300, OPT_LABEL, OPT_ROWS, OPT_LEVEL };

static const struct argp_option options[] = {
	{ "cum", OPT_CUM, NULL, 0, "Table: order by cumulative value, not by flat", 20 },
	{ "label", OPT_LABEL, "KEY", 0, "Histogram: of the numbers of this label", 20 },
	{ "interval", 'i', "TIME", 0, "Heat map: width of a column, as 100ms (default: what fits)", 20 },
	{ "rows", OPT_ROWS, "N", 0, "Heat map: show the heaviest N (default: 30)", 20 },
	{ "level", OPT_LEVEL, "WHAT", 0,
	  "Heat map: rows are leaf (default), root, stack, or what the function WHAT calls", 20 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct write_options *o = state->input;
	uint64_t v;

	switch (key) {
	case OPT_CUM:
		o->cum = true;
		return 0;
	case OPT_LABEL:
		o->label = arg;
		return 0;
	case 'i':
		if (num_parse_duration(arg, &o->interval_ns))
			argp_error(state, "--interval: %s", err_text());
		return 0;
	case OPT_ROWS:
		if (num_parse_u64(arg, 1000, &v))
			argp_error(state, "--rows: %s", err_text());
		o->rows = v;
		return 0;
	case OPT_LEVEL:
		o->level = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp filter_picture_argp = { options, parse };
