/* SPDX-License-Identifier: GPL-2.0-only */
/* sockets.h - where a process listens */
#ifndef GOBPF_INPUT_SOCKETS_H
#define GOBPF_INPUT_SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/target.h"

/*
 * A listening TCP socket that the process has a descriptor of: a line of /proc/PID/net/tcp or tcp6,
 * which are those of its network namespace, whose inode is that of a descriptor
 * (net/ipv4/tcp_ipv4.c, get_tcp4_sock()).
 */
struct listener {
	bool v6;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	} addr;
	uint16_t port;
	uint64_t inode;
	int fd;			/* the lowest */
};

/* Sorted by port and address, to be free()d: 0 or -errno with words. */
int listeners_read(const struct target *t, struct listener **ret, size_t *ret_n);

/* One such text, of listening sockets of any process; adds to *v. */
int listeners_parse(const char *text, bool v6, struct listener **v, size_t *n, size_t *cap);

#define LISTENER_LEN (INET6_ADDRSTRLEN + 10)
/* "127.0.0.1:80", "[::1]:80" */
const char *listener_text(const struct listener *l, char out[LISTENER_LEN]);

/* Can nobody from elsewhere connect? */
bool listener_is_loopback(const struct listener *l);

/*
 * The text "fds" of a target: a line "N TARGET" for each descriptor, as in /proc/PID/fd. For
 * target_text().
 */
#define TARGET_FDS "fds"
int sockets_live_fds(const struct target *t, char **ret, size_t *len);

#endif
