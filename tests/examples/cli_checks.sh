#!/bin/bash
# What the tests of the command-line client share: running it and looking at what it says. For bash to source, with the
# program as $1.

cli=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
errors=$work/errors
# shellcheck disable=SC2034  # Those who source this use it.
unknown=sess_$(printf '%064d' 0)

fail() {
    printf '%s\n' "$1" "standard output: $out" "standard error output: $err"
    exit 1
}

# run CODE ARGUMENTS…: leaves what the client printed in $out and $err.
run() {
    local wanted=$1 code=0
    shift
    out=$("$cli" "$@" 2>"$errors") || code=$?
    err=$(<"$errors")
    ((code == wanted)) || fail "cli $*: exit code $code instead of $wanted"
}

# done_with EXPRESSION ARGUMENTS…: success, one line of JSON that matches, and nothing else.
done_with() {
    local expression=$1
    shift
    run 0 "$@"
    [[ $out =~ $expression && $out != *$'\n'* ]] || fail "cli $*: the output does not match $expression"
    [[ -z $err ]] || fail "cli $*: said something on success"
}

# fails_with CODE EXPRESSION ARGUMENTS…: one line on the error output that matches, and no output.
fails_with() {
    local code=$1 expression=$2
    shift 2
    run "$code" "$@"
    [[ $err =~ $expression && $err != *$'\n'* ]] || fail "cli $*: the error does not match $expression"
    [[ -z $out ]] || fail "cli $*: printed something in spite of the failure"
}

# control PATH ARGUMENTS…: asks the sandbox about itself.
control() {
    curl --silent --show-error --fail --cacert "$SIPHER_CA_FILE" "$SIPHER_BASE_URL/sandbox/$@"
}
