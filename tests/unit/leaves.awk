# SPDX-License-Identifier: GPL-2.0-only
# leaves.awk LEAVES CODE CODE - checks what `runtimelib leaves' says of a program against its
# disassembly, which is read twice: first for where functions begin and what is readable.
#
# Every RET is a ret and the other way round; so is every jump to outside of its function.
# Functions that could not be read must be assembly that is known to be odd; those that the
# other disassembler cannot read ("?") must be few.
# Prints how many rets and jumps were checked.
function bad(why) { print name ": " why ": " $0; failed++ }
function hex(s,  i, v) { for (i = 1; i <= length(s); i++) v = 16 * v + index("0123456789abcdef", substr(s, i, 1)) - 1; return v }
function says(at) { return at in kind ? kind[at] : "" }
FNR == 1 { pass++ }
pass == 1 && $2 == "unreadable" {
	unreadable[$1]
	if ($3 !~ /expandAVX512|scanSpanPackedAVX512|ieeeCLMUL|asyncPreempt/) { name = $3; bad("not readable") }
	next
}
pass == 1 && $2 == "function" { ours[$1]; next }
pass == 1 { kind[$1] = $3; target[$1] = $4; entry[$1] = $5; next }
$1 == "TEXT" {
	name = substr($0, 6)
	fresh = 1
	if (pass == 3) { skip = start[name] in odd || !(start[name] in ours); odds += start[name] in odd }
	next
}
pass == 2 {
	if (fresh) { start[name] = $1; end[before] = hex($1); before = name; fresh = 0 }
	if ($2 == "?" && start[name] in ours || start[name] in unreadable) odd[start[name]]
	next
}
{ first = hex(start[name]) }
skip { next }
$2 == "RET" { if (says($1) != "ret") bad("no ret"); seen[$1]; rets++; next }
$2 ~ /^J/ {
	to = $0
	sub(/^[^ ]+ [^ ]+ /, "", to)
	if (to ~ /\*8\)$/) next	# a switch
	if (to ~ /\(SB\)$/) { sub(/\(SB\)$/, "", to); to = start[to] }
	sub(/^0x/, "", to)
	if (to !~ /^[0-9a-f]+$/) {
		if (says($1) != "jump?") bad("not of unknown target")
	} else if (hex(to) >= first && (!(name in end) || hex(to) < end[name])) {
		next
	} else if (says($1) != "jump" || target[$1] != to) {
		bad("leaves the function")
	}
	seen[$1]
	jumps++
}
END {
	for (a in kind) if (!(a in seen) && !(entry[a] in odd)) { print a " is " kind[a] ", another disassembler does not say so"; failed++ }
	if (odds > 45) { print odds " functions not readable"; failed++ }
	print rets + 0, jumps + 0
	exit failed > 0
}
