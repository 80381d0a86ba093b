# SPDX-License-Identifier: GPL-2.0-only
# make deb: Debian packages in $O/deb, for the release of Debian that builds them.  Two builds of
# a commit give the same bytes, wherever the sources and $O are.

DEB_BUILD = $O/deb/build
DEB_FLAGS = DEB_BUILD_MAINT_OPTIONS='hardening=+all reproducible=-fixfilepath' dpkg-buildflags --get

.PHONY: deb deb-run check-deb check-deb-run
deb:
	$(Q)share/deps build deb
	$(again) deb-run

# The last prefix that fits counts.
deb-run:
	$(Q)rm -rf $O/deb/tree
	$(Q)$(MAKE) --no-print-directory O=$(DEB_BUILD) W= SANITIZE= PREFIX=/usr DESTDIR=$O/deb/tree \
		libdir=/usr/lib/$$(dpkg-architecture -qDEB_HOST_MULTIARCH) \
		zshcompdir=/usr/share/zsh/vendor-completions LDFLAGS="$$($(DEB_FLAGS) LDFLAGS)" \
		CFLAGS="$$($(DEB_FLAGS) CFLAGS) $$($(DEB_FLAGS) CPPFLAGS) \
			'-ffile-prefix-map=$(CURDIR)=.' '-ffile-prefix-map=$(DEB_BUILD)=build'" install
	$(Q)share/deb/pack '$(O_ABS)/deb' $(VERSION)

# Built twice; installed, used and purged in a Debian of its own.
check-deb:
	$(Q)share/deps build run test deb debtest
	$(again) check-deb-run

check-deb-run: deb-run
	$(Q)O='$(O_ABS)' tests/run tests/deb.bats
