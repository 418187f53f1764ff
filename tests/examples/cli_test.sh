#!/bin/bash
# usage: cli_test.sh CLI, as the command of `sipher-sandbox --control`
# Every command of the command-line client, and every exit code.
set -euo pipefail

# shellcheck source=tests/examples/cli_checks.sh
source "$(dirname "$0")/cli_checks.sh"

# The commands.
done_with '^\{"sessionId":"sess_[0-9a-f]{64}","defaults":\{"chain":"near"' \
    create --chain near --privacy-level shielded --rpc-provider helius --backend sip-native --ttl 30m
[[ $out =~ sess_[0-9a-f]{64} ]]
id=${BASH_REMATCH[0]}
[[ $out =~ \"createdAt\":([0-9]+),\"expiresAt\":([0-9]+) ]]
((BASH_REMATCH[2] - BASH_REMATCH[1] == 1800000)) || fail "--ttl 30m: another time to live"
done_with "\"sessionId\":\"$id\",.*\"privacyLevel\":\"shielded\",\"rpcProvider\":\"helius\",\"backend\":\"sip-native\"" \
    get "$id"
done_with '"chain":"sui","privacyLevel":"shielded",.*"defaultViewingKey":"0xab"' \
    update "$id" --chain sui --viewing-key 0xab --timeout 20s
done_with '"chain":"sui",.*"privacyLevel":"shielded"' \
    request POST /v1/stealth/generate --session "$id" --body '{}'
done_with '"chain":"solana"' request post /v1/stealth/generate --body '{}'
done_with "\"sessionId\":\"$id\"" request GET "/v1/sessions/$id"
run 0 get "$id" --verbose
[[ $err == *"event=connect host=localhost "*tls=TLSv1* &&
    $err == *"event=attempt operation=get_session number=1 verb=GET target="*"/v1/sessions/sess_"*" status=200 "* ]] ||
    fail "--verbose: no connection or no attempt"
[[ $err != *"$id"* && $err != *"$SIPHER_API_KEY"* ]] || fail "--verbose: shows what can be used"
SIPHER_LOG=info run 0 get "$id"
[[ $err == "level=info event=attempt operation=get_session "* ]] || fail "SIPHER_LOG: no attempt"
done_with "^\{\"sessionId\":\"$id\",\"deleted\":true\}$" delete "$id"

# Many at a time. There is no terminal, so no bar.
run 0 create --count 5 --chain sui
[[ $(grep --count '^{"sessionId":"sess_.*"chain":"sui"' <<<"$out") == 5 && -z $err ]] || fail "create --count 5"
ids=$out
run 0 delete - <<<"$ids"
[[ $(grep --count '"deleted":true' <<<"$out") == 5 && -z $err ]] || fail "delete -"
run 1 delete - <<<"$unknown"
[[ $err == *"404 SESSION_NOT_FOUND"* && -z $out ]] || fail "delete -: of one that is not there"
run 2 delete - <<<"something else"

# With a terminal there is a bar, and it is gone at the end.
out=$(script --quiet --return --command "'$cli' create --count 5" /dev/null </dev/null)
err=
[[ $out == *"[####"*"] 5/5"* && $out == *$'\r\e[K'*'{"sessionId":"sess_'* ]] || fail "create --count 5: no bar"

# Ctrl-C in the middle: what was done is reported all the same. It cannot get to the end before, because nobody would read
# what it says with --verbose.
mkfifo "$work/said"
SIPHER_STATE_FILE=$work/state "$cli" create --count 5000 --verbose >"$work/ids" 2>"$work/said" &
interrupted=false
while read -r line; do
    if ! $interrupted && [[ $line == *"event=attempt operation=create_session "* ]]; then
        kill -INT $!
        interrupted=true
    elif [[ $line == "cli: interrupted; "*" of 5000 were not sent" ]]; then
        err=$line
    fi
done <"$work/said"
code=0
wait $! || code=$?
out=$(grep --count '^{"sessionId":"sess_' "$work/ids")
[[ $code == 3 && -n $err ]] && ((out > 0 && out < 5000)) || fail "Ctrl-C: exit code $code"
[[ $(wc -l <"$work/state") == "$out" ]] || fail "Ctrl-C: what was created is not what was noted"

# In a single call too, with what is known of its effect.
control faults --data '{"fault":"silence"}' >/dev/null
created=$(control counters | grep --only-matching '"created":[0-9]*')
"$cli" create >"$work/ids" 2>"$errors" &
while [[ $(control counters | grep --only-matching '"created":[0-9]*') == "$created" ]]; do
    kill -0 $! || fail "create: ended"
done
kill -TERM $!
code=0
wait $! || code=$?
out=$(<"$work/ids")
err=$(<"$errors")
[[ $code == 3 && $err == "cli: create_session: "*unknown*"request id "*"may exist that \`list\` does not show"* &&
    -z $out ]] || fail "SIGTERM in a create: exit code $code"

# 1: the service refuses.
fails_with 1 'get_session: 404 SESSION_NOT_FOUND.*not applied' get "$id"
fails_with 1 'delete_session: 404' delete "$id"
fails_with 1 'get_session: 404' request POST /v1/stealth/generate --session "$unknown" --body '{}'
fails_with 1 '400 VALIDATION_ERROR.*defaults.chain' create --chain no-such-chain
SIPHER_API_KEY=sandbox-free-key fails_with 1 '403 TIER_ACCESS_DENIED' create
SIPHER_API_KEY=another fails_with 1 '401 INVALID_API_KEY.*SIPHER_API_KEY' create

# 2: usage, found by the parser or by the library.
fails_with 2 'subcommand'
fails_with 2 'output' create --output xml
fails_with 2 '--every: must be at least 100ms' watch "$id" --every 99ms
fails_with 2 '--ttl' create --ttl 30
fails_with 2 'time_to_live' create --ttl 59s
fails_with 2 'default_viewing_key' create --viewing-key ab
fails_with 2 'ID: must be' get sess_12
fails_with 2 '--count' create --count 0
fails_with 2 'FOO' request FOO /v1/echo
fails_with 2 'target' request GET v1/echo
fails_with 2 '--body' request POST /v1/echo --body '{'
SIPHER_API_KEY='' fails_with 2 'SIPHER_API_KEY' create
SIPHER_CA_FILE=/nowhere fails_with 2 'tls.ca_file \(SIPHER_CA_FILE\): .*/nowhere: No such file' create
SIPHER_BASE_URL=ftp://localhost fails_with 2 'SIPHER_BASE_URL' create
run 0 --help
[[ $out == *create*get*update*delete*list*watch*request*Examples:*"Exit codes:"* ]] || fail "--help: something is missing"
run 0 --version
[[ $out =~ ^sipher-cli\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "--version"

# 3: the transport failed; the outcome stands in the line.
SIPHER_CA_FILE='' fails_with 3 'TLS verification failed.*not sent' create
SIPHER_BASE_URL=http://localhost:1 fails_with 3 'localhost:1 of base_url \(SIPHER_BASE_URL\): .*refused.*not sent' \
    create --timeout 10s
SIPHER_BASE_URL=https://no-such-host.invalid fails_with 3 \
    'cannot resolve the host: no-such-host.invalid of base_url \(SIPHER_BASE_URL\): .*not sent' create --timeout 10s
