/* SPDX-License-Identifier: GPL-2.0-only */
#include "sites.h"

#include <string.h>

const char *site_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Is it the program's own code, not the library's? */
static bool own_code(const struct frame *f, const char *module)
{
	size_t n = strlen(module);

	return !strncmp(f->func, "main.", 5) ||
	       (n && !strncmp(f->func, module, n) && (f->func[n] == '.' || f->func[n] == '/'));
}

/* Who of the program's own code got there; NULL when the end is it. */
static const struct frame *own_caller(const struct profile *p, const struct sample *s,
				      const char *module)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];

		if (own_code(f, module))
			return i ? f : NULL;
	}
	return NULL;
}

/* "main.Map[go.shape.int].Get" to "main.Map[...].Get", as crash dumps have it (funcNameForPrint). */
static const char *short_name(char out[256], const char *name)
{
	const char *open = strchr(name, '['), *close = strrchr(name, ']');

	if (!open || open == name || !close || close < open)
		return name;
	snprintf(out, 256, "%.*s[...%s", (int)(open - name), name, close);
	return out;
}

void site_cell(struct table *t, const struct profile *p, uint32_t sample, const char *module)
{
	const struct sample *s = &p->samples[sample];
	const struct frame *f = &p->frames[p->stack_frames[s->first]];
	const struct frame *caller = own_caller(p, s, module);
	char line[32] = "", name[256], caller_name[256];

	if (f->file && f->line)
		snprintf(line, sizeof(line), ":%u", f->line);
	table_cell(t, "%s%s%s%s%s%s", short_name(name, f->func), line[0] ? " " : "",
		   line[0] ? site_base_name(f->file) : "", line, caller ? " < " : "",
		   caller ? short_name(caller_name, caller->func) : "");
}

void site_stack(struct table *t, const struct profile *p, uint32_t sample, uint32_t more)
{
	const struct sample *s = &p->samples[sample];

	for (uint32_t i = 0; i < s->n; i++) {
		const struct frame *f = &p->frames[p->stack_frames[s->first + i]];
		char name[256];

		table_line(t, "%s %s:%u%s", short_name(name, f->func), f->file ? f->file : "?", f->line,
			   f->flags & FRAME_INLINED ? " (inlined)" : "");
	}
	if (more)
		table_line(t, "and %u more stacks", more);
}
