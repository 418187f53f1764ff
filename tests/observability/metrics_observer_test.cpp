#include <sipher/observability.hpp>

#include <sipher/error_code.hpp>

#include <gtest/gtest.h>

#include <string>

namespace sipher {
namespace {

using namespace std::chrono_literals;

/// Those of `text` that belong to one family.
std::string family(const std::string& text, const std::string& name)
{
    const std::size_t start = text.find("# HELP " + name + " ");
    if (start == std::string::npos) {
        return "";
    }
    const std::size_t end = text.find("# HELP ", start + 1);
    return text.substr(start, end == std::string::npos ? end : end - start);
}

void tell_attempt(metrics_observer& metrics, std::string_view operation, unsigned status, std::chrono::nanoseconds took)
{
    attempt made;
    made.status = status;
    made.duration = took;
    attempt_event event;
    event.operation = operation;
    event.attempt = &made;
    metrics.on_attempt(event);
}

TEST(metrics_observer, has_what_rates_need_before_the_first_event)
{
    EXPECT_EQ(metrics_observer{}.text(), R"(# HELP sipher_attempts_total Attempts of calls, by class of status.
# TYPE sipher_attempts_total counter
# HELP sipher_attempt_duration_seconds How long attempts took.
# TYPE sipher_attempt_duration_seconds histogram
# HELP sipher_retries_total Attempts that were followed by another.
# TYPE sipher_retries_total counter
# HELP sipher_connects_total Connections that were made or could not be.
# TYPE sipher_connects_total counter
sipher_connects_total{result="failed"} 0
sipher_connects_total{result="made"} 0
# HELP sipher_connect_duration_seconds Time taken to establish a connection, or to fail to.
# TYPE sipher_connect_duration_seconds histogram
# HELP sipher_closes_total Connections that were closed.
# TYPE sipher_closes_total counter
sipher_closes_total{reason="client closed"} 0
sipher_closes_total{reason="closed by the server"} 0
sipher_closes_total{reason="expired"} 0
sipher_closes_total{reason="failed"} 0
sipher_closes_total{reason="not reusable"} 0
sipher_closes_total{reason="surplus"} 0
sipher_closes_total{reason="unsolicited bytes"} 0
# HELP sipher_rate_limit_closures_total How often the rate limit was used up.
# TYPE sipher_rate_limit_closures_total counter
sipher_rate_limit_closures_total{refused="false"} 0
sipher_rate_limit_closures_total{refused="true"} 0
# HELP sipher_quota_thresholds_total Times that a threshold of a daily quota was reached.
# TYPE sipher_quota_thresholds_total counter
)");
}

TEST(metrics_observer, attempts)
{
    metrics_observer metrics;
    tell_attempt(metrics, "get_session", 200, 5ms);
    tell_attempt(metrics, "get_session", 204, 6ms);
    tell_attempt(metrics, "get_session", 503, 30'000'000'001ns);
    tell_attempt(metrics, "create_session", 0, 1s);
    EXPECT_EQ(family(metrics.text(), "sipher_attempts_total"),
              R"(# HELP sipher_attempts_total Attempts of calls, by class of status.
# TYPE sipher_attempts_total counter
sipher_attempts_total{operation="create_session",status="none"} 1
sipher_attempts_total{operation="get_session",status="2xx"} 2
sipher_attempts_total{operation="get_session",status="5xx"} 1
)");
    const std::string durations = family(metrics.text(), "sipher_attempt_duration_seconds");
    EXPECT_EQ(durations.substr(durations.find("sipher_attempt_duration_seconds_bucket{operation=\"get")),
              R"(sipher_attempt_duration_seconds_bucket{operation="get_session",le="0.005"} 1
sipher_attempt_duration_seconds_bucket{operation="get_session",le="0.01"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="0.025"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="0.05"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="0.1"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="0.25"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="0.5"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="1"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="2.5"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="5"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="10"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="30"} 2
sipher_attempt_duration_seconds_bucket{operation="get_session",le="+Inf"} 3
sipher_attempt_duration_seconds_sum{operation="get_session"} 30.011000001
sipher_attempt_duration_seconds_count{operation="get_session"} 3
)");
}

TEST(metrics_observer, connections)
{
    metrics_observer metrics;
    connect_event event;
    event.duration = 20ms;
    metrics.on_connect(event);
    event.code = errc::connect_failed;
    metrics.on_connect(event);
    metrics.on_connect(event);
    close_event closed;
    closed.reason = close_reason::expired;
    metrics.on_close(closed);
    const std::string text = metrics.text();
    EXPECT_NE(text.find("sipher_connects_total{result=\"failed\"} 2\n"), std::string::npos);
    EXPECT_NE(text.find("sipher_connects_total{result=\"made\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("sipher_connect_duration_seconds_bucket{le=\"0.01\"} 0\n"
                        "sipher_connect_duration_seconds_bucket{le=\"0.025\"} 3\n"),
              std::string::npos);
    EXPECT_NE(text.find("sipher_connect_duration_seconds_sum 0.06\nsipher_connect_duration_seconds_count 3\n"),
              std::string::npos);
    EXPECT_NE(text.find("sipher_closes_total{reason=\"expired\"} 1\n"), std::string::npos);
}

TEST(metrics_observer, retries_and_limits)
{
    metrics_observer metrics;
    retry_event again;
    again.operation = "usage";
    metrics.on_retry(again);
    rate_limit_event limit;
    limit.refused = true;
    metrics.on_rate_limit(limit);
    quota_event quota;
    quota.category = "session";
    quota.threshold = 95;
    metrics.on_quota(quota);
    const std::string text = metrics.text();
    EXPECT_NE(text.find("sipher_retries_total{operation=\"usage\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("sipher_rate_limit_closures_total{refused=\"true\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("sipher_quota_thresholds_total{category=\"session\",threshold=\"95\"} 1\n"), std::string::npos);
}

TEST(metrics_observer, escapes_labels)
{
    metrics_observer metrics;
    retry_event again;
    again.operation = "a\"b\\c\nd";
    metrics.on_retry(again);
    EXPECT_NE(metrics.text().find(R"(sipher_retries_total{operation="a\"b\\c\nd"} 1)"), std::string::npos);
}

TEST(metrics_observer, a_snapshot_comes_after_the_events)
{
    const metrics_observer metrics;
    client_stats stats;
    stats.idle = 1;
    stats.busy = 2;
    stats.dialing = 3;
    stats.waiting = 4;
    stats.reused = 5;
    stats.rate_gate.waiting = 6;
    stats.rate_gate.closed_for = 1500ms;
    EXPECT_EQ(metrics.text(stats), metrics.text() + R"(# HELP sipher_connections Current connections.
# TYPE sipher_connections gauge
sipher_connections{state="busy"} 2
sipher_connections{state="dialing"} 3
sipher_connections{state="idle"} 1
# HELP sipher_calls_waiting Calls waiting now.
# TYPE sipher_calls_waiting gauge
sipher_calls_waiting{for="connection"} 4
sipher_calls_waiting{for="rate_limit"} 6
# HELP sipher_rate_limit_closed_seconds Time until the rate gate opens; 0 while it is open.
# TYPE sipher_rate_limit_closed_seconds gauge
sipher_rate_limit_closed_seconds 1.5
# HELP sipher_connections_reused_total Requests on connections that had carried others.
# TYPE sipher_connections_reused_total counter
sipher_connections_reused_total 5
)");
    stats.rate_gate.remaining = 7;
    EXPECT_EQ(family(metrics.text(stats), "sipher_rate_limit_remaining"),
              R"(# HELP sipher_rate_limit_remaining Requests left in the rate limit's window.
# TYPE sipher_rate_limit_remaining gauge
sipher_rate_limit_remaining 7
)");
}

} // namespace
} // namespace sipher
