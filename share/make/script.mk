# SPDX-License-Identifier: GPL-2.0-only
# The test programs of helpers/script for tests/script.bats and tests/translate.bats.
SCRIPT_TESTS := scriptlib translatelib
$(SCRIPT_TESTS:%=$O/tests/%): $O/tests/%: $O/tests/unit/%.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $(SCRIPT_TESTS:%=$O/tests/%)
-include $(SCRIPT_TESTS:%=$O/tests/unit/%.d)
