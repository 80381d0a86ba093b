/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static __thread char text[1024];

static void set(const char *fmt, va_list ap)
{
	vsnprintf(text, sizeof(text), fmt, ap);
}

int err_set(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(fmt, ap);
	va_end(ap);
	return -err;
}

int err_sys(int err, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	set(fmt, ap);
	va_end(ap);
	n = strlen(text);
	snprintf(text + n, sizeof(text) - n, ": %s", strerror(err));
	return -err;
}

int err_in(int ret, const char *fmt, ...)
{
	char context[256], old[sizeof(text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	memcpy(old, text, sizeof(old));
	snprintf(text, sizeof(text), "%s: %s", context, old);
	return ret;
}

const char *err_text(void)
{
	return text[0] ? text : "unknown error";
}

enum exit_status err_status(int ret)
{
	switch (-ret) {
	case 0:
		return EXIT_DONE;
	case EINVAL:
		return EXIT_USAGE;
	case ESRCH:
	case ENOEXEC:
		return EXIT_TARGET;
	case EPERM:
	case EACCES:
	case EOPNOTSUPP:
	case ENOSYS:
		return EXIT_DENIED;
	default:
		return EXIT_FAILED;
	}
}
