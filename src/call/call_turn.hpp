// A call's place among those that wait for the rate limit and for a connection.
#pragma once

#include "call/call_request.hpp"

#include <sipher/clock.hpp>

#include <chrono>
#include <string>

namespace sipher::detail {

class call_turn {
public:
    /// `request` must outlive it.
    explicit call_turn(const call_request& request) noexcept : request_(request) {}

    /// Whether the call must wait for the rate limit before it goes on.
    [[nodiscard]] bool is_missing(clock::time_point now) const noexcept
    {
        return !has_turn_ && !request_.services->gate->is_open(now);
    }
    [[nodiscard]] gate_request for_gate(clock::time_point deadline) const noexcept;
    [[nodiscard]] pool_request for_pool(bool careful, clock::time_point deadline) const noexcept;

    /// The rate limit has let it go.
    void take() noexcept { has_turn_ = true; }
    /// A request is about to leave, and is counted. False: the rate limit was used up in the meantime.
    [[nodiscard]] bool use(clock::time_point now);

    /// Why a call fails that would have to wait for so long.
    [[nodiscard]] static std::string describe(std::chrono::nanoseconds wait);

private:
    const call_request& request_;
    bool has_turn_ = false;
    /// It had one once and could not make use of it.
    bool had_turn_ = false;
};

} // namespace sipher::detail
