#!/bin/bash
# usage: output_test.sh PROGRAM EXPRESSION…
# The program, with the words of EXAMPLE_ARGUMENTS, must end with 0, and each extended regular expression must match a line
# of what it prints.
set -euo pipefail

program=$1
shift
read -ra arguments <<<"${EXAMPLE_ARGUMENTS:-}"
output=$("$program" "${arguments[@]}" 2>&1) || {
    printf '%s\n' "$output" "$program ended with $?"
    exit 1
}
printf '%s\n' "$output"
for expression in "$@"; do
    grep --quiet --extended-regexp -- "$expression" <<<"$output" || {
        printf '%s\n' "no line matches: $expression"
        exit 1
    }
done
