# SPDX-License-Identifier: GPL-2.0-only
# share/layouts.tsv -> rows for helpers/go/layout.c, which defines what the words mean
BEGIN { FS = "\t" }
/^#/ { next }
NF != 9 || $2 !~ /^[0-9]+$/ || $3 !~ /^[0-9]+$/ { bad("columns") }
$1 == "version" { printf "LAYOUT_VERSION(%d, \"%s\")\n", $2, $5; next }
$1 == "field" {
	arch = ""
	for (i = split($4, a, ","); i > 0; i--)
		arch = arch (arch == "" ? "" : " | ") "LAYOUT_" toupper(a[i])
	printf "LAYOUT_FIELD(%d, %d, %s, \"%s\", \"%s\", %d, %d)\n", $2, $3, arch, $5, $6, $7, $8
	next
}
$1 == "class" { printf "LAYOUT_CLASS(%d, %d, %d, %d, %d)\n", $2, $3, $5 + 0, $7, $8; next }
$1 == "alias" { printf "LAYOUT_ALIAS(\"%s\", \"%s\", \"%s\")\n", $5, $6, $7; next }
$1 == "shift" {
	printf "LAYOUT_SHIFT(%d, %d, \"%s\", \"%s\", %d, %d)\n", $2, $9, $5, $6 == "-" ? "" : $6, $7, $8
	next
}
{ bad("kind") }
function bad(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what >"/dev/stderr"
	failed = 1
	exit 1
}
