/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plugin_gobpf.c - plugin of libtraceevent: perf script and trace-cmd report print the events of
 * gobpf perf-probes with names for the runtime's numbers
 *
 *	goid=23 reason=chan receive trace=chan receive
 *
 * Loaded by perf and trace-cmd from $TRACEEVENT_PLUGIN_DIR or ~/.local/lib/traceevent/plugins, and depends on
 * nothing but their functions (tools/lib/traceevent, event-plugin.c and event-parse.h; perf exports a few of them
 * only).  Which Go version the numbers are of stands in the record's last field, go.  $GOBPF_PERF_GROUP names
 * more groups than gobpf, with commas between them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <traceevent/event-parse.h>
#include <traceevent/trace-seq.h>

#define PERF_PROBES_GROUP "gobpf"

enum shown { GOID, WAIT, TRACE, STW, STATUS, TRIGGER, BOOL, CLASS, HEX, NUMBER };

#define EVENT(name, flags, rate, what) E_##name,
#define FUNC(...)
#define FIELD(...)
enum event_number {
#include "go/events.inc"
};
#undef EVENT
#undef FIELD

#define EVENT(name, flags, rate, what) #name,
#define FIELD(...)
static const char *const events[] = {
#include "go/events.inc"
};
#undef EVENT
#undef FIELD

#define EVENT(...)
#define FIELD(name, from, to, field, fetch, type, shown) { E_##name, shown, #field, (type)[0] == 's' },
static const struct field_row {
	uint8_t event, shown;
	const char *field;
	bool is_signed;
} fields[] = {
#include "go/events.inc"
};

#define NAME(kind, from, to, number, text) { kind, from, to, number, text },
static const struct name_row {
	uint8_t kind, from, to, number;
	const char *text;
} names[] = {
#include "go/enums.inc"
};

#define LAYOUT_VERSION(...)
#define LAYOUT_FIELD(...)
#define LAYOUT_CLASS(from, to, index, size, npages) { from, to, index, size },
#define LAYOUT_ALIAS(...)
#define LAYOUT_SHIFT(...)
static const struct class_row {
	uint8_t from, to, number;
	uint32_t size;
} classes[] = {
#include "layouts.inc"
};

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static bool print_name(struct trace_seq *s, unsigned kind, unsigned go, uint64_t value)
{
	for (size_t i = 0; i < ROWS(names); i++) {
		const struct name_row *r = &names[i];

		if (r->kind == kind && r->from <= go && go <= r->to && r->number == value) {
			trace_seq_printf(s, "%s", r->text);
			return true;
		}
	}
	return false;
}

static bool print_class(struct trace_seq *s, unsigned go, uint64_t value)
{
	for (size_t i = 0; i < ROWS(classes); i++) {
		const struct class_row *r = &classes[i];

		if (r->from <= go && go <= r->to && r->number == value) {
			trace_seq_printf(s, "%u(%uB)", r->number, r->size);
			return true;
		}
	}
	return false;
}

static void print_value(struct trace_seq *s, const struct field_row *f, unsigned go, uint64_t value)
{
	bool done = false;

	switch (f->shown) {
	case GOID:
		if (!value)
			trace_seq_puts(s, "-");
		done = !value;
		break;
	case BOOL:
		trace_seq_puts(s, value & 1 ? "yes" : "no");
		done = true;
		break;
	case CLASS:
		done = print_class(s, go, value);
		break;
	case HEX:
		trace_seq_printf(s, "0x%llx", (unsigned long long)value);
		done = true;
		break;
	case NUMBER:
		break;
	default:
		done = print_name(s, f->shown, go, value);
	}
	if (!done)
		trace_seq_printf(s, f->is_signed ? "%lld" : "%llu", (unsigned long long)value);
}

/* The fields of a record that it has: those of other Go versions aren't there. */
static int print_event(struct trace_seq *s, struct tep_record *record, struct tep_event *event, void *context)
{
	unsigned number = (const char *const *)context - events;
	unsigned long long go = 0, value;
	const char *last = "";

	if (tep_get_field_val(s, event, "go", record, &go, 0))
		go = 0;
	for (size_t i = 0; i < ROWS(fields); i++) {
		const struct field_row *f = &fields[i];

		if (f->event != number || !strcmp(f->field, last) ||
		    tep_get_field_val(s, event, f->field, record, &value, 0))
			continue;
		trace_seq_printf(s, "%s%s=", *last ? " " : "", f->field);
		print_value(s, f, go, value);
		last = f->field;
	}
	return 0;
}

static void each_event(struct tep_handle *tep, const char *group, bool load)
{
	for (size_t i = 0; i < ROWS(events); i++) {
		void *context = (void *)&events[i];

		if (load)
			tep_register_event_handler(tep, -1, group, events[i], print_event, context);
		else
			tep_unregister_event_handler(tep, -1, group, events[i], print_event, context);
	}
}

static void each_group(struct tep_handle *tep, bool load)
{
	const char *more = getenv("GOBPF_PERF_GROUP");
	char group[64];

	each_event(tep, PERF_PROBES_GROUP, load);
	while (more && *more) {
		size_t n = strcspn(more, ",");

		if (n && n < sizeof(group)) {
			snprintf(group, sizeof(group), "%.*s", (int)n, more);
			if (strcmp(group, PERF_PROBES_GROUP) != 0)
				each_event(tep, group, load);
		}
		more += n + (more[n] == ',');
	}
}

__attribute__((visibility("default"))) int TEP_PLUGIN_LOADER(struct tep_handle *tep);
int TEP_PLUGIN_LOADER(struct tep_handle *tep)
{
	each_group(tep, true);
	return 0;
}

__attribute__((visibility("default"))) void TEP_PLUGIN_UNLOADER(struct tep_handle *tep);
void TEP_PLUGIN_UNLOADER(struct tep_handle *tep)
{
	each_group(tep, false);
}
