# SPDX-License-Identifier: GPL-2.0-only
# The test program of helpers/input for tests/bad-input.bats.
$O/tests/targetlib: $O/tests/unit/targetlib.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $O/tests/targetlib
-include $O/tests/unit/targetlib.d

# It changes core files for tests/capture.bats.
$O/tests/corrupt: tests/unit/corrupt.c $O/flags
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -MMD -MP $< -o $@

test-programs: $O/tests/corrupt
-include $O/tests/corrupt.d
