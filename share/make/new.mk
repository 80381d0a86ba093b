# SPDX-License-Identifier: GPL-2.0-only
# What gobpf new writes, as text in the program: a script and its test.
NEW_GEN := $O/gen/script_template.o

$O/gobpf: $(NEW_GEN)

# array FILE NAME: FILE as a NUL-terminated C array
array = { echo 'const char $(2)[] = {'; od -An -v -tu1 $(1) | sed 's/ *\([0-9]\{1,\}\)/\1,/g'; echo '0 };'; }

$O/gen/script_template.c: share/script-template.bt share/script-template.bats share/make/new.mk
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(call array,share/script-template.bt,script_template) >$@.tmp && \
		$(call array,share/script-template.bats,script_template_test) >>$@.tmp && mv $@.tmp $@

$(NEW_GEN): %.o: %.c $O/flags
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -w -c $< -o $@
