/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf perf-probes - the Go runtime's events for perf, as uprobe events of the kernel */
#include "cmd/perf_probes_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "command.h"
#include "paths.h"

enum { OPT_STALE = OPT_OWN, OPT_PLUGIN_DIR };

static const struct argp_option options[] = {
	{ "all", 'a', NULL, 0, "Those that can pass 10,000/s, too; with --remove: of every file", 1 },
	{ "group", 'g', "NAME", 0, "The events' group, NAME:gopark (" PERF_PROBES_GROUP ")", 1 },
	{ "print", 'p', NULL, 0, "Print the lines for tracefs's uprobe_events, write nothing", 2 },
	{ "list", 'l', NULL, 0, "What can be registered of the program; without one, what is registered", 2 },
	{ "remove", 'r', NULL, 0, "Take events away that gobpf registered", 2 },
	{ "stale", OPT_STALE, NULL, 0, "With --remove: those whose file is gone or was replaced", 2 },
	{ "plugin-dir", OPT_PLUGIN_DIR, NULL, 0, "Print where the plugin is that names numbers, for "
	  "TRACEEVENT_PLUGIN_DIR", 2 },
	{ "quiet", 'q', NULL, 0, "No remarks", 50 },
	{ 0 },
};

const char *perf_probes_group(const struct perf_probes *p)
{
	return p->group ? p->group : PERF_PROBES_GROUP;
}

static void check(const struct perf_probes *p, struct argp_state *state)
{
	if (p->list + p->print + p->remove + p->plugin_dir > 1)
		argp_error(state, "--list, --print, --remove and --plugin-dir: one at a time");
	if (p->group && !tracefs_name_ok(p->group))
		argp_error(state, "--group: '%s': letters, digits and _, at most %d", p->group, TRACEFS_NAME - 1);
	if (p->command && (p->list + p->print + p->remove + p->plugin_dir || p->out.format_given))
		argp_error(state, "'%s': a command is for registering only", p->command[0]);
	if (p->stale && !p->remove)
		argp_error(state, "--stale is for --remove");
	if (p->remove && p->all + p->stale + (p->object != NULL) != 1)
		argp_error(state, "--remove: of which program? Give a PID or file, --stale or --all");
	if (p->remove && p->nnames)
		argp_error(state, "--remove takes all events of a program, not '%s' alone", p->names[0]);
	if (p->nnames && p->all)
		argp_error(state, "'%s': --all has every event", p->names[0]);
	if (!p->object && !p->list && !p->remove && !p->plugin_dir)
		argp_error(state, "which executable or process?");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct perf_probes *p = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &p->out;
		return 0;
	case 'a':
		p->all = true;
		return 0;
	case 'g':
		p->group = arg;
		return 0;
	case 'p':
		p->print = true;
		return 0;
	case 'l':
		p->list = true;
		return 0;
	case 'r':
		p->remove = true;
		return 0;
	case 'q':
		p->out.quiet = true;
		return 0;
	case OPT_STALE:
		p->stale = true;
		return 0;
	case OPT_PLUGIN_DIR:
		p->plugin_dir = true;
		return 0;
	case ARGP_KEY_ARGS:
		p->object = state->argv[state->next];
		p->names = state->argv + state->next + 1;
		p->nnames = state->argc - state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_SUCCESS:
		check(p, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &opt_json_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
	options, parse, "[PID|FILE [EVENT]...] [-- CMD [ARG]...]",
	"Register points of the Go runtime in a program, stripped or not, as events with typed fields "
	"(goid, reason, size, ...) for perf record, perf stat, perf trace and ftrace. EVENT is a name, "
	"as gopark, or a pattern, as 'gc*'; without any, those that are never frequent. With CMD the "
	"events are there while that runs, and taken away when it ends.\v"
	"A registered event costs nothing until somebody switches it on.\n"
	"\n"
	"Examples:\n"
	"  gobpf perf-probes --list $(pidof server)\n"
	"  gobpf perf-probes 4242 -- perf stat -e 'gobpf:*' -p 4242 sleep 10\n"
	"  gobpf perf-probes 4242 gopark goready && perf record -e 'gobpf:*' -p 4242 sleep 1\n"
	"  gobpf perf-probes --remove 4242",
	children, NULL, NULL,
};

/* The plugin beside a program that was just built, else where it is installed; NULL: nowhere. */
static const char *plugin_dir(void)
{
	static char dir[PATH_MAX + 32];
	char *slash;
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX);

	if (n > 0) {
		dir[n] = '\0';
		slash = strrchr(dir, '/');
		strcpy(slash ? slash : dir, "/traceevent/plugin_gobpf.so");
		if (!access(dir, R_OK)) {
			*strrchr(dir, '/') = '\0';
			return dir;
		}
	}
	snprintf(dir, sizeof(dir), "%s/traceevent", path_dir(PATH_LIBEXEC));
	return access(dir, R_OK) ? NULL : dir;
}

static int open_list(struct perf_probes *p, bool write)
{
	int err = tracefs_open(&p->tracefs, write);

	return err ? err : tracefs_read(&p->tracefs, &p->there);
}

static int output(struct perf_probes *p, int (*print)(const struct perf_probes *p, FILE *f))
{
	FILE *f;
	int err = output_open(&p->out, &f), closed;

	if (err)
		return err;
	err = print(p, f);
	closed = output_close(&p->out, f);
	return err ? err : closed;
}

static int print_plugin_dir(const struct perf_probes *p, FILE *f)
{
	const char *dir = plugin_dir();

	(void)p;
	if (!dir)
		return err_set(ENOENT, "the plugin of libtraceevent is not installed");
	fprintf(f, "%s\n", dir);
	return 0;
}

static int remove_events(struct perf_probes *p)
{
	unsigned n = 0;
	int err = p->object ? target_open_or_file(p->object, &p->target) : 0;

	if (!err && p->object && !probe_file_hash(p->target.pidfd < 0 ? p->object : p->target.exe, &p->mark.file))
		err = err_sys(errno, "can't read %s", p->object);
	if (err)
		return err_in(err, "if it is gone, --remove --stale is for its events");
	err = open_list(p, true);
	if (!err)
		err = perf_probes_remove(p, &n);
	if (!p->out.quiet)
		fprintf(stderr, "gobpf perf-probes: %u event%s removed\n", n, n == 1 ? "" : "s");
	return err;
}

/* The list is of use without rights as well; what is registered is then not known. */
static int list_events(struct perf_probes *p)
{
	int err = perf_probes_open(p);

	if (!err)
		err = perf_probes_find(p);
	if (err)
		return err;
	if ((open_list(p, false) || perf_probes_compare(p)) && !p->out.quiet)
		fprintf(stderr, "gobpf perf-probes: %s\n", err_text());
	return output(p, perf_probes_print);
}

static void say_how(const struct perf_probes *p)
{
	const char *group = perf_probes_group(p);
	bool dear = false, often = false;

	for (size_t i = 0; i < p->n; i++) {
		dear |= p->v[i].place.dear;
		often |= p->v[i].event->flags & GO_EVENT_OFTEN;
	}
	if (often)
		fprintf(stderr, "gobpf perf-probes: while perf records, a hit costs the program 1 to 2 us%s: beyond "
				"10,000/s it gets slower\n", dear ? " (dear: 10 us and more on a virtual machine)" : "");
	if (p->left_out)
		fprintf(stderr, "gobpf perf-probes: %u events that can pass 10,000/s are left out: name them, or "
				"--all\n", p->left_out);
	if (p->command)
		return;
	if (p->target.pidfd >= 0)
		fprintf(stderr, "gobpf perf-probes: now: perf record -e '%s:*' -p %d\n", group, p->target.pid);
	else
		fprintf(stderr, "gobpf perf-probes: now: perf record -e '%s:*' -p PID, or -a\n", group);
	fprintf(stderr, "gobpf perf-probes: afterwards: gobpf perf-probes --remove %s\n", p->object);
}

static int register_events(struct perf_probes *p, int *ret_status)
{
	int err = perf_probes_open(p);

	if (!err)
		err = perf_probes_find(p);
	if (!err && p->print)
		return output(p, perf_probes_print);
	if (!err)
		err = open_list(p, true);
	if (!err)
		err = perf_probes_compare(p);
	if (err)
		return err;
	if (p->command) {
		if (!p->out.quiet)
			say_how(p);
		err = perf_probes_command(p, plugin_dir());
		*ret_status = err > 0 ? err : 0;
		return err < 0 ? err : 0;
	}
	err = perf_probes_add(p);
	if (!err)
		err = output(p, perf_probes_print);
	if (!err && !p->out.quiet)
		say_how(p);
	return err;
}

static void close_all(struct perf_probes *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].line);
	free(p->v);
	tracefs_list_free(&p->there);
	tracefs_close(&p->tracefs);
	go_close(&p->go);
	elf_close(&p->elf);
	target_close(&p->target);
}

static int run(int argc, char **argv)
{
	struct perf_probes p = { .out = { .formats = "table json" }, .target = { .pidfd = -1 },
				 .tracefs = { .fd = -1 } };
	int err, status = 0;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--")) {
			p.command = argv[i + 1] ? argv + i + 1 : NULL;
			argc = i;
		}
	options_parse(&argp, argc, argv, &p);
	if (p.plugin_dir)
		err = output(&p, print_plugin_dir);
	else if (p.remove)
		err = remove_events(&p);
	else if (p.list && p.object)
		err = list_events(&p);
	else if (p.list)
		err = (err = open_list(&p, false)) ? err : output(&p, perf_probes_print_there);
	else
		err = register_events(&p, &status);
	close_all(&p);
	if (err)
		fprintf(stderr, "gobpf perf-probes: %s\n", err_text());
	return err ? (int)err_status(err) : status;
}

const struct command cmd_perf_probes = {
	.name = "perf-probes",
	.group = "Scripts",
	.summary = "the Go runtime's events for perf record, stat and trace",
	.run = run,
};
