# What the tests of the command-line client share. For bash to source, with the program as $1.

# shellcheck source=tests/examples/program_checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/program_checks.sh"
cli=$tested
# shellcheck disable=SC2034  # Those who source this use it.
unknown=sess_$(printf '%064d' 0)

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
