#include <sipher/observability/metrics_observer.hpp>

#include "observability/number_text.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

namespace sipher {

namespace {

using detail::number_text;
using detail::seconds_text;

/// The text between the braces of a sample: `name="value",…`.
std::string label_text(std::initializer_list<std::pair<std::string_view, std::string_view>> labels)
{
    std::string text;
    for (const auto& [name, value] : labels) {
        text.append(text.empty() ? "" : ",").append(name).append("=\"");
        for (const char letter : value) {
            if (letter == '\\' || letter == '"' || letter == '\n') {
                text.push_back('\\');
            }
            text.push_back(letter == '\n' ? 'n' : letter);
        }
        text.push_back('"');
    }
    return text;
}

/// Keyed by the text of their labels.
using counters = std::map<std::string, std::uint64_t>;

/// In seconds: from a nearby service's response to one shortly before the timeout.
constexpr std::array bucket_bounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

struct histogram {
    /// Each bucket counts values above the previous bound; the last one those above all bounds.
    std::array<std::uint64_t, bucket_bounds.size() + 1> buckets{};
    std::chrono::nanoseconds sum{};

    void add(std::chrono::nanoseconds duration)
    {
        const double seconds = std::chrono::duration<double>{duration}.count();
        std::size_t bucket = 0;
        while (bucket < bucket_bounds.size() && seconds > bucket_bounds[bucket]) {
            ++bucket;
        }
        ++buckets[bucket];
        sum += duration;
    }
};

/// The text exposition format, family by family.
class exposition {
public:
    void add_family(std::string_view name, std::string_view type, std::string_view help)
    {
        name_ = name;
        text_.append("# HELP ").append(name).append(" ").append(help);
        text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
    }

    void add_sample(std::string_view suffix, std::string_view labels, std::string_view value)
    {
        text_.append(name_).append(suffix);
        if (!labels.empty()) {
            text_.append("{").append(labels).append("}");
        }
        text_.append(" ").append(value).append("\n");
    }

    void add_counters(std::string_view name, std::string_view help, const counters& values)
    {
        add_family(name, "counter", help);
        for (const auto& [labels, value] : values) {
            add_sample("", labels, std::to_string(value));
        }
    }

    void add_histograms(std::string_view name, std::string_view help, const std::map<std::string, histogram>& values)
    {
        add_family(name, "histogram", help);
        for (const auto& [labels, value] : values) {
            const std::string prefix = labels.empty() ? "" : labels + ",";
            std::uint64_t count = 0;
            for (std::size_t i = 0; i < value.buckets.size(); ++i) {
                count += value.buckets[i];
                const std::string bound = i < bucket_bounds.size() ? number_text(bucket_bounds[i]) : "+Inf";
                add_sample("_bucket", prefix + label_text({{"le", bound}}), std::to_string(count));
            }
            add_sample("_sum", labels, seconds_text(value.sum));
            add_sample("_count", labels, std::to_string(count));
        }
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string_view name_;
    std::string text_;
};

void add_snapshot(exposition& out, const client_stats& stats)
{
    out.add_family("sipher_connections", "gauge", "Current connections.");
    out.add_sample("", R"(state="busy")", std::to_string(stats.busy));
    out.add_sample("", R"(state="dialing")", std::to_string(stats.dialing));
    out.add_sample("", R"(state="idle")", std::to_string(stats.idle));
    out.add_family("sipher_calls_waiting", "gauge", "Calls waiting now.");
    out.add_sample("", R"(for="connection")", std::to_string(stats.waiting));
    out.add_sample("", R"(for="rate_limit")", std::to_string(stats.rate_gate.waiting));
    out.add_family("sipher_rate_limit_closed_seconds", "gauge", "Time until the rate gate opens; 0 while it is open.");
    out.add_sample("", "", seconds_text(stats.rate_gate.closed_for));
    if (stats.rate_gate.remaining) {
        out.add_family("sipher_rate_limit_remaining", "gauge", "Requests left in the rate limit's window.");
        out.add_sample("", "", std::to_string(*stats.rate_gate.remaining));
    }
    out.add_family("sipher_connections_reused_total", "counter", "Requests on connections that had carried others.");
    out.add_sample("", "", std::to_string(stats.reused));
}

} // namespace

struct metrics_observer::state {
    std::mutex mutex;
    counters attempts;
    std::map<std::string, histogram> attempt_durations;
    counters retries;
    counters connects;
    std::map<std::string, histogram> connect_durations;
    counters closes;
    counters closures;
    counters thresholds;

    void add_to(exposition& out)
    {
        const std::lock_guard lock{mutex};
        out.add_counters("sipher_attempts_total", "Attempts of calls, by class of status.", attempts);
        out.add_histograms("sipher_attempt_duration_seconds", "How long attempts took.", attempt_durations);
        out.add_counters("sipher_retries_total", "Attempts that were followed by another.", retries);
        out.add_counters("sipher_connects_total", "Connections that were made or could not be.", connects);
        out.add_histograms("sipher_connect_duration_seconds", "Time taken to establish a connection, or to fail to.",
                           connect_durations);
        out.add_counters("sipher_closes_total", "Connections that were closed.", closes);
        out.add_counters("sipher_rate_limit_closures_total", "How often the rate limit was used up.", closures);
        out.add_counters("sipher_quota_thresholds_total", "Times that a threshold of a daily quota was reached.",
                         thresholds);
    }
};

metrics_observer::metrics_observer() : state_{std::make_unique<state>()}
{
    // Series start at zero: a rate is correct only if the series existed before its first event.
    using enum close_reason;
    for (const auto reason : {peer, unsolicited, expired, surplus, failed, not_reusable, client_closed}) {
        state_->closes[label_text({{"reason", to_string(reason)}})] = 0;
    }
    for (const char* const result : {"failed", "made"}) {
        state_->connects[label_text({{"result", result}})] = 0;
    }
    for (const char* const refused : {"false", "true"}) {
        state_->closures[label_text({{"refused", refused}})] = 0;
    }
}

metrics_observer::~metrics_observer() = default;

void metrics_observer::on_connect(const connect_event& event)
{
    const std::string result = label_text({{"result", event.code ? "failed" : "made"}});
    const std::lock_guard lock{state_->mutex};
    ++state_->connects[result];
    state_->connect_durations[""].add(event.duration);
}

void metrics_observer::on_close(const close_event& event)
{
    const std::string reason = label_text({{"reason", to_string(event.reason)}});
    const std::lock_guard lock{state_->mutex};
    ++state_->closes[reason];
}

void metrics_observer::on_attempt(const attempt_event& event)
{
    const unsigned status = event.attempt->status;
    const std::string status_class = status != 0 ? std::to_string(status / 100) + "xx" : "none";
    const std::string labels = label_text({{"operation", event.operation}, {"status", status_class}});
    const std::string operation = label_text({{"operation", event.operation}});
    const std::lock_guard lock{state_->mutex};
    ++state_->attempts[labels];
    state_->attempt_durations[operation].add(event.attempt->duration);
}

void metrics_observer::on_retry(const retry_event& event)
{
    const std::string operation = label_text({{"operation", event.operation}});
    const std::lock_guard lock{state_->mutex};
    ++state_->retries[operation];
}

void metrics_observer::on_rate_limit(const rate_limit_event& event)
{
    const std::string refused = label_text({{"refused", event.refused ? "true" : "false"}});
    const std::lock_guard lock{state_->mutex};
    ++state_->closures[refused];
}

void metrics_observer::on_quota(const quota_event& event)
{
    const std::string labels =
        label_text({{"category", event.category}, {"threshold", std::to_string(event.threshold)}});
    const std::lock_guard lock{state_->mutex};
    ++state_->thresholds[labels];
}

std::string metrics_observer::text() const
{
    exposition out;
    state_->add_to(out);
    return out.take();
}

std::string metrics_observer::text(const client_stats& stats) const
{
    exposition out;
    state_->add_to(out);
    add_snapshot(out, stats);
    return out.take();
}

} // namespace sipher
