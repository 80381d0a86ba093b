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

# bits - of a --full dump on stdin: "ok", "WRONG" with the goroutine, "running" or "torn" for each walker
bits() {
	awk -v RS= '{
		n = split($0, line, "\n")
		split(line[1], word, " ")
		goid = word[2]; walker = 0; said = ""; root = ""
		for (i = 2; i <= n; i++) {
			if (line[i] ~ /^(\t|created by )/)
				continue
			root = line[i]
			if (line[i] ~ /^main\.\(\*walker\)\.(zero|one)\(/)
				said = (line[i] ~ /one\(/ ? "1" : "0") said
			walker = walker || line[i] ~ /^main\.(\(\*walker\)|main\.func1|walk)/
		}
		if (line[2] ~ /running on other thread/)
			print "running"
		else if (line[2] ~ /stack unavailable/)
			print "torn"
		else if (walker) {
			want = ""
			for (i = length(said); i; i--) {
				want = want goid % 2
				goid = int(goid / 2)
			}
			print (said == want && root ~ /^main\.(main\.func1|walk)(\.[a-z]+[0-9]+)?\(/ ? "ok" : "WRONG " $0)
		}
	}'
}
