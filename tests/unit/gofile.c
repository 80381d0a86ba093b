/* SPDX-License-Identifier: GPL-2.0-only */
/* gofile.c - calls helpers/go/gofile.h and types.h for tests/gofile.bats */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "go/gofile.h"
#include "go/types.h"
#include "golib.h"

enum { PER_FUNCTION = 24, FRAMES = 64, BATCH = 32 };

/* version FILE: "TEXT MINOR SOURCE FUNCTIONS MODULE" */
static int cmd_version(char **a)
{
	static const char *const sources[] = { "buildinfo", "variable", "tables" };

	(void)a;
	printf("%s %u %s %u %s\n", go.version.text, go.version.minor, sources[go.version.source],
	       go.nfunc, go.module);
	return 0;
}

static void print_line(uint64_t pc, const struct go_frame *fr)
{
	printf("LINE 0x%" PRIx64 " %s:%d\n", pc, fr->file ? fr->file : "?", (int)fr->line);
}

/* table FILE: as the fixture gosym prints it */
static int cmd_table(char **a)
{
	(void)a;
	for (uint32_t i = 0; i < go.nfunc; i++) {
		struct go_frame fr;
		struct go_func f;
		uint64_t step;

		if (!go_func_nth(&go, i, &f))
			continue;
		printf("FUNC 0x%" PRIx64 " 0x%" PRIx64 " %s\n", f.entry, f.end, f.name);
		step = (f.end - f.entry) / PER_FUNCTION + 1;
		for (uint64_t pc = f.entry; pc < f.end; pc += step) {
			go_position(&go, &f, pc, &fr);
			print_line(pc, &fr);
		}
	}
	return 0;
}

/* pcsp FILE: "ADDRESS FRAME" wherever the size of a function's frame changes */
static int cmd_pcsp(char **a)
{
	(void)a;
	for (uint32_t i = 0; i < go.nfunc; i++) {
		struct go_func f;
		int32_t last = INT32_MAX, sp;

		if (!go_func_nth(&go, i, &f))
			continue;
		for (uint64_t pc = f.entry; pc < f.end; pc += go.quantum) {
			if (!go_pcsp(&go, &f, pc, &sp))
				break;
			if (sp != last)
				printf("%" PRIx64 " %d\n", pc, sp);
			last = sp;
		}
	}
	return 0;
}

/* types FILE BIAS: the name of each address of standard input, minus the bias */
static int cmd_types(char **a)
{
	uint64_t bias = strtoull(a[1], NULL, 0);
	char line[64], name[8192];

	while (fgets(line, sizeof(line), stdin)) {
		uint64_t addr = strtoull(line, NULL, 16) - bias;

		line[strcspn(line, "\n")] = '\0';
		printf("%s %s\n", line, go_type_name(&go, addr, name, sizeof(name)) ? name : "?");
	}
	return 0;
}

/* Counts what is wrong in f: no name, no position, an address that is another function's. */
static unsigned check_function(const struct go_func *f, unsigned long *inlined)
{
	uint64_t step = (f->end - f->entry) / PER_FUNCTION + 1;
	struct go_frame fr[FRAMES];
	unsigned bad = !f->name[0];
	int32_t sp;

	for (uint64_t pc = f->entry; pc < f->end; pc += step) {
		struct go_func again;
		int n = go_frames_at(&go, pc, fr, FRAMES);

		bad += !go_func_at(&go, pc, &again) || again.entry != f->entry;
		bad += n < 1 || n == FRAMES || fr[n - 1].inlined || strcmp(fr[n - 1].func, f->name) != 0;
		for (int i = 0; i < n; i++) {
			bad += !fr[i].func[0] || fr[i].inlined != (i + 1 < n);
			bad += fr[i].line > 1 << 20 || (fr[i].inlined && !fr[i].file);
			*inlined += fr[i].inlined;
		}
		bad += go_pcsp(&go, f, pc, &sp) && (sp < -64 || sp > (1 << 30) + 64);
	}
	return bad;
}

/* check FILE: "VERSION FUNCTIONS INLINED ERRORS", what is wrong on stderr; looks at every function */
static int cmd_check(char **a)
{
	unsigned long inlined = 0, errors = 0;
	uint32_t empty = 0;
	uint64_t last = 0;

	for (uint32_t i = 0; i < go.nfunc; i++) {
		struct go_func f;
		unsigned bad;

		/* an entry of no length has no addresses, e.g. marks of the linker's (go.buildid) */
		if (!go_func_nth(&go, i, &f)) {
			bad = f.entry != f.end || !f.name[0] || ++empty > go.nfunc / 10 + 1;
		} else {
			bad = f.entry < last || f.entry < go.text || f.end > go.etext ||
			      !go_func_code(&go, &f).len;
			bad += check_function(&f, &inlined);
			last = f.end;
		}
		if (bad && errors < 20)
			fprintf(stderr, "%s: function %u, %s: %u errors\n", a[0], i, f.name, bad);
		errors += bad;
	}
	printf("%s %u %lu %lu\n", go.version.text, go.nfunc, inlined, errors);
	return errors ? err_set(ENOEXEC, "%lu errors", errors) : 0;
}

/* shrunk FILE SIZE: check, of a file that is cut to SIZE bytes after it was opened */
static int cmd_shrunk(char **a)
{
	if (truncate(a[0], strtol(a[1], NULL, 0)))
		return err_sys(errno, "%s", a[0]);
	return cmd_check(a);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t random_pc(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return go.text + *x % (go.etext - go.text);
}

/* Looks up n addresses in batches, with go_expect() if that is so; returns the CPU time in seconds. */
static double look_up(unsigned long n, bool inlining, bool expected, unsigned long *found)
{
	struct go_frame fr[FRAMES];
	uint64_t x = 88172645463325252ull, pcs[BATCH];
	double start = now();

	for (unsigned long i = 0; i < n; i++) {
		uint64_t pc = pcs[i % BATCH];
		struct go_func f;

		if (i % BATCH == 0) {
			for (int j = 0; j < BATCH; j++)
				pcs[j] = random_pc(&x);
			pc = pcs[0];
			if (expected)
				go_expect(&go, pcs, BATCH);
		}
		if (inlining)
			*found += go_frames_at(&go, pc, fr, FRAMES);
		else if (go_func_at(&go, pc, &f))
			go_position(&go, &f, pc, fr);
	}
	return now() - start;
}

/* speed FILE N: millions of addresses a second, random in the text, without and with inlining */
static int cmd_speed(char **a)
{
	unsigned long n = strtoul(a[1], NULL, 0), found = 0;

	for (int i = 0; i < 4; i++)
		printf("%s%s %.2f M/s\n", i & 1 ? "inlined" : "plain", i & 2 ? " expected" : "",
		       (double)n / look_up(n, i & 1, i & 2, &found) / 1e6);
	return 0;
}

static const struct unit_command commands[] = {
	{ "version", 1, cmd_version, true },
	{ "table", 1, cmd_table, true },
	{ "pcsp", 1, cmd_pcsp, true },
	{ "types", 2, cmd_types, true },
	{ "check", 1, cmd_check, true },
	{ "shrunk", 2, cmd_shrunk, true },
	{ "speed", 2, cmd_speed, true },
};

int main(int argc, char **argv)
{
	return run_command("gofile", commands, ARRAY_SIZE(commands), argc, argv);
}
