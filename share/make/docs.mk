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

$O/man/gobpf.1: docs/gobpf.1 $O/gen/manual.tsv share/manual/commands.awk Makefile
	$(call say,MAN,$(@D))
	@mkdir -p $(@D)
	$(Q)awk -f share/manual/commands.awk $O/gen/manual.tsv $< | $(man_version) >$@

# The list without the plugins of whoever builds
$O/gen/manual.tsv: $O/gobpf helpers/commands.inc share/manual/table.awk $(SCRIPTS)
	@mkdir -p $(@D)
	$(Q)env -i PATH="$$PATH" HOME=/nonexistent ASAN_OPTIONS=detect_leaks=0 $O/gobpf list >$@.list
	$(Q)awk -f share/manual/table.awk helpers/commands.inc - $(SCRIPTS) <$@.list >$@

.PHONY: html
html: $O/html/index.html
$O/html/index.html: $(MANUALS) $O/gen/manual.tsv $(wildcard docs/*.md share/manual/*)
	$(call say,HTML,$(@D))
	$(Q)share/manual/html $(@D) $O/man $O/gen/manual.tsv

docdir     = $(prefix)/share/doc/gobpf
HTML_TOOLS := $(and $(shell command -v mandoc),$(shell command -v cmark-gfm))

.PHONY: install-html uninstall-html
install: install-html
install-html: all $(if $(HTML_TOOLS),html)
ifeq ($(HTML_TOOLS),)
	@echo 'without the HTML manual: mandoc and cmark-gfm make it'
else
	$(Q)install -d $(DESTDIR)$(docdir)/html
	$(Q)install -m 644 $O/html/*.html $(DESTDIR)$(docdir)/html
endif

uninstall: uninstall-html
uninstall-html:
	$(Q)rm -rf $(DESTDIR)$(docdir)/html
	$(Q)rmdir $(DESTDIR)$(docdir) 2>/dev/null || :
