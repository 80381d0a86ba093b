/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/format.h"

#include <stddef.h>

#include "base/buf.h"

static const struct go_table tables[] = {
	{
		.magic = 0xfffffffb, .first = 2, .last = 15, .header = 16, .entry = 8,
		.func_name = 8, .func_pcsp = 20, .func_pcfile = 24, .func_pcln = 28,
		.func_npcdata = 32, .func_size = 40,
	}, {
		.magic = 0xfffffffa, .first = 16, .last = 17, .header = 64, .entry = 8,
		.names = 24, .cu = 32, .files = 40, .pctab = 48, .pcln = 56,
		.func_name = 8, .func_pcsp = 20, .func_pcfile = 24, .func_pcln = 28,
		.func_npcdata = 32, .func_cu = 36, .func_size = 44,
	}, {
		.magic = 0xfffffff0, .first = 18, .last = 19, .header = 72, .entry = 4,
		.names = 32, .cu = 40, .files = 48, .pctab = 56, .pcln = 64,
		.func_name = 4, .func_pcsp = 16, .func_pcfile = 20, .func_pcln = 24,
		.func_npcdata = 28, .func_cu = 32, .func_size = 40,
	}, {
		.magic = 0xfffffff1, .first = 20, .last = GO_FORMAT_NEWEST, .header = 72,
		.entry = 4, .names = 32, .cu = 40, .files = 48, .pctab = 56, .pcln = 64,
		.func_name = 4, .func_pcsp = 16, .func_pcfile = 20, .func_pcln = 24,
		.func_npcdata = 28, .func_cu = 32, .func_start_line = 36, .func_size = 44,
	},
};

#define NONE 255
static const struct go_format formats[] = {
	/*        table id  nfd wrapper  inline  inlinedCall           moduledata */
	{  2,  7,  2,  0, 36, NONE,  0, 0,  0, 0, 0,  0, 0,  0,   3,  9, 12,  0,  0,  0,  0, true },
	{  8,  8,  2,  0, 36, NONE,  0, 0,  0, 0, 0,  0, 0,  0,   3,  9, 12, 25, 26,  0, 27, true },
	{  9, 11,  2,  0, 36, NONE,  1, 2, 16, 4, 0, 12, 0,  0,   3,  9, 12, 25, 26,  0, 27, true },
	{ 12, 12,  2, 36, 39,   20,  1, 2, 20, 2, 2, 12, 0,  0,   3,  9, 12, 25, 26,  0, 27, true },
	{ 13, 13,  2, 36, 39,   20,  2, 4, 20, 2, 2, 12, 0,  0,   3,  9, 12, 25, 26,  0, 27, true },
	{ 14, 15,  2, 36, 39,   22,  2, 4, 20, 2, 2, 12, 0,  0,   3,  9, 12, 25, 26,  0, 27, true },
	{ 16, 16, 16, 40, 43,   22,  2, 3, 20, 2, 2, 12, 0,  0,  16, 19, 22, 35, 36,  0, 37, true },
	{ 17, 17, 16, 40, 43,   22,  2, 3, 20, 2, 2, 12, 0,  0,  16, 19, 22, 35, 36,  0, 37, false },
	{ 18, 19, 18, 36, 39,   21,  2, 3, 20, 2, 2, 12, 0,  0,  16, 19, 22, 35, 36, 38, 39, false },
	{ 20, 21, 20, 40, 43,   21,  2, 3, 16, 0, 0,  4, 8, 12,  16, 19, 22, 37, 38, 40, 41, false },
	{ 22, 24, 20, 40, 43,   22,  2, 3, 16, 0, 0,  4, 8, 12,  16, 19, 22, 37, 38, 40, 41, false },
	{ 25, 25, 20, 40, 43,   23,  2, 3, 16, 0, 0,  4, 8, 12,  16, 19, 22, 37, 38, 40, 41, false },
	{ 26, 26, 20, 40, 43,   23,  2, 3, 16, 0, 0,  4, 8, 12,  16, 19, 22, 37, 38, 40, 42, false },
	{ 27, 27, 20, 40, 43,   23,  2, 3, 16, 0, 0,  4, 8, 12,  16, 19, 22, 37, 39, 43, 45, false },
};

/* One for each table, in the same order. */
static const struct go_format common[] = {
	{ 2, 15, 2, .wrapper = NONE },
	{ 16, 17, 16, .wrapper = NONE },
	{ 18, 19, 18, .wrapper = NONE },
	{ 20, GO_FORMAT_NEWEST, 20, .wrapper = NONE },
};

const struct go_table *go_table_of_magic(uint32_t magic)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i].magic == magic)
			return &tables[i];
	return NULL;
}

const struct go_table *go_table_of(const struct go_format *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i].first == f->table)
			return &tables[i];
	return NULL;
}

const struct go_format *go_format_of(unsigned minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (minor >= formats[i].first && minor <= formats[i].last)
			return &formats[i];
	return NULL;
}

const struct go_format *go_format_next(const struct go_table *t, const struct go_format *f)
{
	if (!f)
		f = formats + ARRAY_SIZE(formats);
	while (f-- > formats)
		if (f->table == t->first)
			return f;
	return NULL;
}

const struct go_format *go_format_common(const struct go_table *t)
{
	return &common[t - tables];
}
