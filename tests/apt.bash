# SPDX-License-Identifier: GPL-2.0-only
# apt.bash - packages of any Debian suite, without touching this machine's own apt
# shellcheck shell=bash
cache=${GOBPF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gobpf}

# mirror - the Debian archive to use: $GOBPF_DEBIAN_MIRROR, or the one this machine's apt uses
mirror() {
	local apt=${GOBPF_APT:-/etc/apt} files=() file
	if [ -n "${GOBPF_DEBIAN_MIRROR-}" ]; then
		echo "$GOBPF_DEBIAN_MIRROR"
		return
	fi
	for file in "$apt"/sources.list "$apt"/sources.list.d/*.{list,sources}; do
		[ ! -r "$file" ] || files+=("$file")
	done
	cat "${files[@]}" /dev/null | sed -nE '
		s/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p
		s/^[Uu][Rr][Ii][Ss]: *([^ ]+).*/\1/p' |
		awk '{ sub(/\/*$/, "") } /\/debian$/ && !n++ { print } END { exit !n }'
}

# apt_for SUITE - prints the configuration file of an apt that knows only that suite and
# believes that nothing is installed
apt_for() {
	local dir=$cache/apt/$1 from
	if [ ! -e "$dir/updated" ]; then
		from=$(mirror) || { echo "no Debian mirror in apt's sources: set GOBPF_DEBIAN_MIRROR" >&2; return 1; }
		mkdir -p "$dir"/{lists/partial,archives/partial,preferences.d,sources.d}
		: >"$dir/status"
		printf '%s\n' 'Types: deb' "URIs: $from" "Suites: $1" 'Components: main' \
			'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' >"$dir/sources.d/debian.sources"
		cat >"$dir/apt.conf" <<-EOT
			APT::Sandbox::User "$(id -un)";
			APT::Install-Recommends "false";
			Dir::Etc::sourcelist "/dev/null";
			Dir::Etc::sourceparts "$dir/sources.d";
			Dir::Etc::preferencesparts "$dir/preferences.d";
			Dir::State "$dir";
			Dir::State::lists "$dir/lists";
			Dir::State::status "$dir/status";
			Dir::Cache "$dir";
			Acquire::Check-Valid-Until "false";
			Acquire::Languages "none";
		EOT
		apt-get -qq -c "$dir/apt.conf" update >&2 || return 1
		: >"$dir/updated"
	fi
	echo "$dir/apt.conf"
}
