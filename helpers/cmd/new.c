/* SPDX-License-Identifier: GPL-2.0-only */
/* gobpf new - a script to begin with, and its test */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "command.h"
#include "options.h"
#include "plugins.h"

/* share/script-template.bt and .bats, see share/make/new.mk; @NAME@ stands for the name */
extern const char script_template[], script_template_test[];
#define PLACEHOLDER "@NAME@"
/* so that the template's longest line with it, USAGE, has 80 columns */
#define NAME_COLUMNS 25

struct new {
	const char *name, *folder;
	char script[PATH_MAX], test[PATH_MAX];
};

static const struct argp_option options[] = {
	{ "folder", OPT_OWN, "DIR", 0, "Write into DIR instead of your folder of plugins" },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct new *n = state->input;

	switch (key) {
	case OPT_OWN:
		n->folder = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (n->name)
			argp_error(state, "one name at a time, not '%s' too", arg);
		n->name = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which name shall it have?");
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	options, parse, "NAME",
	"Write a bpftrace script NAME.bt and its test NAME.bats, to be changed into your own: both are "
	"complete and work as they are.\v"
	"Examples:\n"
	"  gobpf new slow-dials                    in ~/.config/gobpf/scripts: a command at once\n"
	"  gobpf new slow-dials --folder scripts",
	NULL, NULL, NULL,
};

static int check_name(const char *name)
{
	if (!plugin_name_ok(name) || strlen(name) > NAME_COLUMNS)
		return err_set(EINVAL, "'%s': a name is of a-z, 0-9 and '-', at most %d of them here",
			       name, NAME_COLUMNS);
	if (command_find(name))
		return err_set(EINVAL, "'%s' is a command of gobpf: it would come before the script",
			       name);
	return 0;
}

/* The user's own folder is made when it isn't there. */
static int make_folder(const char *path)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = dir + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(dir, 0755) && errno != EEXIST)
			return err_sys(errno, "can't make the folder %s", dir);
		*p = '/';
	}
	if (mkdir(dir, 0755) && errno != EEXIST)
		return err_sys(errno, "can't make the folder %s", dir);
	return 0;
}

static int choose_files(struct new *n)
{
	const char *dir = n->folder ? n->folder : path_user_scripts();
	struct stat st;
	int err = 0;

	if (!dir || !dir[0])
		return err_set(EINVAL, "no folder of yours is known here: name one with --folder");
	if (!n->folder)
		err = make_folder(dir);
	else if (stat(dir, &st))
		err = err_sys(errno, "can't write into %s", dir);
	if (err)
		return err;
	if (snprintf(n->script, PATH_MAX, "%s/%s.bt", dir, n->name) >= PATH_MAX ||
	    snprintf(n->test, PATH_MAX, "%s/%s.bats", dir, n->name) >= PATH_MAX)
		return err_sys(ENAMETOOLONG, "can't write into %s", dir);
	if (!lstat(n->script, &st) || !lstat(n->test, &st))
		return err_set(EEXIST, "%s is there already; nothing was written",
			       lstat(n->script, &st) ? n->test : n->script);
	return 0;
}

static void fill_in(const char *template, const char *name, struct buf *ret)
{
	const char *at;

	while ((at = strstr(template, PLACEHOLDER))) {
		buf_add(ret, template, at - template);
		buf_str(ret, name);
		template = at + strlen(PLACEHOLDER);
	}
	buf_str(ret, template);
}

/* A new file, whole or not at all. */
static int write_file(const char *path, const char *template, const char *name)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755), err = 0;
	struct buf text = { 0 };

	if (fd < 0)
		return err_sys(errno, "can't write %s", path);
	fill_in(template, name, &text);
	if (text.failed)
		err = ENOMEM;
	for (size_t done = 0; !err && done < text.len;) {
		ssize_t n = write(fd, text.data + done, text.len - done);

		if (n < 0 && errno != EINTR)
			err = errno;
		done += n > 0 ? n : 0;
	}
	if (close(fd) && !err)
		err = errno;
	buf_free(&text);
	if (err)
		unlink(path);
	return err ? err_sys(err, "can't write %s", path) : 0;
}

/* How it is called from where it is now. */
static void say_how(const struct new *n)
{
	struct plugin p;
	int err = plugin_find(n->name, &p, NULL);
	bool found = !err && !strcmp(p.path, n->script);

	printf("%s  counts the goroutines that each function starts: make it yours\n"
	       "%s  its test\n\n", n->script, n->test);
	if (found)
		printf("Run it:   gobpf %s PID\n", n->name);
	else
		printf("Run it:   gobpf run PID %s\n", n->script);
	printf("Test it:  bats %s\n", n->test);
	if (!found && !err)
		printf("%s is another '%s' and comes before it.\n", p.path, n->name);
	else if (err && err != -ESRCH)
		printf("It is no command: %s.\n", err_text());
}

static int run(int argc, char **argv)
{
	struct new n = { 0 };
	int err;

	options_parse(&argp, argc, argv, &n);
	err = check_name(n.name);
	if (!err)
		err = choose_files(&n);
	if (!err)
		err = write_file(n.script, script_template, n.name);
	if (!err) {
		err = write_file(n.test, script_template_test, n.name);
		if (err)
			unlink(n.script);
	}
	if (err)
		fprintf(stderr, "gobpf new: %s\n", err_text());
	else
		say_how(&n);
	return err_status(err);
}

const struct command cmd_new = {
	.name = "new",
	.group = "Scripts",
	.summary = "write a bpftrace script to begin with, and its test",
	.run = run,
};
