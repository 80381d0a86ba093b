/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any text as the name of a C++ or Rust symbol: libiberty reads it, in bounded time and memory.
 * Bytes from 128 on stand for pieces that names are made of, the others for themselves.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/demangle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const pieces[] = {
	"_Z", "_R", "N", "E", "I", "J", "K", "L", "X", "S_", "S0_", "S1_", "St", "Sa", "Ss", "T_", "T0_",
	"D1", "C2", "Dp", "Dt", "DT", "Dn", "sr", "cv", "cl", "pl", "il", "tl", "Ul", "_", "1a", "3foo",
	"4core", "17h0123456789abcdef", "E", "RK", "PF", "vE", "ii", "Lj1E", "Z", "GV", "TV", "nw",
	"Nv", "Cs", "B_", "B1_", "M", "Y", "FK", "$LT$", "..", "_0", "fp", "fL0p_", "sZ", "ds", "A4_",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf name = { 0 };
	char *s;

	for (size_t i = 0; i < size && data[i]; i++)
		if (data[i] < 128)
			buf_char(&name, data[i]);
		else
			buf_str(&name, pieces[data[i] % ARRAY_SIZE(pieces)]);
	s = name.data ? demangle(name.data) : NULL;
	if (s && (!*s || strlen(s) > DEMANGLED_MAX))
		abort();
	free(s);
	buf_free(&name);
	return 0;
}
