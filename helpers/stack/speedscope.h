/* SPDX-License-Identifier: GPL-2.0-only */
/* speedscope.h - a profile for https://www.speedscope.app */
#ifndef GOBPF_STACK_SPEEDSCOPE_H
#define GOBPF_STACK_SPEEDSCOPE_H

#include <stdio.h>

#include "stack/profile.h"

/*
 * Writes speedscope's own JSON (file-format-schema.json; src/lib/file-format-spec.ts
 * of jlfwong/speedscope): a "sampled" profile per value that is not internal, stacks
 * by falling weight, root first.  A frame is a function with its file; its line is
 * where the function begins.  Samples of 0 or less are left out: speedscope takes no
 * others.  title: NULL is "gobpf".  0 or -ENOMEM; write errors stay in f for its owner.
 */
int speedscope_write(FILE *f, const struct profile *p, unsigned value, const char *title);

#endif
