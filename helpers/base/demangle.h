/* SPDX-License-Identifier: GPL-2.0-only */
/* demangle.h - names of C++ and Rust functions as people write them; only this sees libiberty */
#ifndef GOBPF_BASE_DEMANGLE_H
#define GOBPF_BASE_DEMANGLE_H

/* A name that gets longer than this is left as it is. */
#define DEMANGLED_MAX (64u << 10)

/* A new string, for free(); NULL when the name is not mangled (or out of memory). */
char *demangle(const char *name);

#endif
