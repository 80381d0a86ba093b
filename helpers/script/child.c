/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"

extern char **environ;

/* Does one of env's "K=V" words set the variable that word sets? */
static bool overridden(char *const env[], const char *word)
{
	for (size_t i = 0; env[i]; i++) {
		size_t name = strcspn(env[i], "=") + 1;

		if (!strncmp(env[i], word, name))
			return true;
	}
	return false;
}

/* Our environment with env put over it; the strings are shared. */
static char **merged_env(char *const env[])
{
	size_t n = 0, m = 0;
	char **all;

	while (environ[n])
		n++;
	while (env[m])
		m++;
	all = calloc(n + m + 1, sizeof(*all));
	if (!all)
		return NULL;
	memcpy(all, env, m * sizeof(*all));
	for (size_t i = 0; i < n; i++)
		if (!overridden(env, environ[i]))
			all[m++] = environ[i];
	return all;
}

/* What the child is to have. */
struct plan {
	char *const *argv, *const *envp;
	int in, out, err;
	bool limited;		/* to CHILD_OUTPUT_MAX */
	int report;		/* says why exec failed */
};

/* In the child, between fork and exec: async-signal-safe calls only. */
static void become(pid_t parent, const struct plan *p)
{
	struct rlimit limit = { CHILD_OUTPUT_MAX, CHILD_OUTPUT_MAX };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	int err, in = p->in;
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (in < 0)
		in = open("/dev/null", O_RDONLY);
	if (p->limited)
		setrlimit(RLIMIT_FSIZE, &limit);
	sigaction(SIGPIPE, &dfl, NULL);
	sigaction(SIGINT, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(p->out, STDOUT_FILENO) >= 0 &&
	    dup2(p->err, STDERR_FILENO) >= 0)
		execve(p->argv[0], p->argv, p->envp);
	err = errno;
	if (write(p->report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* exec closes the pipe; a failed one says why through it. */
static int exec_result(int fd)
{
	int err = 0;
	ssize_t n;

	do {
		n = read(fd, &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(err) ? err : 0;
}

static int fork_exec(struct child *c, struct plan *p)
{
	pid_t parent = getpid();
	int report[2], err;

	if (pipe2(report, O_CLOEXEC))
		return err_sys(errno, "can't run %s", p->argv[0]);
	p->report = report[1];
	c->pid = fork();
	if (c->pid == 0)
		become(parent, p);
	err = errno;
	close(report[1]);
	if (c->pid < 0) {
		close(report[0]);
		c->pid = 0;
		return err_sys(err, "can't run %s", p->argv[0]);
	}
	/* On both sides, whoever comes first: a signal may follow at once. */
	setpgid(c->pid, c->pid);
	err = exec_result(report[0]);
	close(report[0]);
	return err ? err_sys(err, "can't run %s", p->argv[0]) : 0;
}

/* Where it writes to, and where that is read; false with errno. */
static bool open_stream(enum child_streams streams, const char *name, int *ret_read, int *ret_write)
{
	int pair[2];

	if (streams == CHILD_MEMORY) {
		*ret_read = memfd_create(name, MFD_CLOEXEC);
		*ret_write = *ret_read;
		return *ret_read >= 0;
	}
	if (pipe2(pair, O_CLOEXEC))
		return false;
	*ret_read = pair[0];
	*ret_write = pair[1];
	return true;
}

int child_start(struct child *c, char *const argv[], char *const env[], int in,
		enum child_streams streams)
{
	char **envp = merged_env(env);
	struct plan plan = { argv, envp, in, -1, -1, streams == CHILD_MEMORY, -1 };
	int ret;

	*c = (struct child){ .out = -1, .err = -1 };
	if (!envp)
		return err_sys(ENOMEM, "can't run %s", argv[0]);
	if (!open_stream(streams, "stdout", &c->out, &plan.out) ||
	    !open_stream(streams, "stderr", &c->err, &plan.err))
		ret = err_sys(errno, "can't run %s", argv[0]);
	else
		ret = fork_exec(c, &plan);
	free(envp);
	if (plan.out >= 0 && plan.out != c->out)
		close(plan.out);
	if (plan.err >= 0 && plan.err != c->err)
		close(plan.err);
	if (ret)
		child_free(c);
	return ret;
}

bool child_ended(struct child *c)
{
	pid_t got;

	if (!c->pid)
		return true;
	got = waitpid(c->pid, &c->wait_status, WNOHANG);
	if (!got || (got < 0 && errno == EINTR))
		return false;
	c->pid = 0;
	return true;
}

static bool ended_by(struct child *c, uint64_t deadline_ns)
{
	struct timespec nap = { 0, 2000000 };

	while (!child_ended(c)) {
		if (num_now_ns() >= deadline_ns)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

/* Does it have a handler for sig? /proc/PID/status, SigCgt: bit sig - 1 (proc(5)). */
static bool catches(pid_t pid, int sig)
{
	static const char key[] = "\nSigCgt:";
	struct buf b = { 0 };
	const char *line = NULL;
	char path[64];
	bool ret;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!buf_read_file(&b, path, 65536) && b.data)
		line = strstr(b.data, key);
	ret = line && strtoull(line + strlen(key), NULL, 16) >> (sig - 1) & 1;
	buf_free(&b);
	return ret;
}

#define AGAIN_NS 500000000ull

void child_stop(struct child *c, int sig, uint64_t grace_ns)
{
	uint64_t now = num_now_ns(), end = now + grace_ns;
	pid_t group = c->pid;

	if (child_ended(c))
		return;
	/*
	 * A signal that comes just before bpftrace begins to sleep is noticed with the next one.
	 * That must not come when it prints its results: it would be the end of it.
	 */
	for (bool first = true; now < end; first = false, now = num_now_ns()) {
		if (first || catches(group, sig))
			kill(-group, sig);
		if (ended_by(c, now + AGAIN_NS < end ? now + AGAIN_NS : end))
			return;
	}
	c->killed = true;
	kill(-group, SIGKILL);
	while (!ended_by(c, UINT64_MAX))
		;
}

void child_free(struct child *c)
{
	child_stop(c, SIGKILL, 0);
	if (c->out >= 0)
		close(c->out);
	if (c->err >= 0)
		close(c->err);
	c->out = c->err = -1;
}

/* The file's position is the writer's as well: read without moving it. */
int child_output(int fd, struct buf *ret)
{
	struct stat st;

	buf_clear(ret);
	if (fstat(fd, &st))
		return -errno;
	while (ret->len < (size_t)st.st_size) {
		size_t want = st.st_size - ret->len;
		char *room = buf_room(ret, want);
		ssize_t n;

		if (!room)
			return -ENOMEM;
		n = pread(fd, room, want, ret->len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		ret->len += n > 0 ? n : 0;
		ret->data[ret->len] = '\0';
	}
	return 0;
}
