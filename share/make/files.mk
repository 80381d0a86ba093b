# SPDX-License-Identifier: GPL-2.0-only
# Go executables that others built, of every Go release: npm packages and Debian's servers.
.PHONY: check-files check-files-run
check-files:
	$(Q)share/deps build run test
	$(again) check-files-run

check-files-run: all $O/tests/gofile
	$(Q)O='$(O_ABS)' tests/check-files
	$(Q)O='$(O_ABS)' tests/run tests/files-speedscope.bats

# Executables for arm64, riscv64 and ppc64le against what they say of themselves in an emulator.
.PHONY: check-machines check-machines-run
check-machines:
	$(Q)share/deps build run test
	$(again) check-machines-run

check-machines-run: all $O/tests/gofile
	$(Q)O='$(O_ABS)' tests/check-machines
