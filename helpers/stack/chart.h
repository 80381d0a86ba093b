/* SPDX-License-Identifier: GPL-2.0-only */
/* chart.h - what charts as SVG have in common: head, texts, units, steps of an axis */
#ifndef GOBPF_STACK_CHART_H
#define GOBPF_STACK_CHART_H

#include <stdio.h>

#include "base/buf.h"
#include "base/num.h"

enum { CHART_WIDTH = 1200, CHART_PAD = 16, CHART_HEAD = 92 };
#define CHART_CHAR 6.7		/* width of a letter of .name, 11 px monospace */
/* Letters that fit beside each other in the picture, rather too few: of the title, of other lines. */
enum { CHART_TITLE = 100, CHART_LINE = 165 };

/* A picture that needs nothing else and runs no script: its tooltips are <title> elements. */
struct chart {
	const char *title, *subtitle;	/* subtitle: NULL is none */
	struct buf note;		/* a line under the subtitle, */
	struct buf description;		/* for those who cannot see it: as they are, not escaped yet */
	struct buf out;			/* what is drawn, SVG */
	double height;			/* of the whole */
};

/* Writes the file and frees all buffers.  0 or -ENOMEM; write errors stay in f for its owner. */
int chart_write(FILE *f, struct chart *c);

/* Escaped text at x, y; css: its classes. */
void chart_text(struct chart *c, const char *css, double x, double y, const char *text);
/* tooltip: NULL is none */
void chart_rect(struct chart *c, const char *css, double x, double y, double width, double height,
		double opacity, const char *tooltip);
void chart_line(struct chart *c, const char *css, double x1, double y1, double x2, double y2);

/* v of a unit as labels have it: bytes, ns to s and their long names are shown in what is readable. */
const char *chart_quantity(char out[2 * NUM_LEN], const char *unit, double v);

/* The step of at least max / n that reads well: 1, 2 or 5 times a power of ten. */
double chart_step(double max, unsigned n);

extern const char chart_css[];	/* share/flame/chart.css */

#endif
