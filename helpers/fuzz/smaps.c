/* SPDX-License-Identifier: GPL-2.0-only */
/* Any text as /proc/PID/smaps: mappings are not empty, paths lie in the text. */
#include <stdlib.h>
#include <string.h>

#include "input/smaps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct smaps s;

	memcpy(text, data, size);
	text[size] = '\0';
	if (smaps_parse(text, &s))
		return 0;
	if (!s.n || s.text != text)
		abort();
	for (size_t i = 0; i < s.n; i++)
		if (s.v[i].start >= s.v[i].end || strlen(s.v[i].perms) > 4 ||
		    (*s.v[i].path && (s.v[i].path < text || s.v[i].path >= text + size)))
			abort();
	smaps_free(&s);
	return 0;
}
