#!/bin/bash
# usage: arguments_test.sh EXAMPLE NAME
# An example whose only argument, NAME, is a number: what it says of itself, and of what is no number.
set -euo pipefail

# shellcheck source=tests/examples/program_checks.sh
source "$(dirname "$0")/program_checks.sh"
name=${tested##*/}

run 0 --help
[[ $out == "usage: $name [$2]"* ]] || fail "--help: $out"
for wrong in 2x x -1 99999999999 ''; do
    run 1 "$wrong"
    [[ $err == "$name: $2: must be a whole number, at most "* ]] || fail "'$wrong': $err"
done
