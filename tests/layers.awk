# SPDX-License-Identifier: GPL-2.0-only
# layers.awk FILE... - prints each #include that climbs or crosses the layers, silent when clean.
# A file may include its own folder or a lower layer; the numbers are the layers.
BEGIN {
	layer["base"] = 0
	layer["input"] = layer["stack"] = 1
	layer["go"] = layer["script"] = 2
	layer["collect"] = layer["gosym"] = 3
	layer["cmd"] = 4
}

FNR == 1 {
	parts = split(FILENAME, path, "/")
	here = path[parts - 1]
}

/^#[ \t]*include[ \t]+"[^"]+\/[^"]+"/ {
	split($0, quoted, "\"")
	split(quoted[2], words, "/")
	there = words[1]
	if (!(here in layer) || !(there in layer) || here == there)
		next
	if (layer[there] >= layer[here])
		print FILENAME ":" FNR ": " here "/ may not include " there "/"
}

/^#[ \t]*include[ \t]+<(bpf\/libbpf|bpf\/bpf)\.h>/ && here != "collect" {
	print FILENAME ":" FNR ": only collect/ may see libbpf"
}

/^#[ \t]*include[ \t]+<(libelf|gelf|elfutils\/[a-z]+|dwarf)\.h>/ && FILENAME !~ /input\/elf[^\/]*\.[ch]$/ {
	print FILENAME ":" FNR ": only input/elf may see libelf and libdw"
}
