#pragma once

#include <sipher/clock.hpp>

#include <boost/json/fwd.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace sipher::detail {

/// An HTTP date in any of its three forms (RFC 9110, 5.6.7); nothing if it is none.
[[nodiscard]] std::optional<clock::wall_time> parse_http_date(std::string_view text);

/// `2026-11-24T00:00:00.000Z` (RFC 3339 in UTC); nothing if it is none.
[[nodiscard]] std::optional<clock::wall_time> parse_utc_time(std::string_view text);

/// `Retry-After` in seconds or as a date. A date is taken relative to the answer's own `Date`, because the two
/// clocks need not agree, and to `wall` where there is none. Nothing if it is malformed or past; never more than 250
/// years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, std::string_view date,
                                                                         clock::wall_time wall);

/// Of a quota that is used up: its details tell when there will be a new one.
[[nodiscard]] std::optional<std::chrono::milliseconds> time_until_reset(const boost::json::value& details,
                                                                        std::string_view date, clock::wall_time wall);

} // namespace sipher::detail
