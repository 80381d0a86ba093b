/* SPDX-License-Identifier: GPL-2.0-only */
/* pprof.h - a profile in the format that `go tool pprof' reads */
#ifndef GOBPF_STACK_PPROF_H
#define GOBPF_STACK_PPROF_H

#include <stdio.h>

#include "stack/profile.h"

/*
 * Writes a gzipped profile.proto.  A location is an address with its inlined
 * frames, innermost first (FRAME_INLINED frames and the one that they were
 * inlined into); internal values are left out, main_value is the default one.
 * Frames without a mapping are given the first one (the executable), those of the
 * kernel one of their own.  Labels are written with the units of their numbers; the
 * format itself has no empty words and no 0 without a unit.
 * The same profile gives the same bytes.  0 or -ENOMEM; write errors stay in f for its owner.
 */
int pprof_write(FILE *f, const struct profile *p);

#endif
