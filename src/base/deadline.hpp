#pragma once

#include <sipher/clock.hpp>

#include <chrono>

namespace sipher::detail {

/// `time_point::max()`, which never comes, instead of an overflow.
[[nodiscard]] constexpr clock::time_point saturating_add(clock::time_point start, std::chrono::nanoseconds time)
{
    constexpr auto never = clock::time_point::max();
    const bool is_positive = start.time_since_epoch().count() > 0;
    return is_positive && time >= never - start ? never : start + time;
}

/// Zero: no deadline.
[[nodiscard]] constexpr clock::time_point deadline_after(clock::time_point start, std::chrono::milliseconds timeout)
{
    constexpr auto longest = std::chrono::floor<std::chrono::milliseconds>(std::chrono::nanoseconds::max());
    return timeout.count() == 0 || timeout >= longest ? clock::time_point::max() : saturating_add(start, timeout);
}

} // namespace sipher::detail
