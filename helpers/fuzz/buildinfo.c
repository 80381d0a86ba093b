/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the data of a program: Go's build information in both forms, its
 * settings, runtime.buildVersion.  The first byte says whether its section has a name and
 * how far into the data's first page it begins.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/image.h"
#include "go/buildinfo.h"
#include "go/survey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAMED = 1, BASE = 0x400000 };

static void must_end(const char *s, size_t size)
{
	if (!memchr(s, 0, size))
		abort();
}

static void check_version(const struct go_version *v)
{
	must_end(v->text, sizeof(v->text));
	if (!v->minor || v->minor > 999 || v->first != v->minor || v->last != v->minor)
		abort();
}

static void each_setting(struct span key, struct span value, void *arg)
{
	size_t *total = arg;

	for (size_t i = 0; i < key.len; i++)
		if (key.p[i] == '=' || key.p[i] == '\n')
			abort();
	if (value.len && memchr(value.p, '\n', value.len))
		abort();
	*total += key.len + value.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "image";
	struct elf_segment segment = { .addr = BASE, .write = true };
	struct elf_section section = { .name = ".go.buildinfo", .addr = BASE };
	struct elf_file e = {
		.path = path, .machine = EM_X86_64, .segments = &segment, .nsegments = 1,
		.sections = &section,
	};
	char module[256];
	struct go_survey s;
	struct go_version v;
	size_t total = 0;

	if (!size)
		return 0;
	e.nsections = data[0] & NAMED;
	e.bytes = image(data + 1, size - 1);
	segment.filesz = segment.memsz = section.size = size - 1;
	segment.addr += data[0] >> 1;
	if (!go_buildinfo(&e, &v, module)) {
		check_version(&v);
		must_end(module, sizeof(module));
	}
	go_build_settings(&e, each_setting, &total);
	if (total > size)
		abort();
	go_survey(&e, &s);
	must_end(s.ldflags, sizeof(s.ldflags));
	go_survey_free(&s);
	if (go_buildversion(&e, &v))
		check_version(&v);
	return 0;
}
