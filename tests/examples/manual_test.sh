#!/bin/bash
# usage: manual_test.sh PROGRAM PAGE COMMAND…
# The manual page has the options that --help and the --help of each command have, and no others; and those programs that
# check such pages find no fault in it, as far as they are installed.
set -euo pipefail

program=$1
page=$2
shift 2

options_of_help() {
    "$program" --help
    local command
    for command in "$@"; do
        "$program" "$command" --help
    done
}

in_help=$(options_of_help "$@" | grep --only-matching --extended-regexp -- '^ +(-h, *)?--[a-z-]+' |
    grep --only-matching -- '--.*' | sort -u)
in_page=$(awk '/^\.T[PQ]$/ { getline; gsub(/\\-/, "-"); print }' "$page" |
    grep --only-matching --extended-regexp -- '--[a-z-]+' | sort -u)
if [[ -z $in_help || $in_help != "$in_page" ]]; then
    diff <(printf '%s\n' "$in_help") <(printf '%s\n' "$in_page") || true
    printf '%s\n' "$page does not have the options of $program --help"
    exit 1
fi

# check PROGRAM ARGUMENTS…: it must have nothing to say.
check() {
    command -v "$1" >/dev/null || return 0
    local said
    said=$("$@" 2>&1 >/dev/null) || said+=" (exit code $?)"
    [[ -z $said ]] || { printf '%s\n' "$*: $said" && exit 1; }
}
check groff -man -ww -T utf8 -z "$page"
check man --warnings --local-file "$page"
check mandoc -T lint -W warning "$page"
