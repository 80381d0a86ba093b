/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf fold --classic - perf script text folded byte for byte as stackcollapse-perf.pl does */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cmd/fold_run.h"
#include "stack/fold.h"

enum {
	OPT_CLASSIC = OPT_OWN + 0x100, OPT_PID, OPT_TID, OPT_KERNEL, OPT_JIT, OPT_ALL, OPT_ADDRS,
	OPT_SRCLINE, OPT_EVENT,
};

static const struct argp_option options[] = {
	{ "classic", OPT_CLASSIC, NULL, 0,
	  "perf script text: the output of stackcollapse-perf.pl, byte for byte", 40 },
	{ "pid", OPT_PID, NULL, 0, "Classic: comm-PID as the root", 40 },
	{ "tid", OPT_TID, NULL, 0, "Classic: comm-PID/TID as the root", 40 },
	{ "kernel", OPT_KERNEL, NULL, 0, "Classic: mark kernel functions _[k]", 40 },
	{ "jit", OPT_JIT, NULL, 0, "Classic: mark functions of perf-PID.map files _[j]", 40 },
	{ "all", OPT_ALL, NULL, 0, "Classic: --kernel and --jit", 40 },
	{ "addrs", OPT_ADDRS, NULL, 0, "Classic: frames without a name with their addresses", 40 },
	{ "srcline", OPT_SRCLINE, NULL, 0, "Classic: the text has lines of -F +srcline; show them", 40 },
	{ "event-filter", OPT_EVENT, "EVENT", 0, "Classic: count this event, not the first one", 40 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct opt_classic *o = state->input;
	struct perf_classic *rules = &o->rules;

	switch (key) {
	case OPT_CLASSIC:
		o->classic = true;
		return 0;
	case OPT_PID:
		rules->pid = true;
		break;
	case OPT_TID:
		rules->tid = true;
		break;
	case OPT_KERNEL:
		rules->kernel = true;
		break;
	case OPT_JIT:
		rules->jit = true;
		break;
	case OPT_ALL:
		rules->kernel = rules->jit = true;
		break;
	case OPT_ADDRS:
		rules->addrs = true;
		break;
	case OPT_SRCLINE:
		rules->srcline = true;
		break;
	case OPT_EVENT:
		rules->event_filter = *arg ? arg : NULL;
		break;
	case ARGP_KEY_END:
		if (o->other && !o->classic)
			argp_error(state, "--pid, --tid, --kernel, --jit, --all, --addrs, --srcline and "
					  "--event-filter are for --classic");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	o->other = true;
	return 0;
}

const struct argp fold_classic_argp = { options, parse };

static int write_output(const struct opt_filter *f, const struct profile *p)
{
	FILE *out;
	int ret, closed;

	if (strcmp(f->out.format, "folded"))
		return filter_write(f, p);
	ret = output_open(&f->out, &out);
	if (ret)
		return ret;
	ret = fold_write_classic(out, p, f->write.value);
	if (ret == -ENOMEM)
		err_sys(ENOMEM, "can't write");
	closed = output_close(&f->out, out);
	return ret ? ret : closed;
}

int fold_classic_run(struct opt_classic *o, struct opt_filter *f)
{
	struct profile p;
	int ret;

	f->classic = &o->rules;
	f->from = "perf-script";
	/* names are settled: nothing is hidden or resolved */
	f->transform.as_is = true;
	ret = filter_load(f, f->files, f->nfiles, &p);
	if (!ret)
		ret = write_output(f, &p);
	if (ret)
		fprintf(stderr, "%s: %s\n", program_invocation_name, err_text());
	profile_free(&p);
	return err_status(ret);
}
