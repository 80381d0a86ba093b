/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/caps.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/capability.h: version 3 has two words per set */
bool caps_have(unsigned cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return false;
	return data[cap / 32].effective >> (cap % 32) & 1;
}
