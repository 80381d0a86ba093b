/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/tidy.h"

#include <ctype.h>
#include <string.h>

static bool is(const char *name, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(name, word, len);
}

static bool ends(const char *name, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(name + len - n, end, n);
}

static size_t without_digits(const char *name, size_t len)
{
	while (len && isdigit((unsigned char)name[len - 1]))
		len--;
	return len;
}

/* "word1" with any number at the end of name[0..len): the length of what is before; len: there is none. */
static size_t without_numbered(const char *name, size_t len, const char *word)
{
	size_t n = without_digits(name, len);

	return n < len && ends(name, n, word) ? n - strlen(word) : len;
}

/* The name as Go has it: without "+0x1f" and ".abi0". */
static size_t plain_length(const char *name)
{
	size_t len = strlen(name), n = len;

	while (n && isxdigit((unsigned char)name[n - 1]))
		n--;
	if (n > 2 && name[n - 1] == 'x' && name[n - 2] == '0')
		n -= 2;
	if (n > 1 && n < len && name[n - 1] == '+')
		len = n - 1;
	return ends(name, len, ".abi0") ? len - strlen(".abi0") : len;
}

bool go_frame_hidden(const struct frame *f)
{
	size_t len;

	if (f->flags & FRAME_WRAPPER)
		return true;
	if (f->flags & (FRAME_KERNEL | FRAME_UNKNOWN))
		return false;
	len = plain_length(f->func);
	if (is(f->func, len, "runtime.goexit") || is(f->func, len, "runtime.morestack") ||
	    is(f->func, len, "runtime.morestack_noctxt"))
		return true;
	return (ends(f->func, len, "-fm") && memchr(f->func, '.', len)) ||
	       without_numbered(f->func, len, ".gowrap") < len ||
	       without_numbered(f->func, len, ".deferwrap") < len ||
	       without_numbered(f->func, len, "·dwrap·") < len;
}

/* Is there a package and a dot in name[0..len), and nothing that other languages have? */
static bool go_like(const char *name, size_t len)
{
	return memchr(name, '.', len) && !memmem(name, len, "::", 2) && !memchr(name, ' ', len) &&
	       name[0] != '[' && name[0] != '/' && strncmp(name, "type:", 5) &&
	       strncmp(name, "type..", 6) && strncmp(name, "go:", 3);
}

/* "v2", "v11": how a major version is written in import paths; 0: it isn't one */
static size_t version(const char *s)
{
	size_t digits = s[0] == 'v' ? strspn(s + 1, "0123456789") : 0;

	return digits && s[1 + digits] == '.' && s[1] != '0' && strncmp(s, "v1.", 3) ? 1 + digits : 0;
}

/* Adds the import path's last element and what follows, up to end. */
static void add_package(struct buf *b, const char *name, const char *end)
{
	const char *slash = memrchr(name, '/', end - name), *at = slash ? slash + 1 : name;
	const char *before = slash && version(at) ? memrchr(name, '/', slash - name) : NULL;

	if (slash && !memchr(slash, '.', end - slash)) {
		at = name;
	} else if (slash && version(at)) {
		before = before ? before + 1 : name;
		buf_add(b, before, slash - before);
		at += version(at);
	}
	/* the linker writes dots of the last element so (cmd/internal/objabi, PathToPrefix) */
	for (; at < end; at++) {
		if (end - at > 2 && !memcmp(at, "%2e", 3)) {
			buf_char(b, '.');
			at += 2;
		} else {
			buf_char(b, *at);
		}
	}
}

void go_name_short(struct buf *b, const char *name)
{
	const char *at = name + strcspn(name, "(["), *end = name + plain_length(name);
	int depth = 0;

	if (!go_like(name, at - name)) {
		buf_str(b, name);
		return;
	}
	if (at > end)
		at = end;
	add_package(b, name, at);
	for (; at < end; at++) {
		if (*at == ']' && depth && !--depth)
			buf_str(b, "...");
		if (!depth)
			buf_char(b, *at);
		if (*at == '[')
			depth++;
	}
}

/* Takes one number of a closure off name[0..len); *closure: it was one, not just a wrapper. */
static size_t without_counter(const char *name, size_t len, bool *closure)
{
	static const char *const wrappers[] = { ".gowrap", ".deferwrap", "·dwrap·" };
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++) {
		n = without_numbered(name, len, wrappers[i]);
		if (n < len)
			return n;
	}
	n = without_numbered(name, len, ".func");
	if (n == len)
		n = without_numbered(name, len, ".");
	if (n < len)
		*closure = true;
	return n;
}

/* Is name[0..len) a function that can have closures: more than a package, or a type behind it? */
static bool function(const char *name, size_t len)
{
	const char *slash = memrchr(name, '/', len), *at = slash ? slash + 1 : name;

	return len && memchr(at, '.', name + len - at) && name[len - 1] != ')';
}

void go_name_merged(struct buf *b, const char *name)
{
	size_t len = plain_length(name), left = len, n;
	bool closure = false;

	while ((n = without_counter(name, left, &closure)) < left && function(name, n))
		left = n;
	/* numbers alone follow a closure's name, so one must have come before them */
	if (left == len || (closure && !strstr(name + left, ".func"))) {
		n = without_numbered(name, len, "-range");
		buf_add(b, name, n);
		buf_str(b, n < len ? "-range" : name + len);
		return;
	}
	buf_add(b, name, left);
	if (closure)
		buf_str(b, ".func");
}

bool go_frame_goroutine(const struct frame *f)
{
	static const char *const words[] = { "goid ", "goroutine " };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if (!strncmp(f->func, words[i], n) && isdigit((unsigned char)f->func[n]) &&
		    !f->func[n + strspn(f->func + n, "0123456789")])
			return true;
	}
	return false;
}
