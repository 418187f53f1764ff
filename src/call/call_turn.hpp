// A call's place among those that wait: for the quota of the day, for the rate limit, and for a connection.
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

    /// The gate to wait at before the call goes on; null if none is in the way.
    [[nodiscard]] rate_gate* missing(clock::time_point now) const noexcept;

    /// When a wait that begins now has to end, in a call that has to end at `deadline`.
    [[nodiscard]] clock::time_point latest(clock::time_point deadline, clock::time_point now) const noexcept;
    /// A wait has ended.
    /// @return The call's deadline from now on.
    [[nodiscard]] clock::time_point end_wait(clock::time_point deadline, std::chrono::nanoseconds waited) noexcept;

    /// @param until As of `latest`.
    [[nodiscard]] gate_request for_gate(const rate_gate& which, clock::time_point until) const noexcept;
    [[nodiscard]] pool_request for_pool(bool careful, clock::time_point until) const noexcept;
    /// The gate has let it go.
    void take(const rate_gate& from) noexcept;

    /// Whether to ask for a share of a limit that several clients have together; once for each request.
    [[nodiscard]] bool needs_share(clock::time_point now) const noexcept
    {
        return !has_share_ && request_.client->shared.is_to_be_asked(now);
    }
    void take_share() noexcept { has_share_ = true; }
    /// As the service calls it; empty if it is not metered.
    [[nodiscard]] std::string_view category() const noexcept
    {
        return category_ ? to_string(*category_) : std::string_view{};
    }

    /// A request is about to leave, and is counted. False: a gate has closed in the meantime.
    [[nodiscard]] bool use(clock::time_point now);
    /// The request that has left has failed, which the service does not count.
    void discount() noexcept;

    /// How long until the day's quota is renewed, if it is used up for this call that does not wait for it.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> quota_missing(clock::time_point now) const;

    /// Notes why the call fails that would have to wait at the gate for so long, and returns the error's code.
    boost::system::error_code refuse(attempt_state& noted_in, const rate_gate& gate, std::chrono::nanoseconds wait,
                                     clock::time_point now) const;
    boost::system::error_code refuse_by_quota(attempt_state& noted_in, std::chrono::nanoseconds wait,
                                              clock::time_point now) const;

private:
    /// At one gate.
    struct place {
        bool has_turn = false;
        /// It had one once and could not make use of it.
        bool had_turn = false;
    };

    [[nodiscard]] rate_gate* day() const noexcept;
    [[nodiscard]] bool may_use_reserve() const noexcept;
    [[nodiscard]] bool pass(rate_gate& gate, place& at, clock::time_point now);
    /// Unset: its waits count in the total time.
    [[nodiscard]] std::optional<std::chrono::milliseconds> queue_timeout() const noexcept;
    [[nodiscard]] clock::time_point end_of_call(clock::time_point extended) const noexcept;
    void tell_quota(const rate_gate& gate, clock::time_point now) const;

    const call_request& request_;
    const std::optional<quota_category> category_;
    /// In waits that do not count in the total time.
    std::chrono::nanoseconds waited_{};
    bool has_share_ = false;
    place at_limit_;
    place at_day_;
    /// Where the request that has left was counted.
    rate_gate* counted_ = nullptr;
};

} // namespace sipher::detail
