/* SPDX-License-Identifier: GPL-2.0-only */
/* keyed.h - numbers in the texts of /proc that have a key before each */
#ifndef GOBPF_INPUT_KEYED_H
#define GOBPF_INPUT_KEYED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The number behind "Key:" at the beginning of a line of status, meminfo, smaps_rollup; "kB"
 * is 1024 bytes, which are counted in.  false, and *ret untouched: there is no such line.
 */
bool keyed_number(const char *text, const char *key, uint64_t *ret);

/* The same of files that have "key number" in their lines: memory.stat, memory.events. */
bool keyed_word(const char *text, const char *key, uint64_t *ret);

/* The soft limit in a line of /proc/PID/limits, "Max address space"; UINT64_MAX: unlimited. */
bool keyed_limit(const char *text, const char *name, uint64_t *ret);

#endif
