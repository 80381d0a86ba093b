# SPDX-License-Identifier: GPL-2.0-only
# Test programs of helpers/input.
INPUT_TESTS := targetlib cfi capturelib

$(INPUT_TESTS:%=$O/tests/%): $O/tests/%: $O/tests/unit/%.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $(INPUT_TESTS:%=$O/tests/%)
-include $(INPUT_TESTS:%=$O/tests/unit/%.d)

# It changes core files for tests/capture.bats.
$O/tests/corrupt: tests/unit/corrupt.c $O/flags
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP $< -o $@

test-programs: $O/tests/corrupt
-include $O/tests/corrupt.d
