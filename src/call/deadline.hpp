#pragma once

#include <sipher/clock.hpp>

#include <chrono>

namespace sipher::detail {

/// Zero: there is no end.
[[nodiscard]] constexpr clock::time_point deadline_after(clock::time_point start, std::chrono::milliseconds timeout)
{
    return timeout.count() == 0 ? clock::time_point::max() : start + timeout;
}

} // namespace sipher::detail
