# SPDX-License-Identifier: MIT
# complete.bash SCRIPT LINE: the words bash offers at the end of LINE, with SCRIPT loaded. LINE is split as readline
# does, at blanks, `:` and `=`.
# shellcheck disable=SC1090,SC2034
source "$1"
complete -p twc >/dev/null || exit 1
rest=$2
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=() COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
while [[ -n $rest ]]; do
	if [[ $rest =~ ^[[:space:]]+ ]]; then
		rest=${rest#"${BASH_REMATCH[0]}"}
		[[ -z $rest ]] && COMP_WORDS+=('')
	elif [[ $rest =~ ^[:=]+ ]] || [[ $rest =~ ^[^[:space:]:=]+ ]]; then
		COMP_WORDS+=("${BASH_REMATCH[0]}")
		rest=${rest#"${BASH_REMATCH[0]}"}
	fi
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_twc
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
