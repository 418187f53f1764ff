#!/bin/bash
# usage: with_sandbox.sh SANDBOX COMMAND…
# Runs the command in the environment of a client of the program SANDBOX, which it starts and ends.
set -euo pipefail

work=$(mktemp -d)
coproc sandbox { exec "$1" --ca-out "$work/ca.pem"; }
# shellcheck disable=SC2154 # coproc sets it
sandbox_pid=$sandbox_PID
trap 'kill "$sandbox_pid" 2>/dev/null; rm -rf "$work"' EXIT
shift

# What it prints first: it listens, and the file of its authority is written.
read -r announcement <&"${sandbox[0]}"
export SIPHER_BASE_URL=${announcement##* }
export SIPHER_CA_FILE=$work/ca.pem
export SIPHER_API_KEY=sandbox-pro-key
"$@"
