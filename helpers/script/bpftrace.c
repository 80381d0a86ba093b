/* SPDX-License-Identifier: GPL-2.0-only */
#include "script/bpftrace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "script/abilities.h"
#include "script/learnt.h"
#include "script/program.h"
#include "script/tries.h"

#define OLD_NAMES .max_keys = "BPFTRACE_MAP_KEYS_MAX", .max_strlen = "BPFTRACE_STRLEN"
#define NEW_NAMES .max_keys = "BPFTRACE_MAX_MAP_KEYS", .max_strlen = "BPFTRACE_MAX_STRLEN"

/* Tried: 0.17.0 (Debian 12), 0.23.2 (Debian 13), 0.27.1 (Debian unstable). */
static const struct bpftrace_abilities table[] = {
	{ 0, 17, OLD_NAMES },
	{ 0, 23, .address = true, .offset = true, .raw_stacks = true, .config = true,
	  .missing_probes = true, .map_loops = true, .short_strings = true, NEW_NAMES },
	{ 0, 27, .address = true, .offset = true, .raw_stacks = true, .own_pids = true,
	  .config = true, .missing_probes = true, .map_loops = true, .range_loops = true,
	  .short_strings = true, NEW_NAMES },
};

#define ABILITY(field, words) { #field, words, offsetof(struct bpftrace_abilities, field) }

const struct ability abilities[ABILITIES] = {
	ABILITY(address, "addresses"),
	ABILITY(offset, "offsets"),
	ABILITY(raw_stacks, "raw stacks"),
	ABILITY(config, "config"),
	ABILITY(missing_probes, "missing_probes"),
	ABILITY(map_loops, "map loops"),
	ABILITY(range_loops, "range loops"),
	ABILITY(short_strings, "short str()"),
};

void abilities_set_names(struct bpftrace_abilities *can)
{
	static const struct bpftrace_abilities before = { OLD_NAMES }, since = { NEW_NAMES };

	can->max_keys = can->config ? since.max_keys : before.max_keys;
	can->max_strlen = can->config ? since.max_strlen : before.max_strlen;
}

static bool at_least(const struct bpftrace *b, const struct bpftrace_abilities *row)
{
	return b->major > row->major || (b->major == row->major && b->minor >= row->minor);
}

bool bpftrace_parse_version(const char *text, struct bpftrace *ret)
{
	const char *p = strstr(text, "bpftrace ");
	unsigned major, minor, patch = 0;

	if (!p)
		return false;
	p += strlen("bpftrace ");
	p += *p == 'v';
	if (sscanf(p, "%4u.%4u.%4u", &major, &minor, &patch) < 2)
		return false;
	ret->major = major;
	ret->minor = minor;
	ret->patch = patch;
	ret->can[0] = (struct bpftrace_abilities){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (at_least(ret, &table[i]))
			ret->can[0] = table[i];
	return true;
}

static int find(const char *path, char ret[PATH_MAX])
{
	if (path) {
		if (!realpath(path, ret) || access(ret, X_OK))
			return err_sys(errno, "can't run %s", path);
		return 0;
	}
	if (program_find("bpftrace", ret))
		return 0;
	return err_set(EOPNOTSUPP, "bpftrace is not in PATH (on Debian and Ubuntu: "
				   "apt-get install bpftrace)");
}

/* Linux include/linux/proc_ns.h: PROC_PID_INIT_INO, the first PID namespace's inode */
static bool in_first_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == 0xeffffffc;
}

int bpftrace_check_pids(const struct bpftrace *b)
{
	if (b->can->own_pids || in_first_pid_namespace())
		return 0;
	return err_set(EOPNOTSUPP, "bpftrace %u.%u.%u does not know a process by its PID of this "
		       "container (PID namespace): run gobpf outside of it, or use bpftrace 0.27",
		       b->major, b->minor, b->patch);
}

static int ask_version(struct bpftrace *b)
{
	struct buf out = { 0 };
	int err = program_version(b->path, &out);

	if (!err && (!out.data || !bpftrace_parse_version(out.data, b)))
		err = err_set(EOPNOTSUPP, "%s doesn't say which bpftrace it is", b->path);
	if (!err && !b->can->max_keys)
		err = err_set(EOPNOTSUPP, "%s is version %u.%u.%u: too old, at least 0.17 is needed "
			      "(Debian 12 has it)", b->path, b->major, b->minor, b->patch);
	buf_free(&out);
	return err;
}

static void by_table(struct bpftrace *b, const char *why)
{
	b->learnt = BPFTRACE_TABLE;
	snprintf(b->learnt_why, sizeof(b->learnt_why), "%.*s", (int)strcspn(why, "\n"), why);
}

/* Starts it some times; not where every command would have to do that again. */
static void try_and_keep(struct bpftrace *b, bool anyway)
{
	bool keep = learnt_can_save();

	if (geteuid())
		by_table(b, "not root");
	else if (!keep && !anyway)
		by_table(b, "no folder of this user alone to keep what is learnt "
			 "($XDG_CACHE_HOME or ~/.cache)");
	else if (bpftrace_try(b))
		by_table(b, err_text());
	else
		b->learnt = BPFTRACE_TRIED;
	if (keep && b->learnt == BPFTRACE_TRIED && learnt_save(b))
		snprintf(b->learnt_why, sizeof(b->learnt_why), "%s", err_text());
}

static int find_and_ask(const char *path, bool anyway, struct bpftrace *ret)
{
	struct bpftrace b = { 0 };
	int err = find(path, b.path);

	if (err)
		return err;
	/* a script may start another bpftrace today, so that is asked each time */
	if (!learnt_is_elf(b.path) || !learnt_load(&b)) {
		err = ask_version(&b);
		if (err)
			return err;
		if (!learnt_load(&b))
			try_and_keep(&b, anyway);
	}
	*ret = b;
	return 0;
}

int bpftrace_find(const char *path, struct bpftrace *ret)
{
	return find_and_ask(path, false, ret);
}

int bpftrace_find_and_try(const char *path, struct bpftrace *ret)
{
	return find_and_ask(path, true, ret);
}

void bpftrace_list(const struct bpftrace *b, bool able, struct buf *ret)
{
	struct bpftrace_abilities can = b->can[0];

	for (size_t i = 0, n = 0; i < ABILITIES; i++)
		if (*ability_of(&can, &abilities[i]) == able)
			buf_printf(ret, "%s%s", n++ ? ", " : "", abilities[i].words);
}
