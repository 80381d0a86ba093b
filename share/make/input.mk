# SPDX-License-Identifier: GPL-2.0-only
# Test programs of helpers/input.
INPUT_TESTS := targetlib cfi

$(INPUT_TESTS:%=$O/tests/%): $O/tests/%: $O/tests/unit/%.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $(INPUT_TESTS:%=$O/tests/%)
-include $(INPUT_TESTS:%=$O/tests/unit/%.d)
