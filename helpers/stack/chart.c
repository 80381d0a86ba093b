/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/chart.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "stack/markup.h"

static void add_text(struct buf *b, const struct buf *text)
{
	markup_lines(b, text->data ? text->data : "");
	b->failed |= text->failed;
}

int chart_write(FILE *f, struct chart *c)
{
	struct buf b = { 0 };
	int ret;

	buf_printf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" "
		       "aria-labelledby=\"chart-title chart-desc\" width=\"%d\" height=\"%.0f\" "
		       "viewBox=\"0 0 %d %.0f\">\n<title id=\"chart-title\">",
		   CHART_WIDTH, c->height, CHART_WIDTH, c->height);
	markup_xml(&b, c->title);
	buf_str(&b, "</title>\n<desc id=\"chart-desc\">");
	add_text(&b, &c->description);
	buf_printf(&b, "</desc>\n<style>\n%s</style>\n<rect class=\"paper\" width=\"100%%\" height=\"%.0f\"/>\n",
		   chart_css, c->height);
	buf_printf(&b, "<text class=\"title\" x=\"%d\" y=\"32\">", CHART_PAD);
	markup_line(&b, c->title, CHART_TITLE);
	buf_printf(&b, "</text>\n<text class=\"dim\" x=\"%d\" y=\"53\">", CHART_PAD);
	markup_line(&b, c->subtitle ? c->subtitle : "", CHART_LINE);
	buf_printf(&b, "</text>\n<text class=\"note\" x=\"%d\" y=\"%d\">", CHART_PAD,
		   c->subtitle ? 74 : 56);
	markup_line(&b, c->note.data ? c->note.data : "", CHART_LINE);
	buf_str(&b, "</text>\n");
	buf_add(&b, c->out.data ? c->out.data : "", c->out.len);
	buf_str(&b, "</svg>\n");
	b.failed |= c->out.failed || c->note.failed;
	ret = markup_write(f, &b);
	buf_free(&b);
	buf_free(&c->out);
	buf_free(&c->note);
	buf_free(&c->description);
	return ret;
}

void chart_text(struct chart *c, const char *css, double x, double y, const char *text)
{
	buf_printf(&c->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", css, x, y);
	markup_xml(&c->out, text);
	buf_str(&c->out, "</text>\n");
}

void chart_rect(struct chart *c, const char *css, double x, double y, double width, double height,
		double opacity, const char *tooltip)
{
	buf_printf(&c->out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"", css,
		   x, y, width, height);
	if (opacity < 1)
		buf_printf(&c->out, " fill-opacity=\"%.3f\"", opacity);
	if (!tooltip) {
		buf_str(&c->out, "/>\n");
		return;
	}
	buf_str(&c->out, "><title>");
	markup_lines(&c->out, tooltip);
	buf_str(&c->out, "</title></rect>\n");
}

void chart_line(struct chart *c, const char *css, double x1, double y1, double x2, double y2)
{
	buf_printf(&c->out, "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n", css,
		   x1, y1, x2, y2);
}

const char *chart_quantity(char out[2 * NUM_LEN], const char *unit, double v)
{
	static const struct {
		const char *names[3];
		double ns;
	} times[] = {
		{ { "nanoseconds", "ns", "nsecs" }, 1 },  { { "microseconds", "us", "usecs" }, 1e3 },
		{ { "milliseconds", "ms", "msecs" }, 1e6 }, { { "seconds", "s", "secs" }, 1e9 },
	};
	char number[NUM_LEN];

	if (!unit)
		unit = "";
	if (!strcmp(unit, "bytes"))
		return num_bytes(out, v);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		for (size_t k = 0; k < ARRAY_SIZE(times[i].names); k++)
			if (!strcmp(unit, times[i].names[k]))
				return num_duration(out, v * times[i].ns);
	if (fabs(v) < 100000 && v == floor(v))
		snprintf(number, sizeof(number), "%.0f", v);
	else
		num_count(number, v);
	snprintf(out, 2 * NUM_LEN, "%s%s%.24s", number, *unit ? " " : "", unit);
	return out;
}

double chart_step(double max, unsigned n)
{
	double least = max / n, power = pow(10, floor(log10(least)));

	if (!(least > 0))
		return 1;
	return least <= power ? power : least <= 2 * power ? 2 * power : least <= 5 * power ? 5 * power :
											      10 * power;
}
