/* SPDX-License-Identifier: GPL-2.0-only */
/* live_json.h - what the JSON of commands that read a running program has in common */
#ifndef GOBPF_LIVE_JSON_H
#define GOBPF_LIVE_JSON_H

#include <jansson.h>

#include "base/json_text.h"
#include "live.h"

/*
 * An object with "schema", "target" (pid, comm, exe; of a Go program also go and module) and the members of
 * rest, which is given up.  NULL: out of memory, also if rest is NULL; json_print() says so.
 */
json_t *live_json(const struct live *l, const char *schema, json_t *rest);

/* null for what is no number of JSON's: above INT64_MAX, which stands for none here. */
json_t *live_json_u64(uint64_t v);

#endif
