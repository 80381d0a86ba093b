# SPDX-License-Identifier: GPL-2.0-only
# make bench: what the tool costs, as docs/benchmarks.md.  BENCH="alloc" does a part only; PAIRS=3 is quicker.

BENCH ?= own alloc etcd sym fold perfdata live heap script

.PHONY: bench bench-run
bench:
	$(Q)share/deps build run test real
	$(again) bench-run

bench-run: all $O/tests/gosymlib
	$(Q)$(if $(filter-out sym fold perfdata live heap script,$(BENCH)),O='$(O_ABS)' GOBPF='$(O_ABS)/gobpf' \
		tests/bench/run $(filter-out sym fold perfdata live heap script,$(BENCH)))
	$(Q)$(if $(filter sym,$(BENCH)),O='$(O_ABS)' GOBPF='$(O_ABS)/gobpf' tests/bench/sym)
	$(Q)$(if $(filter fold,$(BENCH)),O='$(O_ABS)' GOBPF='$(O_ABS)/gobpf' tests/bench/fold)
	$(Q)$(if $(filter perfdata,$(BENCH)),GOBPF='$(O_ABS)/gobpf' tests/bench/perfdata)
	$(Q)$(if $(filter live,$(BENCH)),O='$(O_ABS)' GOBPF='$(O_ABS)/gobpf' tests/bench/live)
	$(Q)$(if $(filter heap,$(BENCH)),O='$(O_ABS)' GOBPF='$(O_ABS)/gobpf' tests/bench/heap)
	$(Q)$(if $(filter script,$(BENCH)),O='$(O_ABS)' GOBPF='$(O_ABS)/gobpf' tests/bench/script)
