/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/flame_diff.h"

#include <stdlib.h>

#include "stack/diff.h"
#include "stack/functions.h"
#include "stack/markup.h"
#include "stack/value.h"

enum { NAMED = 5 };	/* functions that the description names */

const struct flame_diff_legend flame_diff_legend[] = {
	{ "new", "new" },	{ "up5", "grew much" },	     { "up2", "grew" },	  { "same", "the same" },
	{ "down2", "shrank" },	{ "down5", "shrank much" },  { "gone", "gone" },  { 0 },
};

static void add_name(struct buf *b, const struct frame *f)
{
	struct buf name = { 0 };

	markup_name(&name, f);
	markup_xml(b, name.data ? name.data : "");
	b->failed |= name.failed;
	buf_free(&name);
}

static int add_list(struct buf *b, const struct profile *p, const struct value_type *type,
		    unsigned here, unsigned there, const char *words)
{
	struct function *functions;
	unsigned found = 0;
	size_t n;
	int ret = profile_functions(p, here, true, &functions, &n);

	if (ret)
		return ret;
	for (size_t i = 0; i < n && functions[i].cum[here] > 0; i++) {
		char text[2 * NUM_LEN];

		if (functions[i].cum[there] || found++ >= NAMED)
			continue;
		buf_str(b, found == 1 ? words : ", ");
		add_name(b, &p->frames[functions[i].frame]);
		buf_str(b, " (");
		markup_xml(b, value_words(text, type, functions[i].cum[here]));
		buf_char(b, ')');
	}
	if (found > NAMED)
		buf_printf(b, " and %u more", found - NAMED);
	if (found)
		buf_char(b, '.');
	free(functions);
	return 0;
}

int flame_diff_describe(struct buf *b, const struct profile *p, const struct value_type *type)
{
	int ret = add_list(b, p, type, DIFF_AFTER, DIFF_BEFORE, "\nNew: ");

	return ret ? ret : add_list(b, p, type, DIFF_BEFORE, DIFF_AFTER, "\nGone: ");
}
