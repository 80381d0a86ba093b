#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Profiles of runtime/pprof and hand-made ones; the oracle is go tool pprof.

load helpers

setup() {
	cd "$TOP" || return
	tmp=$BATS_TEST_TMPDIR
	unset file
}

# profiles - $dir gets the profiles that the fixture writes
profiles() {
	requires go
	fixture profiles
	dir=$tmp/profiles
	mkdir -p "$dir"
	"$fixture" "$dir" >"$tmp/said"
}

# types FILE - names of its values, one a line
types() { go tool pprof -raw "$1" | awk '/^Samples:/ { getline; gsub(/\[dflt\]/, ""); for (i = 1; i <= NF; i++) { sub(/\/.*/, "", $i); print $i } exit }'; }

# Protobuf by hand, as hex digits: a number, a field with a number, one with bytes, one with text.
number() {
	local v=$1
	while ((v < 0 || v > 127)); do
		printf %02x $((v & 127 | 128))
		v=$(((v >> 7) & 0x1ffffffffffffff))
	done
	printf %02x "$v"
}
num() { number $(($1 << 3)); number "$2"; }
msg() { number $(($1 << 3 | 2)); number $((${#2} / 2)); printf %s "$2"; }
str() { msg "$1" "$(printf %s "$2" | od -An -v -tx1 | tr -d ' \n')"; }
# profile HEX... - $file is made of them
profile() {
	local hex
	hex=$(printf %s "$@")
	file=$tmp/profile.pb
	# shellcheck disable=SC2059,SC2001
	printf "$(sed 's/../\\x&/g' <<<"$hex")" >"$file"
}

# A profile of one value, its strings in this order, functions 1 f and 2 g, locations 1 (f) and 2 (g).
# shellcheck disable=SC2034
strings="$(for s in '' samples count f g k v ns; do str 6 "$s"; done)"
type=$(msg 1 "$(num 1 1)$(num 2 2)")
functions=$(msg 5 "$(num 1 1)$(num 2 3)")$(msg 5 "$(num 1 2)$(num 2 4)")
locations=$(msg 4 "$(num 1 1)$(num 3 16)$(msg 4 "$(num 1 1)")")$(msg 4 "$(num 1 2)$(msg 4 "$(num 1 2)")")
sample=$(msg 2 "$(msg 1 0102)$(msg 2 05)")

@test "pprof: Go's profiles, every value of each, are what go tool pprof reads" {
	profiles
	local f value column count=0
	for f in "$dir"/*.pb.gz; do
		go tool pprof -raw "$f" >"$tmp/raw" 2>/dev/null
		column=0
		for value in $(types "$f"); do
			column=$((column + 1))
			# threads have no stacks, and old pprofs leave those out
			awk -v column=$column -f tests/raw.awk "$tmp/raw" | sort | sed '/^\[no stack\]/d' >"$tmp/theirs"
			gobpf fold --strict --as-is --value "$value" "$f" | sort | sed '/^\[no stack\]/d' | diff - "$tmp/theirs"
			count=$((count + 1))
		done
	done
	# heap and allocs have four, cpu, mutex and block two
	[ "$count" -eq 16 ]
	run -0 gobpf fold "$dir/threadcreate.pb.gz"
	[[ $output =~ ^'[no stack] '[0-9]+$ ]]
	run -0 gobpf fold "$dir/goroutine.pb.gz"
	grep -qE '^main.wait;.* 23$' <<<"$output"
	run -0 gobpf fold --value contentions "$dir/block.pb.gz"
	grep -qxF 'runtime.main;main.main;main.block;runtime.chanrecv1 7' <<<"$output"
	run -0 gobpf fold --value inuse_space "$dir/heap.pb.gz"
	# a garbage collection that began there allocates a little for itself
	awk -v n=$((41 << 20)) '/^runtime.main;main.main;main.allocate;main.inlined / && $NF >= n && $NF < n + 4096 { ok = 1 }
		END { exit !ok }' <<<"$output"
}

@test "pprof: what go tool pprof shows by default is shown by default" {
	profiles
	local name value
	while read -r name value; do
		gobpf fold --value "$value" "$dir/$name.pb.gz" >"$tmp/want"
		gobpf fold "$dir/$name.pb.gz" | cmp - "$tmp/want"
		go tool pprof -top "$dir/$name.pb.gz" 2>/dev/null | grep -qx "Type: $value"
	done <<-END
		cpu cpu
		heap inuse_space
		allocs alloc_space
		mutex delay
		block delay
		goroutine goroutine
	END
}

@test "pprof: read, written and read again it is the same" {
	profiles
	local f
	for f in "$dir"/*.pb.gz; do
		gobpf fold --strict --as-is -f json -o "$tmp/1.json" "$f"
		gobpf fold --strict --as-is -o "$tmp/2.pb.gz" "$f"
		gobpf fold --strict --as-is -f json -o "$tmp/2.json" "$tmp/2.pb.gz"
		diff "$tmp/1.json" "$tmp/2.json"
		gobpf fold --strict --as-is -o "$tmp/3.pb.gz" "$tmp/2.pb.gz"
		cmp "$tmp/2.pb.gz" "$tmp/3.pb.gz"
		# and go tool pprof sees in it what it saw in Go's
		go tool pprof -top -nodecount=0 "$f" 2>/dev/null | tail -n +5 | sort >"$tmp/theirs"
		go tool pprof -top -nodecount=0 "$tmp/2.pb.gz" 2>/dev/null | tail -n +5 | sort >"$tmp/ours"
		[[ $f == *threadcreate* ]] || diff "$tmp/ours" "$tmp/theirs"
	done
}

@test "pprof: what is known of the recording" {
	requires jq
	profiles
	gobpf fold -f json -o "$tmp/cpu.json" "$dir/cpu.pb.gz"
	run -0 jq -c '[.meta.period, .meta.period_type.name, .meta.period_type.unit, .meta.default]' "$tmp/cpu.json"
	[ "$output" = '[10000000,"cpu","nanoseconds","cpu"]' ]
	[ "$(jq '.meta.duration > 250000000 and .meta.time > 1500000000000000000' "$tmp/cpu.json")" = true ]
	[ "$(jq -r .meta.mapping.path "$tmp/cpu.json")" = "$fixture" ]
	# the call of wait's receive is inlined into nothing, that of inlined is
	gobpf fold -f json -o "$tmp/heap.json" "$dir/heap.pb.gz"
	jq -e '.frames[] | select(.func == "main.inlined" and .inlined and .line == 43)' "$tmp/heap.json"
	jq -e '.frames[] | select(.func == "main.allocate" and (.inlined | not))' "$tmp/heap.json"
}

@test "pprof: made by hand: packed or not, gzipped or not, several locations and lines" {
	profile "$type$sample$locations$functions$strings"
	run -0 gobpf fold --strict "$file"
	[ "$output" = 'g;f 5' ]
	# numbers one by one, fields in another order, unknown ones
	profile "$strings$(msg 2 "$(num 1 1)$(num 1 2)$(num 2 7)$(msg 99 00)")$sample$(num 77 3)$functions$locations$type"
	gzip -kf "$file"
	run -0 gobpf fold --strict --from pprof "$file.gz"
	[ "$output" = 'g;f 12' ]
	# f is inlined into g
	profile "$type$(msg 2 "$(msg 1 01)$(msg 2 05)")$(msg 4 "$(num 1 1)$(num 3 16)$(msg 4 "$(num 1 1)$(num 2 8)")$(msg 4 "$(num 1 2)")")$functions$strings"
	run -0 gobpf fold --strict --as-is -f json "$file"
	[[ $output == *'{"func":"f","line":8,"addr":"0x10","kind":"user","inlined":true},'*'{"func":"g","addr":"0x10","kind":"user"}'* ]]
	# an address without lines has a mapping; no location is no stack; negative values
	profile "$type$(msg 2 "$(msg 1 01)$(num 2 -3)")$(msg 2 "$(num 2 4)")$(msg 3 "$(num 1 9)$(num 2 4096)$(num 3 8192)$(num 5 5)")$(msg 4 "$(num 1 1)$(num 2 9)$(num 3 4660)")$strings"
	run -0 gobpf fold --strict --symbols never "$file"
	[ "$output" = $'0x1234 -3\n[no stack] 4' ]
	# the kernel's
	profile "$type$(msg 2 "$(msg 1 01)$(msg 2 05)")$(msg 4 "$(num 1 1)$(num 2 1)$(msg 4 "$(num 1 1)")")$(msg 3 "$(num 1 1)$(num 5 8)")$functions$strings$(str 6 '[kernel.kallsyms]')"
	run -0 gobpf fold --strict "$file"
	[ "$output" = 'f_[k] 5' ]
}

@test "pprof: values of one name are added up over files, of another unit not" {
	profile "$type$sample$locations$functions$strings"
	cp "$file" "$tmp/one"
	run -0 gobpf fold --strict "$tmp/one" "$tmp/one"
	[ "$output" = 'g;f 10' ]
	profile "$(msg 1 "$(num 1 1)$(num 2 7)")$sample$locations$functions$strings"
	run -1 gobpf fold "$tmp/one" "$file"
	[ "$output" = "gobpf fold: $file: 'samples' is in ns here and in count in the input before it" ]
	# more values than a profile has room for
	local types='' names='' i
	for i in {1..10}; do
		types+=$(msg 1 "$(num 1 $((7 + i)))$(num 2 2)")
		names+=$(str 6 "value$i")
	done
	profile "$types$(msg 2 "$(msg 1 01)$(msg 2 0102030405060708090a)")$locations$functions$strings$names"
	run -0 --separate-stderr gobpf fold --strict --value value8 "$file"
	[ "$output" = 'f 8' ]
	[ "$stderr" = "gobpf fold: $file: values left out, for 8 is the most: value9, value10" ]
}

@test "pprof: what is wrong is counted and left out or unnamed" {
	local good="$type$sample$locations$functions$strings" what bad
	while IFS='|' read -r what bad; do
		profile "$good$bad"
		run -0 --separate-stderr gobpf fold "$file"
		[ "$output" = 'g;f 5' ] || fail "$what: $output"
		[[ $stderr == "gobpf fold: $file: offset "*": $what (1 left out of 2; --strict refuses)" ]] || fail "$stderr"
		run -1 --separate-stderr gobpf fold --strict "$file"
		[[ $stderr == "gobpf fold: $file: offset "*": $what" ]] || fail "$stderr"
	done <<-END
		a sample's location is none|$(msg 2 "$(msg 1 03)$(msg 2 05)")
		a sample's location is none|$(msg 2 "$(msg 1 00)$(msg 2 05)")
		a sample has not as many values as there are types|$(msg 2 "$(msg 1 01)$(msg 2 0506)")
		a sample has not as many values as there are types|$(msg 2 "$(msg 1 01)")
		a sample is no message|$(msg 2 "$(msg 1 01)$(msg 2 05)0f")
		a sample is no message|$(msg 2 "$(msg 1 ffffffffffffffffffff01)$(msg 2 05)")
		a location's id is 0 or another's|$(msg 4 "$(num 1 1)")
		a mapping's id is 0 or another's|$(msg 3 "")
		the profile breaks off|0aff
	END
	# frames that can't be named
	profile "$type$sample$(msg 4 "$(num 1 1)$(num 3 16)$(msg 4 "$(num 1 9)")")$(msg 4 "$(num 1 2)$(msg 4 "$(num 1 3)")")$(msg 5 "$(num 1 3)$(num 2 99)")$strings"
	run -0 --separate-stderr gobpf fold --symbols never "$file"
	[ "$output" = '[unknown];0x10 5' ]
	[[ ${stderr_lines[0]} == *": a location's function is none (2 left out of 3; --strict refuses)" ]]
}

@test "pprof: what can't be used at all" {
	profile "$type$sample$locations$functions"
	run -1 gobpf fold "$file"
	[ "$output" = "gobpf fold: $file: offset 2: a value's type has no name" ]
	profile "$type$sample$locations$functions$(str 6 '')$(number 50)ff"
	run -1 gobpf fold "$file"
	[[ $output == *": offset "*": the profile breaks off" ]]
	profile "$type$strings"
	run -1 gobpf fold "$file"
	[[ $output == *": no stacks in it" ]]
	profile "$sample$locations$functions$strings"
	run -1 gobpf fold --from pprof "$file"
	[[ $output == *": a profile without values" ]]
	run -1 gobpf fold --from pprof /dev/null
	[[ $output == *": a profile without values" ]]
}

@test "pprof: cut anywhere it is used or refused, never a crash" {
	profiles
	local size i
	zcat "$dir/heap.pb.gz" >"$tmp/whole"
	size=$(stat -c %s "$tmp/whole")
	for ((i = 1; i < size; i += size / 50)); do
		head -c "$i" "$tmp/whole" >"$tmp/cut"
		run gobpf fold -q "$tmp/cut"
		((status <= 1)) || fail "$i of $size: exit $status"
	done
}

@test "pprof: hostile names" {
	profile "$type$sample$locations$functions$(for s in '' samples count $'a;b\e[31m' $'\xff\n'; do str 6 "$s"; done)"
	run -0 gobpf fold --strict "$file"
	[ "$output" = $'\xff;a:b [31m 5' ]
	# what is said of it is clean
	profile "$type$sample$locations$functions$strings$(str 6 $'\e[31m\n\xff')$(num 7 8)"
	run -0 --separate-stderr gobpf fold --strict "$file"
	[[ $stderr == *": frames that match '"$'\xef\xbf\xbd[31m \xef\xbf\xbd'"' are to be dropped"* ]]
	# a NUL within a name, and the frames that the profile wants dropped
	profile "$type$sample$locations$functions$(str 6 '')$(str 6 samples)$(str 6 count)$(msg 6 610062)$(str 6 g)$(str 6 'g.*')$(num 7 5)"
	run -0 --separate-stderr gobpf fold --strict "$file"
	[ "$output" = 'g;a b 5' ]
	[[ $stderr == *": frames that match 'g.*' are to be dropped, says the profile; they stand as they were recorded" ]]
}
