# SPDX-License-Identifier: GPL-2.0-only
# What `go tool pprof -raw' prints as folded stacks; -v column=N chooses the value, from 1.
/^Samples:/ { part = "samples"; getline; next }
/^Locations/ { part = "locations"; next }
/^Mappings/ { part = "" }
part == "samples" && /^ *[-0-9 ]+:/ {
	split($0, half, ":")
	split(half[1], v, " ")
	value[++n] = v[column]
	ids[n] = half[2]
}
part == "locations" {
	if (match($0, /^ *[0-9]+: /)) {
		id = $1 + 0
		address[id] = $2
		$1 = $2 = ""
		if ($3 ~ /^M=/)
			$3 = ""
	}
	sub(/ s=[0-9]+ *$/, "")
	sub(/^ */, "")
	sub(/ *[^ ]*:-?[0-9]+(:-?[0-9]+)?$/, "")
	names[id] = names[id] ? $0 ";" names[id] : $0
}
END {
	for (i = 1; i <= n; i++) {
		stack = ""
		for (j = split(ids[i], id_of, " "); j; j--) {
			name = names[id_of[j]] ? names[id_of[j]] : address[id_of[j]]
			# pc 0, less 1
			if (name != "0xffffffffffffffff")
				stack = stack (stack ? ";" : "") name
		}
		sum[stack ? stack : "[no stack]"] += value[i]
	}
	for (s in sum)
		if (sum[s])
			printf "%s %d\n", s, sum[s]
}
