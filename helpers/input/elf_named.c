/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/elf_named.h"

#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>

#include "base/demangle.h"

static bool has_name(const char *symbol, const char *name, size_t len)
{
	char *text;
	bool same;

	if (!strncmp(symbol, name, len) && (!symbol[len] || symbol[len] == '@'))
		return true;
	text = demangle(symbol);
	same = text && !strcmp(text, name);
	free(text);
	return same;
}

static bool is_known(const uint64_t *v, size_t n, uint64_t addr)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == addr)
			return true;
	return false;
}

size_t elf_named(struct elf_native *native, const char *name, uint64_t *ret, size_t max)
{
	Dwfl_Module *mod = elf_native_module(native);
	int count = mod ? dwfl_module_getsymtab(mod) : 0;
	size_t n = 0, len = strlen(name);

	for (int i = 1; i < count && n < max; i++) {
		GElf_Sym sym;
		GElf_Word shndx;
		GElf_Addr addr;
		const char *symbol = dwfl_module_getsym_info(mod, i, &sym, &addr, &shndx, NULL, NULL);
		int type = GELF_ST_TYPE(sym.st_info);

		if (symbol && symbol[0] && shndx != SHN_UNDEF &&
		    (type == STT_FUNC || type == STT_GNU_IFUNC) && !is_known(ret, n, sym.st_value) &&
		    has_name(symbol, name, len))
			ret[n++] = sym.st_value;
	}
	return n;
}
