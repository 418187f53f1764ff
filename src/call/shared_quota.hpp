// Asks the user's source of a limit that several clients share.
#pragma once

#include "runtime/sleep_list.hpp"

#include <sipher/clock.hpp>
#include <sipher/quota_source.hpp>

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace sipher::detail {

/// Thread safety: all members may be called from any thread.
class shared_quota {
public:
    /// @param source Null: there is none.
    /// @param timeout For an answer. Zero: no limit but the call's.
    shared_quota(std::shared_ptr<quota_source> source, std::chrono::milliseconds timeout)
        : source_(std::move(source)), timeout_(timeout)
    {
    }

    /// Whether to ask it; not for some time after it has failed.
    [[nodiscard]] bool is_to_be_asked(clock::time_point now) const noexcept
    {
        return source_ && now.time_since_epoch().count() >= silent_until_.load(std::memory_order_relaxed);
    }

    /// How long a request has to wait; nothing if there is no answer, so that it leaves without one.
    ///
    /// Throws nothing but what Asio throws into a coroutine that was cancelled.
    /// @param deadline Of the call.
    [[nodiscard]] boost::asio::awaitable<std::optional<std::chrono::nanoseconds>> ask(
        quota_request wanted, const clock& time, std::shared_ptr<sleep_list> sleepers, clock::time_point deadline);

    /// How often there was no answer.
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

private:
    void fail(clock::time_point now) noexcept;

    const std::shared_ptr<quota_source> source_;
    const std::chrono::milliseconds timeout_;
    std::atomic<clock::time_point::rep> silent_until_ = clock::time_point::min().time_since_epoch().count();
    std::atomic<std::uint64_t> failures_ = 0;
};

} // namespace sipher::detail
