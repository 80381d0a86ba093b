/* SPDX-License-Identifier: GPL-2.0-only */
#include "live_json.h"


static json_t *target(const struct live *l)
{
	const struct target *t = &l->target;
	const struct go_file *go = &l->process.go;

	if (!l->opened)
		return json_pack("{s:i, s:o, s:o}", "pid", t->pid, "comm", json_text(t->comm), "exe",
				 json_text(t->exe_path));
	return json_pack("{s:i, s:o, s:o, s:s, s:o}", "pid", t->pid, "comm", json_text(t->comm), "exe",
			 json_text(t->exe_path), "go", go->version.text, "module", json_text(go->module));
}

json_t *live_json(const struct live *l, const char *schema, json_t *rest)
{
	json_t *root = json_pack("{s:s, s:o}", "schema", schema, "target", target(l));

	if (json_object_update_new(root, rest)) {
		json_decref(root);
		return NULL;
	}
	return root;
}

json_t *live_json_u64(uint64_t v)
{
	return v > INT64_MAX ? json_null() : json_integer((json_int_t)v);
}
