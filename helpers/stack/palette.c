/* SPDX-License-Identifier: GPL-2.0-only */
#include "stack/palette.h"

#include <string.h>

#include "stack/idmap.h"

static const struct {
	const char *name;
	unsigned hue, saturation, lightness;
} palettes[PALETTE_N] = {
	[PALETTE_MAIN] = { "main module", 14, 80, 66 },
	[PALETTE_MODULE] = { "other modules", 42, 82, 64 },
	[PALETTE_STD] = { "standard library", 158, 40, 62 },
	[PALETTE_RUNTIME] = { "Go runtime", 212, 58, 70 },
	[PALETTE_NATIVE] = { "native", 266, 42, 74 },
	[PALETTE_KERNEL] = { "kernel", 332, 42, 72 },
	[PALETTE_UNKNOWN] = { "unknown", 220, 6, 76 },
};

/* The folders of GOROOT/src, first elements of its packages' paths. */
static const char *const std_roots[] = {
	"archive", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context",
	"crypto", "database", "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt",
	"go", "hash", "html", "image", "index", "internal", "io", "iter", "log", "maps", "math",
	"mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort",
	"strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time", "type",
	"unicode", "unique", "unsafe", "vendor", "weak",
};

static bool is_std(const char *func)
{
	size_t n = strcspn(func, "/.:");

	for (size_t i = 0; i < ARRAY_SIZE(std_roots); i++)
		if (strlen(std_roots[i]) == n && !memcmp(func, std_roots[i], n))
			return true;
	return false;
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* The length of the package path in a Go function's name: 8 of "net/http.(*conn).serve". 0: no Go name. */
static size_t package_of(const char *func)
{
	size_t plain = strcspn(func, "([ "), slash = plain;
	const char *dot;

	while (slash && func[slash - 1] != '/')
		slash--;
	dot = memchr(func + slash, '.', plain - slash);
	return dot && dot > func ? (size_t)(dot - func) : 0;
}

static bool in_module(const char *func, size_t package, const char *module)
{
	size_t n = module ? strlen(module) : 0;

	return n && package >= n && !memcmp(func, module, n) &&
	       (package == n || func[n] == '/');
}

enum palette palette_of(const struct frame *f, const char *module)
{
	const char *func = f->func;
	size_t package = package_of(func);

	if (f->flags & FRAME_KERNEL)
		return PALETTE_KERNEL;
	if (f->flags & FRAME_UNKNOWN)
		return PALETTE_UNKNOWN;
	if (starts(func, "runtime.") || starts(func, "runtime/") ||
	    starts(func, "internal/runtime/") || starts(func, "internal/abi."))
		return PALETTE_RUNTIME;
	if (starts(func, "main.") || in_module(func, package, module))
		return PALETTE_MAIN;
	if (!package)
		return starts(func, "type:.") ? PALETTE_RUNTIME : PALETTE_NATIVE;
	/* libraries such as libc.so.6 have dots too */
	if (starts(func, "lib") && strstr(func, ".so"))
		return PALETTE_NATIVE;
	return is_std(func) ? PALETTE_STD : PALETTE_MODULE;
}

unsigned palette_tint(const char *func)
{
	size_t n = package_of(func);

	return hash_bytes(func, n ? n : strlen(func)) % PALETTE_TINTS;
}

const char *palette_name(enum palette p)
{
	return palettes[p].name;
}

void palette_colour(struct buf *b, enum palette p, unsigned tint)
{
	buf_printf(b, "hsl(%u,%u%%,%u%%)", palettes[p].hue - PALETTE_TINTS / 2 * 3 + 3 * tint,
		   palettes[p].saturation, palettes[p].lightness - PALETTE_TINTS / 2 * 2 + 2 * tint);
}

void palette_css(struct buf *b)
{
	for (unsigned p = 0; p < PALETTE_N; p++) {
		for (unsigned t = 0; t < PALETTE_TINTS; t++) {
			buf_printf(b, ".c%u%u{fill:", p, t);
			palette_colour(b, p, t);
			buf_str(b, "}\n");
		}
	}
}
