/* SPDX-License-Identifier: GPL-2.0-only */
#include "input/sockets.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

enum { STATE_LISTEN = 10 };	/* TCP_LISTEN, include/net/tcp_states.h */

/* The kernel prints an address as 32-bit numbers of this machine, each of 4 bytes in network order. */
static bool parse_address(const char *hex, struct listener *l)
{
	uint32_t words[4] = { 0 };

	for (int i = 0; i < (l->v6 ? 4 : 1); i++)
		if (sscanf(hex + i * 8, "%8" SCNx32, &words[i]) != 1)
			return false;
	memcpy(&l->addr, words, l->v6 ? sizeof(l->addr.v6) : sizeof(l->addr.v4));
	return true;
}

/* "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 …" */
static bool parse_line(const char *line, struct listener *l)
{
	char local[33];
	unsigned port, state;

	if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*32[0-9A-Fa-f]:%*x %x %*s %*s %*s %*d %*d %" SCNu64, local,
		   &port, &state, &l->inode) != 4 ||
	    state != STATE_LISTEN || port > UINT16_MAX || strlen(local) != (l->v6 ? 32 : 8))
		return false;
	l->port = (uint16_t)port;
	return parse_address(local, l);
}

int listeners_parse(const char *text, bool v6, struct listener **v, size_t *n, size_t *cap)
{
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		struct listener l = { .v6 = v6, .fd = -1 };

		if (parse_line(line, &l)) {
			if (!array_room(v, *n, cap, sizeof(**v)))
				return err_sys(ENOMEM, "reading sockets");
			(*v)[(*n)++] = l;
		}
		line = *end ? end + 1 : end;
	}
	return 0;
}

int sockets_live_fds(const struct target *t, char **ret, size_t *len)
{
	struct buf b = { 0 };
	char path[64], link[256];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", t->pid);
	dir = opendir(path);
	if (!dir && (errno == EACCES || errno == EPERM))
		return target_denied(t->pid, t->comm, "look at the descriptors of");
	if (!dir)
		return err_sys(errno, "can't read %s", path);
	buf_str(&b, "");
	while ((e = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, link, sizeof(link));

		if (n > 0 && e->d_name[0] != '.')
			buf_printf(&b, "%s %.*s\n", e->d_name, (int)n, link);
	}
	closedir(dir);
	if (b.failed) {
		buf_free(&b);
		return err_sys(ENOMEM, "reading %s", path);
	}
	*ret = b.data;
	if (len)
		*len = b.len;
	return 0;
}

/* Notes the descriptors of those sockets that have one. */
static void find_descriptors(const char *fds, struct listener *v, size_t n)
{
	for (const char *line = fds; *line;) {
		const char *end = strchrnul(line, '\n');
		uint64_t inode;
		int fd;

		if (sscanf(line, "%d socket:[%" SCNu64 "]", &fd, &inode) == 2)
			for (size_t i = 0; i < n; i++)
				if (v[i].inode == inode && (v[i].fd < 0 || fd < v[i].fd))
					v[i].fd = fd;
		line = *end ? end + 1 : end;
	}
}

static int by_port(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->v6 != y->v6)
		return x->v6 ? 1 : -1;
	return memcmp(&x->addr, &y->addr, x->v6 ? sizeof(x->addr.v6) : sizeof(x->addr.v4));
}

/* A kernel without IPv6 has no tcp6. */
static int add_text(const struct target *t, const char *name, bool v6, struct listener **v, size_t *n,
		    size_t *cap)
{
	char *text;
	int err = target_text(t, name, &text, NULL);

	if (err)
		return err == -ENOENT && v6 ? 0 : err;
	err = listeners_parse(text, v6, v, n, cap);
	free(text);
	return err;
}

int listeners_read(const struct target *t, struct listener **ret, size_t *ret_n)
{
	struct listener *v = NULL;
	size_t n = 0, cap = 0, kept = 0;
	char *fds = NULL;
	int err = add_text(t, "net/tcp", false, &v, &n, &cap);

	if (!err)
		err = add_text(t, "net/tcp6", true, &v, &n, &cap);
	if (!err)
		err = target_text(t, TARGET_FDS, &fds, NULL);
	if (err) {
		free(v);
		return err;
	}
	find_descriptors(fds, v, n);
	free(fds);
	for (size_t i = 0; i < n; i++)
		if (v[i].fd >= 0)
			v[kept++] = v[i];
	if (kept)
		qsort(v, kept, sizeof(*v), by_port);
	*ret = v;
	*ret_n = kept;
	return 0;
}

const char *listener_text(const struct listener *l, char out[LISTENER_LEN])
{
	char addr[INET6_ADDRSTRLEN];

	if (!inet_ntop(l->v6 ? AF_INET6 : AF_INET, &l->addr, addr, sizeof(addr)))
		addr[0] = '\0';
	snprintf(out, LISTENER_LEN, l->v6 ? "[%s]:%u" : "%s:%u", addr, l->port);
	return out;
}

bool listener_is_loopback(const struct listener *l)
{
	if (!l->v6)
		return ntohl(l->addr.v4.s_addr) >> 24 == 127;
	if (IN6_IS_ADDR_V4MAPPED(&l->addr.v6))
		return l->addr.v6.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&l->addr.v6);
}
