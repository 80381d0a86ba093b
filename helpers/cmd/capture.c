/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf capture - keep what there is to be read of a process, for later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "base/progress.h"
#include "command.h"
#include "live.h"

enum { OPT_NO_EXE = OPT_OWN };

struct keeping {
	struct live live;
	bool no_exe;
	struct capture capture;
	struct progress progress;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write to FILE, gzipped unless its name ends in .core", 10 },
	{ "no-exe", OPT_NO_EXE, NULL, 0, "Without the executable", 10 },
	{ "quiet", 'q', NULL, 0, "No progress and no remarks on stderr", 50 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct keeping *k = state->input;

	switch (key) {
	case 'o':
		if (!arg[0])
			argp_error(state, "--output: an empty word names no file");
		k->live.out.path = strcmp(arg, "-") ? arg : NULL;
		return 0;
	case OPT_NO_EXE:
		k->no_exe = true;
		return 0;
	case 'q':
		k->live.out.quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		if (k->live.word)
			argp_error(state, "one target at a time, not '%s' too", arg);
		k->live.word = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which process? Give a PID or a unique process name");
		return EINVAL;
	case ARGP_KEY_END:
		if (!k->live.out.path && isatty(STDOUT_FILENO))
			argp_error(state, "a capture is binary: name a file with -o FILE or redirect stdout");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	options, parse, "PID|NAME",
	"Keep what gobpf's commands read of a running Go program in a file, which they take in place of a "
	"PID later and elsewhere: the evidence, before somebody restarts the service.\v"
	"It is a core file that has only the memory that was read, and what /proc said. Nothing is stopped. "
	"It can hold whatever the program's memory holds: keep it as you would a core file.\n"
	"\n"
	"Examples:\n"
	"  gobpf capture 4242 -o server.capture.gz\n"
	"  gobpf goroutines server.capture.gz\n"
	"  gobpf capture 4242 -o server.core && gdb server server.core",
	NULL, NULL, NULL,
};

/* One command on the target, for what it reads; what it writes nobody reads. */
static void run_reader(struct keeping *k, const struct command *c)
{
	enum { WORDS = 16 };
	char name[64], pid[16], *words = strdup(c->capture), *rest = words, *word;
	char *argv[WORDS + 6] = { name };
	int argc = 1;

	if (!words) {
		k->capture.error = -ENOMEM;
		return;
	}
	snprintf(name, sizeof(name), "gobpf %s", c->name);
	snprintf(pid, sizeof(pid), "%d", k->live.target.pid);
	while (argc <= WORDS && (word = strsep(&rest, " ")))
		if (*word)
			argv[argc++] = word;
	argv[argc++] = (char *)"-q";
	argv[argc++] = (char *)"-o";
	argv[argc++] = (char *)"/dev/null";
	argv[argc++] = pid;
	program_invocation_name = program_invocation_short_name = (char *)c->name;
	capture_reader(&k->capture, c->name);
	live_keep = &k->capture;
	c->run(argc, argv);
	live_keep = NULL;
	free(words);
}

/* Goroutines are read last: they are what programs that know nothing of readers should see. */
static void run_readers(struct keeping *k)
{
	const struct command *last = command_find("goroutines");
	char *own_name = program_invocation_name;
	size_t n = 0, done = 0;

	for (const struct command *const *c = commands; *c; c++)
		n += !!(*c)->capture;
	for (const struct command *const *c = commands; *c && !k->capture.error; c++) {
		if (!(*c)->capture || *c == last)
			continue;
		progress_show(&k->progress, done++, n, (*c)->name);
		run_reader(k, *c);
	}
	progress_show(&k->progress, done, n, last->name);
	run_reader(k, last);
	program_invocation_name = program_invocation_short_name = own_name;
}

/* What is of use to people, whatever the commands want today. */
static void keep_texts(const struct keeping *k)
{
	static const char *const names[] = {
		"auxv", "maps", "status", "stat", "statm", "limits", "cgroup", "cmdline", "comm", "io", "smaps",
		"smaps_rollup", "oom_score", "oom_score_adj", "sched", "mountinfo",
	};
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!target_text(&k->live.target, names[i], &text, NULL))
			free(text);
}

/* By these it is seen later whether a file is the one that was mapped. */
static void keep_headers(struct keeping *k)
{
	const struct maps *maps = &k->live.process.maps;
	uint8_t page[4096];

	for (size_t i = 0; i < maps->n; i++)
		if (maps->v[i].path[0] == '/' && !maps->v[i].offset)
			mem_read_now(&k->live.process.mem, maps->v[i].start, page, sizeof(page));
}

static int write_file(struct keeping *k)
{
	const char *path = k->live.out.path ? k->live.out.path : "";
	size_t n = strlen(path);
	const struct elf_file *elf = &k->live.process.elf;
	FILE *f;
	int err = output_open(&k->live.out, &f);

	if (err)
		return err;
	err = capture_write(&k->capture, &(struct capture_about){
		.target = &k->live.target, .maps = &k->live.process.maps, .program = GOBPF_VERSION,
		.build_id = elf_build_id(elf), .exe = k->no_exe ? (struct span){ 0 } : elf->bytes,
		.packed = n < 5 || strcmp(path + n - 5, ".core") != 0 }, f);
	if (!err)
		return output_close(&k->live.out, f);
	output_discard(&k->live.out, f);
	return err;
}

static void remarks(const struct keeping *k, uint64_t took_ns)
{
	char size[NUM_LEN], time[NUM_LEN];
	struct stat st;

	if (k->live.out.quiet)
		return;
	for (size_t i = 0; i < k->capture.nmissing; i++)
		fprintf(stderr, "gobpf capture: not in it: %s\n", k->capture.missing[i]);
	if (k->live.out.path && !stat(k->live.out.path, &st))
		fprintf(stderr, "gobpf capture: %s: %s in %s\n", k->live.out.path,
			num_bytes(size, (double)st.st_size), num_duration(time, (double)took_ns));
}

static int capture(struct keeping *k)
{
	int err = live_open(&k->live);

	if (err)
		return err;
	progress_begin(&k->progress, "capture", k->live.out.quiet);
	capture_reader(&k->capture, "-");
	k->live.target.keep = &k->capture;
	keep_texts(k);
	keep_headers(k);
	run_readers(k);
	k->live.target.keep = NULL;
	err = target_check(&k->live.target);
	if (!err) {
		progress_show(&k->progress, 0, 0, "writing");
		err = write_file(k);
	}
	progress_clear(&k->progress);
	return err;
}

static int run(int argc, char **argv)
{
	struct keeping k = { .live.running = "reads a running one" };
	uint64_t begin = num_now_ns();
	int err;

	options_parse(&argp, argc, argv, &k);
	/* memory has secrets */
	umask(077);
	err = capture(&k);
	if (!err)
		remarks(&k, num_now_ns() - begin);
	capture_free(&k.capture);
	return live_close(&k.live, err);
}

const struct command cmd_capture = {
	.name = "capture",
	.group = "Automation",
	.summary = "keep what there is to be read of a process, for later",
	.run = run,
};
