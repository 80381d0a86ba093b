/* SPDX-License-Identifier: GPL-2.0-only */
/* num.h - numbers, durations and percentages as people write and read them */
#ifndef GOBPF_BASE_NUM_H
#define GOBPF_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

/* All of these take the whole string or fail with -EINVAL and words; *ret is untouched then. */

/* Decimal or 0x…, up to max. */
int num_parse_u64(const char *s, uint64_t max, uint64_t *ret);
/* "250ms", "30s", "1.5m", "2h", "10" (seconds): nanoseconds. "0" is 0. Up to a year. */
int num_parse_duration(const char *s, uint64_t *ret_ns);
/* "4096", "64KiB", "128MiB", "1.5GiB", also as "64k", "128m", "1.5g": bytes */
int num_parse_bytes(const char *s, uint64_t *ret);
/* "1%" or "1": 1.0. Between 0 and 100. */
int num_parse_percent(const char *s, double *ret);

#define NUM_LEN 32
/* "512 B", "1.50 KiB", "23.4 MiB": bytes are always shown in binary units, as Go does */
const char *num_bytes(char out[NUM_LEN], double v);
/* "12.3k", "4.56M": counts */
const char *num_count(char out[NUM_LEN], double v);
/* "1.50 s", "12.3 ms", "800 µs" */
const char *num_duration(char out[NUM_LEN], double ns);

/* CLOCK_MONOTONIC, nanoseconds */
uint64_t num_now_ns(void);

#endif
