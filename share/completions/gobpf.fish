# SPDX-License-Identifier: GPL-2.0-only
# fish completion for gobpf(1): asks the program itself, so there is no second list

# The program, as it was called, with its --script-path
function __gobpf_program
    set -l words (commandline -opc)
    echo $words[1]
    test "$words[2]" = --script-path -a (count $words) -gt 2; and string join \n -- $words[2..3]
end

# Words of the line behind the program and its --script-path: the command, and what it got
function __gobpf_words
    set -l words (commandline -opc)
    set -e words[1]
    test "$words[1]" = --script-path -a (count $words) -gt 1; and set -e words[1..2]
    string join \n -- $words
end

# PIDs with the names of their processes, or names of which there is one; no threads of the kernel
function __gobpf_processes
    ps --ppid 2 -p 2 --deselect -o pid=,comm= 2>/dev/null | string replace -rf '^ *(\d+) (.*)' '$1\t$2'
    ps --ppid 2 -p 2 --deselect -o comm= 2>/dev/null | sort | uniq -u
end

# __gobpf_argument KIND TEXT WORD - of an option: the words in which its description ends, files, processes
function __gobpf_argument
    set -l values (string match -r '(?:^|: )([a-z][a-z-]*(?:, [a-z][a-z-]*)+)(?:, …)?$' \
        -- (string replace -ra ' \([^)]*\)' '' -- $argv[2]))
    and string split ', ' -- $values[2]
    switch $argv[1]
        case PID
            __gobpf_processes
        case DIR
            __fish_complete_directories $argv[3]
        case FILE OUT PATH
            __fish_complete_path $argv[3]
    end
end

# Of each option of a command, from `gobpf help': names, argument, description, one a line
function __gobpf_options
    set -l program (__gobpf_program)
    ARGP_HELP_FMT=rmargin=1000 $program help $argv[1] 2>/dev/null | string replace -rf \
        '^ *((?:(?:-[^ ,-]|--[a-zA-Z0-9-]+)(?:, )?)+)(?:\[?=([A-Za-z]+)\S*| ([A-Z]{2,}))? +(.*)' '$1\n$2$3\n$4'
end

# __gobpf_target COMMAND - by the command's usage
function __gobpf_target
    set -l program (__gobpf_program)
    set -l usage ($program help $argv[1] 2>/dev/null |
        string replace -rf '^Usage: gobpf \S+ *(?:\[OPTION...\])? *' '')
    set -l first (__gobpf_words | string match -v -- '-*' | count)
    switch "$first$usage"
        case '1[COMMAND]'
            __gobpf_commands
        case '1NAME [PID*'
            $program list --scripts 2>/dev/null
        case '*PID*' '*TARGET*'
            __gobpf_processes
            string match -qr 'FILE|CORE|CAPTURE' -- $usage; and __fish_complete_path (commandline -ct)
        case '*FILE*' '*BEFORE*'
            __fish_complete_path (commandline -ct)
    end
end

function __gobpf_commands
    set -l program (__gobpf_program)
    $program list 2>/dev/null | sed '/^Not used$/q' | string replace -rf '^  (\S+) +(.*)' '$1\t$2'
end

function __gobpf_complete
    set -l words (__gobpf_words)
    set -l word (commandline -ct)
    set -l before $words[-1]
    if test (count $words) -eq 0
        __gobpf_commands
        printf '%s\t%s\n' --version 'Print the version' --help 'Explain gobpf' \
            --script-path 'Look for scripts there first'
        return
    else if test "$before" = --script-path
        __fish_complete_directories $word
        return
    end
    set -l rows (__gobpf_options $words[1])
    set -l pair (string match -r '^(--[^=]+=)(.*)' -- $word)
    for i in (seq 1 3 (count $rows))
        set -l names (string split ', ' -- $rows[$i])
        set -l argument $rows[(math $i + 1)]
        set -l text $rows[(math $i + 2)]
        if test -n "$argument" && contains -- "$pair[2]" $names=
            __gobpf_argument $argument $text $pair[3] | string replace -r '^' -- $pair[2]
            return
        else if test -n "$argument" && contains -- "$before" $names
            __gobpf_argument $argument $text $word
            return
        else if string match -q -- '-*' $word
            for name in $names
                printf '%s\t%s\n' $name $text
            end
        end
    end
    string match -q -- '-*' $word; or __gobpf_target $words[1]
end

complete -c gobpf -f -a '(__gobpf_complete)'
