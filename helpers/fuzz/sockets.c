/* SPDX-License-Identifier: GPL-2.0-only */
/* Any text as /proc/PID/net/tcp and tcp6: what is found can be written. */
#include <stdlib.h>
#include <string.h>

#include "input/sockets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), out[LISTENER_LEN];
	struct listener *v = NULL;
	size_t n = 0, cap = 0;

	memcpy(text, data, size);
	text[size] = '\0';
	for (int v6 = 0; v6 < 2; v6++)
		if (listeners_parse(text, v6, &v, &n, &cap))
			break;
	for (size_t i = 0; i < n; i++) {
		listener_is_loopback(&v[i]);
		if (!strchr(listener_text(&v[i], out), ':'))
			abort();
	}
	free(v);
	free(text);
	return 0;
}
