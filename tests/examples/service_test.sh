#!/bin/bash
# usage: service_test.sh SERVICE PROMETHEUS PROMTOOL
# The service of the examples, scraped by a real Prometheus, and the traces that it writes.
set -euo pipefail

service=$1
prometheus=$2
promtool=$3
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$folder"' EXIT

fail() {
    printf '%s\n' "$@" >&2
    for log in "$folder"/*.log; do
        printf -- '-- %s\n' "$log" >&2
        cat "$log" >&2
    done
    exit 1
}

# until_ok SECONDS COMMAND…: until the command succeeds.
until_ok() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

# Fields of a JSON text on the standard input, by an expression of Python in which it is `read`.
json() {
    python3 -c "import json, sys; read = json.load(sys.stdin); print($1)"
}

SIPHER_TRACE_FILE=$folder/traces SIPHER_LOG=info "$service" >"$folder/url" 2>"$folder/service.log" &
serving=$!
until_ok 30 test -s "$folder/url" || fail "the service does not start"
url=$(<"$folder/url")

parent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
for _ in 1 2 3; do
    curl --silent --fail -X POST -H "traceparent: $parent" "${url}work" >/dev/null || fail "no work is done"
done
curl --silent "${url}metrics" | "$promtool" check metrics || fail "promtool has found faults"
[[ $(curl --silent "${url}metrics") == *'sipher_attempts_total{operation="create_session",status="2xx"} 3'* ]] ||
    fail "the metrics do not count three creates"

cat >"$folder/prometheus.yml" <<TEXT
scrape_configs:
  - job_name: service
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs:
      - targets: ["${url:7:-1}"]
TEXT
query() {
    curl --silent --get "$own_url/api/v1/query" --data-urlencode "query=$1"
}
has_scraped() {
    query 'sum(sipher_attempts_total{status="2xx"})' | json 'read["data"]["result"][0]["value"][1]' 2>/dev/null |
        grep --quiet '^9$'
}
is_ready_or_gone() {
    curl --silent --fail --output /dev/null "$own_url/-/ready" || ! kill -0 "$watching" 2>/dev/null
}
# Prometheus does not say which port it got, so one is looked for that is free.
for _ in 1 2 3; do
    own_url=http://127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$prometheus" --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/data" \
        --web.listen-address="${own_url:7}" >"$folder/prometheus.log" 2>&1 &
    watching=$!
    until_ok 30 is_ready_or_gone
    kill -0 "$watching" 2>/dev/null && break
done
until_ok 30 has_scraped || fail "Prometheus has not seen the nine attempts" "$(query sipher_attempts_total)"

spans='[s for line in map(json.loads, open(sys.argv[1])) for s in line["resourceSpans"][0]["scopeSpans"][0]["spans"]]'
python3 - "$folder/traces" <<TEXT || fail "the traces are not as they should be" "$(<"$folder/traces")"
import json, sys
spans = $spans
calls = [span for span in spans if span["kind"] == 1]
assert [span["name"] for span in calls] == ["create_session", "request", "delete_session"] * 3, calls
assert all(span["parentSpanId"] == "b7ad6b7169203331" for span in calls)
assert all(span["traceId"] == "0af7651916cd43dd8448eb211c80319c" for span in spans)
TEXT
grep --quiet 'event=attempt operation=create_session' "$folder/service.log" || fail "there is no log"
kill -TERM "$serving"
wait "$serving" || fail "the service ended with $?"
