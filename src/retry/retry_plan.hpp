// Decides whether and when a failed attempt is retried.
#pragma once

#include "retry/classify.hpp"
#include "retry/retry_budget.hpp"

#include <sipher/clock.hpp>
#include <sipher/error.hpp>
#include <sipher/retry_options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace sipher::detail {

/// The state of a call after a failed attempt.
struct retry_state {
    explicit retry_state(const operation& asked) : what(asked) {}

    operation what;
    /// Attempts that count towards `retry_options::max_attempts`, and all attempts including replays.
    unsigned counted_attempts = 0;
    std::size_t all_attempts = 0;
    bool replayed = false;
    bool closing = false;
    clock::time_point now;
    clock::time_point deadline = clock::time_point::max();
    /// HTTP status of the last response; 0 if there was none.
    unsigned status = 0;
    std::optional<std::chrono::milliseconds> retry_after;
};

/// The decision.
struct retry_plan {
    enum class step { end, replay, retry };
    step what = step::end;
    /// If the call ends.
    boost::system::error_code code;
    end_reason reason = end_reason::permanent;
    /// If it is retried.
    std::chrono::nanoseconds delay{};
    unsigned price = 0;
};

/// Checks in turn whether the request may be repeated, whether any limit stops it, and how long to wait. Calls the
/// functions in `options`, which may throw.
/// @param random In [0, 1).
[[nodiscard]] retry_plan plan_next(const retry_options& options, const retry_state& state, const verdict& decided,
                                   retry_budget& budget, double random);

} // namespace sipher::detail
