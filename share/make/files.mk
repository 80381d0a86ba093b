# SPDX-License-Identifier: GPL-2.0-only
# Go executables that others built, of every Go release: npm packages and Debian's servers.
.PHONY: check-files check-files-run
check-files:
	$(Q)share/deps build run test
	$(again) check-files-run

check-files-run: all $O/tests/gofile
	$(Q)O='$(O_ABS)' tests/check-files
