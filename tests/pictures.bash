# SPDX-License-Identifier: GPL-2.0-only
# pictures.bash - stacks with labels, given to any writer: `load pictures'
# shellcheck shell=bash

# pictures FORMAT [LABEL] <LINES - the lines of tests/unit/pictures.c, with " | " for tabs
pictures() {
	local program
	program=$(dirname "$GOBPF")/tests/pictures
	[ -x "$program" ] || fail "no $program: make test-programs, or run by make check" || return
	sed 's/ | /\t/g' | "$program" "$@"
}
