# SPDX-License-Identifier: GPL-2.0-only
# perfdata.bash - recordings made by hand, for what no perf would write: `load perfdata'
#
# Each function writes bytes; the first word of most is the kernel's name of the record.
# shellcheck shell=bash

# u BYTES VALUE... - little-endian numbers
u() {
	local n=$1 v i text=
	shift
	for v; do
		for ((i = 0; i < n; i++)); do
			printf -v text '%s\\x%02x' "$text" $((v >> 8 * i & 255))
		done
	done
	printf '%b' "$text"
}

# padded TEXT - with its NUL, to a multiple of 8
padded() {
	printf '%s' "$1"
	head -c $((8 - ${#1} % 8)) /dev/zero
}

# record TYPE MISC - with what comes on stdin as its body
record() {
	local body=$BATS_TEST_TMPDIR/body.$BASHPID
	cat >"$body"
	u 4 "$1"
	u 2 "$2" $((8 + $(stat -c %s "$body")))
	cat "$body"
	rm "$body"
}

# Events made by attr below have IP, TID, TIME, CALLCHAIN, PERIOD (2 of them: and IDENTIFIER), and the others' records TID and TIME.
SAMPLE_TYPE=$((0x1 | 0x2 | 0x4 | 0x20 | 0x100))
IDENTIFIER=$((0x10000))

# attr TYPE CONFIG PERIOD [SAMPLE_TYPE [FLAGS]] - an event; the default flag is sample_id_all
attr() {
	u 4 "$1" 64
	u 8 "$2" "$3" "${4:-$SAMPLE_TYPE}" 0 "${5:-0x40000}"
	u 8 0 0
}

# mmap PID START LEN OFFSET PATH TIME [MISC]
mmap() {
	{
		u 4 "$1" "$1"
		u 8 "$2" "$3" "$4"
		padded "$5"
		u 4 "$1" "$1"
		u 8 "$6"
	} | record 1 "${7:-2}"
}

# comm PID TID NAME TIME [MISC]
comm() {
	{
		u 4 "$1" "$2"
		padded "$3"
		u 4 "$1" "$2"
		u 8 "$4"
	} | record 3 "${5:-0}"
}

# fork_record PID PPID TID PTID TIME
fork_record() {
	{
		u 4 "$1" "$2" "$3" "$4"
		u 8 "$5"
		u 4 "$1" "$3"
		u 8 "$5"
	} | record 7 0
}

# sample PID TID TIME PERIOD PLACE ADDRESS... - the place, then the stack with its marks (-512: user code)
sample() {
	local pid=$1 tid=$2 time=$3 period=$4 place=$5
	shift 5
	{
		u 8 "$place"
		u 4 "$pid" "$tid"
		u 8 "$time" "$period" $# "$@"
	} | record 9 2
}

finished_round() { record 68 0 </dev/null; }

# recording ATTRS - a file: the events in the file ATTRS (64 bytes each, their counters have the
# numbers 1, 2, …), the records on stdin, no features
recording() {
	local n=$(($(stat -c %s "$1") / 64)) i records=$BATS_TEST_TMPDIR/records.$BASHPID
	local attrs=$((104 + 8 * n))
	cat >"$records"
	printf PERFILE2
	u 8 104 80 "$attrs" $((80 * n)) $((attrs + 80 * n)) "$(stat -c %s "$records")" 0 0 0 0 0 0
	for ((i = 1; i <= n; i++)); do u 8 "$i"; done
	for ((i = 0; i < n; i++)); do
		dd if="$1" bs=64 skip="$i" count=1 status=none
		u 8 $((104 + 8 * i)) 8
	done
	cat "$records"
}

# piped ATTRS - the same in the format of pipes
piped() {
	local n=$(($(stat -c %s "$1") / 64)) i
	printf PERFILE2
	u 8 16
	for ((i = 0; i < n; i++)); do
		{
			dd if="$1" bs=64 skip="$i" count=1 status=none
			u 8 $((i + 1))
		} | record 64 0
	done
	cat
}

# as_perf FILE [LABEL...] - what perf script makes of a recording, a line for each different sample:
# "COUNT PERIODS comm=… event=… pid=… tid=… : OFFSET(FILE)…"
as_perf() {
	# the end of a pipe's format has symbols even where none are asked for
	perf script -i "$1" -F comm,pid,tid,event,period,ip,dso --max-stack 1000 2>/dev/null | awk '
		function out() {
			if (head == "")
				return
			count[head " :" frames]++
			periods[head " :" frames] += period
			head = frames = ""
		}
		/^$/ { out(); next }
		!/[0-9]+\/[0-9]+ +[0-9]+ / {
			# kernel addresses are as they are, others as in their file
			frames = frames " " $1 "(" dso($0) ")"
			next
		}
		function dso(line) { sub(/.* \(/, "", line); sub(/\)$/, "", line); return line }
		{
			out()
			match($0, /[0-9-]+\/[0-9-]+ +[0-9]+ /)
			ids = substr($0, RSTART, RLENGTH)
			comm = substr($0, 1, RSTART - 1)
			gsub(/^ +| +$/, "", comm)
			rest = substr($0, RSTART + RLENGTH)
			gsub(/^ +/, "", rest)
			event = rest
			sub(/: .*/, "", event)
			split(ids, id, /[\/ ]+/)
			period = id[3]
			head = "comm=" comm " event=" event " pid=" id[1] " tid=" id[2]
			# without stacks the place is on the same line
			if (match(rest, /: +[0-9a-f]+ /)) {
				place = substr(rest, RSTART + 1)
				split(place, word, " ")
				frames = " " word[1] "(" dso(place) ")"
			}
		}
		END {
			out()
			for (s in count)
				printf "%d %d %s\n", count[s], periods[s], s
		}' | sort
}

# as_gobpf FILE - the same by our reader
as_gobpf() {
	"$(dirname "$GOBPF")/tests/perfdata" "$1" 'comm pid tid event' |
		sed -E 's/^([0-9]+) [^ ]*=([0-9]+) /\1 \2 /; s/\)k?r?( |$)/)\1/g' | sort
}
