/* SPDX-License-Identifier: GPL-2.0-only */
/* perf_probes_kernel.c - what of the kernel's list is gobpf's; adding to it, taking away */
#include "cmd/perf_probes_run.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

#define HASH_BITS 56
#define MARK "go=\\0x"
#define MARK_DIGITS (HASH_BITS / 4 + 2)

/* perf closes its events some time after it ended. */
#define CLOSING_NS 5000000000ull
#define NAP_NS 20000000

bool probe_file_hash(const char *path, uint64_t *ret)
{
	uint64_t hash = 0xcbf29ce484222325;	/* FNV-1a */
	struct stat st;

	if (stat(path, &st))
		return false;
	const uint64_t words[] = { st.st_dev, st.st_ino, st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec };

	for (size_t i = 0; i < sizeof(words); i++)
		hash = (hash ^ ((const unsigned char *)words)[i]) * 0x100000001b3;
	*ret = hash & ((1ull << HASH_BITS) - 1);
	return true;
}

static bool is_event_name(const char *name)
{
	unsigned n;
	const struct go_event *events = go_events(&n);

	while (n)
		if (!strcmp(events[--n].name, name))
			return true;
	return false;
}

bool probe_mark_of(const struct tracefs_event *e, struct probe_mark *ret)
{
	const char *last = strrchr(e->fetch, ' '), *digits;
	uint64_t v = 0;

	last = last ? last + 1 : e->fetch;
	if (strncmp(last, MARK, strlen(MARK)) != 0 || !is_event_name(e->name))
		return false;
	digits = last + strlen(MARK);
	if (strspn(digits, "0123456789abcdef") != MARK_DIGITS || strcmp(digits + MARK_DIGITS, ":u8") != 0)
		return false;
	for (int i = 0; i < MARK_DIGITS; i++)
		v = v << 4 | (digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
	*ret = (struct probe_mark){ v >> 8, v & 0xff };
	return true;
}

const char *probe_stale(const struct tracefs_event *e, const struct probe_mark *m)
{
	uint64_t hash;

	if (!probe_file_hash(e->path, &hash))
		return "is gone";
	return hash != m->file ? "was replaced" : NULL;
}

/* Somebody else's event, or one of another file: why this group can't be used. */
static int refuse(const struct perf_probes *p, const struct tracefs_event *e, bool ours, const struct probe_mark *m)
{
	const char *group = perf_probes_group(p), *stale = ours ? probe_stale(e, m) : NULL;

	if (!ours)
		return err_set(EEXIST, "the event %s:%s is there, and gobpf did not make it; choose another group "
				       "with --group", group, e->name);
	if (stale)
		return err_set(EEXIST, "the group %s has events of %s, which %s: take them away with gobpf "
				       "perf-probes --remove --stale", group, e->path, stale);
	return err_set(EEXIST, "the group %s has events of %s: choose another one with --group, or take those away "
			       "with gobpf perf-probes --remove %s", group, e->path, e->path);
}

static struct perf_probe *find(struct perf_probes *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->v[i].event->name, name))
			return &p->v[i];
	return NULL;
}

int perf_probes_compare(struct perf_probes *p)
{
	bool any = false;

	for (size_t i = 0; i < p->there.n; i++) {
		const struct tracefs_event *e = &p->there.v[i];
		struct perf_probe *probe;
		struct probe_mark m;
		bool ours;

		if (strcmp(e->group, perf_probes_group(p)) != 0)
			continue;
		any = true;
		ours = probe_mark_of(e, &m);
		probe = find(p, e->name);
		if (ours ? m.file != p->mark.file : probe != NULL)
			return refuse(p, e, ours, &m);
		if (!probe)
			continue;
		/* its fetches end in the mark, which may be another gobpf's */
		if (e->offset != probe->place.offset || !strstr(probe->line, e->fetch))
			return err_set(EEXIST, "%s:%s was made by another version of gobpf: take it away with gobpf "
					       "perf-probes --remove %s", e->group, e->name, p->object);
		probe->state = PROBE_THERE;
	}
	if (!any && tracefs_has_group(&p->tracefs, perf_probes_group(p)))
		return err_set(EEXIST, "the group %s is the kernel's, or somebody else's: choose another one with "
				       "--group", perf_probes_group(p));
	return 0;
}

static int remove_one(const struct perf_probes *p, const char *group, const char *name, uint64_t *patience_ns)
{
	struct timespec nap = { 0, NAP_NS };
	int err;

	while ((err = tracefs_remove(&p->tracefs, group, name)) == -EBUSY && *patience_ns >= NAP_NS) {
		nanosleep(&nap, NULL);
		*patience_ns -= NAP_NS;
	}
	return err;
}

static int undo(struct perf_probes *p, uint64_t patience_ns)
{
	int failed = 0, err;

	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].state != PROBE_ADDED)
			continue;
		err = remove_one(p, perf_probes_group(p), p->v[i].event->name, &patience_ns);
		if (!err)
			p->v[i].state = PROBE_ABSENT;
		failed = failed ? failed : err;
	}
	return failed;
}

int perf_probes_undo(struct perf_probes *p)
{
	return undo(p, CLOSING_NS);
}

int perf_probes_add(struct perf_probes *p)
{
	int err = 0;

	for (size_t i = 0; i < p->n && !err; i++) {
		if (p->v[i].state != PROBE_ABSENT)
			continue;
		err = tracefs_add(&p->tracefs, p->v[i].line);
		if (!err)
			p->v[i].state = PROBE_ADDED;
	}
	if (err) {
		char words[512];

		snprintf(words, sizeof(words), "%s", err_text());
		undo(p, 0);
		err_set(-err, "%s", words);
	}
	return err;
}

int perf_probes_remove(struct perf_probes *p, unsigned *ret_n)
{
	uint64_t patience_ns = 0;
	int failed = 0, err;

	*ret_n = 0;
	for (size_t i = 0; i < p->there.n; i++) {
		const struct tracefs_event *e = &p->there.v[i];
		struct probe_mark m;

		if (!probe_mark_of(e, &m) || (p->group && strcmp(e->group, p->group) != 0))
			continue;
		if (p->object ? m.file != p->mark.file : p->stale && !probe_stale(e, &m))
			continue;
		err = remove_one(p, e->group, e->name, &patience_ns);
		*ret_n += !err;
		failed = failed ? failed : err;
	}
	return failed;
}
