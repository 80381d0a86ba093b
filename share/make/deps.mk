# SPDX-License-Identifier: GPL-2.0-only
# Packages: named in share/packages, installed by share/deps.

# Ubuntu's /usr/sbin/bpftool only passes on to the running kernel's own, which may not be
# there (containers); any version makes skeletons.
ifeq ($(origin BPFTOOL),file)
BPFTOOL := $(lastword $(BPFTOOL) $(wildcard /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool))
endif

# A goal that needs packages installs them first, then starts make again, so that
# what make looks for while reading is found.
again = $(Q)$(MAKE) --no-print-directory

.PHONY: deps
deps:
	$(Q)share/deps build run test real demo
