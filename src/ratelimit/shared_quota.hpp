// Asks the user's `quota_source` for shares of a limit common to several clients.
#pragma once

#include "runtime/sleep_list.hpp"

#include <sipher/clock.hpp>
#include <sipher/quota_source.hpp>

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace sipher::detail {

/// Thread safety: all members may be called from any thread.
class shared_quota {
public:
    /// @param source Null: none.
    /// @param timeout For a response. Zero: limited only by the call.
    shared_quota(std::shared_ptr<quota_source> source, std::chrono::milliseconds timeout)
        : source_(std::move(source)), timeout_(timeout)
    {
    }

    /// Whether to ask it; false for some time after a failure.
    [[nodiscard]] bool is_to_be_asked(clock::time_point now) const noexcept
    {
        return source_ && now.time_since_epoch().count() >= silent_until_.load(std::memory_order_relaxed);
    }

    /// How long a request has to wait; zero if there is no response.
    ///
    /// Throws only what Asio throws into a cancelled coroutine.
    /// @param until The caller's deadline; reaching it is not a failure of the source.
    [[nodiscard]] boost::asio::awaitable<std::chrono::nanoseconds> ask(quota_request wanted, const clock& time,
                                                                       std::shared_ptr<sleep_list> sleepers,
                                                                       clock::time_point until);

    /// How often the source gave no response.
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

private:
    void fail(clock::time_point now) noexcept;

    const std::shared_ptr<quota_source> source_;
    const std::chrono::milliseconds timeout_;
    std::atomic<clock::time_point::rep> silent_until_ = clock::time_point::min().time_since_epoch().count();
    std::atomic<std::uint64_t> failures_ = 0;
};

} // namespace sipher::detail
