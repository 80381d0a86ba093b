# SPDX-License-Identifier: GPL-2.0-only
# make fuzz: each target of helpers/fuzz for FUZZ_SECONDS, with what it found before (kept in
# $O/fuzz/NAME.corpus) and tests/golden/fuzz/NAME as seeds.  Needs clang's libFuzzer.
FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst helpers/fuzz/%.c,$O/fuzz/%,$(wildcard helpers/fuzz/*.c))
FUZZ_CFLAGS = -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -g -O1

.PHONY: fuzz
fuzz: $(FUZZERS)
	$(Q)set -e; for f in $(FUZZERS); do \
		mkdir -p $$f.corpus; echo "== $$f"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 -artifact_prefix=$$f. \
			$$f.corpus $$(find tests/golden/fuzz/$${f##*/} -maxdepth 0 2>/dev/null); done

# The library once more, by clang with coverage.
$(LIB_SRCS:%.c=$O/fuzz/obj/%.o): $O/fuzz/obj/%.o: %.c $O/flags | $O/libgobpf.a
	$(call say,FUZZCC,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(filter-out -fsanitize=% -W%,$(ALL_CFLAGS)) -fsanitize=fuzzer-no-link,address,undefined \
		-fno-sanitize-recover=all -O1 -MMD -MP -c $< -o $@

$O/fuzz/libgobpf.a: $(LIB_SRCS:%.c=$O/fuzz/obj/%.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The second library has what is generated.
$(FUZZERS): $O/fuzz/%: helpers/fuzz/%.c $O/fuzz/libgobpf.a $O/libgobpf.a
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) $(filter-out -fsanitize=% -Werror,$(ALL_CFLAGS)) $(FUZZ_CFLAGS) $^ $(LDLIBS) -o $@

-include $(LIB_SRCS:%.c=$O/fuzz/obj/%.d)
