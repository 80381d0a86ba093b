/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/read_folded.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "stack/fold.h"
#include "stack/idmap.h"

/* A name met before, as it stood in the text. */
struct name {
	size_t at;		/* in folded.texts */
	uint32_t len, id;	/* id: the frame's */
};

/*
 * Most names come again and again, and folded text is sorted as a rule: so
 * names are looked up here first, and the frames that a line begins with are
 * those of the line before as far as both say the same.
 */
struct folded {
	struct reading *r;
	unsigned value;
	struct buf texts;
	struct name *names;
	size_t nnames, names_cap;
	struct idmap by_name;
	struct buf before;	/* the stack of the line before */
	uint32_t *ids;		/* its frames, root first */
	size_t *ends;		/* where in it each frame ends */
	size_t nids, ids_cap, ends_cap;
	uint32_t *leaf_first;
	size_t leaf_first_cap;
};

/* Where the count begins: behind the last blank; NULL when the line does not end in a number. */
static char *count_of(char *line, size_t len)
{
	char *at = line + len;

	while (at > line && isdigit((unsigned char)at[-1]))
		at--;
	if (!*at || at == line || (at[-1] != ' ' && at[-1] != '\t'))
		return NULL;
	return at;
}

static size_t trimmed(const char *s, size_t len)
{
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	return len;
}

/* A blank and digits at the end */
static bool ends_in_count(const char *line, size_t len)
{
	size_t n = len;

	while (n && isdigit((unsigned char)line[n - 1]))
		n--;
	return n < len && n > 1 && isblank((unsigned char)line[n - 1]);
}

bool folded_match(const char *head, size_t len)
{
	size_t stacks = 0, others = 0;

	for (const char *at = head, *end = head + len; at < end;) {
		const char *nl = memchr(at, '\n', end - at);
		size_t n = trimmed(at, (nl ? nl : end) - at);

		/* a first line too long to see the end of */
		if (!nl && at == head && len > 4096)
			return memchr(head, ';', len);
		if (n && at[n - 1] == '\r')
			n--;
		if (ends_in_count(at, n))
			stacks++;
		else if (n)
			others++;
		at = nl ? nl + 1 : end;
	}
	/* prose has numbers at ends of lines, too, but not on most */
	return stacks && stacks >= others;
}

static int find_frame(struct folded *f, const char *name, size_t len, uint32_t *ret)
{
	uint64_t hash = hash_bytes(name, len);
	size_t at = idmap_at(&f->by_name, hash), start = f->texts.len;
	struct frame frame;
	uint32_t id;
	int err;

	while (idmap_next(&f->by_name, hash, &at, &id)) {
		const struct name *n = &f->names[id];

		if (n->len == len && !memcmp(f->texts.data + n->at, name, len)) {
			*ret = n->id;
			return 0;
		}
	}
	/* twice: fold_frame() takes the mark off its own copy */
	buf_add(&f->texts, name, len);
	buf_add(&f->texts, name, len);
	if (f->texts.failed || !ARRAY_ROOM(f->names, f->nnames, f->names_cap) ||
	    !idmap_add(&f->by_name, hash, f->nnames))
		return -ENOMEM;
	fold_frame(f->texts.data + start + len, &frame);
	err = profile_frame(f->r->profile, &frame, ret);
	f->texts.len = start + len;
	f->names[f->nnames++] = (struct name){ start, len, *ret };
	return err;
}

/* Keeps of the line before the frames that the new one begins with; returns where the next one begins. */
static size_t keep_common(struct folded *f, const char *stack, size_t len)
{
	size_t most = f->before.len < len ? f->before.len : len, same = 0, n = f->nids;

	while (same + 64 <= most && !memcmp(f->before.data + same, stack + same, 64))
		same += 64;
	while (same < most && f->before.data[same] == stack[same])
		same++;
	/* a frame is the same if its end is, too: there must be a semicolon in both */
	while (n && f->ends[n - 1] >= same)
		n--;
	f->nids = n;
	return n ? f->ends[n - 1] + 1 : 0;
}

static int add_frames(struct folded *f, const char *stack, size_t len)
{
	size_t at = keep_common(f, stack, len);

	buf_clear(&f->before);
	buf_add(&f->before, stack, len);
	for (;;) {
		const char *semi = memchr(stack + at, ';', len - at);
		size_t end = semi ? (size_t)(semi - stack) : len;
		int ret;

		if (!ARRAY_ROOM(f->ids, f->nids, f->ids_cap) ||
		    !ARRAY_ROOM(f->ends, f->nids, f->ends_cap) || f->before.failed)
			return -ENOMEM;
		ret = find_frame(f, stack + at, end - at, &f->ids[f->nids]);
		if (ret)
			return ret;
		f->ends[f->nids++] = end;
		if (!semi)
			return 0;
		at = end + 1;
	}
}

static int add_stack(struct folded *f, const char *stack, size_t len, int64_t count)
{
	int64_t values[PROFILE_VALUES] = { 0 };
	int ret = add_frames(f, stack, len);

	if (ret)
		return ret;
	if (!ARRAY_ROOM(f->leaf_first, f->nids, f->leaf_first_cap))
		return -ENOMEM;
	for (size_t i = 0; i < f->nids; i++)
		f->leaf_first[i] = f->ids[f->nids - 1 - i];
	values[f->value] = count;
	f->r->samples++;
	return profile_add(f->r->profile, f->leaf_first, f->nids, values);
}

static int read_line(struct folded *f, char *line, size_t len)
{
	struct reading *r = f->r;
	unsigned long long count;
	char *at;

	if (memchr(line, '\0', len))
		return reading_bad(r, "a NUL byte in it");
	len = trimmed(line, len);
	line[len] = '\0';
	if (!len)
		return 0;
	at = count_of(line, len);
	if (!at)
		return reading_bad(r, "not a stack, a blank and a count: '%.60s'", line);
	errno = 0;
	count = strtoull(at, NULL, 10);
	if (errno || count > INT64_MAX)
		return reading_bad(r, "count %.40s is over 2^63-1", at);
	len = trimmed(line, at - line);
	if (!len)
		return reading_bad(r, "a count without a stack");
	return add_stack(f, line, len, count);
}

int folded_read(struct reading *r)
{
	struct folded f = { .r = r };
	size_t len;
	char *line;
	int ret;

	if (!reading_value(r, "samples", "count", &f.value))
		f.value = 0;
	while ((ret = lines_next(r->lines, &line, &len)) > 0) {
		ret = read_line(&f, line, len);
		if (ret)
			break;
	}
	if (!ret)
		ret = reading_last_line(r);
	buf_free(&f.texts);
	buf_free(&f.before);
	free(f.names);
	free(f.by_name.slots);
	free(f.ids);
	free(f.ends);
	free(f.leaf_first);
	return ret;
}
