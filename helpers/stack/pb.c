/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/pb.h"

uint64_t pb_varint(struct span *s, uint64_t *off)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t b = span_u8(s, *off);

		if (s->bad)
			return 0;
		++*off;
		/* of the tenth byte one bit is left */
		if (shift == 63 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	s->bad = true;
	return 0;
}

static uint64_t fixed(struct pb *m, unsigned width)
{
	uint64_t v = span_uint(&m->s, m->at, width);

	m->at += width;
	return v;
}

bool pb_next(struct pb *m)
{
	uint64_t tag, len;

	m->start = m->at;
	if (m->s.bad || m->at >= m->s.len)
		return false;
	tag = pb_varint(&m->s, &m->at);
	m->field = tag >> 3;
	m->wire = tag & 7;
	m->num = 0;
	m->bytes = (struct span){ 0 };
	switch (m->wire) {
	case PB_VARINT:
		m->num = pb_varint(&m->s, &m->at);
		break;
	case PB_FIXED64:
		m->num = fixed(m, 8);
		break;
	case PB_FIXED32:
		m->num = fixed(m, 4);
		break;
	case PB_BYTES:
		len = pb_varint(&m->s, &m->at);
		m->bytes = span_sub(&m->s, m->at, len);
		m->at += len;
		break;
	default:
		m->s.bad = true;
	}
	if (!m->field)
		m->s.bad = true;
	return !m->s.bad;
}

bool pb_each(struct pb *f, uint64_t *off, uint64_t *ret)
{
	if (f->wire == PB_VARINT) {
		*ret = f->num;
		return !(*off)++;
	}
	if (f->wire != PB_BYTES || *off >= f->bytes.len)
		return false;
	*ret = pb_varint(&f->bytes, off);
	return !f->bytes.bad;
}
