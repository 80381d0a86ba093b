# SPDX-License-Identifier: GPL-2.0-only
# golib.bash - programs of the installed Go and of every toolchain in $GOBPF_TOOLCHAINS
# (GOROOTs with colons between), for the suites of helpers/go
# shellcheck shell=bash

# roots - the GOROOTs to test with
roots() {
	go env GOROOT
	tr : '\n' <<<"${GOBPF_TOOLCHAINS-}" | sed '/^$/d'
}

# minor ROOT - 19 for Go 1.19
minor() { GOROOT=$1 GOTOOLCHAIN=local GOENV=off "$1/bin/go" version | sed -E 's/^go version go1\.([0-9]+).*/\1/'; }

# program ROOT [WORD...] - sets $program to the fixture allocs, built by that toolchain
program() {
	local root=$1
	shift
	GOBPF_GOROOT=$root fixture allocs "$@"
	# shellcheck disable=SC2034
	program=$fixture
}

# code PROGRAM - every instruction by another disassembler: "ADDRESS INSTRUCTION", "TEXT NAME" between
code() {
	go tool objdump "$1" | awk -F '\t+' '
		/^TEXT / { sub(/\(SB\).*/, ""); print; next }
		NF > 3 { sub(/^0x/, "", $2); sub(/ +$/, "", $4); print $2, $4 }'
}
