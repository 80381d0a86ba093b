/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/json_text.h"

#include <errno.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

json_t *json_text(const char *s)
{
	struct buf clean = { 0 };
	json_t *j;

	utf8_clean(&clean, s ? s : "");
	j = clean.failed ? NULL : json_string(clean.data ? clean.data : "");
	buf_free(&clean);
	return j;
}

int json_print(json_t *root, FILE *f, bool indented)
{
	if (!root)
		return err_sys(ENOMEM, "writing JSON");
	json_dumpf(root, f, indented ? JSON_INDENT(1) : JSON_COMPACT);
	fputc('\n', f);
	json_decref(root);
	return 0;
}
