# SPDX-License-Identifier: GPL-2.0-only
# docs.bash - what commands and their manuals say of themselves: `load docs'
# shellcheck shell=bash

commands() { sed -n 's/^COMMAND(\(.*\))$/\1/p' "$TOP/helpers/commands.inc" | tr _ -; }

scripts() { find "$TOP/scripts" -name '*.bt' -printf '%f\n' | sed 's/\.bt$//' | sort; }

# options_of_help NAME - the long and short options that --help shows, but for argp's own
options_of_help() {
	"$GOBPF" "$1" --help | grep -E '^ +(-|--)[a-zA-Z?]' | sed -E 's/^ +//; s/  +.*//' |
		grep -oE '(^|[ ,])--?[a-zA-Z?][a-zA-Z0-9-]*' | tr -d ' ,' | grep -vxE -- '--help|-\?|--usage' | sort -u
}

# options_of_man NAME - the options that have an entry in OPTIONS of the manual
options_of_man() {
	sed -n '/^\.SH "*OPTIONS/,/^\.SH "*[^O]/p' "$TOP/docs/gobpf-$1.1" | grep -E '^\.(B|BR|BI|IR|OP|SY) *"?\\?-|^\\fB\\?-' |
		sed 's/\\//g; s/f[BIRP]//g; s/"//g' | grep -oE '(^|[ ,])--?[a-zA-Z][a-zA-Z0-9-]*' | tr -d ' ,' | sort -u
}
