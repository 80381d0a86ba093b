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

/*
 * The descriptor of a structure type by its name ("trace.recordingSpan") and the path of its package,
 * which is recorded when it has fields that are not exported.  It is in every program that makes
 * an interface value of it, stripped or not.  false: there is none, or Go < 1.19, which recorded
 * offsets of fields in another way.  Source: internal/abi/type.go (StructType, StructField), before
 * 1.21 runtime/type.go.
 */
bool go_type_struct(const struct go_file *g, const char *package, const char *name, uint64_t *ret);

/* One of its fields; false: it has none of that name, or the descriptor is damaged. */
struct go_type_field {
	uint64_t offset;	/* bytes */
	uint64_t type;		/* its type's descriptor */
};
bool go_type_field(const struct go_file *g, uint64_t strct, const char *name, struct go_type_field *ret);

#endif
