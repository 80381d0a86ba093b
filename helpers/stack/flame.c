/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/flame.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "stack/diff.h"
#include "stack/flame_diff.h"
#include "stack/forest.h"
#include "stack/markup.h"
#include "stack/palette.h"
#include "stack/tree.h"
#include "stack/value.h"

/* In pixels. flame.js learns them from the attributes of <svg>. */
enum { WIDTH = 1200, PAD = 16, ROW = 18, HEAD = 92, FOOT = 40 };
enum { TITLE = 78, SUBTITLE = 165 };	/* letters that fit in a line, rather too few; the search stands beside the title */
#define CHAR_WIDTH 6.65		/* of the 11 px monospace that flame.css asks for */
#define MIN_WIDTH 0.1		/* of a frame; narrower ones become one "N more" frame */
#define LABEL_MIN 3		/* characters; fewer say nothing */

struct flame {
	const struct profile *p;
	const struct flame_options *o;
	struct value_type type;
	struct tree tree;
	struct tree other;		/* of a diff: the side that widths are not of */
	double total, scale, min_width;
	unsigned depth;			/* of the deepest frame drawn */
	struct buf frames;		/* the drawing */
	struct buf names;		/* escaped names of labels, */
	size_t *name_at;		/* where: offset + 1, 0 not yet */
	int64_t *label_self;
};

/* Two decimals, without printf: there are many of these. */
static void add_fixed(struct buf *b, double v)
{
	char text[32], *at = text + sizeof(text);
	long long n = llrint(fabs(v) * 100);
	unsigned decimals = n % 100;

	n /= 100;
	if (decimals) {
		if (decimals % 10)
			*--at = '0' + decimals % 10;
		*--at = '0' + decimals / 10;
		*--at = '.';
	}
	do
		*--at = '0' + n % 10;
	while (n /= 10);
	if (v < 0)
		*--at = '-';
	buf_add(b, at, text + sizeof(text) - at);
}

static void add_int(struct buf *b, double v)
{
	add_fixed(b, v < 9e15 ? floor(v) : 9e15);
}

/* "http.(*conn).serve" of "net/http.(*conn).serve": what a label shows first */
static const char *short_name(const char *name)
{
	size_t at = strcspn(name, "([ ");

	while (at && name[at - 1] != '/')
		at--;
	return name + at;
}

/* As much of name as fits into width pixels. */
static void add_label(struct flame *fl, const char *name, double x, double y, double width)
{
	size_t room = width > 6 ? (width - 6) / CHAR_WIDTH : 0, columns;
	struct buf *b = &fl->frames, cut = { 0 };

	if (room < LABEL_MIN)
		return;
	columns = utf8_columns(name);
	if (columns > room) {
		name = short_name(name);
		columns = utf8_columns(name);
	}
	buf_str(b, "<text x=\"");
	add_fixed(b, x + 3);
	buf_str(b, "\" y=\"");
	add_fixed(b, y + ROW - 5);
	buf_str(b, "\">");
	if (columns <= room) {
		markup_xml(b, name);
	} else {
		uint32_t c;

		for (size_t used = 0; *name;) {
			size_t n = utf8_decode(name, &c);

			used += utf8_width(c);
			if (used > room - 1)
				break;
			buf_add(&cut, name, n);
			name += n;
		}
		markup_xml(b, cut.data ? cut.data : "");
		buf_str(b, "…");
		b->failed |= cut.failed;
		buf_free(&cut);
	}
	buf_str(b, "</text>");
}

struct box {
	const char *name;	/* as it is */
	const char *escaped;
	const char *css;
	double start;
	int64_t value;
	unsigned depth;
	bool compared;		/* with what it was on the other side of a diff: */
	int64_t other;
};

static int64_t before(const struct flame *fl, const struct box *box)
{
	return fl->o->value == DIFF_BEFORE ? box->value : box->other;
}

static int64_t after(const struct flame *fl, const struct box *box)
{
	return fl->o->value == DIFF_BEFORE ? box->other : box->value;
}

static void add_change(struct flame *fl, const struct box *box)
{
	struct buf words = { 0 };

	diff_words(&words, &fl->type, before(fl, box), after(fl, box));
	buf_char(&fl->frames, '\n');
	markup_xml(&fl->frames, words.data ? words.data : "");
	fl->frames.failed |= words.failed;
	buf_free(&words);
}

/* data-f holds start, width and depth in the profile's own unit: flame.js computes exact shares from it. */
static void add_box(struct flame *fl, const struct box *box)
{
	double x = PAD + box->start * fl->scale, width = box->value * fl->scale;
	double y = fl->o->icicle ? box->depth * ROW : -(double)(box->depth + 1) * ROW;
	char words[2 * NUM_LEN];
	struct buf *b = &fl->frames;

	buf_str(b, "<g data-f=\"");
	add_int(b, box->start);
	buf_char(b, ',');
	add_int(b, box->value);
	buf_char(b, ',');
	add_int(b, box->depth);
	buf_str(b, "\"><title>");
	buf_str(b, box->escaped);
	buf_char(b, '\n');
	markup_xml(b, value_words(words, &fl->type, box->value));
	buf_str(b, ", ");
	add_fixed(b, 100.0 * box->value / fl->total);
	buf_str(b, " %");
	if (box->compared)
		add_change(fl, box);
	buf_str(b, "</title><rect class=\"");
	buf_str(b, box->css);
	buf_str(b, "\" x=\"");
	add_fixed(b, x);
	buf_str(b, "\" y=\"");
	add_fixed(b, y);
	buf_str(b, "\" width=\"");
	add_fixed(b, width);
	buf_str(b, "\"/>");
	add_label(fl, box->name, x, y, width);
	buf_str(b, "</g>\n");
	if (box->depth > fl->depth)
		fl->depth = box->depth;
}

static const char *escaped_name(struct flame *fl, uint32_t label)
{
	if (!fl->name_at[label]) {
		fl->name_at[label] = fl->names.len + 1;
		markup_xml(&fl->names, fl->tree.labels.v[label].text);
		buf_add(&fl->names, "", 1);
	}
	return fl->names.failed ? "" : fl->names.data + fl->name_at[label] - 1;
}

/* Whose code it is; in a diff, what became of it. */
static void choose_class(const struct flame *fl, const struct frame *f, const struct box *box,
			 char css[16])
{
	if (box->compared)
		snprintf(css, 16, "%s", diff_class(before(fl, box), after(fl, box)));
	else if (f)
		snprintf(css, 16, "c%u%u", (unsigned)palette_of(f, fl->o->module),
			 palette_tint(f->func));
	else
		snprintf(css, 16, "all");
}

/* other: the same place in the other tree, or TREE_NONE. */
static void add_node(struct flame *fl, uint32_t node, uint32_t other, double start, unsigned depth)
{
	const struct tree_node *n = &fl->tree.nodes[node];
	const struct label_text *l = node ? &fl->tree.labels.v[n->label] : NULL;
	const struct frame *f = l ? &fl->p->frames[l->frame] : NULL;
	char css[16];
	struct box box = { .name = l ? l->text : "all", .escaped = l ? escaped_name(fl, n->label) : "all",
			   .css = css, .start = start, .value = n->total, .depth = depth,
			   .compared = fl->o->diff_of,
			   .other = other == TREE_NONE ? 0 : fl->other.nodes[other].total };

	choose_class(fl, f, &box, css);
	add_box(fl, &box);
}

/* Frames too narrow to see, as one at the end of their siblings: nothing gets lost in silence. */
static void add_rest(struct flame *fl, double start, int64_t value, size_t count, unsigned depth)
{
	char name[64];

	if (value < fl->min_width)
		return;
	snprintf(name, sizeof(name), "(%zu more, too narrow to draw)", count);
	add_box(fl, &(struct box){ name, name, "more", start, value, depth, false, 0 });
}

static void draw(struct flame *fl, uint32_t node, uint32_t other, double start, unsigned depth)
{
	uint32_t next = other == TREE_NONE ? TREE_NONE : fl->other.nodes[other].child;
	double at = start, end = start + fl->tree.nodes[node].total;
	int64_t rest = 0;
	size_t count = 0;

	add_node(fl, node, other, start, depth);
	for (uint32_t c = fl->tree.nodes[node].child; c != TREE_NONE;
	     c = fl->tree.nodes[c].sibling) {
		int64_t value = fl->tree.nodes[c].total;

		/* only where sums saturated */
		if (at + value > end)
			break;
		if (value < fl->min_width) {
			rest = profile_sum(rest, value);
			count++;
			continue;
		}
		draw(fl, c, forest_match(&fl->other, &next, fl->tree.nodes[c].label), at, depth + 1);
		at += value;
	}
	if (count && at + rest <= end)
		add_rest(fl, at, rest, count, depth + 1);
}

/* By the samples: the tree ends where it gets too narrow. */
static void sum_labels(struct flame *fl)
{
	const struct profile *p = fl->p;

	for (size_t i = 0; i < p->nsamples; i++) {
		const struct sample *s = &p->samples[i];
		int64_t *sum = &fl->label_self[fl->tree.labels.of_frame[p->stack_frames[s->first]]];

		if (s->values[fl->o->value] > 0)
			*sum = profile_sum(*sum, s->values[fl->o->value]);
	}
}

/* In words, for those who cannot see the picture: where most of it ends. */
static void add_description(struct flame *fl, struct buf *b)
{
	char words[2 * NUM_LEN];

	value_words(words, &fl->type, fl->tree.nodes[0].total);
	buf_str(b, "<desc id=\"flame-desc\">A flame graph of ");
	markup_xml(b, words);
	buf_printf(b, " in %zu stacks.", fl->p->nsamples);
	for (int rank = 0; rank < 5; rank++) {
		size_t best = 0;

		for (size_t i = 1; i < fl->tree.labels.n; i++)
			if (fl->label_self[i] > fl->label_self[best])
				best = i;
		if (!fl->tree.labels.n || fl->label_self[best] <= 0)
			break;
		buf_str(b, rank ? ", " : " Most of it ends in: ");
		buf_str(b, escaped_name(fl, best));
		buf_printf(b, " (%.1f %%)", 100.0 * fl->label_self[best] / fl->total);
		fl->label_self[best] = 0;
	}
	if (fl->o->diff_of && flame_diff_describe(b, fl->p, &fl->type))
		b->failed = true;
	for (size_t i = 0; i < fl->p->ncomments; i++) {
		buf_char(b, '\n');
		markup_xml(b, fl->p->comments[i]);
	}
	buf_str(b, "</desc>\n");
}

static void add_key(struct buf *b, const char *css, const char *name, double *x, double y)
{
	buf_printf(b, "<rect class=\"%s\" x=\"%.0f\" y=\"%.0f\"/><text x=\"%.0f\" y=\"%.0f\">%s</text>\n",
		   css, *x, y - 10, *x + 17, y, name);
	*x += 17 + 7.2 * strlen(name) + 20;
}

/* Only the palettes that the picture has. */
static void add_legend(struct flame *fl, struct buf *b, double y)
{
	bool used[PALETTE_N] = { 0 };
	double x = PAD;
	char css[16];

	for (size_t i = 0; !fl->o->diff_of && i < fl->tree.labels.n; i++)
		used[palette_of(&fl->p->frames[fl->tree.labels.v[i].frame], fl->o->module)] = true;
	buf_str(b, "<g class=\"legend\">\n");
	for (unsigned p = 0; p < PALETTE_N; p++) {
		snprintf(css, sizeof(css), "c%u%d", p, PALETTE_TINTS / 2);
		if (used[p])
			add_key(b, css, palette_name(p), &x, y);
	}
	for (const struct flame_diff_legend *l = flame_diff_legend; fl->o->diff_of && l->css; l++)
		if (strcmp(l->css, fl->o->value == DIFF_BEFORE ? "new" : "gone"))
			add_key(b, l->css, l->name, &x, y);
	buf_str(b, "</g>\n");
}

/* What stands over the picture. */
static const char *title(const struct flame *fl)
{
	return fl->o->title ? fl->o->title : fl->o->diff_of ? "Differential flame graph" : "Flame graph";
}

static void add_begin(struct flame *fl, struct buf *b, double height)
{
	buf_printf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flame\" role=\"img\" "
		      "aria-labelledby=\"flame-title flame-desc\" width=\"%d\" height=\"%.0f\" "
		      "viewBox=\"0 0 %d %.0f\" data-pad=\"%d\" data-char=\"%.2f\">\n<title id=\"flame-title\">",
		   WIDTH, height, WIDTH, height,
		   PAD, CHAR_WIDTH);
	markup_xml(b, title(fl));
	buf_str(b, "</title>\n");
	add_description(fl, b);
	buf_str(b, "<style>\n");
	buf_str(b, flame_css);
	palette_css(b);
	buf_printf(b, "</style>\n<rect class=\"paper\" width=\"100%%\" height=\"%.0f\"/>\n", height);
}

/* Behind the frames in the file, so before them on the screen. */
static void add_head(struct flame *fl, struct buf *b)
{
	buf_printf(b, "<g class=\"head\">\n<rect class=\"paper\" width=\"100%%\" height=\"%d\"/>\n"
		      "<text class=\"title\" x=\"%d\" y=\"32\">", HEAD - 6, PAD);
	markup_line(b, title(fl), TITLE);
	buf_printf(b, "</text>\n<text class=\"subtitle\" x=\"%d\" y=\"53\">", PAD);
	markup_line(b, fl->o->subtitle ? fl->o->subtitle : "", SUBTITLE);
	buf_printf(b, "</text>\n<text class=\"info\" x=\"%d\" y=\"78\"></text>\n</g>\n", PAD);
}

static void write_file(FILE *f, struct flame *fl)
{
	double rows = (fl->depth + 1) * ROW, height = HEAD + rows + FOOT;
	struct buf head = { 0 }, foot = { 0 };

	add_begin(fl, &head, height);
	buf_printf(&head, "<g class=\"frames\" transform=\"translate(0,%.0f)\">\n",
		   fl->o->icicle ? HEAD : HEAD + rows);
	buf_str(&foot, "</g>\n");
	add_legend(fl, &foot, HEAD + rows + 26);
	add_head(fl, &foot);
	buf_str(&foot, "<script><![CDATA[\n");
	buf_str(&foot, flame_js);
	buf_str(&foot, "]]></script>\n</svg>\n");
	fl->frames.failed |= head.failed || foot.failed || fl->names.failed;
	if (!fl->frames.failed) {
		fwrite(head.data, 1, head.len, f);
		fwrite(fl->frames.data, 1, fl->frames.len, f);
		fwrite(foot.data, 1, foot.len, f);
	}
	buf_free(&head);
	buf_free(&foot);
}

int flame_write(FILE *f, const struct profile *p, const struct flame_options *o)
{
	struct flame fl = { .p = p, .o = o, .type = p->types[o->value] };
	int ret = tree_build(&fl.tree, p, o->value, false, MIN_WIDTH / (WIDTH - 2 * PAD),
			     markup_name);

	if (!ret && o->diff_of) {
		snprintf(fl.type.name, sizeof(fl.type.name), "%s", o->diff_of);
		ret = tree_build(&fl.other, p, o->value == DIFF_BEFORE ? DIFF_AFTER : DIFF_BEFORE,
				 false, 0, markup_name);
	}
	if (ret) {
		tree_free(&fl.tree);
		return ret;
	}
	fl.total = fl.tree.nodes[0].total > 0 ? fl.tree.nodes[0].total : 1;
	fl.scale = (WIDTH - 2 * PAD) / fl.total;
	fl.min_width = MIN_WIDTH / fl.scale;
	fl.name_at = calloc(fl.tree.labels.n + 1, sizeof(*fl.name_at));
	fl.label_self = calloc(fl.tree.labels.n + 1, sizeof(*fl.label_self));
	if (fl.name_at && fl.label_self) {
		sum_labels(&fl);
		draw(&fl, 0, o->diff_of ? 0 : TREE_NONE, 0, 0);
		write_file(f, &fl);
	}
	ret = fl.frames.failed || !fl.name_at || !fl.label_self ? -ENOMEM : 0;
	free(fl.name_at);
	free(fl.label_self);
	buf_free(&fl.names);
	buf_free(&fl.frames);
	tree_free(&fl.tree);
	tree_free(&fl.other);
	return ret;
}
