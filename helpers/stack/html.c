/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/html.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stack/flame_diff.h"
#include "stack/forest.h"
#include "stack/functions.h"
#include "stack/markup.h"
#include "stack/palette.h"
#include "stack/value.h"

struct html {
	const struct profile *p;
	const struct flame_options *o;
	struct value_type type;		/* of the value shown first */
	unsigned values[PROFILE_VALUES], nvalues, main;
	struct forest forest;
	struct buf out;
	struct buf label, up, self[PROFILE_VALUES];	/* arrays of the data */
	unsigned depth;			/* of the node before */
};

static void add_number(struct buf *b, int64_t v)
{
	buf_printf(b, "%s%" PRId64, b->len ? "," : "", v);
}

static int add_node(void *ctx, const struct forest_node *at)
{
	struct html *h = ctx;

	if (!at->depth)
		return 0;
	add_number(&h->label, at->label);
	add_number(&h->up, h->depth + 1 - at->depth);
	for (unsigned i = 0; i < h->nvalues; i++)
		add_number(&h->self[i], forest_self(&h->forest, at, i));
	h->depth = at->depth;
	return 0;
}

static void add_array(struct buf *b, const char *before, struct buf *numbers)
{
	buf_printf(b, "%s[", before);
	buf_add(b, numbers->data ? numbers->data : "", numbers->len);
	buf_char(b, ']');
	b->failed |= numbers->failed;
	buf_free(numbers);
}

static void add_tree(struct html *h)
{
	struct buf *b = &h->out;

	add_array(b, ",\n\"label\":", &h->label);
	add_array(b, ",\n\"up\":", &h->up);
	buf_str(b, ",\n\"self\":[");
	for (unsigned i = 0; i < h->nvalues; i++)
		add_array(b, i ? ",\n" : "", &h->self[i]);
	buf_char(b, ']');
}

static void add_values(struct html *h)
{
	struct buf *b = &h->out;

	buf_str(b, ",\n\"values\":[");
	for (unsigned i = 0; i < h->nvalues; i++) {
		buf_str(b, i ? ",{\"name\":" : "{\"name\":");
		markup_json(b, h->p->types[h->values[i]].name);
		buf_str(b, ",\"unit\":");
		markup_json(b, h->p->types[h->values[i]].unit);
		buf_char(b, '}');
	}
	buf_printf(b, "],\"main\":%u,\"icicle\":%s,\"diff\":", h->main, h->o->icicle ? "true" : "false");
	if (h->o->diff_of)
		markup_json(b, h->o->diff_of);
	else
		buf_str(b, "null");
}

/* Colours are numbered palette by palette, PALETTE_TINTS of each. */
static void add_names(struct html *h)
{
	const struct labels *l = &h->forest.trees[0].labels;
	bool used[PALETTE_N] = { 0 };
	struct buf *b = &h->out, colour = { 0 };
	const char *between = "";

	buf_str(b, ",\n\"names\":[");
	for (size_t i = 0; i < l->n; i++) {
		const struct frame *f = &h->p->frames[l->v[i].frame];
		enum palette p = palette_of(f, h->o->module);

		used[p] = true;
		add_number(&colour, p * PALETTE_TINTS + palette_tint(f->func));
		buf_str(b, i ? ",\n" : "");
		markup_json(b, l->v[i].text);
	}
	buf_char(b, ']');
	add_array(b, ",\n\"colour\":", &colour);
	buf_str(b, ",\n\"colours\":[");
	for (unsigned i = 0; i < PALETTE_N * PALETTE_TINTS; i++) {
		buf_str(b, i ? ",\"" : "\"");
		palette_colour(b, i / PALETTE_TINTS, i % PALETTE_TINTS);
		buf_char(b, '"');
	}
	buf_str(b, "],\"legend\":[");
	for (unsigned p = 0; p < PALETTE_N; p++) {
		if (!used[p])
			continue;
		buf_printf(b, "%s[\"%s\",%d]", between, palette_name(p),
			   (int)p * PALETTE_TINTS + PALETTE_TINTS / 2);
		between = ",";
	}
	buf_char(b, ']');
}

/* In words, for those who cannot see the picture: where most of it ends. */
static int add_description(struct html *h)
{
	const struct profile *p = h->p;
	unsigned value = h->o->value;
	int64_t total = profile_total(p, value);
	struct buf *b = &h->out, name = { 0 };
	struct function *functions;
	char words[2 * NUM_LEN];
	size_t n;
	int ret = profile_functions(p, value, false, &functions, &n);

	if (ret)
		return ret;
	buf_str(b, "<p id=\"description\">A flame graph and a table of functions: ");
	markup_xml(b, value_words(words, &h->type, total));
	buf_printf(b, " in %zu stacks.", p->nsamples);
	for (size_t i = 0; i < n && i < 5 && functions[i].flat[value] > 0; i++) {
		buf_str(b, i ? ", " : " Most of it ends in: ");
		buf_clear(&name);
		markup_name(&name, &p->frames[functions[i].frame]);
		markup_xml(b, name.data ? name.data : "");
		buf_printf(b, " (%.1f %%)", 100.0 * (double)functions[i].flat[value] / (double)total);
	}
	if (h->o->diff_of)
		ret = flame_diff_describe(b, p, &h->type);
	buf_str(b, "</p>\n");
	b->failed |= name.failed;
	buf_free(&name);
	free(functions);
	return ret;
}

static void add_comments(struct html *h)
{
	struct buf *b = &h->out;

	if (!h->p->ncomments)
		return;
	buf_str(b, "<details><summary>About this recording</summary>\n");
	for (size_t i = 0; i < h->p->ncomments; i++) {
		buf_str(b, "<p>");
		markup_xml(b, h->p->comments[i]);
		buf_str(b, "</p>\n");
	}
	buf_str(b, "</details>\n");
}

static const char *title(const struct html *h)
{
	return h->o->title ? h->o->title : h->o->diff_of ? "What changed" : "Where it goes";
}

static int add_head(struct html *h)
{
	struct buf *b = &h->out;
	int ret;

	buf_str(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		   "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width\">\n"
		   "<link rel=\"icon\" href=\"data:,\">\n<title>");
	markup_xml(b, title(h));
	buf_str(b, "</title>\n<style>\n");
	buf_str(b, page_css);
	buf_str(b, "</style>\n</head>\n<body>\n<header>\n<h1>");
	markup_xml(b, title(h));
	buf_str(b, "</h1>\n<p class=\"subtitle\">");
	markup_xml(b, h->o->subtitle ? h->o->subtitle : "");
	buf_str(b, "</p>\n");
	ret = add_description(h);
	buf_str(b, "</header>\n<noscript><p>This page draws its data by a script of its own.</p></noscript>\n"
		   "<main></main>\n");
	add_comments(h);
	return ret;
}

static int build(struct html *h)
{
	int ret = add_head(h);

	if (!ret)
		ret = forest_build(&h->forest, h->p, h->values, h->nvalues, true, markup_name);
	if (!ret)
		ret = forest_walk(&h->forest, add_node, h);
	if (ret)
		return ret;
	buf_str(&h->out, "<script type=\"application/json\" id=\"data\">\n{\"title\":");
	markup_json(&h->out, title(h));
	add_values(h);
	add_names(h);
	add_tree(h);
	buf_str(&h->out, "}\n</script>\n<script>\n");
	buf_str(&h->out, page_js);
	buf_str(&h->out, "</script>\n</body>\n</html>\n");
	return 0;
}

int html_write(FILE *f, const struct profile *p, const struct flame_options *o)
{
	struct html h = { .p = p, .o = o, .type = p->types[o->value] };
	int ret;

	if (o->diff_of)
		snprintf(h.type.name, sizeof(h.type.name), "%s", o->diff_of);
	for (unsigned i = 0; i < p->ntypes; i++) {
		if (p->types[i].internal)
			continue;
		if (i == o->value)
			h.main = h.nvalues;
		h.values[h.nvalues++] = i;
	}
	ret = build(&h);
	if (!ret)
		ret = markup_write(f, &h.out);
	buf_free(&h.label);
	buf_free(&h.up);
	for (unsigned i = 0; i < PROFILE_VALUES; i++)
		buf_free(&h.self[i]);
	buf_free(&h.out);
	forest_free(&h.forest);
	return ret;
}
