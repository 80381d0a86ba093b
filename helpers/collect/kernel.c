/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel.c - what libbpf and the kernel say when a program is not taken */
#include "collect/kernel.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "base/buf.h"
#include "base/caps.h"
#include "base/err.h"

#define LOG_MAX	 (64 * 1024)
#define LINE_MAX (8 * 1024)

static struct buf text;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int keep(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *line;
	int n;

	if (level == LIBBPF_DEBUG)
		return 0;
	n = vasprintf(&line, fmt, ap);
	if (n < 0)
		return 0;
	pthread_mutex_lock(&lock);
	if (text.len > LOG_MAX)
		buf_clear(&text);
	/* the verifier's reason stands at the end of its long message */
	buf_str(&text, n > LINE_MAX ? line + n - LINE_MAX : line);
	pthread_mutex_unlock(&lock);
	free(line);
	return n;
}

void kernel_log_init(void)
{
	libbpf_set_print(keep);
}

const char *kernel_log(void)
{
	return text.data ? text.data : "";
}

static int words_denied(const char *what)
{
	bool admin = caps_have(CAP_SYS_ADMIN);
	bool bpf = caps_have(CAP_BPF), perfmon = caps_have(CAP_PERFMON);

	if (admin || (bpf && perfmon))
		return err_set(EPERM, "%s: the kernel forbids it (lockdown, a security module, or "
			       "its verifier refused the program)", what);
	return err_set(EPERM, "%s: not permitted: %s%s%s missing; run as root, or grant CAP_BPF and "
		       "CAP_PERFMON (before Linux 5.8: CAP_SYS_ADMIN)",
		       what, bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
		       perfmon ? "" : "CAP_PERFMON");
}

int kernel_words(int err, const char *what)
{
	switch (err) {
	case EPERM:
	case EACCES:
		return words_denied(what);
	case ENOSYS:
	case EOPNOTSUPP:
	case ENOENT:
		return err_set(EOPNOTSUPP, "%s: this kernel has no BPF programs for uprobes", what);
	case EINVAL:
		return err_set(EOPNOTSUPP, "%s: this kernel refuses it (Linux 5.15 or newer is needed)",
			       what);
	default:
		return err_sys(err, "%s", what);
	}
}
