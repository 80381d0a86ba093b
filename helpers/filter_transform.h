/* SPDX-License-Identifier: GPL-2.0-only */
/* filter_transform.h - options that trim, merge, group and shorten stacks, the same for all that read stacks */
#ifndef GOBPF_FILTER_TRANSFORM_H
#define GOBPF_FILTER_TRANSFORM_H

#include <argp.h>
#include <stdbool.h>

#include "base/buf.h"
#include "stack/resolve.h"

/* Zero-initialised, the input of opt_transform_argp. */
struct opt_transform {
	char *by;		/* keys, blank-separated; "" for none at all; NULL: as the readers say */
	unsigned depth;
	const char *root, *leaf, *focus, *ignore;
	bool short_names, merge_goroutines;
	bool as_is;		/* nothing is hidden, and nothing resolved */
};
extern const struct argp opt_transform_argp;

/*
 * Makes *out, not initialised, of *in by the options; where nothing changes *in itself moves there.
 * Free both, also after a failure.  default_by: keys for the root when no --by was given;
 * keep_labels: what is written can show them; resolved: the stacks of *in, or NULL.  0 or -errno
 * with words.
 */
int opt_transform_apply(const struct opt_transform *o, const char *default_by, bool keep_labels,
			struct resolved *resolved, struct profile *in, struct profile *out);

#endif
