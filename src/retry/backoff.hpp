#pragma once

#include <sipher/retry_options.hpp>

#include <chrono>
#include <optional>

namespace sipher::detail {

/// How long to wait before the next attempt: uniform from zero to a bound that doubles ("full jitter"), or at least as
/// long as the service asked for, plus up to a tenth (at most one second), to spread many clients.
///
/// @param failed_attempts At least 1.
/// @param random In [0, 1).
[[nodiscard]] std::chrono::nanoseconds next_delay(const retry_options& options, unsigned failed_attempts,
                                                  bool throttled, std::optional<std::chrono::milliseconds> retry_after,
                                                  double random);

} // namespace sipher::detail
