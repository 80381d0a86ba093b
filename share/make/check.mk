# SPDX-License-Identifier: GPL-2.0-only
# Tests.  `make check' installs what they need and runs them all; TESTS=tests/list.bats
# runs some.  tests/run prints the count in the last line.

TESTS ?= $(filter-out tests/real.bats tests/real-%.bats tests/files-%.bats tests/matrix.bats tests/deb.bats,$(sort $(wildcard tests/*.bats)))
# tests/run runs JOBS suites at a time, one for each CPU unless said: make check JOBS=1.
# Tests that want another Go than the installed one have the tag newer: make matrix runs them.
# Suites that need no probe and little time: these run with sanitizers, too, but what has the tag plain
ASAN_TESTS ?= $(filter-out tests/lint.bats tests/install.bats,$(TESTS))
ASAN := build-asan

.PHONY: check check-run check-real check-real-run check-asan check-asan-run check-versions \
	check-versions-run check-headers matrix

check:
	$(Q)share/deps build run test
	$(again) check-run

check-run: all test-programs
	$(Q)O='$(O_ABS)' tests/run --filter-tags '!newer' $(TESTS)

check-asan:
	$(Q)share/deps build run test
	$(again) check-asan-run

# tests/gosym.bats links the library as others do, without sanitizers
check-asan-run: $O/tests/gosymlib
	$(Q)$(MAKE) --no-print-directory O=$(ASAN) SANITIZE=address,undefined all test-programs
	$(Q)O='$(O_ABS)' GOBPF='$(CURDIR)/$(ASAN)/gobpf' tests/run --filter-tags '!probe,!newer,!plain' $(ASAN_TESTS)

# Servers under load: what they allocate in a given time is looked at, so nothing runs beside them.
check-real:
	$(Q)share/deps build run test real
	$(again) check-real-run

check-real-run: all
	$(Q)O='$(O_ABS)' JOBS=1 tests/run tests/real.bats $(sort $(wildcard tests/real-*.bats))

# Files and heap-hotspots with every Go toolchain and way to build, scripts with every bpftrace:
# make matrix GOBPF_TOOLCHAINS=GOROOT:GOROOT... GOBPF_BPFTRACES=PROGRAM:PROGRAM...; MATRIX=files, engines
# or bpftraces for that part alone.  What is not given is fetched from Debian into a cache.
matrix:
	$(Q)share/deps build run test
	$(Q)$(MAKE) --no-print-directory all test-programs
	$(Q)O='$(O_ABS)' tests/matrix

# What the system's own versions don't show: a newer bpftrace on the scripts, a newer Go under
# heap-hotspots, both fetched from Debian into a cache.
check-versions:
	$(Q)share/deps build run test
	$(again) check-versions-run

check-versions-run: all test-programs
	$(Q)bpftrace=$$(tests/get-bpftrace trixie) && \
		O='$(O_ABS)' GOBPF_BPFTRACES=$$bpftrace tests/run tests/script.bats tests/run.bats
	$(Q)goroot=$$(tests/get-toolchains 1.27) && \
		O='$(O_ABS)' GOBPF_TOOLCHAINS=$$goroot MATRIX='files engines' tests/matrix

# Every header must compile on its own.
check-headers: $(HEADERS:%=$O/%.ok)

$O/%.h.ok: %.h $O/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Wno-unused-function -include $< -x c -fsyntax-only /dev/null && touch $@
