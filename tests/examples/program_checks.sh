# What tests of programs share: running the one that is $1 and looking at what it says. For bash to source.

tested=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
errors=$work/errors

fail() {
    printf '%s\n' "$1" "standard output: ${out-}" "standard error output: ${err-}"
    exit 1
}

# run CODE ARGUMENTS…: leaves what the program printed in $out and $err.
run() {
    local wanted=$1 code=0
    shift
    out=$("$tested" "$@" 2>"$errors") || code=$?
    err=$(<"$errors")
    ((code == wanted)) || fail "${tested##*/} $*: exit code $code instead of $wanted"
}
