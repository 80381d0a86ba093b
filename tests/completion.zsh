# SPDX-License-Identifier: GPL-2.0-only
# completion.zsh - what zsh offers for lines: zsh -f tests/completion.zsh FOLDER <LINES
# FOLDER has _gobpf.  Prints "== LINE", then each word that it offers, with its description where it has one.
# Completion works only in an editor on a terminal: so a second zsh on a terminal of its own
# completes each line, and its compadd, the one way by which matches come, writes them down.
zmodload zsh/zpty
work=$1
cat >$work/lines
cat >$work/zshrc <<END
fpath=($work \$fpath)
autoload -U compinit
compinit -D -u
compadd() {
	if [[ \${@[1,(i)(-|--)]} == *-[OAD]\ * || \${@[1,(i)(-|--)]} == *-[OAD][a-z]* ]]; then
		builtin compadd "\$@"
		return
	fi
	local -a hits shown
	local at=\${@[(i)-d]}
	builtin compadd -A hits "\$@"
	if ((at < \$#)); then
		shown=("\${(@P)@[at + 1]}")
		builtin compadd -A hits -D shown "\$@"
		((\${#shown} == \${#hits})) || shown=()
	fi
	local i prefix=\$IPREFIX
	for ((i = 1; i <= \$#hits; i++)); do
		print -r -- "\$prefix\$hits[i]\${shown[i]:+	\${shown[i]#* -- }}" >>$work/offered
	done
	builtin compadd "\$@"
}
each-line() {
	while IFS= read -r BUFFER; do
		CURSOR=\$#BUFFER
		print -r -- "== \$BUFFER" >>$work/offered
		zle list-choices
	done <$work/lines
	BUFFER=
	print done
}
zle -N each-line
bindkey ^T each-line
zstyle ':completion:*' list-prompt ''
zstyle ':completion:*' select-prompt ''
LISTMAX=100000
print ready
END
: >$work/offered
zpty shell zsh -f -i
zpty -w shell "stty rows 1000 columns 300; source $work/zshrc"
zpty -r -m shell seen $'*\nready*' || exit
zpty -w -n shell $'\x14'
zpty -r -m shell seen '*done*' || exit
zpty -d shell
cat $work/offered
