# SPDX-License-Identifier: GPL-2.0-only
# The test program of helpers/script for tests/script.bats.
$O/tests/scriptlib: $O/tests/unit/scriptlib.o $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

test-programs: $O/tests/scriptlib
-include $O/tests/unit/scriptlib.d
