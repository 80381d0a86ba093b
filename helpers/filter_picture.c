/* SPDX-License-Identifier: GPL-2.0-only */
/* filter_picture.c - the options of filters that say how tables and pictures look */
#include "filter.h"

enum { OPT_CUM = OPT_OWN + 0x100 };

static const struct argp_option options[] = {
	{ "cum", OPT_CUM, NULL, 0, "Table: order by cumulative value, not by flat", 20 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct write_options *o = state->input;

	(void)arg;
	switch (key) {
	case OPT_CUM:
		o->cum = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp filter_picture_argp = { options, parse };
