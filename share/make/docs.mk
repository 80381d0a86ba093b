# SPDX-License-Identifier: GPL-2.0-only
# The manual: $O/man, a page for each command (docs/*.1) and each script (from its header), and
# make html: $O/html, the same and the guides as pages that need no network.  docs/internals.md says what comes from where.
MANUALS  := $(addprefix $O/man/,$(notdir $(MANS)) $(SCRIPTS:scripts/%.bt=gobpf-%.bt.1))
MAN_DATE := $(shell sed -n 's/^\.TH [^"]*"\([^"]*\)".*/\1/p' docs/gobpf.1)

all: $(MANUALS)

# The version is the program's, whatever the page says.
man_version = sed '/^\.TH /s/"gobpf [^"]*"/"gobpf $(VERSION)"/'

$O/man/%.1: docs/%.1 Makefile
	@mkdir -p $(@D)
	$(Q)$(man_version) $< >$@

$O/man/gobpf-%.bt.1: scripts/%.bt share/manual/script.awk Makefile
	@mkdir -p $(@D)
	$(Q)awk -v version=$(VERSION) -v date=$(MAN_DATE) -f share/manual/script.awk $< >$@

# The list without the plugins of whoever builds
$O/man/gobpf.1: docs/gobpf.1 $O/gobpf share/manual/commands.awk $(SCRIPTS)
	$(call say,MAN,$(@D))
	@mkdir -p $(@D) $O/gen
	$(Q)env -i PATH="$$PATH" HOME=/nonexistent ASAN_OPTIONS=detect_leaks=0 $O/gobpf list >$O/gen/commands.list
	$(Q)awk -f share/manual/commands.awk helpers/commands.inc - $(SCRIPTS) docs/gobpf.1 <$O/gen/commands.list | $(man_version) >$@
