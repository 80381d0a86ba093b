/* SPDX-License-Identifier: GPL-2.0-only */
/* caps.h - what this process is allowed */
#ifndef GOBPF_BASE_CAPS_H
#define GOBPF_BASE_CAPS_H

#include <stdbool.h>

/*
 * Is the capability (linux/capability.h: CAP_BPF) in the effective set?  That set
 * holds in our own user namespace only: the kernel may refuse all the same.
 */
bool caps_have(unsigned cap);

#endif
