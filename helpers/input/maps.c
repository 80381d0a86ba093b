/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/maps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

enum { MAPS_MAX = 256 << 20 };

static bool parse_line(char *line, struct map *m)
{
	char perms[5];
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &m->start,
		   &m->end, perms, &m->offset, &m->ino, &path) < 5)
		return false;
	m->exec = strchr(perms, 'x');
	m->write = strchr(perms, 'w');
	m->path = path ? line + path : "";
	return true;
}

int maps_parse(char *text, pid_t pid, struct maps *ret)
{
	struct maps m = { .text = text };
	size_t cap = 0;
	int err = 0;

	for (char *line = text, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!ARRAY_ROOM(m.v, m.n, cap)) {
			err = err_sys(ENOMEM, "memory map of process %d", pid);
			break;
		}
		if (parse_line(line, &m.v[m.n]))
			m.n++;
	}
	if (!err && !m.n)
		err = err_set(ESRCH, "process %d has no memory map: it has exited or is a kernel thread",
			      pid);
	if (err) {
		maps_free(&m);
		return err;
	}
	*ret = m;
	return 0;
}

int maps_read(pid_t pid, struct maps *ret)
{
	struct buf b = { 0 };
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	err = buf_read_file(&b, path, MAPS_MAX);
	if (err) {
		buf_free(&b);
		return err_sys(-err, "can't read the memory map of process %d", pid);
	}
	return maps_parse(b.data, pid, ret);
}

void maps_free(struct maps *m)
{
	free(m->v);
	free(m->text);
	*m = (struct maps){ 0 };
}

const struct map *maps_at(const struct maps *m, uint64_t addr)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->v[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->n && m->v[lo].start <= addr ? &m->v[lo] : NULL;
}
