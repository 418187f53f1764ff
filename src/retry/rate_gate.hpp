#pragma once

#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>

namespace sipher::detail {

/// When the service's rate limit is used up, nobody sends before its window opens again.
class rate_gate {
public:
    /// @param enabled Off: the gate is always open.
    explicit rate_gate(bool enabled) : enabled_(enabled) {}

    /// The moment from which a request may be sent.
    [[nodiscard]] clock::time_point opens_at() const
    {
        const std::lock_guard lock{mutex_};
        return opens_at_;
    }

    /// Takes in what an answer says of the limit. `refused`: it was a 429, with this `Retry-After`.
    void learn(const rate_limit_state& state, bool refused, std::optional<std::chrono::milliseconds> retry_after,
               clock::time_point now)
    {
        if (!enabled_) {
            return;
        }
        std::optional<std::chrono::milliseconds> closed_for;
        if (refused && retry_after) {
            closed_for = retry_after;
        } else if ((refused || state.remaining == 0U) && state.reset) {
            closed_for = *state.reset;
        }
        if (!closed_for) {
            return;
        }
        constexpr std::chrono::hours longest{1};
        const std::lock_guard lock{mutex_};
        opens_at_ = std::max(opens_at_, now + std::min<std::chrono::milliseconds>(*closed_for, longest));
    }

private:
    const bool enabled_;
    mutable std::mutex mutex_;
    clock::time_point opens_at_ = clock::time_point::min();
};

} // namespace sipher::detail
