// Prints each metric with at least one sample, for Prometheus' own tool to check.

#include <sipher/observability.hpp>

#include <iostream>

int main()
{
    sipher::metrics_observer metrics;
    metrics.on_connect({});
    metrics.on_close({});
    sipher::attempt made;
    made.status = 200;
    made.duration = std::chrono::nanoseconds{1};
    sipher::attempt_event attempt;
    attempt.operation = "a \"quoted\"\nbackslash \\";
    attempt.attempt = &made;
    metrics.on_attempt(attempt);
    metrics.on_retry({});
    metrics.on_rate_limit({});
    metrics.on_quota({});
    sipher::client_stats stats;
    stats.rate_gate.remaining = 1;
    std::cout << metrics.text(stats);
}
