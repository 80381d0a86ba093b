/* SPDX-License-Identifier: GPL-2.0-only */
/* pb.h - protobuf messages that we do not trust, read in place, field by field */
#ifndef GOBPF_STACK_PB_H
#define GOBPF_STACK_PB_H

#include "base/span.h"

/* As on the wire (protobuf.dev/programming-guides/encoding); groups are not read. */
enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

/*
 *	struct pb m = { .s = bytes };
 *
 *	while (pb_next(&m))
 *		if (m.field == 3 && m.wire == PB_VARINT)
 *			use m.num;
 *	if (m.s.bad)
 *		the message broke off or is none, at m.start
 */
struct pb {
	struct span s;		/* the message; bad: what stands at `start' is no field */
	uint64_t start, at;	/* offsets in s: of this field, behind it */
	uint64_t field;
	enum pb_wire wire;
	uint64_t num;		/* PB_VARINT and PB_FIXED* */
	struct span bytes;	/* PB_BYTES */
};
bool pb_next(struct pb *m);

/* A varint of up to 64 bits; *off moves behind it.  0 and s->bad when there is none. */
uint64_t pb_varint(struct span *s, uint64_t *off);

/*
 * The next number of a repeated field, which is packed (PB_BYTES) or not; *off
 * begins at 0.  False behind the last, or when bytes are no varint (f->bytes.bad).
 */
bool pb_each(struct pb *f, uint64_t *off, uint64_t *ret);

#endif
