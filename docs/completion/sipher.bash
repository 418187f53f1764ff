# Completion for bash of sipher-sandbox and sipher-cli. What there is to complete is read from --help.

_sipher() {
    local program=$1 word=$2 previous=$3 help command=
    local before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
    if [[ $program == *sandbox && " ${before[*]} " == *" -- "* ]]; then
        mapfile -t COMPREPLY < <(compgen -A command -A file -- "$word" | sort -u)
        return
    fi
    # The commands of sipher-cli come first.
    [[ ${before[0]:-} == [a-z]* ]] && command=${before[0]}
    help=$("$program" ${command:+"$command"} --help 2>/dev/null) || return
    if [[ $previous == --* ]]; then
        # Values that the help lists, behind the option or in the line below it.
        local values
        values=$(grep --after-context=1 --extended-regexp -- "^ +$previous " <<<"$help" |
            sed -n 's/.*One of //p' | head -n 1) || values=
        if [[ -n $values ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
            return
        fi
    fi
    local words
    if [[ $word == -* ]]; then
        words=$(grep --only-matching --extended-regexp -- '^ +(-h, *)?--[a-z-]+' <<<"$help" | tr ',' ' ')
    else
        words=$(sed -n '/^subcommands:/I,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

# Anything else is a file.
complete -o default -F _sipher sipher-sandbox sipher-cli
