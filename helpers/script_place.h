/* SPDX-License-Identifier: GPL-2.0-only */
/* script_place.h - what joins a script's probes to the target's functions */
#ifndef GOBPF_SCRIPT_PLACE_H
#define GOBPF_SCRIPT_PLACE_H

#include "go/process.h"
#include "script/resolve.h"

/* script_request.resolve; ctx is the struct go_process of the target. */
int script_place(void *ctx, const char *name, struct script_place *ret);

/* The place for a probe of f: 0 or -errno with words. */
int script_place_of(struct go_process *p, const struct go_func *f, struct script_place *ret);

#endif
