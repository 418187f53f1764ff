#!/bin/bash
# usage: completion_test.sh FILE SANDBOX [CLI]
# What bash offers with the completion of FILE.
set -euo pipefail

# shellcheck source=docs/completion/sipher.bash
source "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$2" "$work/sipher-sandbox"
[[ -z ${3:-} ]] || ln -s "$3" "$work/sipher-cli"

# offers EXPECTED WORDS…: of the last word's completions, those that are not files of this folder.
offers() {
    local expected=$1
    shift
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _sipher "$work/$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    [[ "${COMPREPLY[*]}" == "$expected" ]] || { printf '%s\n' "$*: offers '${COMPREPLY[*]}', not '$expected'" && exit 1; }
}

[[ $(complete -p sipher-sandbox) == *"-F _sipher sipher-sandbox" ]]
offers "--port --print-env" sipher-sandbox --p
offers "--manual-clock" sipher-sandbox --control --man
offers "" sipher-sandbox --ca-out x
offers "printf" sipher-sandbox --control -- printf
[[ -e $work/sipher-cli ]] || exit 0
offers "create get update delete list watch request" sipher-cli ""
offers "delete" sipher-cli d
offers "--version" sipher-cli --vers
offers "--count" sipher-cli create --ttl 5m --c --co
offers "solana sui sei" sipher-cli create --chain s
offers "table" sipher-cli list --output t
offers "--every" sipher-cli watch sess_1 --e
offers "shielded" sipher-cli update sess_1 --privacy-level sh
offers "" sipher-cli get sess_
