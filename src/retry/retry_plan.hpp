// Whether a failed attempt is followed by another, and when.
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

/// A call after a failed attempt.
struct retry_state {
    explicit retry_state(const operation& asked) : what(asked) {}

    operation what;
    /// Attempts that count against `retry_options::max_attempts`, and all of them, replays included.
    unsigned counted_attempts = 0;
    std::size_t all_attempts = 0;
    bool replayed = false;
    bool closing = false;
    clock::time_point now;
    clock::time_point deadline = clock::time_point::max();
    /// Of the last response; 0 if there was none.
    unsigned status = 0;
    std::optional<std::chrono::milliseconds> retry_after;
};

/// What follows.
struct retry_plan {
    enum class step { end, replay, retry };
    step what = step::end;
    /// Of an end.
    boost::system::error_code code;
    end_reason reason = end_reason::permanent;
    /// Of a retry.
    std::chrono::nanoseconds delay{};
    unsigned price = 0;
};

/// Asks in turn: may the request be repeated, does anybody say stop, and how long is there to wait. The functions in
/// `options` are called, and may throw.
/// @param random From [0, 1).
[[nodiscard]] retry_plan plan_next(const retry_options& options, const retry_state& state, const verdict& decided,
                                   retry_budget& budget, double random);

} // namespace sipher::detail
