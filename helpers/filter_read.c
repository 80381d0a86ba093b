/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter_read.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/progress.h"
#include "stack/readers.h"

/* How far all inputs are together. */
struct watched {
	struct progress progress;
	pthread_mutex_t lock;
	uint64_t done, size;		/* size 0: not known */
};

/* All inputs share what was learnt of the files. */
struct unwinding {
	struct go_recorded *recorded;
	pthread_mutex_t lock;
};

static int unwind(void *ctx, const struct unwind_input *in, uint64_t *pcs, size_t max, bool *ret_cut)
{
	struct unwinding *u = ctx;
	int ret;

	pthread_mutex_lock(&u->lock);
	ret = go_recorded_unwind(u->recorded, in, pcs, max, ret_cut);
	pthread_mutex_unlock(&u->lock);
	return ret;
}

/* One input, and what comes of it. */
struct input {
	const struct opt_filter *filter;
	struct watched *watched;
	const char *file;
	struct unwinding *unwinding;
	struct profile *profile;
	struct buf *by;			/* keys that stand at the root, as the reader or --by has them */
	uint64_t seen;			/* bytes that the progress knows of */
	struct buf says;		/* lines for stderr */
	int ret;
	char error[1024];
};

static void show_progress(void *arg, uint64_t bytes)
{
	struct input *in = arg;
	struct watched *w = in->watched;

	pthread_mutex_lock(&w->lock);
	w->done += bytes - in->seen;
	in->seen = bytes;
	progress_show(&w->progress, w->done, w->size, NULL);
	pthread_mutex_unlock(&w->lock);
}

static void add_key(struct buf *keys, const char *list)
{
	for (const char *at = list ? list : ""; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		const char *known = keys->data;

		while (known && *known && (strcspn(known, " ") != n || memcmp(known, at, n))) {
			known += strcspn(known, " ");
			known += strspn(known, " ");
		}
		if (!known || !*known) {
			if (keys->len)
				buf_char(keys, ' ');
			buf_add(keys, at, n);
		}
		at += n;
	}
}

/* The labels that the reader shall keep: those for the root and those that will be written. */
static int wanted_labels(struct input *in, struct reading *r, struct buf *ret)
{
	const struct opt_filter *filter = in->filter;
	const struct writer *w = writer_find(filter->out.format);
	const struct reader *reader = readers_find(r);

	if (!reader)
		return r->from ? -EINVAL : -EBADMSG;
	add_key(in->by, filter->transform.by ? filter->transform.by : reader->by);
	add_key(ret, in->by->data);
	add_key(ret, w && w->labels ? filter->write.label : NULL);
	add_key(ret, w ? w->labels : NULL);
	/* fine enough for a column of a picture to be one pixel of a second */
	r->tick_ns = filter->write.interval_ns ? filter->write.interval_ns :
		     w && w->picture	       ? 1000000 :
						 1;
	r->labels = ret->data;
	r->addresses = (w && w->addresses) || filter->resolve.symbols == SYMBOLS_ALWAYS;
	return in->by->failed || ret->failed ? err_sys(ENOMEM, "%s", r->lines->name) : 0;
}

static int read_lines(struct input *in, struct lines *lines)
{
	const struct opt_filter *filter = in->filter;
	struct reading r = { .lines = lines, .profile = in->profile, .unit = filter->unit,
			     .from = filter->from, .strict = filter->strict,
			     .classic = filter->classic, .caller = filter->resolve.caller,
			     .unwind = in->unwinding->recorded ? unwind : NULL,
			     .unwind_ctx = in->unwinding };
	struct buf labels = { 0 };
	int ret;

	lines->on_read = show_progress;
	lines->arg = in;
	ret = wanted_labels(in, &r, &labels);
	if (!ret)
		ret = readers_read(&r);
	if (!ret && r.notes.len)
		buf_add(&in->says, r.notes.data, r.notes.len);
	buf_free(&r.notes);
	buf_free(&labels);
	if (!ret && r.bad)
		buf_printf(&in->says, "%s (%llu left out of %llu; --strict refuses)\n", r.first_bad,
			   (unsigned long long)r.bad, (unsigned long long)(r.bad + r.samples));
	return ret;
}

static int read_file(struct input *in)
{
	bool is_stdin = !strcmp(in->file, "-");
	struct lines lines;
	struct stat st;
	int fd = is_stdin ? STDIN_FILENO : open(in->file, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_sys(errno, "can't open %s", in->file);
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		close(fd);
		return err_sys(EISDIR, "can't read %s", in->file);
	}
	if (is_stdin && isatty(fd) && !in->filter->out.quiet)
		fprintf(stderr, "%s: reading stacks from the terminal; end with Ctrl-D\n",
			program_invocation_name);
	lines_open(&lines, fd, is_stdin ? "stdin" : in->file);
	ret = read_lines(in, &lines);
	lines_close(&lines);
	if (!is_stdin)
		close(fd);
	return ret;
}

static void say(struct input *in)
{
	for (const char *line = in->says.data; line && *line;) {
		size_t n = strcspn(line, "\n");

		if (!in->filter->out.quiet)
			fprintf(stderr, "%s: %.*s\n", program_invocation_name, (int)n, line);
		line += n + (line[n] != '\0');
	}
	buf_free(&in->says);
}

/* The size of all files together, if each has one. */
static uint64_t size_of(char *const *files, int n)
{
	uint64_t size = 0;
	struct stat st;

	for (int i = 0; i < n; i++) {
		if (!strcmp(files[i], "-") || stat(files[i], &st) || !S_ISREG(st.st_mode))
			return 0;
		size += st.st_size;
	}
	return size;
}

static int one_by_one(struct input *first, char *const *files, int n)
{
	int ret = 0;

	for (int i = 0; !ret && i < n; i++) {
		struct input in = *first;

		in.file = files[i];
		ret = read_file(&in);
		progress_clear(&in.watched->progress);
		say(&in);
	}
	return ret;
}

/* Inputs that wait for a thread. */
struct queue {
	struct input *inputs;
	int next, n;
	pthread_mutex_t lock;
};

static void *work(void *arg)
{
	struct queue *q = arg;

	for (;;) {
		struct input *in;
		int i;

		pthread_mutex_lock(&q->lock);
		i = q->next++;
		pthread_mutex_unlock(&q->lock);
		if (i >= q->n)
			return NULL;
		in = &q->inputs[i];
		in->ret = read_file(in);
		/* the words are this thread's */
		if (in->ret)
			snprintf(in->error, sizeof(in->error), "%s", err_text());
	}
}

static int add_up(struct queue *q, struct profile *p, struct buf *by)
{
	int ret = 0;

	for (int i = 0; !ret && i < q->n; i++) {
		struct input *in = &q->inputs[i];

		say(in);
		if (in->ret)
			return err_set(-in->ret, "%s", in->error);
		add_key(by, in->by->data);
		ret = profile_merge(p, in->profile);
		if (ret == -E2BIG)
			return err_set(E2BIG, "%s: with it there are more than %d kinds of values",
				       in->file, PROFILE_VALUES);
	}
	return ret ? err_sys(-ret, "adding up the inputs") : 0;
}

static int run_threads(struct queue *q, unsigned jobs)
{
	pthread_t threads[FILTER_JOBS_MAX];
	unsigned started = 0;
	int err = 0;

	while (!err && started < jobs && started < (unsigned)q->n) {
		err = pthread_create(&threads[started], NULL, work, q);
		started += !err;
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	return started ? 0 : err_sys(err, "can't start a thread");
}

static int at_once(struct input *first, char *const *files, int n)
{
	struct queue q = { .n = n, .lock = PTHREAD_MUTEX_INITIALIZER };
	struct profile *profiles = calloc(n, sizeof(*profiles));
	struct buf *by = calloc(n, sizeof(*by));
	int ret = 0;

	q.inputs = calloc(n, sizeof(*q.inputs));
	if (!q.inputs || !profiles || !by)
		ret = err_sys(ENOMEM, "reading %d files", n);
	for (int i = 0; !ret && i < n; i++) {
		q.inputs[i] = *first;
		q.inputs[i].file = files[i];
		q.inputs[i].profile = &profiles[i];
		q.inputs[i].by = &by[i];
		if (profile_init(&profiles[i], NULL, 0))
			ret = err_sys(ENOMEM, "reading %d files", n);
	}
	if (!ret)
		ret = run_threads(&q, first->filter->jobs);
	progress_clear(&first->watched->progress);
	if (!ret)
		ret = add_up(&q, first->profile, first->by);
	for (int i = 0; i < n; i++) {
		if (profiles)
			profile_free(&profiles[i]);
		if (by)
			buf_free(&by[i]);
		if (q.inputs)
			buf_free(&q.inputs[i].says);
	}
	free(profiles);
	free(by);
	free(q.inputs);
	return ret;
}

int filter_read(const struct opt_filter *f, char *const *files, int n,
		struct go_recorded *recorded, struct profile *p, struct buf *by)
{
	struct unwinding u = { recorded, PTHREAD_MUTEX_INITIALIZER };
	struct watched w = { .lock = PTHREAD_MUTEX_INITIALIZER, .size = size_of(files, n) };
	struct input first = { .filter = f, .watched = &w, .unwinding = &u, .profile = p, .by = by };
	char label[32];

	snprintf(label, sizeof(label), "%d files", n);
	progress_begin(&w.progress, n == 1 ? files[0] : label, f->out.quiet || !w.size);
	return f->jobs > 1 && n > 1 ? at_once(&first, files, n) : one_by_one(&first, files, n);
}
