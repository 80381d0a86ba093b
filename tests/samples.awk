# SPDX-License-Identifier: GPL-2.0-only
# What `go tool pprof -raw' prints as a line per sample, all of it: "LABELS|STACK|VALUES", equal ones added up; then a
# line for the types, the period and each mapping that is used.
/^PeriodType:|^Period:/ { print; next }
/^Samples:/ { part = "samples"; getline; gsub(/\[dflt\]/, ""); print; next }
/^Locations/ { part = "locations"; next }
/^Mappings/ { part = "mappings"; next }
part == "samples" && /^ *-?[0-9]+ [-0-9 ]*:/ {
	split($0, half, ":")
	values[++n] = half[1]
	ids[n] = half[2]
	next
}
part == "samples" { label[n] = label[n] $1 }
part == "locations" {
	if (match($0, /^ *[0-9]+: /)) {
		id = $1 + 0
		split($3, mapping, "=")
		used[mapping[2]] = 1
		$1 = ""
	}
	gsub(/ +/, " ")
	place[id] = place[id] $0
}
part == "mappings" && used[$1 + 0] {
	split($2, range, "/")
	print "mapping", range[1], $3
}
END {
	for (i = 1; i <= n; i++) {
		key = label[i] "|"
		for (j = 1; j <= split(ids[i], id_of, " "); j++)
			key = key place[id_of[j]] ";"
		m = split(values[i], v, " ")
		for (k = 1; k <= m; k++)
			sum[key, k] += v[k]
		keys[key] = m
	}
	for (key in keys) {
		line = key "|"
		for (k = 1; k <= keys[key]; k++)
			line = line sprintf(" %d", sum[key, k])
		print line
	}
}
