# SPDX-License-Identifier: GPL-2.0-only
# make demo: from a bare machine to a table of who allocates in a running service.

.PHONY: demo demo-run
demo:
	$(Q)share/deps build run demo
	$(again) demo-run

demo-run: all
	$(Q)O='$(O_ABS)' share/demo
