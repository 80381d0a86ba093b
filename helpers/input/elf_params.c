/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_params.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>

/*
 * Types within types, and how many of them in one parameter; more are a broken file's, where
 * structures of nothing that hold each other several times would never end.
 */
enum { DEPTH_MAX = 24, TYPES_MAX = 4096 };

static Dwarf_Word number(Dwarf_Die *die, unsigned name, Dwarf_Word otherwise)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	return dwarf_formudata(dwarf_attr_integrate(die, name, &attr), &v) ? otherwise : v;
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attr), ret);
}

static void add_scalar(struct elf_param *p, uint64_t offset, uint64_t size, bool is_float)
{
	if (p->nscalars == ELF_PARAM_SCALARS || offset > UINT32_MAX || size > 8 || !size) {
		p->whole = false;
		return;
	}
	p->scalars[p->nscalars++] = (struct elf_scalar){ offset, size, is_float };
	if (size > p->align)
		p->align = size;
}

static void add_type(struct elf_param *p, Dwarf_Die *type, uint64_t offset, int depth);

static void add_members(struct elf_param *p, Dwarf_Die *type, uint64_t offset, int depth)
{
	Dwarf_Die member, of;

	if (dwarf_child(type, &member))
		return;
	do {
		if (dwarf_tag(&member) == DW_TAG_member && type_of(&member, &of))
			add_type(p, &of, offset + number(&member, DW_AT_data_member_location, 0),
				 depth + 1);
	} while (p->whole && !dwarf_siblingof(&member, &member));
}

static void add_array(struct elf_param *p, Dwarf_Die *type, uint64_t offset, int depth)
{
	Dwarf_Die range, of;
	Dwarf_Word count = 2;
	unsigned align = p->align;

	if (!dwarf_child(type, &range))
		count = number(&range, DW_AT_count, number(&range, DW_AT_upper_bound, 1) + 1);
	if (!type_of(type, &of)) {
		p->whole = false;
		return;
	}
	/* also of those that are not taken apart the alignment is wanted */
	add_type(p, &of, offset, depth + 1);
	if (!count) {
		p->nscalars = 0;
		p->align = align;
	}
	if (count > 1)
		p->whole = false;
}

static void add_base(struct elf_param *p, Dwarf_Die *type, uint64_t offset)
{
	Dwarf_Word size = number(type, DW_AT_byte_size, 0);

	switch (number(type, DW_AT_encoding, 0)) {
	case DW_ATE_complex_float:
		add_scalar(p, offset, size / 2, true);
		add_scalar(p, offset + size / 2, size / 2, true);
		return;
	case DW_ATE_float:
		add_scalar(p, offset, size, true);
		return;
	}
	add_scalar(p, offset, size, false);
}

static void add_type(struct elf_param *p, Dwarf_Die *type, uint64_t offset, int depth)
{
	Dwarf_Die of;

	if (depth > DEPTH_MAX || ++p->ntypes > TYPES_MAX) {
		p->whole = false;
		return;
	}
	switch (dwarf_tag(type)) {
	case DW_TAG_base_type:
		add_base(p, type, offset);
		return;
	case DW_TAG_pointer_type:
	case DW_TAG_subroutine_type:
		add_scalar(p, offset, 8, false);
		return;
	case DW_TAG_structure_type:
		add_members(p, type, offset, depth);
		return;
	case DW_TAG_array_type:
		add_array(p, type, offset, depth);
		return;
	case DW_TAG_typedef:
		if (type_of(type, &of)) {
			add_type(p, &of, offset, depth + 1);
			return;
		}
	}
	p->whole = false;
}

static void read_param(Dwarf_Die *die, struct elf_param *p)
{
	Dwarf_Attribute attr;
	Dwarf_Die type;
	Dwarf_Word size;
	bool flag;

	*p = (struct elf_param){ .name = "", .type = "", .align = 1 };
	if (dwarf_diename(die))
		p->name = dwarf_diename(die);
	if (dwarf_attr_integrate(die, DW_AT_variable_parameter, &attr) &&
	    !dwarf_formflag(&attr, &flag))
		p->result = flag;
	if (!type_of(die, &type))
		return;
	if (dwarf_diename(&type))
		p->type = dwarf_diename(&type);
	p->whole = true;
	add_type(p, &type, 0, 0);
	if (!dwarf_aggregate_size(&type, &size))
		p->size = size;
	else if (p->nscalars)
		p->size = p->scalars[p->nscalars - 1].offset + p->scalars[p->nscalars - 1].size;
}

/* Go's linker writes no .debug_aranges, so the compilation units themselves are asked. */
static Dwarf_Die *unit_at(Dwfl_Module *mod, uint64_t addr, Dwarf_Addr *bias)
{
	Dwarf_Die *cu = dwfl_module_addrdie(mod, addr, bias);

	for (cu = cu ? cu : dwfl_module_nextcu(mod, NULL, bias); cu;
	     cu = dwfl_module_nextcu(mod, cu, bias))
		if (dwarf_haspc(cu, addr - *bias) > 0)
			return cu;
	return NULL;
}

/* Functions of Go stand in their unit side by side. */
static bool subprogram_at(Dwfl_Module *mod, uint64_t addr, Dwarf_Die *ret)
{
	Dwarf_Addr bias, entry;
	Dwarf_Die *cu = unit_at(mod, addr, &bias);
	Dwarf_Attribute attr;

	if (!cu || dwarf_child(cu, ret))
		return false;
	do {
		if (dwarf_tag(ret) == DW_TAG_subprogram && !dwarf_lowpc(ret, &entry) &&
		    entry == addr - bias)
			return !dwarf_attr(ret, DW_AT_trampoline, &attr);
	} while (!dwarf_siblingof(ret, ret));
	return false;
}

int elf_params(struct elf_native *n, uint64_t addr, struct elf_param *ret, int max)
{
	Dwfl_Module *mod = elf_native_module(n);
	Dwarf_Die sub, origin, die;
	Dwarf_Attribute attr;
	int count = 0;

	if (!mod || !subprogram_at(mod, addr, &sub))
		return -ENOENT;
	/* of one that is inlined elsewhere only the abstract copy is sure to have them all, in order */
	if (dwarf_formref_die(dwarf_attr(&sub, DW_AT_abstract_origin, &attr), &origin))
		sub = origin;
	if (dwarf_child(&sub, &die))
		return 0;
	do {
		if (dwarf_tag(&die) == DW_TAG_formal_parameter && count < max)
			read_param(&die, &ret[count++]);
	} while (!dwarf_siblingof(&die, &die));
	return count;
}
