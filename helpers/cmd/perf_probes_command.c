/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perf_probes_command.c - gobpf perf-probes PID -- CMD: events for as long as a command runs
 *
 * The command has the terminal, so a Ctrl-C there is its own and ours; a signal that was sent to us
 * alone is passed on.  Should we be killed, it gets a SIGTERM from the kernel, and a process that
 * waits for our end takes the events away.
 */
#include "cmd/perf_probes_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

static void our_signals(sigset_t *ret)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };

	sigemptyset(ret);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(ret, signals[i]);
}

/* The process that outlives us: takes the events away when we die without a word (a byte through the pipe). */
static void stand_by(struct perf_probes *p, int fd)
{
	int null = open("/dev/null", O_RDWR);
	char word;
	ssize_t n;

	for (int i = 0; i < 3; i++)
		dup2(null, i);
	setsid();
	do {
		n = read(fd, &word, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 0 && !tracefs_open(&p->tracefs, true))
		perf_probes_undo(p);
	_exit(0);
}

/* Starts it; what is written to the descriptor sends it home.  -1: it can't be started. */
static int start_guard(struct perf_probes *p, pid_t *ret)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	*ret = fork();
	if (*ret == 0) {
		close(fds[1]);
		stand_by(p, fds[0]);
	}
	close(fds[0]);
	if (*ret < 0) {
		close(fds[1]);
		return -1;
	}
	return fds[1];
}

static void become(const struct perf_probes *p, pid_t parent, const sigset_t *mask, const char *plugins, int report)
{
	int err;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	setenv("GOBPF_PERF_GROUP", perf_probes_group(p), 1);
	if (plugins)
		setenv("TRACEEVENT_PLUGIN_DIR", plugins, 0);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(p->command[0], p->command);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

static int start(const struct perf_probes *p, const sigset_t *mask, const char *plugins, pid_t *ret)
{
	int report[2], err = 0;
	pid_t parent = getpid();
	ssize_t n;

	if (pipe2(report, O_CLOEXEC))
		return err_sys(errno, "can't run %s", p->command[0]);
	*ret = fork();
	if (*ret == 0)
		become(p, parent, mask, plugins, report[1]);
	if (*ret < 0)
		err = errno;
	close(report[1]);
	do {
		n = *ret > 0 ? read(report[0], &err, sizeof(err)) : 0;
	} while (n < 0 && errno == EINTR);
	close(report[0]);
	if (!err)
		return 0;
	if (*ret > 0)
		waitpid(*ret, NULL, 0);
	return err_sys(err, "can't run %s", p->command[0]);
}

static int wait_for(pid_t pid, const sigset_t *signals)
{
	siginfo_t info;
	int status = 0;
	pid_t got;

	for (;;) {
		got = waitpid(pid, &status, WNOHANG);
		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (sigwaitinfo(signals, &info) > 0 && info.si_signo != SIGCHLD && info.si_code <= 0)
			kill(pid, info.si_signo);
	}
}

int perf_probes_command(struct perf_probes *p, const char *plugins)
{
	sigset_t signals, before;
	pid_t guard = -1, pid = -1;
	int fd, err, status = 0, left;

	our_signals(&signals);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &signals, &before);
	err = perf_probes_add(p);
	/* others may look at the list while the command runs */
	tracefs_close(&p->tracefs);
	if (err)
		return err;
	fflush(NULL);
	fd = start_guard(p, &guard);
	err = start(p, &before, plugins, &pid);
	if (!err)
		status = wait_for(pid, &signals);
	left = tracefs_open(&p->tracefs, true);
	if (!left)
		left = perf_probes_undo(p);
	if (fd >= 0) {
		if (write(fd, "", 1) == 1)
			waitpid(guard, NULL, 0);
		close(fd);
	}
	return err ? err : left ? left : status;
}
