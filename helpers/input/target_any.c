/* SPDX-License-Identifier: GPL-2.0-only */
/* Targets that are a process or what was kept of one: which of the two it is makes the difference here. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "input/target.h"

/* The executable's inode, as "maps" has it; 0: not known. */
static uint64_t mapped_ino(const struct target *t)
{
	uint64_t ino = 0;
	struct maps maps;
	const struct map *m;
	char *text;

	if (target_text(t, "maps", &text, NULL) || maps_parse(text, t->pid, &maps))
		return 0;
	m = maps_at(&maps, t->core->entry);
	if (m)
		ino = m->ino;
	maps_free(&maps);
	return ino;
}

static int open_core(const char *path, const char *exe, struct target *ret)
{
	struct target t = { .pidfd = -1 };
	int err = core_open(path, exe, &t.core);

	if (err)
		return err;
	t.pid = t.core->pid;
	snprintf(t.comm, sizeof(t.comm), "%s", t.core->comm);
	snprintf(t.exe, sizeof(t.exe), "/proc/self/fd/%d", t.core->exe->fd);
	snprintf(t.exe_path, sizeof(t.exe_path), "%s", t.core->exe_path);
	t.exe_ino = mapped_ino(&t);
	*ret = t;
	return 0;
}

int target_open_any(const char *word, const char *exe, struct target *ret)
{
	bool is_pid = word[strspn(word, "0123456789")] == '\0';

	*ret = (struct target){ .pidfd = -1 };
	if (!is_pid && core_match(word))
		return open_core(word, exe, ret);
	if (exe)
		return err_set(EINVAL, "--exe goes with a core file or a capture, and %s is neither", word);
	if (strchr(word, '/'))
		return access(word, F_OK) ? err_sys(errno, "%s", word) :
			err_set(ENOEXEC, "%s is neither a core file nor a capture", word);
	return target_open(word, ret);
}

/* ino 0: any.  A device or a pipe is not even opened: that might hold us up, or do something. */
static int open_file(const char *path, uint64_t ino)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || (ino && st.st_ino != ino))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int target_mapped_fd(const struct target *t, const struct map *m)
{
	pid_t pid = t ? t->pid : getpid();
	char path[64 + PATH_MAX];
	struct core_map *kept = t && t->core ? core_map_at(t->core, m->start) : NULL;
	struct core_image *i = kept ? core_image(t->core, kept) : NULL;
	int fd;

	if (t && t->core)
		return i ? fcntl(i->fd, F_DUPFD_CLOEXEC, 0) : -1;
	/* the very file, also when it was deleted or replaced; needs a capability that root has */
	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, m->start, m->end);
	fd = open_file(path, 0);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/root%s", pid, m->path);
	return open_file(path, m->ino);
}

uint64_t target_now_ns(const struct target *t)
{
	uint64_t now = t->core ? t->core->about.now_ns : num_now_ns();

	if (t->keep)
		capture_moment(t->keep, now, 0);
	return now;
}

uint64_t target_unix_ns(const struct target *t)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = t->core ? t->core->about.unix_ns : (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	if (t->keep)
		capture_moment(t->keep, 0, now);
	return now;
}

bool target_registers(const struct target *t, uint64_t tid, uint64_t *ret_pc, uint64_t *ret_sp)
{
	for (size_t i = 0; t->core && i < t->core->nthreads; i++) {
		const struct core_thread *thread = &t->core->threads[i];

		if ((uint64_t)thread->tid != tid)
			continue;
		*ret_pc = thread->pc;
		*ret_sp = thread->sp;
		return true;
	}
	return false;
}
