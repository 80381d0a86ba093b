# SPDX-License-Identifier: GPL-2.0-only
# completion.bash - what bash offers for lines: bash completion.bash COMPLETION <LINES
# shellcheck shell=bash
# Prints "== LINE", then each word that it offers.
# shellcheck disable=SC1090
. "$1"
while IFS= read -r line; do
	printf '== %s\n' "$line"
	# as readline does: = is a word
	read -ra COMP_WORDS <<<"${line//=/ = }"
	[[ $line != *' ' ]] || COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_gobpf
	printf '%s\n' "${COMPREPLY[@]}" | grep .
done
