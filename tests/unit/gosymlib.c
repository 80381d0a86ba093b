/* SPDX-License-Identifier: GPL-2.0-only */
/* gosymlib.c - libgosym as its users see it, for tests/gosym.bats and tests/bench/sym */
#include <errno.h>
#include <fcntl.h>
#include <gosym.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { FRAMES = 64, THREADS = 4, BATCH = 32 };

static uint64_t *addrs;
static size_t naddrs;

static int read_addresses(void)
{
	size_t cap = 0;
	uint64_t v;

	while (scanf("%" SCNx64, &v) == 1) {
		if (naddrs == cap) {
			cap = cap ? 2 * cap : 1024;
			addrs = realloc(addrs, cap * sizeof(*addrs));
			if (!addrs)
				return -ENOMEM;
		}
		addrs[naddrs++] = v;
	}
	return 0;
}

static void expect(const struct gosym *g, size_t i)
{
	if (i % BATCH == 0)
		gosym_expect(g, addrs + i, naddrs - i < BATCH ? naddrs - i : BATCH);
}

/* frames: of each address on stdin, as gobpf sym has them: without the wrappers of the compiler */
static int cmd_frames(struct gosym *g)
{
	struct gosym_frame f[FRAMES];

	for (size_t i = 0; i < naddrs; i++) {
		int n = gosym_frames(g, addrs[i], f, FRAMES), kept = 0;

		for (int k = 0; k < n; k++)
			if (!(f[k].flags & GOSYM_WRAPPER) || n == 1)
				f[kept++] = f[k];
		for (int k = 0; k < kept; k++)
			printf("0x%" PRIx64 " %s %s:%u%s\n", addrs[i], f[k].func, f[k].file, f[k].line,
			       k + 1 < kept ? " (inlined)" : "");
	}
	return 0;
}

/* prepared: the same by the index */
static int cmd_prepared(struct gosym *g)
{
	gosym_prepare(g);
	for (size_t i = 0; i < naddrs; i++)
		expect(g, i);
	return cmd_frames(g);
}

/* list: as gobpf sym --list, those with a file */
static int cmd_list(struct gosym *g)
{
	struct gosym_func f;

	for (uint32_t i = 0; i < gosym_func_count(g); i++)
		if (gosym_func_nth(g, i, &f) && f.file)
			printf("%016" PRIx64 " %016" PRIx64 " T %s\t%s:%u\n", f.addr, f.size, f.name,
			       f.file, f.line);
	return 0;
}

/* about: what is known of the file, and that the three ways to a function agree */
static int cmd_about(struct gosym *g)
{
	struct gosym_func a, b, c;

	printf("%s %s %s %s\n", gosym_version(), gosym_go_version(g), gosym_module(g),
	       gosym_build_id(g));
	if (!gosym_func_named(g, "main.main", &a) || !gosym_func_at(g, a.addr + a.size - 1, &b) ||
	    !gosym_func_nth(g, a.index, &c))
		return -ENOENT;
	if (memcmp(&a, &b, sizeof(a)) || memcmp(&a, &c, sizeof(a)))
		return -EINVAL;
	printf("0x%" PRIx64 " %s\n", a.addr, a.name);
	return gosym_func_at(g, 1, &a) || gosym_func_named(g, "no.such", &a) ||
	       gosym_func_nth(g, gosym_func_count(g), &a) || gosym_address(g, ~0ull) != UINT64_MAX ?
		       -EINVAL : 0;
}

/* All that the frames at every address say, in one number. */
static uint64_t digest(const struct gosym *g)
{
	struct gosym_frame f[FRAMES];
	uint64_t sum = 0;

	for (size_t i = 0; i < naddrs; i++) {
		int n = gosym_frames(g, addrs[i], f, FRAMES);

		for (int k = 0; k < n; k++)
			sum = sum * 31 + f[k].line + (uintptr_t)f[k].func + (uintptr_t)f[k].file;
	}
	return sum;
}

static void *work(void *g)
{
	return (void *)(uintptr_t)digest(g);
}

/* threads: several at once get what one alone gets */
static int cmd_threads(struct gosym *g)
{
	pthread_t t[THREADS];
	uint64_t alone = digest(g);
	int wrong = 0;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, work, g))
			return -EAGAIN;
	for (int i = 0; i < THREADS; i++) {
		void *sum;

		pthread_join(t[i], &sum);
		wrong += (uint64_t)(uintptr_t)sum != alone;
	}
	printf("%d wrong\n", wrong);
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* rate: addresses per second of CPU time, each once: "FUNCTION-AND-LINE WITH-INLINED FRAMES-PER-ADDRESS" */
static int cmd_rate(struct gosym *g)
{
	struct gosym_frame f[FRAMES];
	uint64_t frames = 0;
	double from = now(), line, inlined;

	gosym_prepare(g);
	fprintf(stderr, "prepared in %.1f ms\n", 1e3 * (now() - from));
	from = now();
	for (size_t i = 0; i < naddrs; i++) {
		expect(g, i);
		frames += gosym_frame(g, addrs[i], f);
	}
	line = now() - from;
	if (frames != naddrs)
		fprintf(stderr, "%zu addresses are in no function\n", (size_t)(naddrs - frames));
	frames = 0;
	from = now();
	for (size_t i = 0; i < naddrs; i++) {
		expect(g, i);
		frames += gosym_frames(g, addrs[i], f, FRAMES);
	}
	inlined = now() - from;
	printf("%.0f %.0f %.2f\n", naddrs / line, naddrs / inlined, (double)frames / naddrs);
	return 0;
}

/* offsets: the address of each place in the file that stdin names */
static int cmd_offsets(struct gosym *g)
{
	for (size_t i = 0; i < naddrs; i++)
		printf("%" PRIx64 "\n", gosym_address(g, addrs[i]));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct gosym *g);
} commands[] = {
	{ "frames", cmd_frames }, { "prepared", cmd_prepared }, { "list", cmd_list }, { "about", cmd_about },
	{ "threads", cmd_threads }, { "rate", cmd_rate }, { "offsets", cmd_offsets },
};

int main(int argc, char **argv)
{
	struct gosym *g = NULL;
	int err = -EINVAL, fd;

	if (argc != 3 || strcmp(gosym_version(), GOSYM_VERSION))
		return 2;
	/* the descriptor is ours to close, and closed it is */
	fd = open(argv[2], O_RDONLY);
	err = fd < 0 ? gosym_open(argv[2], &g) : gosym_open_fd(fd, &g);
	if (fd >= 0)
		close(fd);
	if (err) {
		fprintf(stderr, "%s: %s\n", strerror(-err), gosym_error());
		return g ? 9 : 1;
	}
	if (!isatty(STDIN_FILENO))
		err = read_addresses();
	for (size_t i = 0; !err && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			err = commands[i].run(g);
	if (err)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-err));
	gosym_close(g);
	gosym_close(NULL);
	free(addrs);
	return !!err;
}
