# SPDX-License-Identifier: GPL-2.0-only
# places.awk PLACES CODE - checks what `golib places' says of a program against its disassembly
#
# Each place is an instruction of the sort that its kind promises, and between the entry and it
# stand only comparisons, branches that are not taken and changes of scratch registers; the place is
# behind the stack check wherever the function has one.
# Prints how many places were checked and how many usual prologues were among them.
FNR == NR { if ($5 != "") { place[$1] = $2; kind[$1] = $4 } next }
function bad(why) { print entry " " name ": " why " (" kind[entry] " at " place[entry] "): " said; failed++ }
$1 == "TEXT" { name = $0; entry = ""; next }
entry == "" { entry = $1; n = 0; said = ""; done = !(entry in place); last = ""; count[kind[entry]]++ }
done { next }
{ what = $0; sub(/^[^ ]+ /, "", what); said = said "; " what; n++ }
n <= 5 && what ~ /^(PUSHQ|SUBQ \$0x[0-9a-f]+, SP)/ && last ~ /^JBE/ && before ~ /^CMPQ (SP|R12), 0x1[08]\(R14\)|^CMPQ 0x1[08]\(R14\), (SP|R12)/ {
	if (what ~ /^PUSHQ/ && (kind[entry] != "push" || place[entry] != $1)) bad("not at the push")
	if (what ~ /^SUBQ/ && (kind[entry] != "check+skip" || place[entry] != at)) bad("not at the check")
	prologues++
}
$1 == place[entry] {
	if (kind[entry] ~ /^push/ && what !~ /^PUSHQ/) bad("no push")
	if (kind[entry] ~ /^check/ && !(what ~ /^JBE/ && last ~ /^CMPQ/)) bad("no stack check")
	if (kind[entry] ~ /^branch/ && what !~ /^(J[A-Z]+|CALL|NOPW?|XCHGW AX, AX|NOPL? *)/) bad("no branch")
	if (kind[entry] ~ /^entry/ && n != 1) bad("not the entry")
	reached = 1
}
reached && (kind[entry] !~ /^check/ || $1 != place[entry]) { done = 1; reached = 0; places++; next }
!reached && what !~ /^(CMP[BWLQ]|TEST[BWLQ]|NOP[LW]?|J[A-Z]+|(LEAQ|MOVQ|MOVL|SUBQ|XORL|ANDQ|ADDQ) .*, R(12|13|15)[LWB]?$)/ { bad("changes something before the place"); done = 1 }
n > 16 { bad("place not reached"); done = 1 }
{ before = last; last = what; at = $1 }
END { print places + 0, prologues + 0; exit failed > 0 }
