/* SPDX-License-Identifier: GPL-2.0-only */
#include "live_json.h"

#include <errno.h>

#include "base/err.h"
#include "base/json_text.h"

json_t *live_json(const struct live *l, const char *schema)
{
	const struct target *t = &l->target;
	json_t *target = json_pack("{s:i, s:o, s:o}", "pid", t->pid, "comm", json_text(t->comm), "exe",
				   json_text(t->exe_path));

	if (l->opened)
		json_object_update_new(target, json_pack("{s:s, s:o}", "go", l->process.go.version.text,
							 "module", json_text(l->process.go.module)));
	return json_pack("{s:s, s:o}", "schema", schema, "target", target);
}

json_t *live_json_u64(uint64_t v)
{
	return v > INT64_MAX ? json_null() : json_integer((json_int_t)v);
}

int live_json_write(json_t *root, FILE *f)
{
	int err = root ? json_dumpf(root, f, JSON_INDENT(1)) : -1;

	fputc('\n', f);
	json_decref(root);
	/* what could not be written is the file's to say */
	return err && !ferror(f) ? err_sys(ENOMEM, "writing JSON") : 0;
}
