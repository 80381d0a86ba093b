/* SPDX-License-Identifier: GPL-2.0-only */
#include "bt_stacks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "script/gostacks.h"

int bt_stacks_open(struct bt *b, struct resolving *ret)
{
	snprintf(b->pid, sizeof(b->pid), "%d", b->target.pid);
	b->filter.resolve.pid = b->pid;
	return resolving_open(&b->filter.resolve, ret);
}

/* The text as a file, since that is what readers of stacks take. */
static int as_file(const struct buf *text, char name[32])
{
	int fd = memfd_create("stacks", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < text->len) {
		ssize_t n = pwrite(fd, text->data + done, text->len - done, done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			fd = -1;
		}
		done += n > 0 ? n : 0;
	}
	snprintf(name, 32, "/proc/self/fd/%d", fd);
	return fd >= 0 ? fd : err_sys(errno, "can't keep the stacks in memory");
}

/* Other maps than the one shown would go unnoticed. */
static void say_what_is_shown(const struct bt *b, const struct profile *p)
{
	bool all = !strcmp(b->filter.out.format, "json") || !strcmp(b->filter.out.format, "pprof") ||
		   !strcmp(b->filter.out.format, "speedscope") || !strcmp(b->filter.out.format, "html");

	if (p->ntypes < 2 || all || b->filter.value || b->filter.out.quiet)
		return;
	fprintf(stderr, "%s: these are the stacks of @%s; --value shows another map's:", program_invocation_name,
		p->types[b->filter.write.value].name);
	for (unsigned i = 0; i < p->ntypes; i++)
		if (i != b->filter.write.value)
			fprintf(stderr, " %s", p->types[i].name);
	fputc('\n', stderr);
}

static int write_stacks(struct bt *b, struct resolving *r, const struct buf *stacks)
{
	char name[32], *files[] = { name };
	struct profile p = { 0 };
	int fd = as_file(stacks, name), err;

	if (fd < 0)
		return fd;
	b->filter.from = "bpftrace";
	err = filter_load_by(&b->filter, r, files, 1, &p);
	close(fd);
	if (!err)
		err = filter_choose_value(&b->filter, &p);
	if (!err)
		say_what_is_shown(b, &p);
	if (!err)
		err = filter_write(&b->filter, &p);
	profile_free(&p);
	return err;
}

int bt_stacks_write(struct bt *b, struct resolving *r, const struct script *s, const struct buf *out)
{
	struct buf stacks = { 0 }, rest = { 0 };
	const char *path = b->filter.out.path;
	bool file = path && strcmp(path, "-") != 0;
	int err = gostacks_split(s, (struct part){ out->data, out->len }, &stacks, &rest);

	if (rest.len)
		fwrite(rest.data, 1, rest.len, file ? stdout : stderr);
	if (!err && stacks.len)
		err = write_stacks(b, r, &stacks);
	else if (!err && !b->filter.out.quiet)
		fprintf(stderr, "%s: no stacks: none of the probes was hit, or nothing went into %s\n",
			program_invocation_name, s->maps[0].name);
	buf_free(&stacks);
	buf_free(&rest);
	return err;
}
