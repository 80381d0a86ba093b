#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages that `make deb' put into $O/deb: make check-deb.

load helpers

# everything is built anew in one of them
setup_file() { export BATS_TEST_TIMEOUT=900; }

setup() {
	# make's own variables must not reach the make that a test runs
	unset MAKEFLAGS MAKELEVEL MFLAGS
	debs=("$O"/deb/*.deb)
	[ -e "${debs[0]}" ] || fail "no packages in $O/deb: make deb"
}

# debian - a Debian of its own for this test, in $root
debian() {
	root=$BATS_TEST_TMPDIR/root
	cp -a --reflink=auto "$("$TOP/tests/get-chroot")" "$root"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	cp "${debs[@]}" "$root/tmp"
	# shellcheck disable=SC2016 # $ is for sh
	enter=(unshare --mount --propagation private sh -c '
		for folder in proc sys dev; do
			mount --rbind /$folder "$0/$folder" || exit 1
		done
		exec env -i PATH=/usr/sbin:/usr/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$0" "$@"' "$root")
}

# inside CMD... - runs it there, with this machine's processes in view
inside() { "${enter[@]}" "$@"; }

# apt ARG... - there
apt() { inside apt-get -qq -y -o Dpkg::Use-Pty=0 "$@" >"$BATS_TEST_TMPDIR/apt.log" 2>&1 || fail "$(<"$BATS_TEST_TMPDIR/apt.log")"; }

# files - all that is installed there; apt's and dpkg's memory of what they did is not
files() {
	find "$root" -mindepth 1 \( -path "$root/tmp" -o -path "$root/var/log" -o -path "$root/var/cache" -o \
		-path "$root/var/lib/apt" -o -path "$root/var/lib/dpkg/*-old" \) -prune -o -printf '%P %m %l\n' | sort
}

@test "deb: lintian has nothing to say" {
	requires lintian
	run -0 lintian --allow-root --fail-on error,warning "${debs[@]}"
	[ -z "$output" ]
}

@test "deb: the same bytes from another folder, with the time of the last commit" {
	local tree=$BATS_TEST_TMPDIR/tree first=$BATS_TEST_TMPDIR/first deb time
	dpkg-deb -x "${debs[0]}" "$first"
	time=$(stat -c %Y "$first/usr")
	! git -C "$TOP" rev-parse 2>/dev/null || [ "$time" = "$(git -C "$TOP" log -1 --format=%ct)" ]
	mkdir "$tree"
	tar -C "$TOP" --exclude='./build*' --exclude=./.git -c . | tar -C "$tree" -x
	SOURCE_DATE_EPOCH=$time make -s -C "$tree" O=elsewhere -j2 deb-run
	for deb in "${debs[@]}"; do
		cmp "$deb" "$tree/elsewhere/deb/${deb##*/}"
	done
}

@test "deb: every file in its place, each in one package, manual pages compressed" {
	local deb file
	for deb in "${debs[@]}"; do
		dpkg-deb --fsys-tarfile "$deb" | tar -t
	done | sed -n 's,^\./\(.*[^/]\)$,\1,p' | sort >"$BATS_TEST_TMPDIR/files"
	run uniq -d "$BATS_TEST_TMPDIR/files"
	[ -z "$output" ] || fail "twice: $output"
	for file in "$TOP"/docs/*.1; do
		grep -qx "usr/share/man/man1/${file##*/}.gz" "$BATS_TEST_TMPDIR/files" || fail "no ${file##*/}"
	done
	for file in "$TOP"/scripts/*.bt; do
		grep -qx "usr/share/gobpf/scripts/${file##*/}" "$BATS_TEST_TMPDIR/files" || fail "no ${file##*/}"
		grep -qx "usr/share/man/man1/gobpf-${file##*/}.1.gz" "$BATS_TEST_TMPDIR/files" || fail "no page of ${file##*/}"
	done
	for file in bash-completion/completions/gobpf zsh/vendor-completions/_gobpf fish/vendor_completions.d/gobpf.fish; do
		grep -qx "usr/share/$file" "$BATS_TEST_TMPDIR/files" || fail "no $file"
	done
	# what an installed program has beside these comes from `make install', which has a test
	run grep -vE '^usr/(bin|libexec|include|lib|share/(gobpf|man|doc|lintian|bash-completion|zsh|fish))/' "$BATS_TEST_TMPDIR/files"
	[ -z "$output" ] || fail "elsewhere: $output"
}

@test "deb: installs, works, and is purged without a trace, in a fresh Debian" {
	requires root mmdebstrap
	debian
	files >"$BATS_TEST_TMPDIR/before"
	apt update
	apt --no-install-recommends install "${debs[@]/#*\///tmp/}"
	run -0 inside gobpf --version
	[ "$output" = "$(gobpf --version)" ]
	[ "$(inside gobpf list --names)" = "$(gobpf list --names)" ]
	[ "$(inside gobpf script heap-hotspots)" = "$(<"$TOP/scripts/heap-hotspots.bt")" ]

	fixture goroutines strip
	cp "$fixture" "$root/tmp/service"
	spawn service "${enter[@]}" /tmp/service
	await service '^READY'
	run -0 inside gobpf doctor "${PID[service]}"
	[[ $output == *"go1."* ]]
	run -0 inside env COLUMNS=200 gobpf goroutines "${PID[service]}"
	grep -qE '^ +100  chan receive .* main\.spawn' <<<"$output"
	end service

	# the example, built by this machine's compiler with what was installed there
	PKG_CONFIG_LIBDIR=$(dirname "$(find "$root/usr/lib" -name gosym.pc)")
	export PKG_CONFIG_LIBDIR
	# shellcheck disable=SC2046 # words
	"${CC:-gcc}" --sysroot="$root" -o "$root/tmp/whereis" "$root/usr/share/doc/gobpf-dev/examples/gosym.c" \
		$(pkg-config --cflags --libs gosym)
	run -0 inside /tmp/whereis /tmp/service
	[[ $output == go1.*" functions" ]]

	apt purge --autoremove gobpf gobpf-dev libgosym0
	diff "$BATS_TEST_TMPDIR/before" <(files)
}
