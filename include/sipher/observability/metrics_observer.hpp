#pragma once

#include <sipher/client_stats.hpp>
#include <sipher/config.hpp>
#include <sipher/observer.hpp>

#include <memory>
#include <string>

namespace sipher {

/// Counts events and exports them in Prometheus' text exposition format, for a response of type
/// `text/plain; version=0.0.4; charset=utf-8`. docs/observability.md lists the metrics.
///
/// Labels are the library's own words (operations, categories, reasons), classes of statuses and percentages, so memory
/// does not grow with the number of events. One observer may serve several clients, whose events add up.
///
/// Thread safety: all members may be called from any thread. Each text is a consistent snapshot.
class SIPHER_API metrics_observer : public observer {
public:
    metrics_observer();
    ~metrics_observer() override;

    void on_connect(const connect_event& event) override;
    void on_close(const close_event& event) override;
    void on_attempt(const attempt_event& event) override;
    void on_retry(const retry_event& event) override;
    void on_rate_limit(const rate_limit_event& event) override;
    void on_quota(const quota_event& event) override;

    [[nodiscard]] std::string text() const;
    /// Also includes the values of a `client::stats()` snapshot: connections and waiting calls.
    [[nodiscard]] std::string text(const client_stats& stats) const;

private:
    struct state;
    const std::unique_ptr<state> state_;
};

} // namespace sipher
