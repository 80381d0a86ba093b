/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/target.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/caps.h"
#include "base/err.h"
#include "base/num.h"
#include "input/cgroup.h"
#include "input/sockets.h"

enum { TEXT_MAX = 1 << 28 };	/* smaps of a million mappings */

static int signal_fd = -1;

/* What the kernel puts behind the path of an executable that was unlinked or replaced. */
static const char deleted[] = " (deleted)";

/* One line of /proc/PID/status, behind "Key:\t"; "" when there is none. */
static void status_field(pid_t pid, const char *key, char *ret, size_t size)
{
	struct buf b = { 0 };
	char path[64];
	size_t n = strlen(key);

	ret[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!buf_read_file(&b, path, 65536)) {
		for (char *line = b.data; line && *line;) {
			char *end = strchrnul(line, '\n');

			if (!strncmp(line, key, n) && line[n] == ':') {
				line += n + 1 + strspn(line + n + 1, " \t");
				snprintf(ret, size, "%.*s", (int)(end - line), line);
				break;
			}
			line = *end ? end + 1 : end;
		}
	}
	buf_free(&b);
}

/* Documentation/admin-guide/LSM/Yama.rst: above 0 one may not look into all of one's own processes. */
static int ptrace_scope(void)
{
	struct buf b = { 0 };
	int scope = buf_read_file(&b, "/proc/sys/kernel/yama/ptrace_scope", 64) ? 0 : atoi(b.data);

	buf_free(&b);
	return scope;
}

int target_denied(pid_t pid, const char *name, const char *what)
{
	char uid[64], who[80] = "";
	const char *why = "run as that user or root, or with CAP_SYS_PTRACE";

	status_field(pid, "Uid", uid, sizeof(uid));
	if (name[0])
		snprintf(who, sizeof(who), "%s, ", name);
	if (caps_have(CAP_SYS_PTRACE))
		why = "the kernel forbids it even with CAP_SYS_PTRACE (a sandbox, another user "
		      "namespace or a security module)";
	else if (geteuid() == (uid_t)atoi(uid) && ptrace_scope() > 0)
		why = "kernel.yama.ptrace_scope allows it to its parents only: run as root, or with "
		      "CAP_SYS_PTRACE";
	else if (geteuid() == (uid_t)atoi(uid) && geteuid() != 0)
		why = "run as root, or with CAP_SYS_PTRACE";
	else if (geteuid() == 0)
		why = "root lacks CAP_SYS_PTRACE here";
	return err_set(EPERM, "not permitted to %s process %d (%suser %.*s): %s", what, pid, who,
		       (int)strcspn(uid, "\t "), uid, why);
}

/* proc(5), /proc/PID/stat: the flags behind the name, which can have anything in it; PF_KTHREAD (linux/sched.h) */
static bool is_kernel_thread(pid_t pid)
{
	struct buf b = { 0 };
	unsigned flags = 0;
	char path[64];
	const char *name_end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	name_end = buf_read_file(&b, path, 65536) ? NULL : strrchr(b.data, ')');
	if (name_end)
		sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags);
	buf_free(&b);
	return flags & 0x200000;
}

/* Why /proc/PID/exe could not be read. */
static int no_executable(pid_t pid, int err)
{
	char state[32];

	status_field(pid, "State", state, sizeof(state));
	if (!state[0])
		return err_set(ESRCH, "no process %d", pid);
	if (state[0] == 'Z' || state[0] == 'X')
		return err_set(ESRCH, "process %d has exited (it is a zombie)", pid);
	if (err == EACCES || err == EPERM)
		return target_denied(pid, "", "look into");
	/* while it is taken down it is no zombie yet, and has nothing any more */
	if (err == ENOENT && !is_kernel_thread(pid))
		return err_set(ESRCH, "process %d has exited", pid);
	if (err == ENOENT)
		return err_set(ENOEXEC, "process %d has no executable: it is a kernel thread", pid);
	return err_sys(err, "can't find the executable of process %d", pid);
}

/*
 * FNV-1a over /proc/PID/auxv: addresses that every exec draws anew, and 16 random
 * bytes' place.  0 when it may not be read.
 */
static uint64_t hash_auxv(pid_t pid)
{
	uint64_t hash = 0xcbf29ce484222325;
	struct buf b = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	if (buf_read_file(&b, path, 65536))
		b.len = 0;
	for (size_t i = 0; i < b.len; i++)
		hash = (hash ^ (uint8_t)b.data[i]) * 0x100000001b3;
	if (!b.len)
		hash = 0;
	buf_free(&b);
	return hash;
}

static int find_executable(struct target *t)
{
	struct stat st;
	ssize_t n;

	snprintf(t->exe, sizeof(t->exe), "/proc/%d/exe", t->pid);
	n = readlink(t->exe, t->exe_path, sizeof(t->exe_path) - 1);
	if (n < 0 || stat(t->exe, &st))
		return no_executable(t->pid, errno);
	t->exe_path[n] = '\0';
	t->exe_dev = st.st_dev;
	t->exe_ino = st.st_ino;
	if (n > (ssize_t)strlen(deleted) &&
	    !strcmp(t->exe_path + n - strlen(deleted), deleted) && st.st_nlink == 0) {
		t->exe_path[n - strlen(deleted)] = '\0';
	}
	return 0;
}

#define EXEC_NS 5000000000ull	/* what exec may take on a busy machine */
#define EXECS	10		/* that may come one after the other */

/* While exec runs in another thread than the first: see running_exe(). */
static void wait_for_exec(const struct target *t)
{
	struct timespec nap = { 0, 1000000 };
	uint64_t end = num_now_ns() + EXEC_NS;
	struct pollfd p = { .fd = t->pidfd, .events = POLLIN };
	char state[32];

	do {
		status_field(t->pid, "State", state, sizeof(state));
		if (state[0] != 'Z' || poll(&p, 1, 0) > 0)
			return;
		nanosleep(&nap, NULL);
	} while (num_now_ns() < end);
}

static int open_pid(pid_t pid, struct target *t)
{
	char tgid[32];
	int err;

	*t = (struct target){ .pid = pid, .pidfd = -1 };
	status_field(pid, "Tgid", tgid, sizeof(tgid));
	if (!tgid[0])
		return err_set(ESRCH, "no process %d", pid);
	if (atoi(tgid) != pid)
		return err_set(ESRCH, "%d is a thread of process %s: name the process", pid, tgid);
	t->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (t->pidfd < 0)
		return err_sys(errno, "can't hold on to process %d", pid);
	status_field(pid, "Name", t->comm, sizeof(t->comm));
	err = find_executable(t);
	for (int i = 0; err && i < EXECS; i++) {
		wait_for_exec(t);
		err = find_executable(t);
	}
	t->auxv_hash = hash_auxv(pid);
	if (err)
		target_close(t);
	return err;
}

static bool has_name(pid_t pid, const char *name)
{
	enum { COMM_LEN = 15 };	/* linux/sched.h: TASK_COMM_LEN without the NUL */
	char path[64], exe[PATH_MAX], comm[32];
	size_t len = strlen(name);
	const char *base;
	int errnum;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	errnum = errno;
	exe[n > 0 ? n : 0] = '\0';
	base = strrchr(exe, '/');
	if (base && !strncmp(base + 1, name, len) &&
	    (!base[1 + len] || !strcmp(base + 1 + len, deleted)))
		return true;
	status_field(pid, "Name", comm, sizeof(comm));
	if (n > 0)
		return !strcmp(comm, name);
	/* of another user's process only the name's beginning is known; kernel threads have ENOENT */
	return (errnum == EACCES || errnum == EPERM) && comm[0] && !strncmp(comm, name, COMM_LEN);
}

static int find_by_name(const char *name, pid_t *ret)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	struct buf found = { 0 };
	int n = 0, err;

	if (!proc)
		return err_sys(errno, "can't list /proc");
	while ((d = readdir(proc))) {
		pid_t pid = atoi(d->d_name);

		if (pid <= 0 || pid == getpid() || !has_name(pid, name))
			continue;
		*ret = pid;
		if (n++ < 10)
			buf_printf(&found, "%s%d", n > 1 ? ", " : "", pid);
	}
	closedir(proc);
	if (n == 0)
		err = err_set(ESRCH, "no process is named '%s'", name);
	else if (n > 1)
		err = err_set(ESRCH, "%d processes are named '%s' (%s%s): give a PID", n, name,
			      found.data ? found.data : "", n > 10 ? ", …" : "");
	else
		err = 0;
	buf_free(&found);
	return err;
}

/* Do the PIDs of /proc mean what kill() and the like take them for? */
static int check_proc(void)
{
	char self[32];
	ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	if (n > 0 && atoi(self) == getpid())
		return 0;
	return err_set(EOPNOTSUPP, "/proc is not that of this PID namespace: its PIDs mean other "
				   "processes here; mount it anew (unshare --mount-proc)");
}

int target_open(const char *word, struct target *ret)
{
	struct target t;
	uint64_t v;
	pid_t pid = 0;
	int err;

	if (!word[0])
		return err_set(EINVAL, "an empty word names no process");
	if (strchr(word, '/') && core_match(word))
		return err_set(ENOEXEC, "%s is a core file: this command needs a running process", word);
	err = check_proc();
	if (err)
		return err;
	if (word[strspn(word, "0123456789")] == '\0') {
		if (num_parse_u64(word, INT32_MAX, &v) || v == 0)
			return err_set(ESRCH, "no process %s", word);
		pid = v;
	} else {
		err = find_by_name(word, &pid);
		if (err)
			return err;
	}
	err = open_pid(pid, &t);
	if (!err)
		*ret = t;
	return err;
}

int target_open_or_file(const char *word, struct target *ret)
{
	int err;

	*ret = (struct target){ .pidfd = -1 };
	if (access(word, F_OK) == 0)
		return 0;
	if (strchr(word, '/'))
		return err_sys(ENOENT, "%s", word);
	err = target_open(word, ret);
	if (err == -ESRCH && word[strspn(word, "0123456789")])
		return err_in(err, "%s is no file here", word);
	return err;
}

void target_close(struct target *t)
{
	if (t->pidfd >= 0)
		close(t->pidfd);
	t->pidfd = -1;
	core_close(t->core);
	t->core = NULL;
}

/*
 * 0: ret is its executable; -ESRCH: it has exited; -EACCES: may not be known any more.
 * While exec runs in another thread than the first, that one is a zombie and has no
 * executable until the others have ended, too (fs/exec.c, de_thread()); the pidfd knows.
 */
static int running_exe(const struct target *t, struct stat *ret)
{
	struct timespec nap = { 0, 1000000 };
	uint64_t end = num_now_ns() + EXEC_NS;

	do {
		struct pollfd p = { .fd = t->pidfd, .events = POLLIN };

		if (poll(&p, 1, 0) > 0)
			return -ESRCH;
		if (!stat(t->exe, ret))
			return 0;
		if (errno == EACCES || errno == EPERM)
			return -EACCES;
		nanosleep(&nap, NULL);
	} while (num_now_ns() < end);
	return -ESRCH;
}

int target_check(const struct target *t)
{
	struct stat st;
	int err = t->core ? 0 : running_exe(t, &st);
	uint64_t hash;

	if (t->core)
		return 0;
	if (err == -ESRCH)
		return err_set(ESRCH, "process %d (%s) has exited", t->pid, t->comm);
	if (err || st.st_dev != t->exe_dev || st.st_ino != t->exe_ino)
		return err_set(ENOEXEC, "process %d has replaced itself by another program (exec)",
			       t->pid);
	hash = t->auxv_hash ? hash_auxv(t->pid) : 0;
	if (hash && hash != t->auxv_hash)
		return err_set(ENOEXEC, "process %d has begun anew (exec of the same program)",
			       t->pid);
	return 0;
}

static int file_text(const struct target *t, const char *name, char **ret, size_t *len)
{
	bool system = !strncmp(name, TARGET_SYSTEM, strlen(TARGET_SYSTEM));
	struct buf b = { 0 };
	char path[128];
	int err;

	if (system)
		snprintf(path, sizeof(path), "/proc/%s", name + strlen(TARGET_SYSTEM));
	else
		snprintf(path, sizeof(path), "/proc/%d/%s", t->pid, name);
	err = buf_read_file(&b, path, TEXT_MAX);
	if (err) {
		buf_free(&b);
		if (target_check(t) == -ESRCH)
			return -ESRCH;
		if (err == -EACCES || err == -EPERM)
			return target_denied(t->pid, t->comm, "read the memory of");
		return err_sys(-err, "can't read %s", path);
	}
	*ret = b.data;
	*len = b.len;
	return 0;
}

int target_text(const struct target *t, const char *name, char **ret, size_t *len)
{
	bool cgroup = !strncmp(name, TARGET_CGROUP, strlen(TARGET_CGROUP));
	size_t n = 0;
	int err;

	if (t->core)
		err = core_text(t->core, name, ret, &n);
	else if (cgroup)
		err = cgroup_live_text(t, name + strlen(TARGET_CGROUP), ret, &n);
	else if (!strcmp(name, TARGET_FDS))
		err = sockets_live_fds(t, ret, &n);
	else
		err = file_text(t, name, ret, &n);
	if (!err && t->keep)
		capture_text(t->keep, name, *ret, n);
	if (!err && len)
		*len = n;
	return err;
}

int target_entry(const struct target *t, uint64_t *ret)
{
	uint64_t pair[2];
	char *auxv;
	size_t len;
	int err = target_text(t, "auxv", &auxv, &len);

	if (err)
		return err;
	err = t->core ? err_set(ENOEXEC, "%s doesn't say what was run", t->core->name) :
			err_set(ESRCH, "process %d (%s) has exited", t->pid, t->comm);
	for (size_t off = 0; off + sizeof(pair) <= len; off += sizeof(pair)) {
		memcpy(pair, auxv + off, sizeof(pair));
		if (pair[0] != AT_ENTRY)
			continue;
		*ret = pair[1];
		err = 0;
	}
	free(auxv);
	return err;
}

void wait_signals_init(void)
{
	sigset_t set;

	if (signal_fd >= 0)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

enum wait_result target_wait(const struct target *t, uint64_t until_ns)
{
	struct pollfd p[2] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = t ? t->pidfd : -1, .events = POLLIN },
	};

	for (;;) {
		uint64_t now = num_now_ns();
		uint64_t left = until_ns > now ? until_ns - now : 0;
		struct timespec ts = { left / 1000000000, left % 1000000000 };
		int n = ppoll(p, 2, until_ns ? &ts : NULL, NULL);

		if (n > 0 && p[0].revents)
			return WAIT_STOP;
		if (n > 0 && p[1].revents)
			return WAIT_EXITED;
		if (n == 0)
			return WAIT_TIME;
	}
}

uint64_t target_cpu_ns(const struct target *t)
{
	struct timespec ts;
	clockid_t clock;

	if (t->core || clock_getcpuclockid(t->pid, &clock) || clock_gettime(clock, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
