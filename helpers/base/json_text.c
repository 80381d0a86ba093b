/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/json_text.h"

#include "base/buf.h"
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
