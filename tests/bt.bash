# SPDX-License-Identifier: GPL-2.0-only
# bt.bash - what suites that run bpftrace use
# shellcheck shell=bash

# bpftraces - the programs to test with, one a line
bpftraces() {
	command -v bpftrace
	tr : '\n' <<<"${GOBPF_BPFTRACES-}" | sed '/^$/d'
}

# breakpoints PID - how many bytes of its program's code in memory are not the file's
breakpoints() {
	local pid=$1 range perms offset _ inode exe_inode sum=0 length
	exe_inode=$(stat -L -c %i "/proc/$pid/exe")
	while read -r range perms offset _ inode _; do
		[[ $perms == r-x? && $inode == "$exe_inode" ]] || continue
		length=$((0x${range#*-} - 0x${range%-*}))
		((sum += $(cmp -l <(piece "/proc/$pid/mem" $((0x${range%-*})) "$length") \
			<(piece "/proc/$pid/exe" $((0x$offset)) "$length") 2>/dev/null | wc -l)))
	done <"/proc/$pid/maps"
	echo "$sum"
}

# probed_in PROGRAM NAME COUNT - COUNT probes of NAME are attached to the spawned PROGRAM
probed_in() {
	attached() { (($(breakpoints "${PID[$1]}") == $2)); }
	retry 60 attached "$1" "$3" || fail "$2: $(breakpoints "${PID[$1]}") probes"
}
