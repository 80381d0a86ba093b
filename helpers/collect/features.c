/* SPDX-License-Identifier: GPL-2.0-only */
/* features.c - what this kernel lets this process do */
#include "collect/features.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "collect/attach.h"
#include "collect/kernel.h"
#include "collect/trap.h"

/* A function of the kernel that only its own tests call (net/bpf/test_run.c). */
#define FENTRY_PLACE "bpf_fentry_test1"

static void says(struct feature *f, enum feature_state state, const char *text)
{
	f->state = state;
	snprintf(f->says, sizeof(f->says), "%s", text);
}

/* The words of libraries tell permissions from what isn't there by the errno they go with. */
static void failed(struct feature *f, int err)
{
	says(f, err == -EPERM || err == -EACCES ? FEATURE_DENIED : FEATURE_NO, err_text());
}

/* r0 = 0; exit */
static const struct bpf_insn nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static void try_bpf(struct feature *f)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "gobpf_try", "GPL", nothing, ARRAY_SIZE(nothing), NULL);

	if (fd < 0) {
		failed(f, kernel_words(errno, "BPF program"));
		return;
	}
	close(fd);
	says(f, FEATURE_YES, "programs are loaded");
}

static void try_uprobe(struct feature *f, enum attach_how how)
{
	char text[sizeof(f->says)], n[NUM_LEN];
	double ns;
	int err = trap_try(how, &ns);

	if (err) {
		failed(f, err);
		return;
	}
	snprintf(text, sizeof(text), "a hit costs %s here", num_duration(n, ns));
	says(f, FEATURE_YES, text);
}

static void try_multi(struct feature *f)
{
	try_uprobe(f, ATTACH_MULTI);
	if (f->state == FEATURE_YES && attach_best() != ATTACH_MULTI)
		says(f, FEATURE_NO, "there, but not used: before Linux 6.10 its PID filter misses threads");
	else if (f->state == FEATURE_NO)
		says(f, FEATURE_NO, "this kernel has none (6.6 or newer); perf events are used");
}

static void try_ringbuf(struct feature *f)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "gobpf_try", 0, 0, (uint32_t)getpagesize(), NULL);

	if (fd < 0) {
		failed(f, kernel_words(errno, "BPF map"));
		return;
	}
	close(fd);
	says(f, FEATURE_YES, "made");
}

static int fentry_link(int btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = (uint32_t)btf_id);
	int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "gobpf_try", "GPL", nothing, ARRAY_SIZE(nothing), &opts);
	int link, err;

	if (prog < 0)
		return -errno;
	link = bpf_link_create(prog, 0, BPF_TRACE_FENTRY, NULL);
	err = link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(prog);
	return err;
}

static void try_btf(struct feature *btf_feature, struct feature *fentry)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id, err;

	if (!btf) {
		says(btf_feature, FEATURE_NO, "/sys/kernel/btf/vmlinux: none, or not readable");
		says(fentry, FEATURE_NO, "needs BTF");
		return;
	}
	says(btf_feature, FEATURE_YES, "/sys/kernel/btf/vmlinux");
	id = btf__find_by_name_kind(btf, FENTRY_PLACE, BTF_KIND_FUNC);
	err = id < 0 ? -ENOENT : fentry_link(id);
	if (!err)
		says(fentry, FEATURE_YES, "attached to a function of the kernel's tests");
	else if (err == -EPERM || err == -EACCES)
		failed(fentry, kernel_words(-err, "fentry program"));
	else
		says(fentry, FEATURE_NO, "this kernel has no trampolines for its functions");
	btf__free(btf);
}

static int perf_open(struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	attr->disabled = 1;
	return (int)syscall(SYS_perf_event_open, attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void opened(struct feature *f, int fd, const char *yes, const char *no)
{
	int err = errno;

	if (fd >= 0) {
		close(fd);
		says(f, FEATURE_YES, yes);
	} else if (err == EPERM || err == EACCES) {
		says(f, FEATURE_DENIED, "not permitted: needs CAP_PERFMON (before Linux 5.8: CAP_SYS_ADMIN), or a "
					"lower kernel.perf_event_paranoid");
	} else {
		says(f, FEATURE_NO, no);
	}
}

static void try_perf(struct feature *f, uint32_t type, uint64_t config, bool kernel, const char *yes,
		     const char *no)
{
	struct perf_event_attr attr = {
		.type = type,
		.config = config,
		.sample_period = 1000000,
		.exclude_kernel = !kernel,
		.exclude_hv = 1,
	};

	opened(f, perf_open(&attr), yes, no);
}

/* The number in a small file, or -errno. */
static int64_t number_in(const char *path)
{
	struct buf b = { 0 };
	int err = buf_read_file(&b, path, 64);
	int64_t ret = err ? err : strtol(b.data ? b.data : "", NULL, 10);

	buf_free(&b);
	return ret;
}

static void try_tracepoint(struct feature *f)
{
	int64_t id = number_in("/sys/kernel/tracing/events/sched/sched_switch/id");

	if (id < 0)
		id = number_in("/sys/kernel/debug/tracing/events/sched/sched_switch/id");
	if (id == -EACCES || id == -EPERM)
		says(f, FEATURE_DENIED, "not permitted: /sys/kernel/tracing is root's");
	else if (id < 0)
		says(f, FEATURE_NO, "no tracefs in /sys/kernel/tracing (mount -t tracefs none /sys/kernel/tracing)");
	else
		try_perf(f, PERF_TYPE_TRACEPOINT, (uint64_t)id, true, "sched:sched_switch opened",
			 "the kernel opens none");
}

static void try_kprobe(struct feature *f)
{
	int64_t type = number_in("/sys/bus/event_source/devices/kprobe/type");
	struct perf_event_attr attr = { .type = (uint32_t)type };

	if (type < 0) {
		says(f, FEATURE_NO, "this kernel is built without (CONFIG_KPROBE_EVENTS)");
		return;
	}
	attr.config1 = (uintptr_t)"do_nanosleep";
	opened(f, perf_open(&attr), "opened at do_nanosleep", "the kernel takes none at do_nanosleep");
}

void features_try(struct feature ret[FEATURES])
{
	static const char *const names[FEATURES] = {
		[FEATURE_BPF] = "BPF",
		[FEATURE_UPROBE] = "uprobe",
		[FEATURE_UPROBE_MULTI] = "uprobe_multi",
		[FEATURE_RINGBUF] = "ring buffer",
		[FEATURE_BTF] = "BTF",
		[FEATURE_FENTRY] = "fentry",
		[FEATURE_TRACEPOINT] = "tracepoints",
		[FEATURE_KPROBE] = "kprobes",
		[FEATURE_PERF] = "perf events",
		[FEATURE_PERF_KERNEL] = "perf events, kernel",
		[FEATURE_PERF_CYCLES] = "hardware counters",
	};

	kernel_log_init();
	for (int i = 0; i < FEATURES; i++)
		ret[i] = (struct feature){ .name = names[i] };
	try_bpf(&ret[FEATURE_BPF]);
	try_uprobe(&ret[FEATURE_UPROBE], ATTACH_PERF);
	try_multi(&ret[FEATURE_UPROBE_MULTI]);
	try_ringbuf(&ret[FEATURE_RINGBUF]);
	try_btf(&ret[FEATURE_BTF], &ret[FEATURE_FENTRY]);
	try_tracepoint(&ret[FEATURE_TRACEPOINT]);
	try_kprobe(&ret[FEATURE_KPROBE]);
	try_perf(&ret[FEATURE_PERF], PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, false,
		 "samples in user mode", "the kernel opens none");
	try_perf(&ret[FEATURE_PERF_KERNEL], PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, true,
		 "samples in the kernel, too", "the kernel opens none");
	try_perf(&ret[FEATURE_PERF_CYCLES], PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false,
		 "samples by cycles", "no counter here (a virtual machine?): clocks are used");
}
