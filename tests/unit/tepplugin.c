/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tepplugin - loads the plugins in $TRACEEVENT_PLUGIN_DIR into libtraceevent and prints a record through them:
 *
 *	tepplugin GROUP EVENT FIELD=NUMBER...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <traceevent/event-parse.h>
#include <traceevent/trace-seq.h>

#include "base/buf.h"

#define COMMON 8	/* bytes of the fields that every record has */

static void put_format(struct buf *b, char **words, int n)
{
	buf_printf(b, "name: %s\nID: 4242\nformat:\n", words[0]);
	buf_str(b, "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		   "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n");
	for (int i = 1; i < n; i++)
		buf_printf(b, "\tfield:u64 %.*s;\toffset:%d;\tsize:8;\tsigned:0;\n", (int)strcspn(words[i], "="), words[i],
			   COMMON + 8 * (i - 1));
	buf_str(b, "\nprint fmt: \"no plugin\"\n");
}

int main(int argc, char **argv)
{
	uint64_t data[32] = { 4242 };
	struct tep_record record = { .data = data };
	struct tep_plugin_list *plugins;
	struct tep_handle *tep = tep_alloc();
	struct buf format = { 0 };
	struct trace_seq s;

	if (argc < 3 || argc > 30 || !tep)
		return 2;
	plugins = tep_load_plugins(tep);
	put_format(&format, argv + 2, argc - 2);
	if (tep_parse_event(tep, format.data, format.len, argv[1]))
		return 1;
	for (int i = 3; i < argc; i++)
		data[i - 2] = strtoull(strchr(argv[i], '=') + 1, NULL, 0);
	record.size = COMMON + 8 * (argc - 3);
	trace_seq_init(&s);
	tep_print_event(tep, &s, &record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&s);
	puts(s.buffer);
	trace_seq_destroy(&s);
	tep_unload_plugins(plugins, tep);
	tep_free(tep);
	buf_free(&format);
	return 0;
}
