#pragma once

#include <sipher/retry_options.hpp>

#include <chrono>
#include <optional>

namespace sipher::detail {

/// How long to wait before the next attempt: drawn evenly from zero to a bound that doubles ("full jitter"), or
/// what the service asked for, never less, and up to a tenth (at most a second) more so that a crowd spreads.
///
/// @param failed_attempts At least 1.
/// @param random From [0, 1).
[[nodiscard]] std::chrono::nanoseconds next_delay(const retry_options& options, unsigned failed_attempts,
                                                  bool throttled, std::optional<std::chrono::milliseconds> retry_after,
                                                  double random);

} // namespace sipher::detail
