/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter_resolve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "options.h"

enum { OPT_EXE = OPT_OWN + 0x140, OPT_DEBUG_DIR, OPT_SYMBOLS, OPT_CALLER };
enum { KEYS_MAX = 100 };

static const struct argp_option options[] = {
	{ "process", 'p', "PID", 0, "Addresses are of this process; it still runs", 11 },
	{ "exe", OPT_EXE, "FILE", 0, "Addresses are of this executable", 11 },
	{ "debug-dir", OPT_DEBUG_DIR, "DIR", 0, "Look for executables by build id or path there, too", 11 },
	{ "symbols", OPT_SYMBOLS, "WHEN", 0, "Look addresses up: auto (where names are missing), never, always", 11 },
	{ "caller", OPT_CALLER, "N", 0, "bpftrace: key N of the maps is the missing caller's address", 11 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const when[] = { "auto", "never", "always" };
	struct opt_resolve *o = state->input;
	uint64_t n;

	switch (key) {
	case 'p':
		o->pid = arg;
		return 0;
	case OPT_EXE:
		o->exe = arg;
		return 0;
	case OPT_DEBUG_DIR:
		o->debug_dir = arg;
		return 0;
	case OPT_SYMBOLS:
		for (size_t i = 0; i < ARRAY_SIZE(when); i++) {
			if (strcmp(arg, when[i]))
				continue;
			o->symbols = i;
			return 0;
		}
		argp_error(state, "--symbols: '%s' is none of auto, never, always", arg);
		return 0;
	case OPT_CALLER:
		if (num_parse_u64(arg, KEYS_MAX, &n) || n < 2)
			argp_error(state, "--caller: '%s' is no number from 2 to %d", arg, KEYS_MAX);
		o->caller = n;
		return 0;
	case ARGP_KEY_END:
		if (o->pid && o->exe)
			argp_error(state, "--process has an executable of its own: --exe is for when it doesn't run");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp opt_resolve_argp = { options, parse };

int resolving_open(const struct opt_resolve *o, struct resolving *ret)
{
	struct go_resolver_from from = { .exe = o->exe, .debug_dir = o->debug_dir };
	int err = 0;

	*ret = (struct resolving){ .options = o, .process.pidfd = -1 };
	if (o->symbols == SYMBOLS_NEVER)
		return 0;
	if (o->pid) {
		err = target_open(o->pid, &ret->process);
		from.process = &ret->process;
	}
	if (!err)
		err = go_resolver_open(&from, &ret->resolver);
	return err ? err : go_recorded_open(ret->resolver, &ret->recorded);
}

int resolving_begin(struct resolving *r, bool keep_addresses, const struct profile *p,
		    struct resolved **ret)
{
	bool unnamed_only = r->options->symbols != SYMBOLS_ALWAYS;
	struct resolver resolver;
	int err;

	*ret = NULL;
	if (!r->resolver || !resolve_needed(p, unnamed_only))
		return 0;
	if (profile_init(&r->frames, NULL, 0))
		return err_sys(ENOMEM, "can't resolve");
	err = go_resolver_begin(r->resolver, p, unnamed_only, &resolver);
	if (!err)
		err = resolved_init(&r->resolved, p, &resolver, unnamed_only, !keep_addresses, &r->frames);
	if (!err)
		*ret = &r->resolved;
	return err;
}

void resolving_remarks(const struct resolving *r)
{
	const char *remark;

	for (size_t i = 0; r->resolver && (remark = go_resolver_remark(r->resolver, i)); i++)
		fprintf(stderr, "%s: %s\n", program_invocation_name, remark);
}

void resolving_close(struct resolving *r)
{
	resolved_free(&r->resolved);
	profile_free(&r->frames);
	go_recorded_close(r->recorded);
	go_resolver_close(r->resolver);
	target_close(&r->process);
}
