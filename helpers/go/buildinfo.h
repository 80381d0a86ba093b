/* SPDX-License-Identifier: GPL-2.0-only */
/* buildinfo.h - which Go made this executable */
#ifndef GOBPF_GO_BUILDINFO_H
#define GOBPF_GO_BUILDINFO_H

#include "go/gofile.h"

/*
 * Reads the version and the main module's path that the linker left behind
 * "\xff Go buildinf:" (debug/buildinfo/buildinfo.go).
 * 0, or -ENOEXEC with words when there is none or it can't be read.
 */
int go_buildinfo(const struct elf_file *elf, struct go_version *ret_version, char ret_module[256]);

#endif
