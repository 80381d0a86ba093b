/* SPDX-License-Identifier: GPL-2.0-only */
/* spans_otel.c - where OpenTelemetry-Go's SDK keeps what a span is */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cmd/spans_run.h"
#include "go/types.h"

/*
 * Sources: sdk/trace/span.go (recordingSpan), trace/trace.go (SpanContext).  recordingSpan is made an
 * interface value by Tracer.Start, so every program has its descriptor, whatever version it uses:
 * that says where the fields are.  A version whose fields have other types is refused.
 */
#define SDK "go.opentelemetry.io/otel/sdk/trace"
#define API "go.opentelemetry.io/otel/trace"

struct want {
	const char *field, *type;
};

static int field_of(const struct go_file *g, uint64_t strct, const struct want *w, struct go_type_field *ret)
{
	char type[64];

	if (!go_type_field(g, strct, w->field, ret) || !go_type_name(g, ret->type, type, sizeof(type)) ||
	    strcmp(type, w->type) != 0 || ret->offset > INT32_MAX)
		return err_set(ENOEXEC, "this version of OpenTelemetry-Go is not known: its spans have no %s of type %s",
			       w->field, w->type);
	return 0;
}

/* The IDs are where the script takes them to be: TraceID is 16 bytes, SpanID 8. */
static int check_context(const struct go_file *g, uint64_t context)
{
	static const struct want wants[] = { { "traceID", "trace.TraceID" }, { "spanID", "trace.SpanID" },
					     { "traceFlags", "trace.TraceFlags" } };
	static const uint64_t places[] = { 0, 16, 24 };
	struct go_type_field f;

	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		int err = field_of(g, context, &wants[i], &f);

		if (err)
			return err;
		if (f.offset != places[i])
			return err_set(ENOEXEC, "this version of OpenTelemetry-Go is not known: %s is elsewhere",
				       wants[i].field);
	}
	return 0;
}

int spans_otel_args(struct go_process *p, uint32_t ret[SPANS_ARGS_MAX])
{
	static const struct want wants[SPANS_ARGS_MAX] = { { "name", "string" },
							   { "spanContext", "trace.SpanContext" },
							   { "parent", "trace.SpanContext" },
							   { "endTime", "time.Time" } };
	struct go_type_field f;
	uint64_t span, context;
	int err;

	if (!go_type_struct(&p->go, SDK, "trace.recordingSpan", &span) ||
	    !go_type_struct(&p->go, API, "trace.SpanContext", &context))
		return err_set(ENOEXEC, "the types of OpenTelemetry's spans are not found in the program");
	for (int i = 0; i < SPANS_ARGS_MAX; i++) {
		err = field_of(&p->go, span, &wants[i], &f);
		if (err)
			return err;
		ret[i] = (uint32_t)f.offset;
	}
	err = check_context(&p->go, context);
	return err ? err : SPANS_ARGS_MAX;
}
