/* SPDX-License-Identifier: GPL-2.0-only */
/* types.h - the names of a Go program's types */
#ifndef GOBPF_GO_TYPES_H
#define GOBPF_GO_TYPES_H

#include "go/gofile.h"

/*
 * The type whose descriptor is at addr (an *_type: what an interface value, an
 * itab or an allocation points to), as reflect's String() has it: "int",
 * "*main.thing", "map[string][]http.Header", cut to size.  false: there is no descriptor at
 * addr, or the file's types are not known (Go < 1.8, or moduledata was not found).
 *
 * Sources: internal/abi/type.go (Type, Name, TFlagExtraStar), reflect/type.go,
 * runtime/type.go (resolveNameOff); the same since Go 1.8 but for the lengths of names.
 */
bool go_type_name(const struct go_file *g, uint64_t addr, char *ret, size_t size);

#endif
