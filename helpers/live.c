/* SPDX-License-Identifier: GPL-2.0-only */
#include "live.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"

enum { OPT_EXE = 0x380 };

const struct argp_option live_options[] = {
	{ "exe", OPT_EXE, "FILE", 0, "The executable of a core file, when it isn't where it was", 41 },
	{ 0 },
};

error_t live_parse(int key, char *arg, struct argp_state *state)
{
	struct live *l = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &l->out;
		return 0;
	case OPT_EXE:
		l->exe = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (l->word)
			argp_error(state, "one target at a time, not '%s' too", arg);
		l->word = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which process? Give a PID, a unique process name, or a core file");
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp_child live_children[] = {
	{ &opt_json_argp, 0, NULL, 0 },
	{ &opt_report_argp, 0, NULL, 0 },
	{ 0 },
};
const struct argp live_argp = { live_options, live_parse, .children = live_children };

static const struct argp_option repeat_options[] = {
	{ "interval", 'i', "TIME", 0, "Look again every TIME: 500ms, 5s, 1m", 40 },
	{ "count", 'c', "N", 0, "Look N times (0: until Ctrl-C)", 40 },
	{ 0 },
};

static error_t parse_repeat(int key, char *arg, struct argp_state *state)
{
	struct live *l = state->input;

	switch (key) {
	case 'i':
		if (num_parse_duration(arg, &l->interval_ns))
			argp_error(state, "--interval: %s", err_text());
		if (!l->interval_ns)
			argp_error(state, "--interval: 0 is no time to wait");
		return 0;
	case 'c':
		if (num_parse_u64(arg, UINT32_MAX, &l->count))
			argp_error(state, "--count: %s", err_text());
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp live_repeat_argp = { .options = repeat_options, .parser = parse_repeat };

struct capture *live_keep;

/* "goroutines" of "gobpf goroutines" */
static const char *command_name(void)
{
	const char *blank = strrchr(program_invocation_name, ' ');

	return blank ? blank + 1 : program_invocation_name;
}

int live_open(struct live *l)
{
	int err;

	l->target.pidfd = -1;
	if (l->interval_ns)
		wait_signals_init();
	err = target_open_any(l->word, l->exe, &l->target);
	l->target.keep = live_keep;
	if (!err && l->target.core && (l->interval_ns || l->running))
		err = err_set(EINVAL, "%s never changes: this needs a running process, as it %s",
			      l->target.core->name, l->running ? l->running : "looks again");
	else if (!err && l->target.core)
		err = core_read_as(l->target.core, command_name());
	if (err || l->any_program)
		return err;
	err = go_process_open(&l->target, &l->process);
	l->opened = !err;
	if (!err && l->process.other[0] && !l->out.quiet)
		fprintf(stderr, "%s: %s has a Go runtime of its own, which is not read: this is the program's\n",
			program_invocation_name, l->process.other);
	l->next_ns = num_now_ns();
	return err;
}

bool live_again(struct live *l)
{
	l->rounds++;
	if (!l->interval_ns || (l->count && l->rounds >= l->count))
		return false;
	l->next_ns += l->interval_ns;
	if (l->next_ns < num_now_ns())
		l->next_ns = num_now_ns();
	switch (target_wait(&l->target, l->next_ns)) {
	case WAIT_TIME:
		mem_forget(&l->process.mem);
		return true;
	case WAIT_STOP:
		l->stopped = true;
		return false;
	default:
		return false;
	}
}

const char *live_name(const struct live *l)
{
	const char *slash = strrchr(l->target.exe_path, '/');

	return slash ? slash + 1 : l->target.exe_path;
}

int live_write(const struct live *l, int (*write)(void *run, FILE *f), void *run)
{
	FILE *f;
	int err = output_open(&l->out, &f), closed;

	if (err)
		return err;
	err = write(run, f);
	closed = output_close(&l->out, f);
	return err ? err : closed;
}

int live_close(struct live *l, int err)
{
	if (err && live_keep)
		capture_missing(live_keep, program_invocation_name, err_text());
	else if (err)
		fprintf(stderr, "%s: %s\n", program_invocation_name, err_text());
	if (l->opened)
		go_process_close(&l->process);
	target_close(&l->target);
	return err_status(err);
}
