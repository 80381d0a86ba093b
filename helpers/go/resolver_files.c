/* SPDX-License-Identifier: GPL-2.0-only */
/* resolver_files.c - the file that was mapped when a stack was recorded */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "go/resolver_priv.h"

enum { BUILD_ID_MAX = 64 };	/* hexadecimal digits */

/* A device or a pipe is not even opened: that might hold us up, or do something. */
static bool regular(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

struct go_image *resolver_image(struct go_resolver *r, const char *path)
{
	struct go_image *i;

	for (size_t k = 0; k < r->nimages; k++)
		if (!strcmp(r->images[k]->name, path))
			return r->images[k];
	if (!regular(path)) {
		err_sys(ENOENT, "%s", path);
		return NULL;
	}
	i = r->nimages < IMAGES_MAX ? calloc(1, sizeof(*i)) : NULL;
	if (!i) {
		err_sys(ENOMEM, "%s", path);
		return NULL;
	}
	if (go_image_open(i, path)) {
		if (!i->native.elf) {
			go_image_close(i);
			free(i);
			return NULL;
		}
		/* without Go code it has its symbols */
		i->go = (struct go_file){ 0 };
	}
	return r->images[r->nimages++] = i;
}

/* Is it one in hexadecimal digits, and not all zeroes? */
static bool is_build_id(const char *id)
{
	size_t n = strlen(id);

	return n > 4 && n <= BUILD_ID_MAX && strspn(id, "0123456789abcdefABCDEF") == n &&
	       strspn(id, "0") < n;
}

/* perf fills short ones up with zeroes to 20 bytes (tools/perf/util/build-id.c). */
static bool same_build_id(const char *recorded, const char *id)
{
	size_t n = strlen(id);

	return n && !strncasecmp(recorded, id, n) && !recorded[n + strspn(recorded + n, "0")];
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The path without what the kernel puts behind that of an unlinked file (d_path). */
static void plain_path(const char *path, char ret[PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	size_t n = strlen(path), d = strlen(deleted);

	if (n > d && !strcmp(path + n - d, deleted))
		n -= d;
	snprintf(ret, PATH_MAX, "%.*s", (int)(n < PATH_MAX ? n : PATH_MAX - 1), path);
}

/* Text of perf script has no more than where in its file each address lies: see stack/perf_maps.h. */
static bool in_offsets(const struct profile_mapping *m)
{
	return !m->start && !m->offset && m->limit == UINT64_MAX;
}

uint64_t resolver_bias(const struct place *p, uint64_t addr)
{
	const struct elf_file *e = &p->image->elf;

	for (unsigned i = 0; p->offsets && i < e->nsegments; i++)
		if (e->segments[i].exec && addr - e->segments[i].offset < e->segments[i].filesz)
			return e->segments[i].offset - e->segments[i].addr;
	return p->bias;
}

/* Where the file was loaded, by its mapping or by what is known of a function in it. */
static bool find_bias(struct go_image *i, const struct profile_mapping *m, struct place *p)
{
	struct elf_native_func c;
	struct go_func f;
	uint64_t at;

	p->why = WHY_CHANGED;
	p->offsets = in_offsets(m);
	if (p->offsets)
		return true;
	if (m->limit)
		return go_image_bias(&i->elf, m->start, m->offset, &p->bias);
	if (!m->anchor_name) {
		p->why = WHY_UNPLACED;
		p->bias = 0;
		return !i->elf.pie;
	}
	if (i->go.elf && go_func_named(&i->go, m->anchor_name, &f))
		at = f.entry;
	else if (elf_native_named(&i->native, m->anchor_name, &c))
		at = c.addr;
	else
		return false;
	p->bias = m->anchor_addr - at;
	/* files are mapped by pages, and where they say if they are not position-independent */
	return i->elf.pie ? !(p->bias & 0xfff) : !p->bias;
}

bool resolver_same_build(const struct profile_mapping *m, const struct go_image *i)
{
	return !is_build_id(m->build_id) || same_build_id(m->build_id, elf_build_id(&i->elf));
}

/* Is the image what m shows?  Then that is where p is. */
static bool use(struct go_image *i, const struct profile_mapping *m, struct place *p)
{
	if (!resolver_same_build(m, i)) {
		p->why = WHY_CHANGED;
		return false;
	}
	if (!find_bias(i, m, p))
		return false;
	p->how = HOW_FILE;
	p->why = WHY_NO_FUNCTION;
	p->image = i;
	p->checked = is_build_id(m->build_id);
	return true;
}

/* --exe stands for a mapping of its build id, or of its name where none is recorded. */
static bool use_exe(struct go_resolver *r, const struct profile_mapping *m, struct place *p)
{
	char path[PATH_MAX];
	bool named;

	if (!r->exe)
		return false;
	plain_path(m->path, path);
	named = !path[0] || !strcmp(base_of(path), base_of(r->exe->name));
	if (is_build_id(m->build_id) ? !named && !same_build_id(m->build_id, elf_build_id(&r->exe->elf)) :
				       !named)
		return false;
	if (use(r->exe, m, p))
		return true;
	if (p->why == WHY_CHANGED)
		p->why = WHY_OTHER_EXE;
	return false;
}

/* The process maps the same file at the same place: it was opened already. */
static bool use_process(struct go_resolver *r, const struct profile_mapping *m, struct place *p)
{
	char path[PATH_MAX], theirs[PATH_MAX];
	const struct map *map;
	struct go_image *i;

	if (!r->from.process || (m->pid && m->pid != (uint32_t)r->from.process->pid))
		return false;
	if (!m->limit) {
		p->how = HOW_PROCESS;
		p->why = WHY_NO_MAPPING;
		return true;
	}
	plain_path(m->path, path);
	for (size_t k = 0; k < r->maps.n; k++) {
		map = &r->maps.v[k];
		plain_path(map->path, theirs);
		if (!map->exec || strcmp(path, theirs) ||
		    (!in_offsets(m) && (m->start < map->start || m->start >= map->end)))
			continue;
		i = go_objects_at(&r->objects, map->start);
		return i && use(i, m, p);
	}
	return false;
}

static bool use_path(struct go_resolver *r, const struct profile_mapping *m, struct place *p,
		     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static bool use_path(struct go_resolver *r, const struct profile_mapping *m, struct place *p,
		     const char *fmt, ...)
{
	char path[PATH_MAX * 2];
	struct go_image *i;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	i = len < (int)sizeof(path) && regular(path) ? resolver_image(r, path) : NULL;
	return i && use(i, m, p);
}

/* Below a folder as perf keeps them (file or folder with "elf"), and as distributions do. */
static bool use_debug_dir(struct go_resolver *r, const char *dir, const struct profile_mapping *m,
			  struct place *p)
{
	const char *id = m->build_id;
	char path[PATH_MAX];

	plain_path(m->path, path);
	if (is_build_id(id) &&
	    (use_path(r, m, p, "%s/.build-id/%.2s/%s/elf", dir, id, id + 2) ||
	     use_path(r, m, p, "%s/.build-id/%.2s/%s", dir, id, id + 2) ||
	     use_path(r, m, p, "%s/.build-id/%.2s/%s.debug", dir, id, id + 2)))
		return true;
	return path[0] == '/' && (use_path(r, m, p, "%s%s", dir, path) ||
				  use_path(r, m, p, "%s%s.debug", dir, path) ||
				  use_path(r, m, p, "%s/%s", dir, base_of(path)));
}

/* The build id among ELF notes as the kernel shows its own. */
static bool notes_say(const char *path, const char *build_id)
{
	enum { HEADER = 12, GNU_BUILD_ID = 3 };
	char id[BUILD_ID_MAX + 1] = "";
	struct buf b = { 0 };
	struct span s;

	if (buf_read_file(&b, path, 1 << 20)) {
		buf_free(&b);
		return false;
	}
	s = (struct span){ .p = (const uint8_t *)b.data, .len = b.len };
	for (uint64_t at = 0; !id[0] && at + HEADER <= s.len;) {
		uint64_t name = span_u32(&s, at), desc = span_u32(&s, at + 4);
		uint64_t body = at + HEADER + ((name + 3) & ~3ull);

		if (span_u32(&s, at + 8) == GNU_BUILD_ID && name == 4 && desc * 2 <= BUILD_ID_MAX &&
		    body + desc <= s.len && !memcmp(s.p + at + HEADER, "GNU", 4))
			for (uint64_t k = 0; k < desc; k++)
				snprintf(id + 2 * k, 3, "%02x", s.p[body + k]);
		at = body + ((desc + 3) & ~3ull);
	}
	buf_free(&b);
	return same_build_id(build_id, id);
}

/* "[kernel.kallsyms]", "[guest.kernel.kallsyms]_text" are the kernel itself, "[ext4]" is a module. */
static bool this_kernel(const struct profile_mapping *m)
{
	char path[NAME_MAX + 64];
	size_t len;

	if (!is_build_id(m->build_id))
		return true;
	if (strstr(m->path, "kernel") || m->path[0] != '[')
		return notes_say("/sys/kernel/notes", m->build_id);
	len = strcspn(m->path + 1, "]/");
	snprintf(path, sizeof(path), "/sys/module/%.*s/notes/.note.gnu.build-id",
		 (int)(len < NAME_MAX ? len : NAME_MAX), m->path + 1);
	return notes_say(path, m->build_id);
}

/* Was it recorded that this very kernel ran? */
static bool kernel_is_known(const struct profile *in)
{
	/* none yet while a recording is read whose stacks are bytes */
	for (size_t i = 0; in && i < in->nmappings; i++)
		if (in->mappings[i].kernel && is_build_id(in->mappings[i].build_id) &&
		    this_kernel(&in->mappings[i]))
			return true;
	return false;
}

static bool use_vdso(struct go_resolver *r, const struct profile_mapping *m, struct place *p)
{
	/* that of another kernel would give wrong names */
	p->why = WHY_NO_VDSO;
	if (!is_build_id(m->build_id) && !kernel_is_known(r->in))
		return false;
	if (!r->own.maps) {
		if (maps_read(getpid(), &r->own_maps) || mem_init(&r->own_mem, NULL))
			return false;
		r->own = (struct go_objects){ .maps = &r->own_maps, .mem = &r->own_mem };
	}
	for (size_t k = 0; k < r->own_maps.n; k++) {
		const struct map *map = &r->own_maps.v[k];
		struct go_image *i;

		if (strcmp(map->path, "[vdso]"))
			continue;
		i = go_objects_at(&r->own, map->start);
		return i && use(i, m, p);
	}
	return false;
}

const struct symtext *resolver_jit(struct go_resolver *r, uint32_t pid)
{
	char path[128];
	struct jit *j;

	for (size_t k = 0; k < r->njits; k++)
		if (r->jits[k].pid == pid)
			return r->jits[k].text.n ? &r->jits[k].text : NULL;
	if (!pid || r->njits == JITS_MAX)
		return NULL;
	j = &r->jits[r->njits++];
	j->pid = pid;
	snprintf(path, sizeof(path), "/proc/%u/root/tmp/perf-%u.map", pid, pid);
	if (!r->from.process || (uint32_t)r->from.process->pid != pid || symtext_jit(path, &j->text)) {
		snprintf(path, sizeof(path), "/tmp/perf-%u.map", pid);
		symtext_jit(path, &j->text);
	}
	return j->text.n ? &j->text : NULL;
}

void resolver_find_file(struct go_resolver *r, const struct profile_mapping *m, struct place *p)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX], own[PATH_MAX];

	p->how = HOW_NONE;
	p->why = WHY_NOT_HERE;
	if (!strcmp(m->path, "[vdso]")) {
		if (!use_process(r, m, p))
			use_vdso(r, m, p);
		return;
	}
	/* "//anon", "[heap]", "[anon:...]" and perf's own "/tmp/perf-12.map" */
	if (m->path[0] == '[' || !strncmp(m->path, "//", 2) || !strncmp(m->path, "/tmp/perf-", 10)) {
		p->text = resolver_jit(r, m->pid);
		p->how = p->text ? HOW_JIT : HOW_NONE;
		p->why = p->text ? WHY_NO_FUNCTION : WHY_NO_CODE;
		return;
	}
	plain_path(m->path, path);
	snprintf(own, sizeof(own), "%s/.debug", home ? home : "");
	if (use_exe(r, m, p) || p->why == WHY_OTHER_EXE || use_process(r, m, p) ||
	    (r->from.debug_dir && use_debug_dir(r, r->from.debug_dir, m, p)) ||
	    (is_build_id(m->build_id) &&
	     ((home && use_debug_dir(r, own, m, p)) || use_debug_dir(r, "/usr/lib/debug", m, p))))
		return;
	if (p->why != WHY_UNPLACED)
		p->why = WHY_NOT_HERE;
	if (path[0] == '/')
		use_path(r, m, p, "%s", path);
}

/*
 * Each kernel has its functions elsewhere, and each boot puts it elsewhere as a rule; so a function at
 * its address shows that it is this one.  Where the kernel begins shows it only when that was drawn.
 */
static bool tells_kernel(const struct profile_mapping *m)
{
	const uint64_t not_drawn = 0xffffffff81000000;	/* x86-64; arch/x86/Kconfig, PHYSICAL_START */

	return m->anchor_addr != not_drawn;
}

void resolver_find_kernel(struct go_resolver *r, const struct profile_mapping *m,
			  struct place *p)
{
	bool known = m ? is_build_id(m->build_id) : kernel_is_known(r->in), anchored = m && m->anchor_name;

	p->how = HOW_NONE;
	p->why = WHY_OTHER_KERNEL;
	if (m && known && !this_kernel(m))
		return;
	/* addresses alone fit any kernel; a process that runs was recorded on this one */
	p->why = WHY_ANY_KERNEL;
	if (!known && !r->from.process && !(anchored && tells_kernel(m)))
		return;
	if (r->kernel_err > 0)
		r->kernel_err = symtext_kernel(&r->kernel);
	p->why = WHY_HIDDEN;
	if (r->kernel_err)
		return;
	p->why = WHY_OTHER_KERNEL;
	if (anchored && !symtext_has(&r->kernel, m->anchor_name, m->anchor_addr))
		return;
	p->how = HOW_KERNEL;
	p->why = WHY_NO_FUNCTION;
}
