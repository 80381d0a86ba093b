/* SPDX-License-Identifier: GPL-2.0-only */
/* buildinfo.h - which Go made this executable */
#ifndef GOBPF_GO_BUILDINFO_H
#define GOBPF_GO_BUILDINFO_H

#include "go/gofile.h"

/*
 * Reads the version and the main module's path that the linker left behind
 * "\xff Go buildinf:" (debug/buildinfo/buildinfo.go), in both forms: addresses of
 * strings (1.13 to 1.17), the strings themselves (since 1.18).
 * 0, or -errno with words: -ENOENT when there is none, -ENOEXEC when it can't be read.
 */
int go_buildinfo(const struct elf_file *elf, struct go_version *ret_version, char ret_module[256]);

/*
 * Calls each() for the build settings that are recorded (since Go 1.18): "-ldflags", "-trimpath",
 * "CGO_ENABLED", "vcs.revision" …, values without their quotes.  None when there are none.
 */
void go_build_settings(const struct elf_file *elf,
		       void (*each)(struct span key, struct span value, void *arg), void *arg);

/*
 * The value of runtime.buildVersion: by its symbol, else the one string in the
 * program's data that looks so.  false: not there, or there are several.
 */
bool go_buildversion(const struct elf_file *elf, struct go_version *ret);

#endif
