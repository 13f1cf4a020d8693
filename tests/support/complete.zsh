# SPDX-License-Identifier: MIT
# complete.zsh FOLDER LINE: what zsh makes of LINE when Tab is pressed, with FOLDER/_twc loaded by compinit. A real
# line editor on a pseudo-terminal; a key bound to a widget writes the line to a file.
zmodload zsh/zpty
out=$(mktemp -d)
trap 'zpty -d shell; rm -rf $out' EXIT
wait_for() {
	local -i i
	for ((i = 0; i < 500; i++)); do
		[[ -s $1 ]] && return
		sleep 0.02
	done
	exit 1
}
zpty -b shell zsh -f -i
zpty -w shell "PS1=; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D; setopt no_beep no_list_ambiguous
show() { print -r -- \"\$BUFFER\" >$out/part && mv $out/part $out/line }; zle -N show; bindkey '^Xs' show; print ready >$out/ready"
wait_for $out/ready
zpty -w -n shell "$2"$'\t\C-Xs'
wait_for $out/line
cat $out/line
