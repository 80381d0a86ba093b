/* SPDX-License-Identifier: GPL-2.0-only */
/* json.h - a profile as JSON */
#ifndef GOBPF_STACK_JSON_H
#define GOBPF_STACK_JSON_H

#include <stdio.h>

#include "stack/profile.h"

/*
 * The schema; within "gobpf-profile-1" members may be added, none changes:
 *
 *	{
 *	 "schema": "gobpf-profile-1",
 *	 "meta": { "time": ns since 1970, "duration": ns, "period": n,
 *	   "period_type": { "name", "unit" }, "cut": stacks that were too deep,
 *	   "default": name of the main value, "comments": [ "…" ],
 *	   "mapping": the first of "mappings" },
 *	 "values": [ { "name", "unit", "total" } ],
 *	 "mappings": [ { "path", "build_id", "start", "limit", "offset", "anchor": { "name": of
 *	   the function that lies at "addr" }, "pid", "kernel": true } ],
 *	 "frames": [ { "func", "file", "line", "start_line", "addr",
 *	   "kind": "user" or "kernel" or "unknown", "inlined": true,
 *	   "return": true: addr is where a call returns to, "mapping": index into mappings } ],
 *	 "stacks": [ { "frames": [ index into frames, leaf first ], "values": [ … ],
 *	   "labels": [ { "key", "str" or "num", "unit" } ] } ],
 *	 "sites": [ { "frame": index, "stack": index of the heaviest, "stacks": how many,
 *	   "values": [ … ] } ]
 *	}
 *
 * What is unknown is left out (meta.*, of mappings, frames and labels; labels where there are none).
 * Values stand in the order of "values"; internal ones are left out.
 * Addresses are strings, "0x47a3b1".  Stacks and sites come by falling main
 * value.  Numbers are integers up to 2^63-1: read them as such.  One frame,
 * stack or site a line.
 * 0 or -ENOMEM; write errors stay in f for its owner.
 */
int json_write(FILE *f, const struct profile *p);

#endif
