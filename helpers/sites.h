/* SPDX-License-Identifier: GPL-2.0-only */
/* sites.h - rows of tables that show where memory was allocated */
#ifndef GOBPF_SITES_H
#define GOBPF_SITES_H

#include "base/table.h"
#include "stack/profile.h"

/*
 * A cell: where the sample's stack ends, then the first of its callers that is the program's own
 * code, unless the end is: "encoding/json.(*Decoder).refill stream.go:165 < main.load".
 * module is the path of the main module, "" when it is not known.
 */
void site_cell(struct table *t, const struct profile *p, uint32_t sample, const char *module);

/* Lines under a row: the sample's stack, and how many more there are. */
void site_stack(struct table *t, const struct profile *p, uint32_t sample, uint32_t more);

/* What is behind the last slash. */
const char *site_base_name(const char *path);

#endif
