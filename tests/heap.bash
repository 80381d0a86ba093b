# SPDX-License-Identifier: GPL-2.0-only
# heap.bash - what the tests of heap profiles share: allocmix's truth against JSON output
# shellcheck shell=bash

# mix [WORD...] [-- ARG...] - start allocmix, built as the words say; its pid is in $mix.
mix() {
	local words=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift $(($# > 0))
	fixture allocmix "${words[@]}" || return
	spawn mix "$fixture" "$@"
	await mix '^READY'
	mix=${PID[mix]}
}

# truthful JSON - each of allocmix's four sites is there with the right function, file, line,
# share (within 3 points) and caller.
truthful() {
	local json=$1 percent func file line caller cfile cline inlined got
	while read -r _ percent func file line _ caller cfile cline inlined; do
		got=$(jq -r --arg func "$func" '.sites[] | select(.func == $func) |
			"\(.share) \(.file) \(.line) \(.stack[1].func) \(.stack[1].file) \(.stack[1].line) \(.stack[0].inlined // false)"
			' "$json")
		[ "$(wc -l <<<"$got")" -eq 1 ] || { fail "$func has more than one row:" "$got"; return; }
		awk -v got="${got%% *}" -v want="$percent" \
			'BEGIN { exit !(got != "" && got - want <= 3 && want - got <= 3) }' ||
			{ fail "$func has ${got%% *} %, not $percent %"; return; }
		# who calls a method value or a function in a table differs by the engine's view
		# of wrappers; an inlined function's caller is what must not be lost
		[[ ${got#* } == "$file $line "* ]] || { fail "$func is at $file:$line, not ${got#* }"; return; }
		[ "$inlined" != inlined ] || [ "${got#* }" = "$file $line $caller $cfile $cline true" ] ||
			{ fail "$func was inlined into $caller $cfile:$cline, not ${got#* }"; return; }
	done < <(grep '^SITE ' "$BATS_TEST_TMPDIR/mix.log")
}

# sure JSON - by its own words each share is within 1.5 points, and they are of so many objects that the
# program's dice are, too
sure() {
	jq -e '([.sites[] | select(.func | startswith("main.")) | .error // 0] | max <= 1.5) and
		([.sites[].alloc_objects] | add >= 200000)' "$1" >/dev/null
}

# precise ARG... - heap-hotspots ARG... -f json into $json, for 2 s, 3 s of buckets; longer when other programs leave the
# target little time, until it is sure. Sets $window to the time.
precise() {
	for window in 2s 3s 6s 12s 36s 72s; do
		[[ $window != 2s || $* != *buckets* ]] || continue
		gobpf heap-hotspots -d $window --json "$@" >"$json" || return
		sure "$json" && return
	done
	fail "still not sure: $(jq -c '.how, (.sites[:4][] | [.func, .share, .error])' "$json")"
}

# right ENGINE WORD... - ENGINE tells the truth of allocmix built with the words, and does no harm.
right() {
	local engine=$1 json=$BATS_TEST_TMPDIR/out.json force=()
	shift
	[ "$engine" != exact ] || force=(--force)
	mix "$@" || return
	precise --engine "$engine" "${force[@]}" "$mix" || return
	[ "$(jq -r .engine "$json")" = "$engine" ] || { fail "engine is $(jq -r .engine "$json")"; return; }
	truthful "$json" || { jq -r '.sites[:8][] | "\(.share) \(.func) \(.file):\(.line)"' "$json" >&2; return 1; }
	unharmed mix
}

# watch ARG... - heap-hotspots in the background as "hot", returns once it waits for its window's end.
watch() {
	spawn hot "$GOBPF" heap-hotspots "$@"
	# exact sleeps before, too: to measure what it will cost
	[[ " $* " != *" --exact "* ]] || await hot 'will slow'
	waiting() { ! alive hot || grep -q poll "/proc/${PID[hot]}/wchan" 2>/dev/null; }
	retry 60 waiting || fail "heap-hotspots does not get to its window"
	alive hot || fail "heap-hotspots ended before its window"
}
