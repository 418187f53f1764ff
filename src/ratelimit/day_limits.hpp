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

/// The quotas of requests a day: for each category of endpoints a gate of its own, once its quota is known. Before that
/// nothing is counted, and nobody waits.
///
/// Thread safety: all members may be called from any thread.
class day_limits {
public:
    struct rules {
        /// What is left is spread over the rest of the day.
        bool paces = false;
        /// Per cent of a quota that are kept for requests that must not fail.
        unsigned reserve = 0;
        /// Per cent of a quota that are announced when they are used, in ascending order.
        std::vector<unsigned> thresholds;
    };

    day_limits(rules chosen, std::shared_ptr<random_source> random, boost::asio::any_io_executor executor,
               std::shared_ptr<timer_queue> timers)
        : rules_(std::move(chosen)), random_(std::move(random)), executor_(std::move(executor)),
          timers_(std::move(timers))
    {
    }

    /// Null: its quota is not known.
    [[nodiscard]] rate_gate* find(quota_category category) const noexcept
    {
        return known_[static_cast<std::size_t>(category)].load(std::memory_order_acquire);
    }

    /// The service's account of a category.
    struct account {
        unsigned limit = 0;
        unsigned remaining = 0;
        /// Until the next midnight of the service.
        std::chrono::nanoseconds renewed_in{};
    };
    void learn(quota_category category, const account& reported, clock::time_point now);

    /// The highest threshold that has been reached since the last time somebody asked; zero if there is none.
    [[nodiscard]] unsigned reached_threshold(quota_category category, const rate_window::balance& now) noexcept;

    /// As of `rate_gate`.
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
    /// Those of `known_`, for the client's life.
    std::array<std::shared_ptr<rate_gate>, quota_categories> owned_;
    std::atomic<bool> closed_ = false;
};

} // namespace sipher::detail
