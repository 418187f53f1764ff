#!/bin/bash
# usage: sandbox_test.sh SANDBOX
# The program sipher-sandbox as shells and terminals see it.
set -euo pipefail

# shellcheck source=tests/examples/program_checks.sh
source "$(dirname "$0")/program_checks.sh"
sandbox=$tested
export TMPDIR=$work/files
mkdir "$TMPDIR"
unset SIPHER_BASE_URL SIPHER_API_KEY SIPHER_CA_FILE

# ends_with CODE ARGUMENTS…: as `run`, and leaves no file.
ends_with() {
    run "$@"
    no_file_left "sipher-sandbox $*"
}

no_file_left() {
    [[ -z $(ls -A "$TMPDIR") ]] || fail "$1: leaves $(ls "$TMPDIR")"
}

# start ARGUMENTS…: beside this script; its output is read from ${program[0]}.
start() {
    coproc program { exec "$sandbox" "$@" 2>"$errors"; }
    # shellcheck disable=SC2154 # coproc sets it
    pid=$program_PID
}

# ended_with CODE: the program that was started.
ended_with() {
    local code=0
    wait "$pid" || code=$?
    (($1 == code)) || fail "exit code $code instead of $1: $(<"$errors")"
    no_file_left "after exit code $1"
}

status() {
    curl --silent --show-error --output /dev/null --write-out '%{http_code}' --cacert "$SIPHER_CA_FILE" \
        --header "X-API-Key: $SIPHER_API_KEY" "$@"
}

# What it says of itself.
ends_with 0 --version
[[ $out =~ ^sipher-sandbox\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "--version: $out"
ends_with 0 --help
[[ $out == *"-- COMMAND"*Examples:* ]] || fail "--help: $out"

# A command has the environment, and its exit code is the program's.
# shellcheck disable=SC2016 # for the other shell
ends_with 0 --key "it's mine:pro" -- sh -c 'stat --format "%a" "$SIPHER_CA_FILE"; echo "$SIPHER_API_KEY $SIPHER_BASE_URL"'
[[ $out == 600$'\n'"it's mine https://localhost:"* ]] || fail "environment: $out"
ends_with 0 -- printf '%s.' --help '[1,2]' '' --
[[ $out == "--help.[1,2]..--." && -z $err ]] || fail "arguments: $out"
# shellcheck disable=SC2016 # for the other shell
SIPHER_CA_FILE=/nowhere ends_with 0 --no-tls -- sh -c 'echo "$SIPHER_CA_FILE $SIPHER_BASE_URL"'
[[ $out == " http://localhost:"* ]] || fail "--no-tls: $out"
ends_with 0 -- sh -c 'ls /proc/self/fd'
[[ $out == "$(sh -c 'ls /proc/self/fd')" ]] || fail "the command has other files open: $out"
ends_with 7 -- sh -c 'exit 7'
ends_with 137 -- sh -c 'kill -KILL $$'
ends_with 127 -- "$work/nothing"
[[ $err == "sipher-sandbox: $work/nothing: No such file or directory" ]] || fail "$err"
ends_with 126 -- "$work"
ends_with 2 --
ends_with 2 --print-env -- true
ends_with 2 --manual-clock
# shellcheck disable=SC2016 # for the other shell
ends_with 0 -- sh -c 'curl --silent --show-error --fail -4 --cacert "$SIPHER_CA_FILE" "$SIPHER_BASE_URL/v1/health"'
if [[ $(ip -6 address show dev lo 2>/dev/null) == *"::1/128"* ]]; then
    # shellcheck disable=SC2016 # for the other shell
    ends_with 0 -- sh -c 'curl --silent --show-error --fail -6 --cacert "$SIPHER_CA_FILE" "$SIPHER_BASE_URL/v1/health"'
fi
ends_with 2 --address localhos
ends_with 2 --port 22x
[[ $err == "sipher-sandbox: --port: "* ]] || fail "$err"
ends_with 1 --address 192.0.2.1
[[ $err == "sipher-sandbox: cannot listen on 192.0.2.1 port 0: "* ]] || fail "$err"
ends_with 1 --ca-out "$work/nothing/ca.pem"

# Signals go to the command.
for signal in INT TERM HUP QUIT; do
    start -- python3 -c "
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIG$signal])
print('ready', flush=True)
signal.sigwait([signal.SIG$signal])
sys.exit(5)"
    read -r line <&"${program[0]}"
    kill -"$signal" "$pid"
    ended_with 5
done
start -- sh -c 'echo ready; exec cat'
read -r line <&"${program[0]}"
kill -TERM "$pid"
ended_with 143

# Without a command, they end the program.
for signal in INT TERM HUP QUIT; do
    start
    read -r line <&"${program[0]}"
    [[ $line == "Sessions service at https://localhost:"* ]] || fail "$line"
    kill -"$signal" "$pid"
    ended_with 0
done

# For a shell.
eval "$("$sandbox" --print-env --key "it's mine:pro" &)"
[[ $(status "$SIPHER_BASE_URL/v1/sessions" --json '{"defaults":{}}') == 201 ]] || fail "--print-env: no session"
[[ $(status "$SIPHER_BASE_URL/sandbox/ledger") == 404 ]] || fail "there is a control that nobody asked for"
kill "$SIPHER_SANDBOX_PID"
tail --pid "$SIPHER_SANDBOX_PID" --follow /dev/null
no_file_left --print-env

# Nobody reads what it prints.
code=$({ "$sandbox" --print-env 2>"$errors" && echo 0 >&3 || echo $? >&3; } 3>&1 >/dev/full)
[[ $code == 1 && $(<"$errors") == *"cannot write to standard output" ]] || fail "exit code $code"
no_file_left "with an output that cannot be written"

# A terminal tells the command itself of Ctrl-C: once is enough.
python3 -B "$(dirname "$0")/terminal_test.py" "$sandbox"
no_file_left "after Ctrl-C"
