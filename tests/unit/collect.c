/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * collect.c - runs the allocation collector on a process, for tests/collect.bats
 *
 *   collect sizes GO-MINOR
 *   collect PID PLACES MODE WINDOW-MS OVERHEAD-PERCENT [perf] [measure] [stacks=N]
 *
 * PLACES is what tests/fixtures/places printed; MODE picks the kinds
 * of places: span or exact.  Prints READY when attached, BURST N after the Nth burst, the
 * report, and a line for each stack: hits, objects, bytes, addresses.  The window ends
 * early when stdin does.  sizes answers lines "SIZE scan|noscan" with what the
 * program in the kernel takes such an object for: "SIZE scan|noscan BYTES".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "collect/alloc.h"
#include "collect/alloc_tables.h"
#include "collect/kernel.h"
#include "go/alloc.h"

static struct alloc_place places[ALLOC_MAX_PLACES];
static struct alloc_config config = { .places = places };
static const char *mode;
static clockid_t cpu_clock;
static int pidfd;
static struct alloc *collector;
static bool ready;

static void say_burst(void)
{
	static uint64_t said;
	struct alloc_report r;

	alloc_report(collector, &r);
	if (r.bursts > said)
		printf("BURST %lu\n", said = r.bursts);
}

static int wait_until(void *arg, uint64_t until_ns)
{
	struct pollfd fds[] = { { .fd = 0, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	uint64_t now = num_now_ns();
	struct timespec left;

	(void)arg;
	if (!ready)
		printf("READY\n");
	ready = true;
	say_burst();
	fflush(stdout);
	if (until_ns && until_ns <= now)
		return 0;
	left = (struct timespec){ .tv_sec = (time_t)((until_ns - now) / 1000000000),
				   .tv_nsec = (long)((until_ns - now) % 1000000000) };
	if (ppoll(fds, 2, until_ns ? &left : NULL, NULL) <= 0)
		return 0;
	return fds[1].revents ? 2 : 1;
}

static uint64_t cpu_ns(void *arg)
{
	struct timespec t;

	(void)arg;
	if (clock_gettime(cpu_clock, &t))
		return 0;
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void add_place(const char *offset, const char *kind, const char *line)
{
	static const struct {
		const char *name, *mode;
		enum alloc_kind kind;
	} kinds[] = {
		{ "refill-span", "span", ALLOC_REFILL_SPAN }, { "return", "span", ALLOC_RETURN },
		{ "large", "span", ALLOC_LARGE }, { "exact", "exact", ALLOC_EXACT },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, kind) && !strcmp(kinds[i].mode, mode))
			places[config.nplaces++] = (struct alloc_place){
				.offset = strtoull(offset, NULL, 0),
				.kind = kinds[i].kind,
				.caller_at_rsp = strstr(line, " caller"),
				.skip_if_cf_zf = strstr(line, " jbe"),
			};
}

static void add_field(const char *name, unsigned offset, unsigned width)
{
	struct alloc_field f = { offset, width };

	if (!strcmp(name, "nelems"))
		config.nelems = f;
	else if (!strcmp(name, "alloc_count"))
		config.alloc_count = f;
	else if (!strcmp(name, "elem_size"))
		config.elem_size = f;
	else if (!strcmp(name, "span_class"))
		config.span_class = f;
	else if (!strcmp(name, "ptr_bytes"))
		config.ptr_bytes = f;
}

static void read_line(const char *line)
{
	char a[32], b[32];
	unsigned x, y;

	if (sscanf(line, "place %31s %31s", a, b) == 2) {
		add_place(a, b, line);
	} else if (sscanf(line, "field %31s %u %u", a, &x, &y) == 3) {
		add_field(a, x, y);
	} else if (sscanf(line, "class %u %u", &x, &y) == 2) {
		config.class_size[config.nclasses] = x;
		config.class_pages[config.nclasses++] = y;
	} else if (sscanf(line, "skip %31s %31s", a, b) == 2) {
		config.skip[config.nskip].start = strtoull(a, NULL, 0);
		config.skip[config.nskip++].end = strtoull(b, NULL, 0);
	} else if (!strcmp(line, "header\n")) {
		config.malloc_header = true;
	}
}

static void print_report(const struct alloc *a)
{
	struct alloc_report r;
	const struct alloc_stack *s;
	size_t n;

	alloc_report(a, &r);
	s = alloc_results(a, &n);
	printf("report window_ms=%.1f on_ms=%.1f bursts=%lu hits=%lu counted=%lu skipped=%lu "
	       "returned=%lu closed=%lu torn=%lu full=%lu busy=%lu no_stack=%lu cut_short=%lu "
	       "trap_ns=%.0f run_ns=%.0f overhead=%.5f multi=%d stopped=%d\n",
	       (double)r.window_ns / 1e6, (double)r.on_ns / 1e6, r.bursts, r.hits, r.counted,
	       r.skipped, r.returned, r.closed, r.torn, r.full, r.busy, r.no_stack, r.cut_short,
	       r.trap_ns, r.run_ns, r.overhead, r.multi, r.stopped);
	for (size_t i = 0; i < n; i++) {
		printf("stack %lu %.0f %.0f", s[i].hits, s[i].objects, s[i].bytes);
		for (unsigned j = 0; j < s[i].nframes; j++)
			printf(" %lx", s[i].frames[j]);
		printf("\n");
	}
}

static int collect(uint64_t window_ns, double overhead, bool measure)
{
	struct duty_clock clock = { .wait = wait_until, .cpu_ns = cpu_ns };
	uint64_t begin = num_now_ns(), end;
	struct alloc_report r;
	struct alloc *a;
	double slowdown;
	int err = alloc_open(&config, &collector);

	a = collector;
	if (!err && measure) {
		err = alloc_measure(a, &clock, &slowdown);
		if (!err)
			printf("slowdown %.4f\n", slowdown);
	}
	if (!err)
		err = alloc_run(a, &clock, overhead, window_ns);
	if (err) {
		fprintf(stderr, "error %d: %s\n%s", -err, err_text(), kernel_log());
		alloc_close(a);
		return err_status(err);
	}
	end = num_now_ns();
	alloc_report(a, &r);
	printf("times start_to_attached_ms=%.1f end_to_result_ms=%.1f\n",
	       (double)(r.start_ns - begin) / 1e6,
	       (double)(end - r.start_ns - r.window_ns) / 1e6);
	print_report(a);
	alloc_close(a);
	return 0;
}

static int answer_sizes(unsigned go_minor)
{
	struct alloc_sizes sizes;
	struct alloc_consts consts = { 0 };
	unsigned long size;
	char word[16];
	int err = alloc_sizes_init(go_minor, &sizes);

	if (err)
		return err_status(err);
	for (int i = 0; i < LAYOUT_CLASSES; i++) {
		config.class_size[i] = sizes.classes[i].size;
		config.class_pages[i] = sizes.classes[i].npages;
	}
	config.nclasses = LAYOUT_CLASSES;
	config.malloc_header = sizes.headers;
	err = alloc_tables(&config, &consts);
	while (!err && scanf("%lu %15s", &size, word) == 2)
		printf("%lu %s %lld\n", size, word,
		       (long long)alloc_object_bytes(&consts, size, !strcmp(word, "scan")));
	return err_status(err);
}

int main(int argc, char **argv)
{
	bool measure = false;
	char line[256], exe[64];
	FILE *f;

	if (argc == 3 && !strcmp(argv[1], "sizes"))
		return answer_sizes(atoi(argv[2]));
	if (argc < 6)
		return EXIT_USAGE;
	mode = argv[3];
	config.pid = atoi(argv[1]);
	snprintf(exe, sizeof(exe), "/proc/%d/exe", config.pid);
	config.exe = exe;
	for (int i = 6; i < argc; i++) {
		config.no_multi |= !strcmp(argv[i], "perf");
		measure |= !strcmp(argv[i], "measure");
		sscanf(argv[i], "stacks=%u", &config.max_stacks);
	}
	f = fopen(argv[2], "re");
	pidfd = (int)syscall(SYS_pidfd_open, config.pid, 0);
	if (!f || pidfd < 0 || clock_getcpuclockid(config.pid, &cpu_clock)) {
		perror(argv[2]);
		return EXIT_FAILED;
	}
	while (fgets(line, sizeof(line), f))
		read_line(line);
	fclose(f);
	return collect((uint64_t)(atof(argv[4]) * 1e6), atof(argv[5]) / 100, measure);
}
