/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/layout.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#define LAYOUT_AMD64 1
#define LAYOUT_ARM64 2

/* Targets are processes of this machine. */
#ifdef __aarch64__
#define LAYOUT_HERE LAYOUT_ARM64
#else
#define LAYOUT_HERE LAYOUT_AMD64
#endif

struct version_row {
	unsigned minor;
	const char *text;
};

struct field_row {
	uint8_t from, to, arch;
	const char *strct, *field;
	uint32_t offset, size;
};

struct class_row {
	uint8_t from, to, index;
	uint32_t size, npages;
};

#define LAYOUT_VERSION(minor, text) { minor, text },
#define LAYOUT_FIELD(...)
#define LAYOUT_CLASS(...)
static const struct version_row versions[] = {
#include "layouts.inc"
};
#undef LAYOUT_VERSION
#undef LAYOUT_FIELD
#undef LAYOUT_CLASS

#define LAYOUT_VERSION(...)
#define LAYOUT_FIELD(from, to, arch, strct, field, offset, size) \
	{ from, to, arch, strct, field, offset, size },
#define LAYOUT_CLASS(...)
static const struct field_row fields[] = {
#include "layouts.inc"
};
#undef LAYOUT_FIELD
#undef LAYOUT_CLASS

#define LAYOUT_FIELD(...)
#define LAYOUT_CLASS(from, to, index, size, npages) { from, to, index, size, npages },
static const struct class_row classes[] = {
#include "layouts.inc"
};

const char *layout_toolchain(unsigned go_minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++)
		if (versions[i].minor == go_minor)
			return versions[i].text;
	return NULL;
}

static bool covers(unsigned minor, unsigned from, unsigned to)
{
	return from <= minor && minor <= to;
}

int layout_offset(unsigned go_minor, const char *strct, const char *field,
		  struct layout_field *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field_row *r = &fields[i];

		if (!covers(go_minor, r->from, r->to) || !(r->arch & LAYOUT_HERE) ||
		    strcmp(r->strct, strct) != 0 || strcmp(r->field, field) != 0)
			continue;
		*ret = (struct layout_field){
			.offset = r->offset,
			.size = r->size,
			.interpolated = !layout_toolchain(go_minor),
		};
		return 0;
	}
	if (layout_toolchain(go_minor))
		return err_set(ENOENT, "Go 1.%u has no %s.%s", go_minor, strct, field);
	return err_set(ENOEXEC, "no table says where Go 1.%u keeps %s.%s", go_minor, strct, field);
}

int layout_classes(unsigned go_minor, struct layout_class ret[LAYOUT_CLASSES])
{
	struct layout_class found[LAYOUT_CLASSES] = { 0 };
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const struct class_row *r = &classes[i];

		if (!covers(go_minor, r->from, r->to) || r->index >= LAYOUT_CLASSES)
			continue;
		found[r->index] = (struct layout_class){ r->size, r->npages };
		n++;
	}
	if (n != LAYOUT_CLASSES)
		return err_set(ENOEXEC, "no table of size classes for Go 1.%u", go_minor);
	memcpy(ret, found, sizeof(found));
	return 0;
}
