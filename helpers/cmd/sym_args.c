/* SPDX-License-Identifier: GPL-2.0-only */
/* sym_args.c - gobpf sym --args: how arguments arrive, with names and types where DWARF has them */
#include "cmd/sym_run.h"

#include <string.h>

#include "go/params.h"

enum { PARAMS_MAX = 64 };

static const char *abi_name(enum go_abi abi)
{
	static const char *const names[] = {
		[GO_ABI_STACK] = "stack",
		[GO_ABI_REGISTERS] = "registers",
		[GO_ABI_UNKNOWN] = "unknown",
	};

	return names[abi];
}

/*
 * A generic function has the dictionary of its type arguments as a parameter that DWARF doesn't
 * mention (cmd/compile/internal/noder/reader.go), behind the receiver or first.
 */
static bool is_generic(const struct go_func *f)
{
	return strchr(f->name, '[');
}

static int read_params(struct sym *s, const struct go_func *f, const struct go_args *a,
		       struct go_param *ret)
{
	static struct elf_param p[PARAMS_MAX];
	int n = -1;

	if (a->abi != GO_ABI_UNKNOWN && !is_generic(f) && !sym_is_wrapper(s, f))
		n = elf_params(s->native, f->entry, p, PARAMS_MAX);

	for (int i = 0; i < n; i++)
		ret[i] = (struct go_param){ .p = p[i] };
	if (n > 0)
		go_params_place(a, ret, n);
	return n;
}

static void add_registers(struct sym *s, const char *const *names)
{
	for (; *names; names++)
		buf_printf(&s->text, " %s", *names);
}

/* Nothing is known of the types: the rules. */
static void print_rules(struct sym *s, const struct go_func *f, const struct go_args *a)
{
	if (a->abi == GO_ABI_UNKNOWN) {
		buf_printf(&s->text, "  assembly, whose arguments are on the stack from %s+%u on or in "
				     "registers as its author chose\n", a->sp, a->stack);
		return;
	}
	buf_printf(&s->text, "  types not known: receiver, then %sparameters, in order\n",
		   is_generic(f) ? "the dictionary of its type arguments, then " : "");
	if (a->abi == GO_ABI_REGISTERS) {
		buf_str(&s->text, "  integers and pointers:");
		add_registers(s, a->ints);
		buf_str(&s->text, "\n  floats:");
		add_registers(s, a->floats);
		buf_str(&s->text, "\n  a string takes 2 (pointer, length), a slice 3 (pointer, length, "
				  "capacity), an interface 2 (type, data), a struct one for each field\n");
		buf_printf(&s->text, "  what does not fit as a whole, and arrays of 2 and more: on the stack "
				     "from %s+%u on\n", a->sp, a->stack);
	} else {
		buf_printf(&s->text, "  on the stack from %s+%u on, results behind them\n", a->sp, a->stack);
	}
}

static void print_param(struct sym *s, const struct go_args *a, const struct go_param *v)
{
	buf_str(&s->text, v->p.result ? "  result " : "  ");
	sym_text(s, v->p.name);
	buf_char(&s->text, ' ');
	sym_text(s, v->p.type);
	buf_char(&s->text, ':');
	if (v->on_stack)
		buf_printf(&s->text, " %s+%u", a->sp, v->stack);
	for (unsigned i = 0; !v->on_stack && i < v->p.nscalars; i++)
		buf_printf(&s->text, " %s", v->registers[i]);
	buf_char(&s->text, '\n');
}

static json_t *json_names(const char *const *names)
{
	json_t *list = json_array();

	for (; *names; names++)
		json_array_append_new(list, json_string(*names));
	return list;
}

static json_t *json_param(const struct go_param *v)
{
	json_t *e = json_pack("{s:o, s:o, s:b, s:I}", "name", sym_json_text(v->p.name), "type",
			      sym_json_text(v->p.type), "result", v->p.result, "size",
			      (json_int_t)v->p.size);
	json_t *parts;

	if (v->on_stack) {
		json_object_set_new(e, "stack", json_integer(v->stack));
		return e;
	}
	parts = json_array();
	for (unsigned i = 0; i < v->p.nscalars; i++)
		json_array_append_new(parts, json_pack("{s:I, s:I, s:s}", "offset",
						       (json_int_t)v->p.scalars[i].offset, "size",
						       (json_int_t)v->p.scalars[i].size, "register",
						       v->registers[i]));
	json_object_set_new(e, "parts", parts);
	return e;
}

static json_t *json_args(const struct sym *s, const struct go_func *f, const struct go_args *a, const struct go_param *v,
			 int n)
{
	json_t *params = n < 0 ? json_null() : json_array();
	json_t *e;

	for (int i = 0; i < n; i++)
		json_array_append_new(params, json_param(&v[i]));
	e = json_pack("{s:o, s:o, s:s, s:o, s:o, s:s, s:I, s:s, s:o}", "func", sym_json_text(f->name),
		      "entry", sym_json_hex(f->entry + s->bias), "abi",
		      abi_name(a->abi), "integers", json_names(a->ints), "floats",
		      json_names(a->floats), "stack_pointer", a->sp, "stack_offset",
		      (json_int_t)a->stack, "closure", a->closure, "params", params);
	json_object_set_new(e, "g", sym_json_text(a->g));
	return e;
}

int sym_args(struct sym *s, const char *name)
{
	static struct go_param v[PARAMS_MAX];
	struct go_args a;
	struct go_func f;
	int err = sym_func_named(s, name, &f), n;

	if (!err)
		err = go_args_of(s->go, &f, &a);
	if (err)
		return err;
	n = read_params(s, &f, &a, v);
	if (s->json) {
		sym_json(s, json_args(s, &f, &a, v, n));
		return 0;
	}
	sym_text(s, f.name);
	buf_printf(&s->text, ": arguments in %s", a.abi == GO_ABI_REGISTERS ? "registers" :
		   a.abi == GO_ABI_STACK ? "memory, on the stack" : "unknown places");
	if (a.g)
		buf_printf(&s->text, "; g in %s", a.g);
	buf_printf(&s->text, "; closure's context in %s\n", a.closure);
	if (n < 0)
		print_rules(s, &f, &a);
	else if (!n)
		buf_str(&s->text, "  none\n");
	for (int i = 0; i < n; i++)
		print_param(s, &a, &v[i]);
	return 0;
}
