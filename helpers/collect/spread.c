/* SPDX-License-Identifier: GPL-2.0-only */
#include "collect/spread.h"

#include <math.h>

void spread_add(struct spread *s, double v)
{
	s->n++;
	s->sum += v;
	s->squares += v * v;
}

double spread_error(const struct spread *s, double total)
{
	double variance;

	if (s->n < 1 || total <= 0)
		return 0;
	if (s->n < 2)
		return s->sum / total;
	variance = s->n / (s->n - 1) * (s->squares - s->sum * s->sum / s->n);
	return variance > 0 ? sqrt(variance) / total : 0;
}
