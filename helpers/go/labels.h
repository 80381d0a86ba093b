/* SPDX-License-Identifier: GPL-2.0-only */
/* labels.h - pprof labels of goroutines (runtime/pprof.Do, SetGoroutineLabels) */
#ifndef GOBPF_GO_LABELS_H
#define GOBPF_GO_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "input/mem.h"
#include "stack/idmap.h"

/*
 * g.labels points to a runtime/pprof.labelMap: before 1.24 a map[string]string (runtime/map.go, hmap
 * and bmap), since then a slice of {key, value} (runtime/pprof/label.go; internal/runtime/pprof/label
 * since 1.26).  It is never written again once a goroutine has it, so it is true if the goroutine has
 * it before and after it is read.
 */
struct go_label {
	uint32_t key, value;	/* offsets in the table's text; each ends with NUL */
};

/* Sets of labels, equal ones once; set 0 is the empty one. */
struct go_label_table {
	struct go_label_set {
		uint32_t first, n;	/* v[first .. first+n), by key */
	} *sets;
	size_t nsets, sets_cap;
	struct go_label *v;
	size_t nv, v_cap;
	struct buf text;
	struct idmap by_content;
};

enum { GO_LABELS_MAX = 256 };	/* in a set */

/* The set of a goroutine whose labels could not be read. */
#define GO_LABELS_UNKNOWN UINT32_MAX

/* Zero-initialise. */
void go_labels_free(struct go_label_table *t);

/*
 * The set at addr, 0 for none; GO_LABELS_UNKNOWN when what is there is no set of at most 256 labels and
 * 64 KiB, or when all sets together would be beyond 256 MiB.  From the cache of m.  0 or -ENOMEM.
 */
int go_labels_read(struct go_label_table *t, struct mem *m, unsigned minor, uint64_t addr,
		   uint32_t *ret);

/* The value of key in a set; NULL: it doesn't have it.  Valid until the next go_labels_read(). */
const char *go_labels_value(const struct go_label_table *t, uint32_t set, const char *key);

#endif
