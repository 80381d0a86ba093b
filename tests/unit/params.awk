# SPDX-License-Identifier: GPL-2.0-only
# params.awk - from llvm-dwarfdump: "ENTRY NAME: REGISTER..." (or sp+N) of each parameter that
# its location list has in registers, or on the stack, at the function's first instruction.

# text(LINE) - what stands in the last quotes
function text(line) {
	return match(line, /"[^"]*"\)$/) ? substr(line, RSTART + 1, RLENGTH - 3) : ""
}

function finish() {
	if (depth && what == "parameter" && param != "" && at == low && places != "") {
		sub(/^0x0*/, "0x", at)
		print at " " param ":" places
	}
	what = param = at = places = ""
}

# the depth of an entry is its indentation
/DW_TAG_|NULL$/ {
	finish()
	indent = match($0, /DW_TAG_|NULL/)
	if ($0 ~ /DW_TAG_subprogram/) {
		low = ""
		depth = indent
		what = "function"
	} else if (indent <= depth) {
		depth = 0
	} else if ($0 ~ /DW_TAG_formal_parameter/ && indent == depth + 2) {
		what = "parameter"
	}
	next
}

what == "function" && /DW_AT_low_pc/ { low = $2; gsub(/[()]/, "", low) }
what == "parameter" && /DW_AT_(name|abstract_origin)/ { param = text($0) }
what == "parameter" && /DW_AT_variable_parameter.*0x01/ { param = "" }
# the first range of the list
what == "parameter" && /\[0x/ && at == "" {
	at = $1
	gsub(/[\[,]/, "", at)
	n = split($0, ops, /DW_OP_/)
	last = "piece"
	for (i = 2; i <= n; i++) {
		split(ops[i], w, /[ ,)]+/)
		# a piece that is nowhere: not used
		if (w[1] == "piece" && last == "piece") {
			places = ""
			break
		}
		last = w[1]
		if (w[1] ~ /^reg[0-9]/) {
			r = tolower(w[2])
			sub(/^r/, r ~ /^r[0-9]/ ? "r" : "", r)
			# the compiler took the value apart, and names some of it twice
			if (index(places " ", " " r " ")) {
				places = ""
				break
			}
			places = places " " r
		} else if (w[1] == "call_frame_cfa" || w[1] == "fbreg") {
			# where the whole begins
			if (places == "")
				places = " sp+" 8 + (w[1] == "fbreg" ? w[2] : 0)
		} else if (w[1] != "piece") {
			places = ""
			break
		}
	}
}
END { finish() }
