/* SPDX-License-Identifier: GPL-2.0-only */
/* sym_func.c - gobpf sym: what probes on a function need to know */
#include "cmd/sym_run.h"

#include <errno.h>
#include <inttypes.h>

#include "base/err.h"
#include "go/probe.h"

int sym_func_named(struct sym *s, const char *name, struct go_func *ret)
{
	if (go_func_named(s->go, name, ret))
		return 0;
	return err_set(ENOENT, "%s has no Go function '%s' (inlined everywhere, or not linked?); "
			       "--list shows all", s->object, name);
}

static const char *advice(const struct probe_place *p)
{
	if (p->skip_if_cf_or_zf)
		return "passed again after the stack has grown: skip hits with CF or ZF set "
		       "(flags & 0x41)";
	if (p->repeats)
		return "the function jumps back to here: more hits than calls";
	return "once per call";
}

int sym_probe_point(struct sym *s, const char *name)
{
	struct probe_place p;
	struct go_func f;
	int err = sym_func_named(s, name, &f);

	if (!err)
		err = probe_place(s->go, &f, &p);
	if (err)
		return err;
	if (s->json)
		sym_json(s, json_pack("{s:o, s:o, s:o, s:o, s:I, s:s, s:b, s:b}", "func",
				      sym_json_text(f.name), "entry", sym_json_hex(f.entry + s->bias),
				      "addr", sym_json_hex(p.addr + s->bias), "file_offset",
				      sym_json_hex(p.offset), "func_offset",
				      (json_int_t)(p.addr - f.entry), "kind", probe_kind_name(p.kind),
				      "skip_if_cf_or_zf", p.skip_if_cf_or_zf, "repeats", p.repeats));
	else
		buf_printf(&s->text, "0x%" PRIx64 " %s+%" PRIu64 " file offset 0x%" PRIx64 " %s: %s\n",
			   p.addr + s->bias, f.name, p.addr - f.entry, p.offset,
			   probe_kind_name(p.kind), advice(&p));
	return 0;
}
