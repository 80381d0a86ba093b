/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf fold --classic - perf script text folded byte for byte as stackcollapse-perf.pl does */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/fold_run.h"
#include "stack/fold.h"

enum { OPT_CLASSIC = OPT_OWN + 0x100, OPT_EVENT };

static const struct argp_option options[] = {
	{ "classic", OPT_CLASSIC, "WORD[,WORD...]", OPTION_ARG_OPTIONAL,
	  "perf script text: the output of stackcollapse-perf.pl, byte for byte; the words are its "
	  "options: pid, tid, kernel, jit, all, addrs, srcline, inline, context", 40 },
	{ "event-filter", OPT_EVENT, "EVENT", 0, "Classic: count this event, not the first one", 40 },
	{ 0 },
};

/* One of the collapser's options; false: it has none of that name. */
static bool set_word(struct opt_classic *o, const char *word, size_t len)
{
	struct perf_classic *rules = &o->rules;
	const struct {
		const char *word;
		bool *set, *too;
	} words[] = {
		{ "pid", &rules->pid, NULL },		{ "tid", &rules->tid, NULL },
		{ "kernel", &rules->kernel, NULL },	{ "jit", &rules->jit, NULL },
		{ "all", &rules->kernel, &rules->jit }, { "addrs", &rules->addrs, NULL },
		{ "srcline", &rules->srcline, NULL },	{ "inline", &o->inlined, NULL },
		{ "context", &o->context, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].word) != len || memcmp(words[i].word, word, len))
			continue;
		*words[i].set = true;
		if (words[i].too)
			*words[i].too = true;
		return true;
	}
	return false;
}

static void set_words(struct opt_classic *o, const char *list, struct argp_state *state)
{
	for (const char *at = list; at && *at; at += strspn(at, ",")) {
		size_t len = strcspn(at, ",");

		if (!set_word(o, at, len))
			argp_error(state, "--classic: '%.*s' is none of pid, tid, kernel, jit, all, addrs, srcline, "
				   "inline, context", (int)len, at);
		at += len;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct opt_classic *o = state->input;

	switch (key) {
	case OPT_CLASSIC:
		o->classic = true;
		set_words(o, arg, state);
		return 0;
	case OPT_EVENT:
		o->rules.event_filter = arg;
		return 0;
	case ARGP_KEY_END:
		if (o->rules.event_filter && !o->classic)
			argp_error(state, "--event-filter is for --classic; else --value chooses");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
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

	if (o->inlined) {
		o->rules.inlined = fold_inlined;
		o->rules.arg = o;
	}
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
	fold_inline_free(o);
	return err_status(ret);
}
