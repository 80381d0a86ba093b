/* SPDX-License-Identifier: GPL-2.0-only */
/* live_json.h - what the JSON of commands that read a running program has in common */
#ifndef GOBPF_LIVE_JSON_H
#define GOBPF_LIVE_JSON_H

#include <jansson.h>

#include "live.h"

/* An object with "schema" and "target" (pid, comm, exe; of a Go program also go and module). NULL: out of memory. */
json_t *live_json(const struct live *l, const char *schema);

/* null for what is no number of JSON's: above INT64_MAX, which stands for none here. */
json_t *live_json_u64(uint64_t v);

/* Writes root and gives it up: 0 or -errno with words. */
int live_json_write(json_t *root, FILE *f);

#endif
