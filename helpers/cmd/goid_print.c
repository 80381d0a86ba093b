/* SPDX-License-Identifier: GPL-2.0-only */
/* goid_print.c - gobpf goid: text, JSON, and what compilers take */
#include "cmd/goid_run.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/json_text.h"
#include "base/table.h"

static const char *arch_of(const struct goid_run *r)
{
	return r->go->elf->machine == EM_AARCH64 ? "arm64" : "amd64";
}

static bool has(const struct goid_run *r, enum goid_kind kind)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].kind == kind)
			return true;
	return false;
}

/* As the linker wrote it; a damaged file may hold anything there, an end of a comment for one. */
static void put_version(const struct goid_run *r, FILE *f)
{
	for (const char *p = r->go->version.text; *p; p++)
		fputc(isalnum((unsigned char)*p) || strchr(" .+-_:,", *p) ? *p : '?', f);
	fprintf(f, ", %s", arch_of(r));
}

static void text_current(const struct goid_run *r, FILE *f)
{
	const struct go_current *c = &r->current;

	put_version(r, f);
	fputs("\ng: ", f);
	if (c->reg)
		fprintf(f, "register %s in Go code%s", c->reg, c->tls ? "; " : "");
	if (c->tls)
		fprintf(f, "thread-local storage at fs:%" PRId64 " (by the code of %s and %u more)",
			c->tls_offset, c->tls_func, c->tls_funcs - 1);
	fputc('\n', f);
}

static int text_table(const struct goid_run *r, enum goid_kind kind, FILE *f)
{
	static const struct table_column fields[] = {
		{ "FIELD", 0 }, { "OFFSET", TABLE_RIGHT }, { "SIZE", TABLE_RIGHT }, { "SOURCE", TABLE_SHORTEN },
	}, variables[] = {
		{ "VARIABLE", 0 }, { "ADDRESS", TABLE_RIGHT }, { "SOURCE", TABLE_SHORTEN },
	};
	struct table t;
	int err;

	if (kind == GOID_FIELD)
		table_init(&t, fields, 4);
	else
		table_init(&t, variables, 3);
	for (size_t i = 0; i < r->n; i++) {
		const struct goid_value *v = &r->v[i];

		if (v->kind != kind)
			continue;
		table_cell(&t, "%s", v->name);
		if (!v->known)
			table_cell(&t, "?");
		else if (kind == GOID_FIELD)
			table_cell(&t, "%" PRIu64, v->value);
		else
			table_cell(&t, "0x%" PRIx64, v->value);
		if (kind == GOID_FIELD)
			table_cell(&t, v->known ? "%u" : "?", v->size);
		table_cell(&t, "%s", v->source);
	}
	err = table_print(&t, f);
	table_free(&t);
	return err ? err_sys(ENOMEM, "table") : 0;
}

int goid_text(const struct goid_run *r, FILE *f)
{
	int err = 0;

	text_current(r, f);
	for (int kind = GOID_FIELD; !err && kind <= GOID_VARIABLE; kind++) {
		if (!has(r, kind))
			continue;
		fputc('\n', f);
		err = text_table(r, kind, f);
	}
	return err;
}

static void json_value(const struct goid_value *v, json_t *fields, json_t *variables,
		       json_t *unknown)
{
	char address[32];

	if (!v->known) {
		json_object_set_new(unknown, v->name, json_text(v->source));
	} else if (v->kind == GOID_FIELD) {
		json_object_set_new(fields, v->name, json_pack("{s:I, s:i, s:s}", "offset",
							       (json_int_t)v->value, "size",
							       (int)v->size, "source", v->source));
	} else {
		snprintf(address, sizeof(address), "0x%" PRIx64, v->value);
		json_object_set_new(variables, v->name, json_pack("{s:s, s:s}", "address", address,
								  "source", v->source));
	}
}

static json_t *json_current(const struct go_current *c)
{
	json_t *g = json_pack("{s:s?}", "register", c->reg);

	if (c->tls)
		json_object_set_new(g, "tls_offset", json_integer(c->tls_offset));
	return g;
}

int goid_json(const struct goid_run *r, FILE *f)
{
	json_t *fields = json_object(), *variables = json_object(), *unknown = json_object();

	for (size_t i = 0; i < r->n; i++)
		json_value(&r->v[i], fields, variables, unknown);
	return json_print(json_pack("{s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:o}", "target", json_text(r->object),
				    "go_version", json_text(r->go->version.text), "arch", arch_of(r), "live",
				    r->live, "g", json_current(&r->current), "fields", fields,
				    "variables", variables, "unknown", unknown),
			  f, true);
}

/* "runtime.g.sched.sp" is GO_G_SCHED_SP, "internal/abi.Type.Size_" GO_ABI_TYPE_SIZE. */
static const char *macro(const char *name, char out[96])
{
	const char *slash = strrchr(name, '/'), *p = slash ? slash + 1 : name;
	size_t n = 3;

	strcpy(out, "GO_");
	if (!strncmp(p, "runtime.", 8))
		p += 8;
	for (; *p && n < 90; p++) {
		/* _panic and Size_: no double or final underscores */
		if (isalnum((unsigned char)*p))
			out[n++] = toupper((unsigned char)*p);
		else if (out[n - 1] != '_')
			out[n++] = '_';
	}
	while (out[n - 1] == '_')
		n--;
	out[n] = '\0';
	return out;
}

/* One constant after the other; -8 has no parentheses, for the shell. */
static void each_macro(const struct goid_run *r, FILE *f,
		       void (*write)(FILE *f, const char *name, const char *value, const char *source))
{
	char name[96], value[32];

	if (r->current.reg)
		write(f, "GO_REG_G", r->current.reg, "calling convention");
	snprintf(value, sizeof(value), "%" PRId64, r->current.tls_offset);
	if (r->current.tls)
		write(f, "GO_TLS_G", value, r->current.tls_func);
	for (size_t i = 0; i < r->n; i++) {
		const struct goid_value *v = &r->v[i];

		if (!v->known)
			continue;
		snprintf(value, sizeof(value), v->kind == GOID_FIELD ? "%" PRIu64 : "0x%" PRIx64,
			 v->value);
		write(f, macro(v->name, name), value, v->source);
	}
}

static void write_define(FILE *f, const char *name, const char *value, const char *source)
{
	(void)source;
	fprintf(f, "-D %s=%s\n", name, value);
}

int goid_define(const struct goid_run *r, FILE *f)
{
	each_macro(r, f, write_define);
	return 0;
}

static void write_header(FILE *f, const char *name, const char *value, const char *source)
{
	fprintf(f, "#define %s %s /* %s */\n", name, value, source);
}

int goid_header(const struct goid_run *r, FILE *f)
{
	fputs("/* made by gobpf goid: ", f);
	put_version(r, f);
	fputs(" */\n", f);
	each_macro(r, f, write_header);
	return 0;
}
