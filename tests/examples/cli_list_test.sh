#!/bin/bash
# usage: cli_list_test.sh CLI, as the command of `sipher-sandbox --control`
# What the command-line client remembers of the sessions it created, and the tables that it prints.
set -euo pipefail
# shellcheck source=tests/examples/cli_checks.sh
source "$(dirname "$0")/cli_checks.sh"
state=$work/state

# create ARGUMENTS…: leaves the id in $id and the end in $ends.
create() {
    done_with '"sessionId":"(sess_[0-9a-f]{64})".*"expiresAt":([0-9]+)\}$' create "$@"
    id=${BASH_REMATCH[1]}
    ends=${BASH_REMATCH[2]}
}

# lists COUNT: so many, and they are the file's.
lists() {
    run 0 list
    [[ $(grep --count '^{"sessionId":"sess_' <<<"$out") == "$1" && $(wc -l <"$state") == "$1" && -z $err ]] ||
        fail "list: not $1"
}

# Without the variable nothing is written, and `list` says how to have it.
(cd "$work" && create && [[ $(ls) == errors ]])
fails_with 2 'SIPHER_STATE_FILE' list
SIPHER_STATE_FILE='' fails_with 2 'SIPHER_STATE_FILE' list

export SIPHER_STATE_FILE=$state
create --chain near --viewing-key 0xabcdef
[[ $(stat --format=%a "$state") == 600 && $(<"$state") == "$id $ends" ]] || fail "create: $(<"$state")"
SIPHER_API_KEY='' done_with "^\{\"sessionId\":\"$id\",\"expiresAt\":$ends\}$" list
run 0 delete "$id"
lists 0
touch "$state"
chmod 644 "$state"
create
[[ $(stat --format=%a "$state") == 600 ]] || fail "create: others can read the file"

# What is over by the clock is dropped.
printf '%s 1000\n' "$unknown" >>"$state"
lists 1

# The service no longer knows it: a delete says so, and so does --check.
SIPHER_STATE_FILE='' run 0 delete "$id"
lists 1
run 1 delete "$id"
lists 0
create
gone=$id
create
SIPHER_STATE_FILE='' run 0 delete "$gone"
SIPHER_BASE_URL=http://localhost:1 run 3 list --check --timeout 5s
lists 2
done_with "^\{\"sessionId\":\"$id\",\"expiresAt\":$ends\}$" list --check
lists 1
SIPHER_API_KEY='' fails_with 2 'SIPHER_API_KEY' list --check
run 0 delete "$id"

# Several processes at a time lose nothing.
pids=()
for _ in {1..6}; do
    "$cli" create --count 5 >>"$work/made" &
    pids+=($!)
done
wait "${pids[@]}"
lists 30
"$cli" create --count 5 >/dev/null &
pids=($!)
for first in 1 11; do
    sed -n "$first,$((first + 9))p" "$work/made" | "$cli" delete - >/dev/null &
    pids+=($!)
done
wait "${pids[@]}"
lists 15
run 0 delete - <<<"$out"
lists 0

# A file that is something else is left as it is, and nothing is sent.
created=$(control counters | grep --only-matching '"created":[0-9]*')
printf '%s 1000\nsomething else\n' "$unknown" >"$work/other"
SIPHER_STATE_FILE=$work/other fails_with 2 'SIPHER_STATE_FILE: .*/other: line 2 must be' create
SIPHER_STATE_FILE=$work/other fails_with 2 'line 2 must be' list
[[ $(wc -l <"$work/other") == 2 ]] || fail "list: wrote into another file"
printf '%s 1000' "$unknown" >"$work/other"
SIPHER_STATE_FILE=$work/other fails_with 2 'line 1 must be' create --count 2
SIPHER_STATE_FILE=/dev/null fails_with 2 'must be a regular file' create
SIPHER_STATE_FILE=$work fails_with 2 'directory' create
SIPHER_STATE_FILE=$work/none/state fails_with 2 'SIPHER_STATE_FILE: .*/none/state: No such file' create
[[ $(control counters | grep --only-matching '"created":[0-9]*') == "$created" ]] || fail "create: sent in spite of that"

# On a full disk, or what comes close to one, the session is made and printed, and the file is as good as before.
yes "$unknown 9999999999999" | head -n 12 >"$work/full" || true
full=$(<"$work/full")
(
    trap '' XFSZ
    ulimit -f 1
    SIPHER_STATE_FILE=$work/full run 0 create
    [[ $out == *sess_* && $err == *"not show the new session: "*"File too large"* ]] || fail "create: on a full disk"
)
[[ $(<"$work/full") == "$full" ]] || fail "create: left a part of a line"

# table EXPRESSION ARGUMENTS…: success; a header and a row that matches, aligned.
table() {
    local expression=$1
    shift
    run 0 "$@" --output table
    [[ $out == "SESSION "*$'\n'* && ${out#*$'\n'} =~ $expression && -z $err ]] || fail "cli $*: no such row"
    # Where a column begins in the header, no row has a word that began before.
    awk 'NR == 1 { header = $0; next }
        { for (i = 2; i <= length(header); i++)
              if (substr(header, i - 1, 2) ~ /^ [A-Z]/ && substr($0, i - 1, 2) !~ /^ [^ ]/) exit 1 }' <<<"$out" ||
        fail "cli $*: not aligned"
}
time='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z'
table "^sess_[0-9a-f]{64} +near +- +- +- +\[secret\] +$time +$time +-$" create --chain near --viewing-key 0xab
[[ $out =~ sess_[0-9a-f]{64} ]]
id=${BASH_REMATCH[0]}
done_with '"expiresAt":([0-9]+)' get "$id"
ends=$(date --utc --date="@$((BASH_REMATCH[1] / 1000))" +%FT%TZ)
table "^$id +near .* +$ends +$time$" get "$id"
table "^$id +near +shielded +- +- +\[secret\] +- +$ends +" update "$id" --privacy-level shielded
table "^$id +$ends$" list
table "^$id +$ends$" list --check
table "^$id +yes$" delete "$id"
run 0 create --count 2 --chain sui --output table
[[ $(wc -l <<<"$out") == 3 ]] || fail "create --count 2 --output table"
lists 2
