/* SPDX-License-Identifier: GPL-2.0-only */
/* probe_file.h - an executable file that nobody runs, for probes that are only tried */
#ifndef GOBPF_SCRIPT_PROBE_FILE_H
#define GOBPF_SCRIPT_PROBE_FILE_H

#include <stdint.h>

/*
 * Two functions of no-ops, each of several instructions of at most 4 bytes, so that
 * PROBE_FILE_INSIDE is where one begins.
 */
#define PROBE_FILE_FIRST "gobpf_first"
#define PROBE_FILE_SECOND "gobpf_second"
#define PROBE_FILE_FIRST_ADDR 0x401000
#define PROBE_FILE_INSIDE 4

/*
 * A memory file, to be named as /proc/PID/fd/N by others; the descriptor or -errno with words.
 * It is gone when we are.
 */
int probe_file(void);

#endif
