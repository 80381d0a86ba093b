/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/utf8.h"

#include <string.h>

size_t utf8_decode(const char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
	uint32_t c = n > 1 ? *p & (0x7f >> n) : *p;

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			n = 0;
			break;
		}
		c = c << 6 | (p[i] & 0x3f);
	}
	if (!n || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		*ret = UTF8_BAD;
		return 1;
	}
	*ret = c;
	return n;
}

unsigned utf8_width(uint32_t c)
{
	static const struct {
		uint32_t first, last;
		unsigned width;
	} ranges[] = {
		/* combining marks, zero-width characters, variation selectors */
		{ 0x0300, 0x036f, 0 },	 { 0x200b, 0x200f, 0 },	  { 0x202a, 0x202e, 0 },
		{ 0x2060, 0x2064, 0 },	 { 0xfe00, 0xfe0f, 0 },	  { 0xfeff, 0xfeff, 0 },
		/* East Asian wide and emoji, as Unicode's EastAsianWidth.txt groups them */
		{ 0x1100, 0x115f, 2 },	 { 0x2e80, 0x303e, 2 },	  { 0x3041, 0xa4cf, 2 },
		{ 0xac00, 0xd7a3, 2 },	 { 0xf900, 0xfaff, 2 },	  { 0xfe30, 0xfe6f, 2 },
		{ 0xff00, 0xff60, 2 },	 { 0xffe0, 0xffe6, 2 },	  { 0x1f300, 0x1f64f, 2 },
		{ 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};

	if (c < ranges[0].first)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

size_t utf8_columns(const char *s)
{
	size_t columns = 0;
	uint32_t c;

	while (*s) {
		s += utf8_decode(s, &c);
		columns += utf8_width(c);
	}
	return columns;
}

void utf8_clean(struct buf *b, const char *s)
{
	while (*s) {
		uint32_t c;
		size_t plain = 0, n;

		while (s[plain] >= ' ' && s[plain] < 0x7f)
			plain++;
		buf_add(b, s, plain);
		s += plain;
		if (!*s)
			break;
		n = utf8_decode(s, &c);
		if (c < 0xa0 || c == UTF8_BAD || (c & 0xfffe) == 0xfffe)
			buf_str(b, "\xef\xbf\xbd");
		else
			buf_add(b, s, n);
		s += n;
	}
}
