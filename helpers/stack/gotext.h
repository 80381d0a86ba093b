/* SPDX-License-Identifier: GPL-2.0-only */
/* gotext.h - what the Go runtime's ways of writing stacks as text have in common */
#ifndef GOBPF_STACK_GOTEXT_H
#define GOBPF_STACK_GOTEXT_H

#include "base/buf.h"
#include "stack/readers.h"

/*
 * A stack being gathered: all texts are offsets into `text', as pointers, until
 * gathered_add() makes strings of them.  Zero-initialise.
 */
struct gathered {
	struct buf text;
	struct frame *frames;		/* leaf first */
	size_t nframes, frames_cap;
	struct label *labels;
	size_t nlabels, labels_cap;
	uint32_t *ids;
	size_t ids_cap;
};
void gathered_clear(struct gathered *g);
void gathered_free(struct gathered *g);
const char *gathered_text(struct gathered *g, const char *s, size_t len);
/* f's func and file are of gathered_text().  0 or -ENOMEM. */
int gathered_frame(struct gathered *g, const struct frame *f);
/* Labels that r does not want are left out.  0 or -ENOMEM. */
int gathered_word(struct gathered *g, const struct reading *r, const char *key, const char *s, size_t len);
int gathered_number(struct gathered *g, const struct reading *r, const char *key, int64_t v, const char *unit);
/* Either of these once: the set of labels, or the stack with its labels and these values.  0 or -ENOMEM. */
int gathered_labels(struct gathered *g, struct profile *p, uint32_t *ret);
int gathered_add(struct gathered *g, struct profile *p, const int64_t *values);

/*
 * The labels in "{job: recv, "odd key": "a, b"}" (a traceback, runtime/traceback.go since
 * Go 1.26) or "{"job":"recv", …}" (runtime/pprof/label.go), from behind the "{" to the "}" or behind it.
 */
int gotext_labels(struct gathered *g, const struct reading *r, const char *s, size_t len);

/* Only digits, a number below 2^63: v; else -1 */
int64_t gotext_number(const char *s, size_t len);

#endif
