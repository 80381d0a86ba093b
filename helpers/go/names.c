/* SPDX-License-Identifier: GPL-2.0-only */
#include "go/names.h"

#include <string.h>

#include "base/buf.h"

#define LATEST 255

/*
 * One line per name, oldest first, those of one function together under one number.  From
 * the sources and the symbol tables of Go 1.15, 1.19 and 1.21 to 1.27.
 */
static const struct go_name rows[] = {
	{ 1, 0, 23, "sync.(*Mutex).lockSlow" },
	{ 1, 24, LATEST, "internal/sync.(*Mutex).lockSlow" },
	{ 2, 0, 23, "sync.(*Mutex).unlockSlow" },
	{ 2, 24, LATEST, "internal/sync.(*Mutex).unlockSlow" },
	{ 3, 0, 23, "sync.runtime_SemacquireMutex" },
	{ 3, 24, LATEST, "internal/sync.runtime_SemacquireMutex" },
	{ 4, 19, 22, "runtime/internal/syscall.Syscall6" },
	{ 4, 23, 25, "internal/runtime/syscall.Syscall6" },
	{ 4, 26, LATEST, "internal/runtime/syscall/linux.Syscall6" },
	{ 5, 21, 22, "runtime/internal/syscall.EpollWait" },
	{ 5, 23, 25, "internal/runtime/syscall.EpollWait" },
	{ 5, 26, LATEST, "internal/runtime/syscall/linux.EpollWait" },
	{ 6, 0, 24, "runtime.gcMarkRootPrepare" },
	{ 6, 25, LATEST, "runtime.gcPrepareMarkRoots" },
	{ 7, 0, 24, "runtime.runfinq" },
	{ 7, 25, LATEST, "runtime.runFinalizers" },
	{ 8, 0, 23, "runtime.mapiterinit" },
	{ 8, 24, LATEST, "runtime.mapIterStart" },
	{ 9, 0, 23, "runtime.mapiternext" },
	{ 9, 24, LATEST, "runtime.mapIterNext" },
	{ 10, 0, 25, "runtime.exitsyscall0" },
	{ 10, 26, LATEST, "runtime.exitsyscallNoP" },
	{ 11, 0, 25, "runtime.entersyscall_sysmon" },
	{ 11, 26, LATEST, "runtime.entersyscallWakeSysmon" },
	{ 12, 0, 22, "runtime.modtimer" },
	{ 12, 23, LATEST, "runtime.(*timer).modify" },
	{ 13, 0, 22, "runtime.deltimer" },
	{ 13, 23, LATEST, "runtime.(*timer).stop" },
	{ 14, 0, 18, "runtime.findrunnable" },
	{ 14, 19, LATEST, "runtime.findRunnable" },
	{ 15, 0, 24, "runtime.(*gcWork).tryGet" },
	{ 15, 25, LATEST, "runtime.(*gcWork).tryGetObj" },
	{ 16, 23, 24, "runtime.casGToWaitingForGC" },
	{ 16, 25, LATEST, "runtime.casGToWaitingForSuspendG" },
};

const struct go_name *go_names(unsigned *ret_n)
{
	*ret_n = ARRAY_SIZE(rows);
	return rows;
}

const struct go_name *go_names_of(const char *name, unsigned *ret_n)
{
	size_t i, first = 0;

	for (i = 0; i < ARRAY_SIZE(rows) && strcmp(rows[i].name, name) != 0; i++)
		if (rows[i].function != rows[first].function)
			first = i;
	if (i == ARRAY_SIZE(rows))
		return NULL;
	if (rows[i].function != rows[first].function)
		first = i;
	for (i = first; i < ARRAY_SIZE(rows) && rows[i].function == rows[first].function;)
		i++;
	*ret_n = i - first;
	return &rows[first];
}

bool go_func_named_ever(const struct go_file *g, const char *name, struct go_func *ret)
{
	const struct go_name *names;
	unsigned n;

	if (go_func_named(g, name, ret))
		return true;
	names = go_names_of(name, &n);
	for (unsigned i = 0; names && i < n; i++)
		if (names[i].from <= g->version.minor && g->version.minor <= names[i].to &&
		    go_func_named(g, names[i].name, ret))
			return true;
	return false;
}
