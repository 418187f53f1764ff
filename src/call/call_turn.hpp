// A call's place in the queues for the daily quota, the rate limit and a connection.
#pragma once

#include "call/attempt_state.hpp"
#include "call/call_request.hpp"

#include <sipher/clock.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace sipher::detail {

class call_turn {
public:
    /// `request` must outlive it.
    explicit call_turn(const call_request& request) noexcept;

    /// The gate at which the call has to wait next; null if none.
    [[nodiscard]] rate_gate* missing(clock::time_point now) const noexcept;

    /// The deadline of a wait that begins now, in a call with `deadline`.
    [[nodiscard]] clock::time_point latest(clock::time_point deadline, clock::time_point now) const noexcept;
    /// Accounts for a finished wait.
    /// @return The call's new deadline.
    [[nodiscard]] clock::time_point end_wait(clock::time_point deadline, std::chrono::nanoseconds waited) noexcept;

    /// @param until The result of `latest`.
    [[nodiscard]] gate_request for_gate(const rate_gate& which, clock::time_point until) const noexcept;
    [[nodiscard]] pool_request for_pool(bool careful, clock::time_point until) const noexcept;
    /// The gate has released the call.
    void take(const rate_gate& from) noexcept;

    /// Whether to ask for a share of a limit common to several clients; once for each request.
    [[nodiscard]] bool needs_share(clock::time_point now) const noexcept
    {
        return !has_share_ && request_.client->shared.is_to_be_asked(now);
    }
    void take_share() noexcept { has_share_ = true; }
    /// The service's name of the category; empty if not metered.
    [[nodiscard]] std::string_view category() const noexcept
    {
        return category_ ? to_string(*category_) : std::string_view{};
    }

    /// Counts a request about to be sent. False: a gate has closed in the meantime.
    [[nodiscard]] bool use(clock::time_point now);
    /// The counted request was not sent, or has failed: the service does not count failed requests.
    void discount() noexcept;
    /// The service may have counted the request.
    void keep_count() noexcept { counted_ = nullptr; }

    /// Time until the daily quota is renewed, if it is used up for this call and the call does not wait for it.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> quota_missing(clock::time_point now) const;

    /// Notes why the call fails that would have to wait at the gate for `wait`, and returns the error code.
    boost::system::error_code refuse(attempt_state& noted_in, const rate_gate& gate, std::chrono::nanoseconds wait,
                                     clock::time_point now) const;
    boost::system::error_code refuse_by_quota(attempt_state& noted_in, std::chrono::nanoseconds wait,
                                              clock::time_point now) const;

private:
    /// The call's state at one gate.
    struct place {
        bool has_turn = false;
        /// It had a turn before and could not use it.
        bool had_turn = false;
    };

    [[nodiscard]] rate_gate* day() const noexcept;
    [[nodiscard]] bool may_use_reserve() const noexcept;
    [[nodiscard]] bool pass(rate_gate& gate, place& at, clock::time_point now);
    /// Unset: its waits count towards the total time.
    [[nodiscard]] std::optional<std::chrono::milliseconds> queue_timeout() const noexcept;
    [[nodiscard]] clock::time_point end_of_call(clock::time_point extended) const noexcept;
    void notify_quota(const rate_gate& gate, clock::time_point now) const;

    const call_request& request_;
    const std::optional<quota_category> category_;
    /// Time spent in waits that do not count towards the total time.
    std::chrono::nanoseconds waited_{};
    bool has_share_ = false;
    place at_limit_;
    place at_day_;
    /// The gate that counted the request of this attempt.
    rate_gate* counted_ = nullptr;
};

} // namespace sipher::detail
