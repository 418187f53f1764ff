#pragma once

#include <sipher/clock.hpp>

#include <optional>
#include <string_view>

namespace sipher::detail {

/// Parses an HTTP date in any of its three forms (RFC 9110, 5.6.7); empty if invalid.
[[nodiscard]] std::optional<clock::wall_time> parse_http_date(std::string_view text);

/// Parses `2026-11-24T00:00:00.000Z` (RFC 3339 in UTC); empty if invalid.
[[nodiscard]] std::optional<clock::wall_time> parse_utc_time(std::string_view text);

} // namespace sipher::detail
