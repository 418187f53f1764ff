#pragma once

#include "model/quota_category.hpp"
#include "ratelimit/rate_gate.hpp"

#include <sipher/clock.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace sipher::detail {

/// The daily request quotas: one gate for each category of endpoints, once its quota is known. Before that nothing is
/// counted, and no call waits.
///
/// Thread safety: all members may be called from any thread.
class day_limits {
public:
    struct rules {
        /// Spread the remainder over the rest of the day.
        bool paces = false;
        /// Percentage of a quota reserved for requests that must not fail.
        unsigned reserve = 0;
        /// Percentages of a quota to announce when reached, ascending.
        std::vector<unsigned> thresholds;
    };

    day_limits(rules chosen, std::shared_ptr<random_source> random, boost::asio::any_io_executor executor,
               std::shared_ptr<timer_queue> timers)
        : rules_(std::move(chosen)), random_(std::move(random)), executor_(std::move(executor)),
          timers_(std::move(timers))
    {
    }

    /// Null: its quota is unknown.
    [[nodiscard]] rate_gate* find(quota_category category) const noexcept
    {
        return known_[static_cast<std::size_t>(category)].load(std::memory_order_acquire);
    }

    /// The service's account of a category.
    struct account {
        unsigned limit = 0;
        unsigned remaining = 0;
        /// Time until the service's next midnight.
        std::chrono::nanoseconds renewed_in{};
    };
    void learn(quota_category category, const account& reported, clock::time_point now);

    /// The highest threshold reached since the last query; zero if there is none.
    [[nodiscard]] unsigned reached_threshold(quota_category category, const rate_window::balance& now) noexcept;

    /// As in `rate_gate`.
    void refuse_waiting() noexcept;
    void close() noexcept;

private:
    const rules rules_;
    const std::shared_ptr<random_source> random_;
    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<timer_queue> timers_;

    std::array<std::atomic<rate_gate*>, quota_categories> known_{};
    std::array<std::atomic<unsigned>, quota_categories> announced_{};
    std::mutex mutex_;
    /// Owns the gates of `known_` for the client's lifetime.
    std::array<std::shared_ptr<rate_gate>, quota_categories> owned_;
    bool refuses_waiting_ = false;
    bool closed_ = false;
};

} // namespace sipher::detail
