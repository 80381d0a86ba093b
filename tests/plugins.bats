#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Plugins: gobpf-NAME and NAME.bt in the user's folder and in given ones.
# shellcheck disable=SC2016 # what the plugins expand
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own

load helpers

setup() {
	umask 022
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	mine=$XDG_CONFIG_HOME/gobpf/scripts
	mkdir -p "$mine"
	unset GOBPF_SCRIPT_PATH
}

# program FILE [LINE...] - a shell script that is executable
program() {
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$1"
	chmod +x "$1"
}

# script FILE [SUMMARY] - a bpftrace script that says hello and ends
script() {
	local name=${1##*/}
	printf '%s\n' '#!/usr/bin/env bpftrace' "// $name - ${2-a summary}" '//' \
		'// SPDX-License-Identifier: GPL-2.0-only' '//' '// ANSWERS:  Who is there?' \
		'//           And who not?' '' '// code' 'BEGIN { printf("hello\n"); exit(); }' >"$1"
}

# plugins - the part of list about them
plugins() { gobpf "$@" list | sed -n '/^Plugins$/,$p' | sed '/^$/,$d' | tail -n +2; }
unused() { gobpf "$@" list | sed -n '/^Not used$/,$p' | sed '/^$/,$d' | tail -n +2; }

@test "plugins: programs and scripts are listed with what they say of themselves, none is run" {
	program "$mine/gobpf-greet" '# gobpf: greets the caller' 'touch "$0.ran"'
	program "$mine/gobpf-quiet" 'touch "$0.ran"'
	program "$mine/gobpf-helped" 'touch "$0.ran"'
	printf 'is explained beside it\n\nAnd more of that.\n' >"$mine/gobpf-helped.help"
	script "$mine/hello.bt" 'says hello'
	script "$mine/other.bt"
	sed -i 2d "$mine/other.bt"
	diff <(plugins) - <<-EOT
		  greet            greets the caller
		                   $mine/gobpf-greet
		  helped           is explained beside it
		                   $mine/gobpf-helped
		  quiet            $mine/gobpf-quiet
		  hello            says hello
		                   $mine/hello.bt
		  other            $mine/other.bt
	EOT
	[ -z "$(unused)" ]
	run -0 --separate-stderr gobpf list --names
	[ "$(grep -xE 'greet|helped|quiet|hello|other' <<<"$output" | paste -sd' ')" = 'greet helped quiet hello other' ]
	[ -z "$(find "$mine" -name '*.ran')" ]
}

@test "plugins: help prints the header, the file beside a program, or that there is neither; none is run" {
	program "$mine/gobpf-greet" '# Copyright of somebody' '# gobpf: greets the caller' '#' '#    gobpf greet NAME' \
		'' '# not this' 'touch "$0.ran"'
	program "$mine/gobpf-quiet" 'touch "$0.ran"'
	program "$mine/gobpf-helped" '# gobpf: not this' 'touch "$0.ran"'
	printf 'is explained beside it\n\nAnd \e[31mmore\n' >"$mine/gobpf-helped.help"
	script "$mine/hello.bt" 'says hello'
	run -0 --separate-stderr gobpf help greet
	diff <(echo "$output") - <<-EOT
		Usage: gobpf greet

		greets the caller

		   gobpf greet NAME

		($mine/gobpf-greet)
	EOT
	run -0 --separate-stderr gobpf help helped
	[[ $output == *$'\nis explained beside it\n\nAnd \xef\xbf\xbd[31mmore\n'* ]]
	run -0 --separate-stderr gobpf help quiet
	[ "$output" = "gobpf quiet runs $mine/gobpf-quiet, which has no words on itself." ]
	run -0 --separate-stderr gobpf help hello
	[[ $output == $'Usage: gobpf hello '*$'\n\nhello.bt - says hello\n\nANSWERS:  Who is there?\n          And who not?\n'* ]]
	[[ $output != *SPDX* && $output != *code* ]]
	[ -z "$(find "$mine" -name '*.ran')" ]
}

@test "plugins: headers in a block comment, with CRLF, unended, of 300 KB, of one line that never ends" {
	printf '/*\r\n * block.bt - in a block\r\n *  indented\r\n */\r\nBEGIN { exit(); }\r\n' >"$mine/block.bt"
	printf '/* open.bt - never ends\n' >"$mine/open.bt"
	{ echo '// huge.bt - is huge'; yes '// and on' | head -c 300000; } >"$mine/huge.bt"
	{ printf '// line.bt - '; head -c 300000 /dev/zero | tr '\0' x; } >"$mine/line.bt"
	diff <(plugins) - <<-EOT
		  block            in a block
		                   $mine/block.bt
		  huge             is huge
		                   $mine/huge.bt
		  line             $(printf 'x%.0s' {1..160})
		                   $mine/line.bt
		  open             never ends
		                   $mine/open.bt
	EOT
	run -0 gobpf help block
	[[ $output == *$'\nblock.bt - in a block\n indented\n\n('* ]]
	run -0 gobpf help huge
	((${#output} < 70000))
}

@test "plugins: a program gets its arguments, gobpf's place and version, and given folders" {
	mkdir "$BATS_TEST_TMPDIR/given"
	program "$BATS_TEST_TMPDIR/given/gobpf-show" 'printf "<%s>\n" "$@" "$GOBPF" "$GOBPF_VERSION" "$GOBPF_SCRIPT_PATH"'
	cd "$BATS_TEST_TMPDIR"
	GOBPF_SCRIPT_PATH=/env run -0 env GOBPF=/other "$GOBPF" --script-path given show -d 'a b' '' --help
	[ "$output" = "<-d>
<a b>
<>
<--help>
<$(readlink -f "$GOBPF")>
<$("$GOBPF" --version | cut -d' ' -f2)>
<$BATS_TEST_TMPDIR/given:/env>" ]
}

@test "plugins: a program's exit status and signal are passed on, SIGPIPE is not ignored" {
	program "$mine/gobpf-leave" 'exit "$1"'
	program "$mine/gobpf-die" 'kill -"$1" $$'
	run -0 gobpf leave 0
	run -77 gobpf leave 77
	run -139 gobpf die SEGV
	run -143 gobpf die TERM
	run -141 gobpf die PIPE
}

@test "plugins: a program that can't be run: exit 1, with the reason" {
	printf '#!/no/such/interpreter\n' >"$mine/gobpf-lost"
	printf 'x' >"$mine/gobpf-odd"
	chmod +x "$mine"/gobpf-*
	run -1 --separate-stderr gobpf lost
	[ "$stderr" = "gobpf: can't run $mine/gobpf-lost: the interpreter that it names isn't there" ]
	run -1 --separate-stderr gobpf odd
	[ "$stderr" = "gobpf: can't run $mine/gobpf-odd: neither a program for this machine, nor does it begin with #!" ]
}

@test "plugins: the first folder wins, in it a program before a script; list names the others" {
	local a=$BATS_TEST_TMPDIR/a b=$BATS_TEST_TMPDIR/b c=$BATS_TEST_TMPDIR/c dir
	mkdir "$a" "$b" "$c"
	for dir in "$a" "$b" "$c" "$mine"; do
		program "$dir/gobpf-where" "echo $dir"
	done
	script "$a/where.bt"
	[ "$(gobpf where)" = "$mine" ]
	[ "$(GOBPF_SCRIPT_PATH=:$c:: gobpf where)" = "$c" ]
	[ "$(GOBPF_SCRIPT_PATH=$c gobpf --script-path "$b" where)" = "$b" ]
	[ "$(GOBPF_SCRIPT_PATH=$c gobpf --script-path "$a:$b" where)" = "$a" ]
	[ "$(gobpf --script-path "$a" --script-path "$b:$a" where)" = "$a" ]
	export GOBPF_SCRIPT_PATH=$c:$b:$c
	[ "$(plugins --script-path "$a:$a")" = "  where            $a/gobpf-where" ]
	diff <(unused --script-path "$a:$a") - <<-EOT
		  $a/where.bt: $a/gobpf-where comes before it
		  $c/gobpf-where: $a/gobpf-where comes before it
		  $b/gobpf-where: $a/gobpf-where comes before it
		  $mine/gobpf-where: $a/gobpf-where comes before it
	EOT
}

@test "plugins: a command of gobpf comes first, and it is said that it hides one" {
	program "$mine/gobpf-help" 'echo mine'
	script "$mine/list.bt"
	run -0 --separate-stderr gobpf help
	[[ $output == "gobpf - "* ]]
	[ "$stderr" = "gobpf: $mine/gobpf-help is not run: 'help' is a command of gobpf" ]
	[ "$(unused 2>/dev/null)" = "  $mine/gobpf-help: the command 'help' of gobpf comes before it
  $mine/list.bt: the command 'list' of gobpf comes before it" ]
	[ -z "$(plugins 2>/dev/null)" ]
	# the scripts of gobpf itself have their commands' names
	run -2 --separate-stderr gobpf heap-hotspots
	[[ $stderr != *"is not run"* ]]
}

@test "plugins: nothing comes from the current folder or from PATH" {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here"
	program gobpf-stray 'touch ran'
	script stray.bt
	PATH=$PWD:$PATH GOBPF_SCRIPT_PATH=.:here:: run -2 --separate-stderr gobpf stray
	[[ $stderr == "gobpf: no command 'stray'; "* ]]
	XDG_CONFIG_HOME=. HOME=. run -2 gobpf stray
	[ ! -e ran ]
	# one that is named is another matter
	run -0 gobpf --script-path . stray
	[ -e ran ]
}

@test "plugins: names that are none, files that are no scripts, loops: not used, and list says why" {
	local name
	mkdir "$mine/folder.bt"
	mkfifo "$mine/pipe.bt"
	: >"$mine/empty.bt"
	head -c 100 /dev/zero >"$mine/binary.bt"
	printf 'x' >"$mine/gobpf-plain"
	ln -s loop.bt "$mine/loop.bt"
	ln -s /no/such/file "$mine/gobpf-gone"
	for name in 'a b' a.b Upper ünder a_b -dash "$(printf 'n%.0s' {1..64})" $'new\nline'; do
		script "$mine/$name.bt"
		run -2 gobpf "$name"
	done
	touch "$mine/.hidden.bt" "$mine/README" "$mine/.bt" "$mine/gobpf-"
	[ -z "$(plugins)" ]
	diff <(unused | grep -v "a plugin's name is of") - <<-EOT
		  $mine/binary.bt is not text
		  $mine/empty.bt is empty
		  $mine/folder.bt is not a regular file
		  $mine/gobpf-gone: No such file or directory
		  $mine/gobpf-plain is not executable
		  $mine/loop.bt: Too many levels of symbolic links
		  $mine/pipe.bt is not a regular file
	EOT
	[ "$(unused | grep -c "a plugin's name is of a-z, 0-9 and '-', at most 63 of them$")" -eq 8 ]
	for name in binary empty folder gone plain loop pipe; do
		run -2 --separate-stderr gobpf $name
		[[ $stderr == "gobpf: no command '$name': $mine/"* ]]
	done
	run -2 --separate-stderr gobpf help loop
	[[ $stderr == "gobpf help: no command 'loop': $mine/loop.bt: Too many"* ]]
}

@test "plugins: folders that aren't there or aren't folders" {
	rm -r "$mine"
	[ -z "$(unused)" ]
	: >"$mine"
	[ "$(unused)" = "  $mine: Not a directory" ]
	[ "$(GOBPF_SCRIPT_PATH=/no/such:/etc/passwd unused)" = "  /no/such: No such file or directory
  /etc/passwd: Not a directory
  $mine: Not a directory" ]
	run -2 --separate-stderr gobpf --script-path "$BATS_TEST_TMPDIR:/no/such" list
	[ "$stderr" = "gobpf: --script-path: can't read /no/such: No such file or directory" ]
	run -2 --separate-stderr gobpf --script-path : list
	[ "$stderr" = "gobpf: --script-path: which folder?" ]
	run -2 --separate-stderr gobpf --script-path "$(printf '%05000d' 0)" list
	[[ $stderr == "gobpf: --script-path: can't read 0"* ]]
}

@test "plugins: as another user, a folder that can't be read" {
	requires root setpriv
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups) program=$BATS_TEST_TMPDIR/gobpf
	cp "$GOBPF" "$program"
	chmod 755 "$BATS_TEST_TMPDIR" "$program"
	until_open "$BATS_TEST_TMPDIR"
	program "$mine/gobpf-greet" 'echo hello'
	# what isn't root's is no matter to others
	chown 65533 "$mine/gobpf-greet" "$mine"
	chmod 777 "$mine"
	run -0 "${nobody[@]}" "$program" greet
	[ "$output" = hello ]
	chmod 700 "$mine"
	run -0 "${nobody[@]}" "$program" list
	[[ $output == *$'\nNot used\n  '"$mine: Permission denied"* ]]
	run -2 "${nobody[@]}" "$program" greet
}

# bats test_tags=probe
@test "plugins: a script runs with its arguments and the common options, and says what is wrong" {
	requires root bpftrace
	local out=$BATS_TEST_TMPDIR/out
	script "$mine/hello.bt" 'says hello'
	sed -i 's/^BEGIN.*/BEGIN { printf("hello %d %s\\n", $1, str($2)); exit(); }/' "$mine/hello.bt"
	run -0 --separate-stderr gobpf hello 7 world
	[[ $output == *'hello 7 world'* ]]
	run -0 --separate-stderr gobpf hello -q -o "$out" 7 -d 60s there
	[ -z "$output$stderr" ]
	grep -qx 'hello 7 there' "$out"
	# what fails leaves no file behind
	run -1 --separate-stderr gobpf hello -o "$out.2" --bpftrace /no/such/bpftrace 7
	[[ $stderr == "gobpf hello: "*"/no/such/bpftrace"* ]]
	[ ! -e "$out.2" ]
	run -1 --separate-stderr gobpf hello -o /no/such/folder/file 7
	[ "$stderr" = "gobpf hello: can't write /no/such/folder/file: No such file or directory" ]
	run -2 gobpf hello -o '' 7
	run -2 gobpf hello --frobnicate
	run -0 --separate-stderr gobpf hello --print -o "$out.3" 7 there
	[ -z "$output" ]
	grep -qF 'printf("hello %d %s\n", 7, "there")' "$out.3"
	run -0 gobpf hello --help
	[ "$output" = "$("$GOBPF" help hello)" ]
	echo 'BEGIN {' >"$mine/broken.bt"
	run ! --separate-stderr gobpf broken
	[[ $stderr == "gobpf broken: "* ]]
	# one that probes a process asks for it
	echo 'uprobe:$1:"main.main" { }' >"$mine/probes.bt"
	run -2 --separate-stderr gobpf probes
	[ "$stderr" = "gobpf probes: probes.bt probes a process: which PID?" ]
	run -3 gobpf probes 4194304
}

# until_open FOLDER - lets everybody into the folders above
until_open() {
	local dir=$1
	while [[ $dir == */bats-run-* ]]; do
		chmod a+x "$dir"
		dir=${dir%/*}
	done
}

# refused NAME WORDS - root doesn't run it, list and help don't offer it, and they say why
refused() {
	rm -f "$BATS_TEST_TMPDIR/ran"
	run -4 --separate-stderr gobpf "$1"
	[ "$stderr" = "gobpf: no command '$1': root does not use what is not root's alone: $2" ] || {
		fail "said: $stderr"
		return
	}
	[ ! -e "$BATS_TEST_TMPDIR/ran" ] && [[ $(unused) == *"$2"* ]] && ! gobpf list --names | grep -qx "$1"
}

@test "plugins: root runs what only root could have put there" {
	requires root
	local deep=$BATS_TEST_TMPDIR/one/two far=$BATS_TEST_TMPDIR/far
	program "$mine/gobpf-own" "touch $BATS_TEST_TMPDIR/ran"
	program "$mine/gobpf-other" "touch $BATS_TEST_TMPDIR/ran"
	runs() { run -0 gobpf "$1" && rm "$BATS_TEST_TMPDIR/ran"; }
	runs own
	chown 65534 "$mine/gobpf-own"
	refused own "$mine/gobpf-own belongs to user 65534"
	runs other
	chown 0 "$mine/gobpf-own"
	chmod g+w "$mine/gobpf-own"
	refused own "its group can write to $mine/gobpf-own"
	chmod 757 "$mine/gobpf-own"
	refused own "everybody can write to $mine/gobpf-own"
	chmod 755 "$mine/gobpf-own"
	runs own
	# its folder, and those above
	chmod 775 "$mine"
	refused own "its group can write to $mine"
	chmod 1777 "$mine"
	refused own "everybody can write to $mine"
	chmod 755 "$mine"
	chown 65534 "$XDG_CONFIG_HOME"
	refused own "$XDG_CONFIG_HOME belongs to user 65534"
	chown 0 "$XDG_CONFIG_HOME"
	chmod 777 "$XDG_CONFIG_HOME"
	refused own "everybody can write to $XDG_CONFIG_HOME"
	chmod 1777 "$XDG_CONFIG_HOME"
	runs own
	# what a link leads to
	mkdir -p "$deep" "$far"
	program "$deep/gobpf-linked" "touch $BATS_TEST_TMPDIR/ran"
	ln -s "$deep/gobpf-linked" "$mine/gobpf-linked"
	runs linked
	chown 65534 "${deep%/*}"
	refused linked "${deep%/*} belongs to user 65534"
	chown 0 "${deep%/*}"
	chmod 1777 "$deep"
	refused linked "everybody can write to $deep"
	chmod 755 "$deep"
	# a folder that is one: the place that it leads to counts
	ln -s "$deep" "$far/link"
	export GOBPF_SCRIPT_PATH=$far/link
	rm "$mine/gobpf-linked"
	runs linked
	chmod g+w "$deep"
	refused linked "its group can write to $deep"
}

@test "plugins: root is told of one that is passed over for another" {
	requires root
	mkdir "$BATS_TEST_TMPDIR/first"
	program "$BATS_TEST_TMPDIR/first/gobpf-two" 'echo first'
	program "$mine/gobpf-two" 'echo second'
	chown 65534 "$BATS_TEST_TMPDIR/first"
	export GOBPF_SCRIPT_PATH=$BATS_TEST_TMPDIR/first
	run -0 --separate-stderr gobpf two
	[ "$output" = second ]
	[ "$stderr" = "gobpf: root does not use what is not root's alone: $GOBPF_SCRIPT_PATH belongs to user 65534; $mine/gobpf-two is run" ]
}

@test "plugins: root's scripts come from the same places" {
	requires root
	script "$mine/hello.bt"
	run -0 gobpf script hello
	chmod g+w "$mine/hello.bt"
	refused hello "its group can write to $mine/hello.bt"
	run ! gobpf script hello
	[[ $output == *"root does not use"* ]]
}

@test "plugins: a name that is nearly one's is suggested, an unused one's isn't" {
	program "$mine/gobpf-frobnicate" :
	run -2 --separate-stderr gobpf frobnicat
	[ "$stderr" = "gobpf: no command 'frobnicat'; did you mean 'frobnicate'?" ]
	chmod -x "$mine/gobpf-frobnicate"
	run -2 --separate-stderr gobpf frobnicat
	[ "$stderr" = "gobpf: no command 'frobnicat'; 'gobpf list' shows them all" ]
}

@test "plugins: completion offers them, and their options from their own words" {
	# shellcheck source=share/completions/gobpf.bash
	. "$TOP/share/completions/gobpf.bash"
	program "$mine/gobpf-greet" '# gobpf: greets' '# --loudly  in capitals' 'touch "$0.ran"'
	offers() {
		COMP_WORDS=("$GOBPF" "$@") COMP_CWORD=$# COMPREPLY=()
		_gobpf
		printf '%s\n' "${COMPREPLY[@]}"
	}
	[ "$(offers gree)" = greet ]
	[ "$(offers greet --lo)" = --loudly ]
	[ ! -e "$mine/gobpf-greet.ran" ]
}
