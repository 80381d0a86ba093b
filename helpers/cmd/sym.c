/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf sym - which function, file and line is this address */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cmd/sym_run.h"
#include "command.h"

enum { OPT_NO_INLINE = OPT_OWN, OPT_LIST, OPT_FILTER, OPT_PROBE_POINT, OPT_RETURNS, OPT_ARGS,
       OPT_DEBUG_FILE };

static const struct argp_option options[] = {
	{ "list", OPT_LIST, NULL, 0, "All functions: address, size, name, file and line, as nm -S -l", 1 },
	{ "filter", OPT_FILTER, NULL, 0,
	  "Copy standard input; an address alone on its line becomes its frames, others get them in <>, "
	  "perf script's [unknown] becomes a name", 1 },
	{ "probe-point", OPT_PROBE_POINT, "FUNC", 0,
	  "The cheapest safe place for a uprobe on each call of FUNC", 2 },
	{ "returns", OPT_RETURNS, "FUNC", 0,
	  "Every instruction that leaves FUNC, for probes on its end", 2 },
	{ "args", OPT_ARGS, "FUNC", 0,
	  "How FUNC gets its arguments; with names and types where there is DWARF", 2 },
	{ "debug-file", OPT_DEBUG_FILE, "OUT", 0,
	  "Write an ELF file with the functions, for perf, gdb, addr2line; in a folder OUT by build id", 2 },
	{ "return-addresses", 'r', NULL, 0,
	  "ADDRs are return addresses: show the calls before them", 3 },
	{ "no-inline", OPT_NO_INLINE, NULL, 0, "Only the functions that the linker knows", 3 },
	{ 0 },
};

static void choose(struct argp_state *state, struct sym *s, enum sym_mode mode)
{
	if (s->mode != SYM_ADDRESSES && s->mode != mode)
		argp_error(state, "one thing at a time: --list, --filter, --debug-file, "
				  "or questions about functions");
	s->mode = mode;
}

static void request(struct argp_state *state, struct sym *s, const char *name,
		    int (*answer)(struct sym *s, const char *name))
{
	choose(state, s, SYM_FUNCTIONS);
	if (!ARRAY_ROOM(s->requests, s->nrequests, s->requests_cap))
		argp_failure(state, EXIT_FAILED, ENOMEM, "%s", name);
	else
		s->requests[s->nrequests++] = (struct sym_request){ answer, name };
}

static void check(struct argp_state *state, const struct sym *s)
{
	if (s->mode != SYM_ADDRESSES && s->nwords)
		argp_error(state, "'%s': only FILE or PID here", s->words[0]);
	if (s->mode == SYM_FILTER && !strcmp(s->out.format, "json"))
		argp_error(state, "--filter writes text");
	if (s->mode == SYM_DEBUG_FILE && (!strcmp(s->out.format, "json") || !s->debug_file[0]))
		argp_error(state, "--debug-file writes an ELF file");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sym *s = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &s->out;
		return 0;
	case OPT_NO_INLINE:
		s->no_inline = true;
		return 0;
	case OPT_LIST:
		choose(state, s, SYM_LIST);
		return 0;
	case OPT_FILTER:
		choose(state, s, SYM_FILTER);
		return 0;
	case OPT_PROBE_POINT:
		request(state, s, arg, sym_probe_point);
		return 0;
	case OPT_RETURNS:
		request(state, s, arg, sym_returns);
		return 0;
	case OPT_ARGS:
		request(state, s, arg, sym_args);
		return 0;
	case OPT_DEBUG_FILE:
		choose(state, s, SYM_DEBUG_FILE);
		s->debug_file = arg;
		return 0;
	case 'r':
		s->return_addresses = true;
		return 0;
	case ARGP_KEY_ARGS:
		s->object = state->argv[state->next];
		s->words = state->argv + state->next + 1;
		s->nwords = state->argc - state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which executable or process?");
		return EINVAL;
	case ARGP_KEY_SUCCESS:
		check(state, s);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &opt_json_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "FILE|PID [ADDR|NAME]...",
	"Show function, file and line of addresses in a Go executable or process, stripped or not, "
	"inlined calls included; a NAME gives its address. Without ADDR or NAME, they are read "
	"from standard input, one a line.\v"
	"Examples:\n"
	"  gobpf sym ./server 0x47a3b1\n"
	"  gobpf sym $(pidof server) main.handle\n"
	"  gobpf sym --list ./server | sort -k2\n"
	"  gobpf sym --probe-point main.handle --args main.handle ./server\n"
	"  gobpf sym --debug-file server.debug ./server && gdb -s server.debug -e ./server\n"
	"  bpftrace -p 4242 -e '...' | gobpf sym --filter -r 4242\n"
	"  perf script | gobpf sym --filter -r ./server",
	children, NULL, NULL,
};

static int open_object(struct sym *s)
{
	int err;

	s->image.fd = -1;
	err = target_open_or_file(s->object, &s->target);
	if (err)
		return err;
	if (s->target.pidfd < 0) {
		err = go_image_open(&s->image, s->object);
		s->symboliser = go_image_symboliser(&s->image);
		s->go = &s->image.go;
		s->native = &s->image.native;
		return err;
	}
	err = go_process_open(&s->target, &s->process);
	if (err)
		return err;
	s->live = true;
	s->symboliser = go_process_symboliser(&s->process);
	s->go = &s->process.go;
	s->native = &s->process.native;
	s->bias = s->process.bias;
	return 0;
}

static void close_object(struct sym *s)
{
	go_process_close(&s->process);
	target_close(&s->target);
	go_image_close(&s->image);
}

/* One question that can't be answered doesn't keep the others from it. */
static int answer_requests(struct sym *s)
{
	int ret = 0;

	for (size_t i = 0; i < s->nrequests; i++) {
		int err = s->requests[i].answer(s, s->requests[i].name);

		if (!err)
			continue;
		sym_flush(s);
		fprintf(stderr, "gobpf sym: %s\n", err_text());
		s->failed = true;
		ret = err == -ENOENT ? ret : err;
	}
	return ret;
}

static int show_all(struct sym *s)
{
	int err = output_open(&s->out, &s->f), closed;

	if (err)
		return err;
	s->json = !strcmp(s->out.format, "json");
	s->tty = isatty(fileno(s->f));
	buf_str(&s->text, s->json ? "[" : "");
	switch (s->mode) {
	case SYM_ADDRESSES: err = sym_show_words(s); break;
	case SYM_FILTER: err = sym_filter(s); break;
	case SYM_LIST: err = sym_list(s); break;
	case SYM_FUNCTIONS: err = answer_requests(s); break;
	case SYM_DEBUG_FILE: err = sym_debug_file(s); break;
	}
	buf_str(&s->text, !s->json ? "" : s->nentries ? "\n]\n" : "]\n");
	if (s->text.failed && !err)
		err = err_sys(ENOMEM, "output");
	sym_flush(s);
	closed = output_close(&s->out, s->f);
	return err ? err : closed;
}

static int run(int argc, char **argv)
{
	struct sym s = { .out = { .formats = "text json" } };
	int err;

	options_parse(&argp, argc, argv, &s);
	err = open_object(&s);
	if (!err)
		err = show_all(&s);
	close_object(&s);
	buf_free(&s.text);
	free(s.requests);
	if (err && !(s.mode == SYM_FUNCTIONS && s.failed))
		fprintf(stderr, "gobpf sym: %s\n", err_text());
	return err ? err_status(err) : s.failed ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_sym = {
	.name = "sym",
	.group = "Target and symbols",
	.summary = "which function, file and line is this address, inlined calls included",
	.run = run,
};
