/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf sym - which function, file and line is this address */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/err.h"
#include "base/num.h"
#include "base/utf8.h"
#include "command.h"
#include "go/process.h"
#include "options.h"

enum { FRAMES_MAX = 64 };

struct sym {
	struct opt_output out;
	char *object;
	char **words;		/* addresses and names */
	int nwords;
	bool no_inline;
	/* opened */
	struct target target;
	struct go_process process;
	struct elf_file elf;
	struct go_file file;
	struct symboliser symboliser;
	const struct go_file *go;
	uint64_t bias;
	json_t *json;
	int failed;
};

static const struct argp_option options[] = {
	{ "no-inline", OPT_OWN, NULL, 0, "Only the functions that the linker knows" },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sym *s = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &s->out;
		return 0;
	case OPT_OWN:
		s->no_inline = true;
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
	}
	(void)arg;
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &opt_output_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "FILE|PID [ADDR|NAME]...",
	"Show function, file and line of addresses in a Go executable or process, stripped or not, "
	"inlined calls included; a NAME gives its address. Without ADDR or NAME, addresses are read "
	"from standard input.\v"
	"Examples:\n"
	"  gobpf sym ./server 0x47a3b1\n"
	"  gobpf sym $(pidof server) main.handle\n"
	"  awk '{print $1}' addresses | gobpf sym ./server",
	children, NULL, NULL,
};

static int open_object(struct sym *s)
{
	int err;

	s->target.pidfd = -1;
	if (access(s->object, F_OK) == 0) {
		err = elf_open(s->object, &s->elf);
		if (!err)
			err = go_open(&s->elf, &s->file);
		s->symboliser = go_file_symboliser(&s->file);
		s->go = &s->file;
		return err;
	}
	if (strchr(s->object, '/'))
		return err_sys(ENOENT, "%s", s->object);
	err = target_open(s->object, &s->target);
	if (!err)
		err = go_process_open(&s->target, &s->process);
	if (err)
		return err;
	s->symboliser = go_process_symboliser(&s->process);
	s->go = &s->process.go;
	s->bias = s->process.bias;
	return 0;
}

static void close_object(struct sym *s)
{
	go_process_close(&s->process);
	target_close(&s->target);
	go_close(&s->file);
	elf_close(&s->elf);
}

static void print_frames(struct sym *s, uint64_t addr, const struct frame *fr, int n, FILE *f)
{
	if (!n)
		fprintf(f, "0x%" PRIx64 " ?\n", addr);
	for (int i = 0; i < n; i++) {
		if (s->no_inline && (fr[i].flags & FRAME_INLINED))
			continue;
		fprintf(f, "0x%" PRIx64 " %s", addr, fr[i].func);
		if (fr[i].file)
			fprintf(f, " %s:%u", fr[i].file, fr[i].line);
		fprintf(f, "%s\n", fr[i].flags & FRAME_INLINED ? " (inlined)" : "");
	}
}

/* Names in a damaged file may be anything; JSON is UTF-8. */
static json_t *text(const char *s)
{
	struct buf b = { 0 };
	json_t *j;

	if (!s)
		return json_null();
	utf8_clean(&b, s);
	j = json_string(b.data ? b.data : "");
	buf_free(&b);
	return j;
}

static void json_frames(struct sym *s, uint64_t addr, const struct frame *fr, int n)
{
	json_t *list = json_array(), *entry;
	char at[32];

	for (int i = 0; i < n; i++) {
		if (s->no_inline && (fr[i].flags & FRAME_INLINED))
			continue;
		json_array_append_new(list, json_pack("{s:o, s:o, s:i, s:b}", "func",
						      text(fr[i].func), "file", text(fr[i].file),
						      "line", (int)fr[i].line, "inlined",
						      !!(fr[i].flags & FRAME_INLINED)));
	}
	snprintf(at, sizeof(at), "0x%" PRIx64, addr);
	entry = json_pack("{s:s, s:o}", "addr", at, "frames", list);
	json_array_append_new(s->json, entry);
}

static void show_addr(struct sym *s, uint64_t addr, FILE *f)
{
	struct frame fr[FRAMES_MAX];
	int n = s->symboliser.frames(s->symboliser.ctx, addr, 0, fr, FRAMES_MAX);

	if (s->json)
		json_frames(s, addr, fr, n);
	else
		print_frames(s, addr, fr, n, f);
}

/* A hexadecimal address with or without 0x, else the name of a function. */
static void show_word(struct sym *s, const char *word, FILE *f)
{
	struct go_func func;
	char text[64];
	uint64_t addr;

	snprintf(text, sizeof(text), "%s%s", word[0] == '0' && (word[1] | 32) == 'x' ? "" : "0x",
		 word);
	if (strlen(word) < 20 && !num_parse_u64(text, UINT64_MAX, &addr)) {
		show_addr(s, addr, f);
	} else if (go_func_named(s->go, word, &func)) {
		show_addr(s, func.entry + s->bias, f);
	} else {
		fprintf(stderr, "gobpf sym: '%s' is neither an address nor a function of %s\n",
			word, s->object);
		s->failed = true;
	}
}

static void show_stdin(struct sym *s, FILE *f)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		char *word = line + strspn(line, " \t");

		word[strcspn(word, " \t\r\n")] = '\0';
		if (*word)
			show_word(s, word, f);
	}
	free(line);
}

static int show_all(struct sym *s)
{
	FILE *f;
	int err = output_open(&s->out, &f);

	if (err)
		return err;
	if (!strcmp(s->out.format, "json"))
		s->json = json_array();
	for (int i = 0; i < s->nwords; i++)
		show_word(s, s->words[i], f);
	if (!s->nwords)
		show_stdin(s, f);
	if (s->json) {
		json_dumpf(s->json, f, JSON_INDENT(2));
		fputc('\n', f);
		json_decref(s->json);
	}
	return output_close(&s->out, f);
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
	if (err)
		fprintf(stderr, "gobpf sym: %s\n", err_text());
	return err ? err_status(err) : s.failed ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_sym = {
	.name = "sym",
	.group = "Target and symbols",
	.summary = "which function, file and line is this address, inlined calls included",
	.run = run,
};
