/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/tries.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "script/abilities.h"
#include "script/explain.h"
#include "script/probe_file.h"
#include "script/program.h"

#define STARTS_MAX	14	/* more than there are rows that can be refused */
#define DEADLINE_NS	30000000000ULL	/* for all starts */
#define FIELD(name)	offsetof(struct bpftrace_abilities, name)
#define NEEDED		SIZE_MAX

/* A line of the program, and the ability that it stands for. */
struct row {
	size_t at;	/* the ability's place, NEEDED: none, the line is always there */
	const char *text;
};

/*
 * str() prints the name of bpftrace's own file: two letters or three.  It needs the kernel's
 * types; where those lack, the version's row says how long strings are.
 */
static const struct row rows[] = {
	{ FIELD(config), "config = {" },
	{ FIELD(config), "max_map_keys = 64;" },
	{ FIELD(config), "max_strlen = 64;" },
	{ FIELD(missing_probes), "missing_probes = \"error\";" },
	{ FIELD(config), "}" },
	{ NEEDED, "BEGIN {" },
	{ FIELD(raw_stacks), "@raw[ustack(raw)] = count();" },
	{ FIELD(map_loops), "@map[1] = 1; for ($kv : @map) { @key = $kv.0; }" },
	{ FIELD(range_loops), "for ($i : 0..3) { @last = $i; }" },
	{ FIELD(short_strings), "printf(\"gobpf <%s>\\n\", str(((struct task_struct *)curtask)"
				"->mm->exe_file->f_path.dentry->d_name.name, 3));" },
	{ NEEDED, "printf(\"gobpf done\\n\"); exit(); }" },
	{ FIELD(address), "address" },
	{ FIELD(offset), "offset" },
};

struct tries {
	struct bpftrace *bt;
	bool out[ARRAY_SIZE(rows)];	/* taken out of the program */
	char file[64];			/* what is probed */
	uint64_t deadline_ns;
};

static void take_out(struct tries *t, size_t at)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].at == at ||
		    (at == FIELD(config) && rows[i].at == FIELD(missing_probes)))
			t->out[i] = true;
}

static bool is_in(const struct tries *t, size_t at)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].at == at)
			return !t->out[i];
	return false;
}

/* A row is a line; one that is out leaves an empty line, so numbers stay. */
static int program(const struct tries *t)
{
	char inside[64];
	int fd = memfd_create("tries", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys(errno, "can't write a program to try");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].at == FIELD(offset))
			snprintf(inside, sizeof(inside), "\"%s\"+%d", PROBE_FILE_SECOND, PROBE_FILE_INSIDE);
		else
			snprintf(inside, sizeof(inside), "0x%x", PROBE_FILE_FIRST_ADDR + PROBE_FILE_INSIDE);
		if (t->out[i])
			dprintf(fd, "\n");
		else if (rows[i].at == FIELD(address) || rows[i].at == FIELD(offset))
			dprintf(fd, "uprobe:%s:%s { @%s = count(); }\n", t->file, inside, rows[i].text);
		else
			dprintf(fd, "%s\n", rows[i].text);
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int start(struct tries *t, struct program_result *ret)
{
	char *argv[] = { t->bt->path, (char *)"-f", (char *)"json", (char *)"-", NULL };
	char *env[] = { NULL };
	int in = program(t), err;

	if (in < 0)
		return in;
	err = program_run(argv, env, in, t->deadline_ns, ret);
	close(in);
	return err;
}

/* Takes out what it complains of; how many lines those are. */
static unsigned refused_lines(struct tries *t, const char *said)
{
	unsigned from, to, found = 0;

	for (size_t len; *said; said += len + (said[len] == '\n')) {
		len = strcspn(said, "\n");
		if (!explain_place((struct part){ said, len }, &from, &to))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (i + 1 >= from && i + 1 <= to && rows[i].at != NEEDED && !t->out[i]) {
				take_out(t, rows[i].at);
				found++;
			}
	}
	return found;
}

/* What fails only at attaching is named by its function, if by anything. */
static bool refused_probe(struct tries *t, const char *said)
{
	static const size_t probes[] = { FIELD(offset), FIELD(address) };
	static const char *const names[] = { PROBE_FILE_SECOND, PROBE_FILE_FIRST };

	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		if (is_in(t, probes[i]) && strstr(said, names[i])) {
			take_out(t, probes[i]);
			return true;
		}
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		if (is_in(t, probes[i])) {
			take_out(t, probes[i]);
			return true;
		}
	return false;
}

/* Its output when nothing was refused. */
static int learn(struct tries *t, const char *out)
{
	struct bpftrace_abilities *can = t->bt->can;
	bool strings = is_in(t, FIELD(short_strings));

	if (!strstr(out, "{\"type\"") || !strstr(out, "gobpf done") ||
	    (strings && !strstr(out, "gobpf <")))
		return err_set(EIO, "it doesn't do what bpftrace does");
	for (size_t i = 0; i < ABILITIES; i++) {
		const struct ability *a = &abilities[i];

		if (a->at == FIELD(short_strings)) {
			if (strings)
				can->short_strings = !strstr(out, "gobpf <bpf>");
		} else if (a->at != FIELD(own_pids)) {
			*ability_of(can, a) = is_in(t, a->at);
		}
	}
	abilities_set_names(can);
	return 0;
}

static int go_on(struct tries *t)
{
	struct explain e = { .bt = t->bt, .name = "the program that is tried" };

	for (int n = 0; n < STARTS_MAX; n++) {
		struct program_result r;
		int err = start(t, &r);
		bool again = false, done = false;

		if (err)
			return err;
		e.wait_status = r.wait_status;
		if (!r.wait_status)
			done = true;
		else if (r.err.len && WIFEXITED(r.wait_status))
			again = refused_lines(t, r.err.data) || refused_probe(t, r.err.data);
		if (done)
			err = learn(t, r.out.data ? r.out.data : "");
		else if (!again)
			err = explain(&e, (struct part){ r.err.data, r.err.len });
		program_result_free(&r);
		if (!again)
			return err;
	}
	return err_set(EIO, "it refuses everything that is tried");
}

int bpftrace_try(struct bpftrace *b)
{
	struct bpftrace copy = *b;
	struct tries t = { .bt = &copy, .deadline_ns = num_now_ns() + DEADLINE_NS };
	int fd = probe_file(), err;

	if (fd < 0)
		return fd;
	snprintf(t.file, sizeof(t.file), "/proc/%d/fd/%d", getpid(), fd);
	err = go_on(&t);
	close(fd);
	if (!err)
		*b = copy;
	return err;
}
