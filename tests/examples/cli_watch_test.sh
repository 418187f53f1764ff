#!/bin/bash
# usage: cli_watch_test.sh CLI, as the command of `sipher-sandbox --control --manual-clock`
# `watch` of the command-line client: a line for each change, and its ends.
set -euo pipefail
# shellcheck source=tests/examples/cli_checks.sh
source "$(dirname "$0")/cli_checks.sh"
mkfifo "$work/lines"

# watch: of a new session; leaves its id in $id, its process in $watching; its lines come from descriptor 3, and the
# first has come.
watch() {
    done_with 'sess_[0-9a-f]{64}' create --chain near
    id=${BASH_REMATCH[0]}
    "$cli" watch "$id" --every 100ms >"$work/lines" 2>"$errors" &
    watching=$!
    exec 3<"$work/lines"
    next_line '"chain":"near"'
}

next_line() {
    read -r -t 30 out <&3 && [[ $out == "{\"sessionId\":\"$id\","*"$1"* ]] || fail "watch: no line with $1"
}

# ended CODE EXPRESSION: that, what it said, and no more lines.
ended() {
    local code=0
    wait "$watching" || code=$?
    err=$(<"$errors")
    out=$(cat <&3)
    [[ $code == "$1" && $err =~ $2 && $err != *$'\n'* && -z $out ]] || fail "watch: exit code $code, not $1"
}

reads() {
    control counters | sed 's/.*"read":\([0-9]*\).*/\1/'
}

# That it was read is no change.
watch
before=$(reads)
while (($(reads) < before + 2)); do
    kill -0 "$watching" || fail "watch: ended"
done
run 0 update "$id" --chain sui
next_line '"chain":"sui"'
run 0 delete "$id"
ended 0 '^cli: the session is gone; it was due to expire at 20[0-9-]+T[0-9:]+Z$'

watch
control clock --data '{"milliseconds":3600000}' >/dev/null
ended 0 '^cli: the session is gone'

# Ctrl-C, which most likely meets it between two reads.
watch
kill -INT "$watching"
ended 3 '^cli: .*cancelled'

# A failure ends it; an id that was never known is one.
watch
refusal='{\"success\":false,\"error\":{\"code\":\"INVALID_API_KEY\",\"message\":\"revoked\"}}'
control faults --data "{\"fault\":\"respond\",\"status\":401,\"body\":\"$refusal\"}" >/dev/null
ended 1 '^cli: get_session: 401 INVALID_API_KEY'
fails_with 1 'get_session: 404 SESSION_NOT_FOUND' watch "$unknown"
