# SPDX-License-Identifier: GPL-2.0-only
# Test programs of helpers/collect: they link the collectors, not the commands.
COLLECT_OBJS := $(filter $O/helpers/collect/%,$(CMD_OBJS))
COLLECT_TESTS := collect budget

$(COLLECT_TESTS:%=$O/tests/%): $O/tests/%: $O/tests/unit/%.o $(COLLECT_OBJS) $O/libgobpf.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

.PHONY: test-programs
test-programs: $(COLLECT_TESTS:%=$O/tests/%)

-include $(COLLECT_TESTS:%=$O/tests/unit/%.d)
