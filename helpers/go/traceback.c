/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/traceback.h"

#include <string.h>

static const char runtime_prefix[] = "runtime.";
enum { PREFIX = sizeof(runtime_prefix) - 1, METHODS_SINCE = 24 };

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* "Stack", and since 1.24 "(*Func).Entry", too */
static bool is_exported(unsigned minor, const char *name)
{
	const char *dot = strrchr(name, '.'), *receiver = name;

	if (minor < METHODS_SINCE || !dot)
		return is_upper(*name);
	if (!strncmp(receiver, "(*", 2) && dot > name + 2 && dot[-1] == ')')
		receiver += 2;
	return is_upper(dot[1]) && is_upper(*receiver);
}

bool go_traceback_shows(unsigned minor, const char *func, bool first)
{
	if (!strchr(func, '.'))
		return false;
	if (strncmp(func, runtime_prefix, PREFIX) != 0)
		return true;
	if (!strcmp(func, "runtime.gopanic"))
		return !first;
	/* since 1.25; before they had other names */
	if (!strcmp(func, "runtime.runFinalizers") || !strcmp(func, "runtime.runCleanups"))
		return true;
	return is_exported(minor, func + PREFIX);
}

bool go_goroutine_is_system(const char *start_func)
{
	return !strncmp(start_func, runtime_prefix, PREFIX) && strcmp(start_func, "runtime.main") != 0 &&
	       strcmp(start_func, "runtime.corostart") != 0;
}

void go_traceback_name(struct buf *b, const char *func)
{
	int depth = 0;

	if (!strcmp(func, "runtime.gopanic")) {
		buf_str(b, "panic");
		return;
	}
	for (; *func; func++) {
		if (*func == ']' && depth && !--depth)
			buf_str(b, "...");
		if (!depth)
			buf_char(b, *func);
		if (*func == '[')
			depth++;
	}
}
