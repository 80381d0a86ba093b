# SPDX-License-Identifier: GPL-2.0-only
# Fuzz targets: `make fuzz' builds each helpers/fuzz/NAME.c with clang and runs it for
# FUZZ_TIME seconds from the seeds in tests/golden/fuzz/NAME; `make fuzz-build' only builds.
# FUZZ=NAME chooses; FUZZ_RUNS=N ends each after N runs.  What is found stays in $O/fuzz.
# gofile changes a Go program (GOBPF_FUZZ_GO), built here when none is given.
FUZZ      ?= $(patsubst helpers/fuzz/%.c,%,$(wildcard helpers/fuzz/*.c))
FUZZ_TIME ?= 20
FUZZ_RUNS ?= -1
FUZZ_BINS := $(FUZZ:%=$O/fuzz/%)
FUZZ_CFLAGS = $(filter-out -O2 -fsanitize=% -fno-sanitize-recover=%,$(ALL_CFLAGS)) -O1 \
	-Wno-unknown-warning-option -fno-sanitize-recover=all
FUZZ_OBJS := $(patsubst $O/%,$O/fuzz/obj/%,$(LIB_OBJS) $O/gen/profile.pb-c.o $O/gen/flame_assets.o)

.PHONY: fuzz fuzz-build
fuzz-build: $(FUZZ_BINS)

fuzz: $(FUZZ_BINS)
	$(Q)export GOBPF_FUZZ_GO="$${GOBPF_FUZZ_GO-$$(O=$O tests/fixtures/build frames)}"; \
	for name in $(FUZZ); do \
		mkdir -p $O/fuzz/corpus/$$name && \
		$O/fuzz/$$name -max_total_time=$(FUZZ_TIME) -runs=$(FUZZ_RUNS) -print_final_stats=1 \
			-artifact_prefix=$O/fuzz/$$name- $O/fuzz/corpus/$$name \
			$$(find tests/golden/fuzz/$$name -maxdepth 0 2>/dev/null) >$O/fuzz/$$name.log 2>&1 || \
			{ tail -40 $O/fuzz/$$name.log; exit 1; }; \
		printf '  %-7s %s: %s\n' FUZZ $$name "$$(grep -m1 number_of_executed $O/fuzz/$$name.log)"; \
	done

$(FUZZ_BINS): $O/fuzz/%: helpers/fuzz/%.c $O/fuzz/lib.a
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined $^ $(LDLIBS) -o $@

$O/fuzz/lib.a: $(FUZZ_OBJS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(filter $O/fuzz/obj/gen/%,$(FUZZ_OBJS)): $O/fuzz/obj/%.o: $O/%.c $O/flags
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -w -fsanitize=fuzzer-no-link,address,undefined -c $< -o $@

$(filter $O/fuzz/obj/helpers/%,$(FUZZ_OBJS)): $O/fuzz/obj/%.o: %.c $O/flags | $O/libgobpf.a
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c $< -o $@
-include $(FUZZ_OBJS:.o=.d)
