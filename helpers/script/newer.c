/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/newer.h"

#include <string.h>

#include "base/buf.h"

/* bpftrace's CHANGELOG.md, "Added" and "Breaking Changes" of 0.18.0 to 0.27.0 */
static const struct newer words[] = {
	{ "offsetof", 0, 18, "offsetof()" },
	{ "raw", 0, 18, "stack mode raw" },
	{ "config", 0, 20, "a config block" },
	{ "jiffies", 0, 20, NULL },
	{ "len", 0, 20, "len()" },
	{ "fentry", 0, 20, NULL },
	{ "fexit", 0, 20, NULL },
	{ "for", 0, 21, "a for loop" },
	{ "missing_probes", 0, 21, NULL },
	{ "lazy_symbolication", 0, 21, NULL },
	{ "let", 0, 22, NULL },
	{ "has_key", 0, 22, "has_key()" },
	{ "percpu_kaddr", 0, 22, "percpu_kaddr()" },
	{ "..", 0, 24, "a loop over a range" },
	{ "true", 0, 24, NULL },
	{ "false", 0, 24, NULL },
	{ "ncpus", 0, 24, NULL },
	{ "ppid", 0, 24, NULL },
	{ "usermode", 0, 24, NULL },
	{ "assert", 0, 24, "assert()" },
	{ "errorf", 0, 24, "errorf()" },
	{ "getopt", 0, 24, "getopt()" },
	{ "socket_cookie", 0, 24, "socket_cookie()" },
	{ "tseries", 0, 24, "tseries()" },
	{ "probetype", 0, 25, NULL },
	{ "pcomm", 0, 25, NULL },
	{ "build_id", 0, 25, "stack mode build_id" },
	{ "has_cpid", 0, 25, NULL },
	{ "signal_thread", 0, 25, "signal_thread()" },
	{ "syscall_name", 0, 25, "syscall_name()" },
	{ "dw_ustack", 0, 26, "dw_ustack()" },
	{ "is_err", 0, 26, "is_err()" },
	{ "leader_comm", 0, 26, NULL },
	{ "leader_tid", 0, 26, NULL },
	{ "signal_name", 0, 26, "signal_name()" },
	{ "write_user", 0, 26, "write_user()" },
	{ "container_of", 0, 27, "container_of()" },
	{ "str_concat", 0, 27, "str_concat()" },
};

static const struct newer *find(struct part token)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (part_is(token, words[i].word))
			return &words[i];
	return NULL;
}

static bool later(const struct newer *n, unsigned major, unsigned minor)
{
	return n->major > major || (n->major == major && n->minor > minor);
}

const struct newer *newer_in(struct part line, unsigned major, unsigned minor)
{
	const struct newer *ret = NULL, *n;

	for (size_t i = 0, len; i < line.len; i += len) {
		len = text_token(line, i);
		if (line.p[i] == '.' && i + 1 < line.len && line.p[i + 1] == '.')
			len = 2;
		n = find((struct part){ line.p + i, len });
		if (n && later(n, major, minor) && (!ret || later(n, ret->major, ret->minor)))
			ret = n;
	}
	return ret;
}
